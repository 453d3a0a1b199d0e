"""Identify what a function's figures depend on: its code, its packages, interpreter and options."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from importcost import __version__
from importcost.app.profile.request import ProfileRequest
from importcost.files.read import file_digest

MAX_HASHED_FILES = 100_000
_NOT_CODE = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".aws-sam"})


class Contents:
    """Digests of folders and files, each read once for all functions that share it."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def key_of(self, request: ProfileRequest, interpreter: str) -> str:
        """Return what identifies the result of a request; `interpreter` names Python and build.

        Raises OSError if the code cannot be read.
        """
        options = dataclasses.asdict(dataclasses.replace(request, configured=None))
        roots = [request.task_root, *request.layers, request.requirements]
        handler = request.target.partition(":")[0]
        if request.task_root is None and handler.endswith(".py"):
            roots.append(str(Path(handler).resolve().parent))
        digests = [self.of(Path(one)) for one in roots if one]
        text = json.dumps([__version__, interpreter, options, digests], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def of(self, place: Path) -> str:
        """Return the digest of a file, or of all files of a folder with their names."""
        name = str(place)
        if name not in self._known:
            self._known[name] = self._digest(place)
        return self._known[name]

    def _digest(self, place: Path) -> str:
        if place.is_file():
            return file_digest(place)
        digest = hashlib.sha256()
        for number, file in enumerate(_files(place)):
            if number >= MAX_HASHED_FILES:
                break
            digest.update(
                f"{file.relative_to(place)}\0{file_digest(file)}\0".encode("utf-8", "replace")
            )
        return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if one not in _NOT_CODE)
        for name in sorted(files):
            path = Path(place) / name
            if path.is_file():
                yield path
