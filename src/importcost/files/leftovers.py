"""Folders and files that carry the id of the process that made them: they go once it has ended."""

from __future__ import annotations

import os
from pathlib import Path


def sweep_folders(parent: Path, prefix: str) -> None:
    """Remove folders named `prefix`, a process id, `-` and more, if that process is gone."""
    import shutil  # a few milliseconds, for commands that only write a file

    for folder in parent.glob(f"{prefix}*"):
        if not is_running(folder.name.removeprefix(prefix).partition("-")[0]):
            shutil.rmtree(folder, ignore_errors=True)


def is_running(pid: str) -> bool:
    """Return True unless no process has this id: what cannot be judged counts as running."""
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError, OSError):
        return True
    return True
