"""Clean up after importcost processes that were killed: what they started, and their folders."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from importcost.files.leftovers import is_running
from importcost.measure.runners.launcher import remove_folder

_REMOVALS, _PAUSE_S = 20, 0.05
_OURS = re.compile(r"importcost-(?:[a-z]+-)?(?P<pid>\d+)-\w+")
"""The names of temporary folders: a purpose, the id of their process, and a random word."""


def sweep_killed_runs() -> None:
    """Remove what killed processes left in the temporary folder, once in this process."""
    _sweep(tempfile.gettempdir())


def remove_own_folders() -> None:
    """Remove what this process has in the temporary folder, once it was told to end.

    Interrupted at a bad moment, such as within a removal, the code that made a folder leaves it.
    """
    _remove_folders(tempfile.gettempdir(), lambda pid: pid == str(os.getpid()))


@functools.cache
def _sweep(parent: str) -> None:
    _remove_folders(parent, lambda pid: not is_running(pid))


def _remove_folders(parent: str, is_meant: Callable[[str], bool]) -> None:
    """Remove the folders of the processes that are meant, and end who uses them."""
    with contextlib.suppress(OSError):
        for entry in list(Path(parent).iterdir()):
            found = _OURS.fullmatch(entry.name)
            if found is not None and is_meant(found["pid"]):
                for pid in _users_of(entry.name):
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
                _remove_surely(entry)


def _remove_surely(folder: Path) -> None:
    """Remove a folder in which a process that was just killed may still write."""
    for _ in range(_REMOVALS):
        remove_folder(str(folder))
        if not folder.exists():
            return
        time.sleep(_PAUSE_S)


def _users_of(name: str) -> Iterator[int]:
    """Yield the processes of launches in this folder: their mounts or variables name it."""
    mark = f"/{name}/".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            about = (entry / "environ").read_bytes() + (entry / "mountinfo").read_bytes()
            if mark in about and int(entry.name) != os.getpid():
                yield int(entry.name)
