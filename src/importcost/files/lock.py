"""Let one process after the other do work that all of them would do."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Hold the lock `file` as long as the context is open; wait for another process that has it.

    The system takes the lock from a process that ends in any way. The file is removed at the end.
    Raises OSError if it cannot be made.
    """
    descriptor = _locked(file)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            file.unlink()
        os.close(descriptor)


def _locked(file: Path) -> int:
    """Return the descriptor of the locked file: the one that has its name now.

    Whoever waited has the lock of a file that its holder removed, and begins again.
    """
    while True:
        descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _has_name(descriptor, file):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _has_name(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False
