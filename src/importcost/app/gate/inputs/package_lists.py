"""The lists of packages around a function for which no list of its own says what is deployed."""

from __future__ import annotations

import fnmatch
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from importcost.app.profile.request import ProfileRequest
from importcost.errors import UsageError
from importcost.files.read import file_digest, text_found
from importcost.files.toml_text import parse_toml
from importcost.model.profile import Target
from importcost.targets.locks import READERS
from importcost.targets.requirements import Requirements, read_requirements

_IN_A_FOLDER = "requirements"
_PATTERNS = (
    "*requirements*.txt",
    "*requirements*.lock",
    "constraints*.txt",
    "Pipfile",
    "environment.y*ml",
    "setup.cfg",
    "setup.py",
)
_PROJECT = "pyproject.toml"
_TOOLS = ("poetry", "pdm", "hatch", "setuptools", "flit", "rye", "pixi")
"""Tables of tools that list packages."""


class PackageLists:
    """The lists of packages in a version's folders, each read once for all functions."""

    def __init__(self, top: str) -> None:
        self._top = top
        self._known: dict[str, Mapping[str, str]] = {}

    def of_handler(
        self, request: ProfileRequest, target: Target, found: Requirements | None
    ) -> Mapping[str, str]:
        """Return the lists that may say what a handler is measured with, by path from the top.

        Each has a key of its packages, empty if it lists none. There are none for a handler whose
        own list, layers or built package say it.
        """
        says = found is not None or request.is_built or target.layers
        if says or any(Path(target.task_root).glob("*.dist-info")):
            return {}
        return self.around(str(Path(target.handler_file).parent))

    def of_plain(self, target: Target) -> Mapping[str, str]:
        """Return the lists that may have filled the environment which has a package or script."""
        plain = target.plain
        return self.around(plain.folder if plain is not None else target.task_root)

    def around(self, folder: str) -> Mapping[str, str]:
        """Return the lists in a folder of the repository and in those above it."""
        here = os.path.realpath(folder)
        found: dict[str, str] = {}
        while here == self._top or here.startswith(f"{self._top}{os.sep}"):
            found.update(self._in(here))
            here = os.path.dirname(here)  # noqa: PTH120
        return found

    def _in(self, folder: str) -> Mapping[str, str]:
        if folder not in self._known:
            files = [one for one in _files(folder) if _is_list(Path(one).name)]
            inner = os.path.join(folder, _IN_A_FOLDER)  # noqa: PTH118
            files += [one for one in _files(inner) if one.endswith((".txt", ".in"))]
            self._known[folder] = {
                os.path.relpath(one, self._top).replace(os.sep, "/"): _key(Path(one))
                for one in files
            }
        return self._known[folder]


def _files(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(one.path for one in entries if one.is_file())
    except OSError:
        return []


def _is_list(name: str) -> bool:
    return name in READERS or any(fnmatch.fnmatchcase(name, one) for one in _PATTERNS)


def _key(file: Path) -> str:
    """Return what identifies the packages that a file lists; empty for one that lists none."""
    try:
        if file.name in READERS or file.suffix == ".txt":
            found = read_requirements(str(file))
            if found is not None:
                key = found.key if found.is_installable else _of_lines(found.lines)
                return key if found.lines else ""
            if file.name == _PROJECT:  # a lock beside it says more
                return "" if _has_lock(file.parent) else _project_key(file)
        return file_digest(file)
    except (UsageError, OSError, ValueError):
        return _bytes_key(file)


def _project_key(file: Path) -> str:
    """Return the key of what a pyproject.toml says of packages; empty if it says nothing."""
    data = parse_toml(text_found(file, "utf-8-sig"))
    tools = data.get("tool", {})
    said = [data.get("project"), data.get("dependency-groups"), *map(tools.get, _TOOLS)]
    return _of_lines([repr(said)]) if any(said) else ""


def _of_lines(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _has_lock(folder: Path) -> bool:
    return any((folder / one).exists() for one in READERS if one != _PROJECT)


def _bytes_key(file: Path) -> str:
    try:
        return file_digest(file)
    except OSError:
        return "unreadable"
