"""The folder that targets write to: one a process, in memory where the machine has such a place."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path


@cache
def _held() -> tempfile.TemporaryDirectory[str]:
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)


def scratch(name: str) -> Path:
    """Return a folder of this process, made at the first call and removed when it ends."""
    folder = Path(_held().name, name)
    folder.mkdir(exist_ok=True)
    return folder
