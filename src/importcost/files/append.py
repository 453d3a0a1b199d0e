"""Append to a file that others write to as well, all of the data or nothing."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from importcost.files.replace import signals_held


def append_file(target: Path, data: bytes) -> None:
    """Append `data` to `target`; a missing file is created.

    A single write, so that another process's data cannot end up inside it. Raises OSError; the file
    then has its old length, and a created file is removed.
    """
    with signals_held():
        descriptor, is_new = _open(target)
        try:
            _add(descriptor, data)
        except BaseException:
            if is_new:
                with contextlib.suppress(OSError):
                    target.unlink()
            raise
        finally:
            os.close(descriptor)


def _open(target: Path) -> tuple[int, bool]:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
    try:
        return os.open(target, flags), False
    except FileNotFoundError:
        return os.open(target, flags | os.O_CREAT, 0o666), True


def _add(descriptor: int, data: bytes) -> None:
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    written = os.write(descriptor, data)
    try:
        while written < len(data):  # a disk that is nearly full, or a pipe
            written += os.write(descriptor, data[written:])
    except OSError:
        if is_file:
            # The position is the end of the last write, even if others have written since: their
            # data stays, and so does the half before it.
            end = os.lseek(descriptor, 0, os.SEEK_CUR)
            if os.fstat(descriptor).st_size == end:
                os.ftruncate(descriptor, end - written)
        raise
