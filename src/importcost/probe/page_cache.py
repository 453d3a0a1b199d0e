"""Runs inside the measured interpreter: drop files from the page cache, or see what it holds.

Started as `python page_cache.py LIST RESULT drop|look`. LIST is a JSON list of paths. RESULT gets
{"files": [[path, bytes, resident bytes before, resident bytes after]]}; resident bytes are None
where the platform does not tell. Dropping needs no privilege: pages that nobody changed or maps
go away where the file system lets them. Standard library only, Python 3.9 to 3.15.
"""

import json
import os
import sys


class _Residency:
    """Asks the kernel which pages of a file are in memory."""

    def __init__(self) -> None:
        try:
            import ctypes

            self._ctypes = ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            self._mmap, self._munmap, self._mincore = libc.mmap, libc.munmap, libc.mincore
        except (ImportError, OSError, AttributeError):
            self._ctypes = None  # type: ignore[assignment]
            return
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        self._mmap.restype = pointer
        self._mmap.argtypes = [pointer, size, *[ctypes.c_int] * 3, ctypes.c_long]
        self._munmap.argtypes = [pointer, size]
        self._mincore.argtypes = [pointer, size, pointer]
        self._page = os.sysconf("SC_PAGE_SIZE")

    def bytes_of(self, descriptor: int, size: int) -> "int | None":
        if self._ctypes is None or not size:
            return None if self._ctypes is None else 0
        # PROT_READ, MAP_SHARED: mapping reads nothing.
        address = self._mmap(None, size, 1, 1, descriptor, 0)
        if address in (None, self._ctypes.c_void_p(-1).value):
            return None
        count = (size + self._page - 1) // self._page
        states = self._ctypes.create_string_buffer(count)
        try:
            if self._mincore(address, size, states):
                return None
            return min(size, sum(state & 1 for state in states.raw) * self._page)
        finally:
            self._munmap(address, size)


def main(list_file: str, result_file: str, kind: str) -> None:
    """Drop or look at each file of the list, and leave the result."""
    with open(list_file, "rb") as stream:  # noqa: PTH123
        paths = json.loads(stream.read())
    residency = _Residency()
    found = []
    for path in paths:
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        try:
            size = os.fstat(descriptor).st_size
            before = after = residency.bytes_of(descriptor, size)
            if kind == "drop" and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                after = residency.bytes_of(descriptor, size)
            found.append([path, size, before, after])
        except OSError:
            continue
        finally:
            os.close(descriptor)
    with open(result_file + ".part", "w", encoding="utf-8") as stream:  # noqa: PTH123
        json.dump({"files": found}, stream)
    os.replace(result_file + ".part", result_file)  # noqa: PTH105


if __name__ == "__main__":
    main(*sys.argv[1:])
