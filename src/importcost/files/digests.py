"""Identify a folder by the names and contents of its files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path

from importcost.files.read import file_digest


def folder_digest(
    folder: Path, left_out: Collection[str], state_of: Callable[[Path], str] = file_digest
) -> str:
    """Return the SHA-256 over all files of a folder, in hexadecimal.

    Folders named in `left_out`, which may hold patterns, are skipped. `state_of` gives what a file
    counts with, empty for one that does not count. Raises OSError for a file that cannot be read.
    """
    digest = hashlib.sha256()
    for file in _files(folder, left_out):
        state = state_of(file)
        if state:
            digest.update(f"{file.relative_to(folder)}\0{state}\0".encode("utf-8", "replace"))
    return digest.hexdigest()


def _files(folder: Path, left_out: Collection[str]) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(
            one for one in folders if not any(fnmatch(one, two) for two in left_out)
        )
        for name in sorted(files):
            path = Path(place) / name
            if path.is_file():
                yield path
