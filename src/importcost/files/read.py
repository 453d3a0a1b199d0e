"""Read files within bounds of size and time: what is there may be a pipe or a device.

A file that the user named is waited for (`read_named`), one that was found in a folder is not
(`read_found`, `text_found`).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import select
import stat
from pathlib import Path
from typing import BinaryIO

_LARGEST_BYTES = 1 << 30
PIPE_WAIT_S = 60.0
"""Seconds that the next bytes of a pipe may take: then nobody writes to it."""
_CHUNK_BYTES = 1 << 20


def read_named(path: str | Path, largest_bytes: int = _LARGEST_BYTES) -> bytes:
    """Return the bytes of a file, pipe or device, at most `largest_bytes`.

    Raises OSError, with a reason for the user in `strerror`: also for more bytes, and for a pipe
    that nobody writes to for `PIPE_WAIT_S` seconds.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        kept = bytearray()
        while chunk := _next(descriptor, str(path), waits=not is_file and not kept):
            kept += chunk
            if len(kept) > largest_bytes:
                size = f"larger than {largest_bytes / 1_000_000:,.0f} MB"
                raise OSError(errno.EFBIG, size, str(path))
        return bytes(kept)
    finally:
        os.close(descriptor)


def read_found(path: str | Path, most_bytes: int = _LARGEST_BYTES) -> bytes:
    """Return a regular file's bytes, the first `most_bytes` of a longer one.

    Raises OSError, with a reason in `strerror` for what is no regular file: nobody meant it to be
    read, and a pipe would have no end.
    """
    with _opened_file(path) as stream:
        return stream.read(most_bytes)


def text_found(path: str | Path, encoding: str = "utf-8", errors: str = "strict") -> str:
    """Return a regular file's text, its lines ending with `\\n`.

    Raises OSError as `read_found`, UnicodeDecodeError.
    """
    text = read_found(path).decode(encoding, errors)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _opened_file(path: str | Path) -> BinaryIO:
    """Open a regular file. Raises OSError, for anything else without waiting for it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def reason_of(error: OSError | UnicodeDecodeError) -> str:
    """Return why a file cannot be read, as a clause."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return error.strerror or str(error)


def file_digest(file: Path) -> str:
    """Return the SHA-256 of a regular file's bytes, in hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with _opened_file(file) as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _next(descriptor: int, path: str, *, waits: bool) -> bytes:
    """Return the next bytes, empty at the end.

    A pipe without a writer looks as if it had ended: at the start it `waits` for one.
    """
    if waits:
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        # A pipe whose writer has gone is ready too; one that never had a writer is not.
        if not ready.poll(PIPE_WAIT_S * 1000):
            raise OSError(errno.ETIMEDOUT, f"nothing came within {PIPE_WAIT_S:g} s", path)
    with contextlib.suppress(BlockingIOError):
        return os.read(descriptor, _CHUNK_BYTES)
    if select.select([descriptor], [], [], PIPE_WAIT_S)[0]:
        return os.read(descriptor, _CHUNK_BYTES)
    raise OSError(errno.ETIMEDOUT, f"nothing more came within {PIPE_WAIT_S:g} s", path)
