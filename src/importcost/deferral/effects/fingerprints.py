"""Fingerprints of modules, which tell a changed one: versions, and content for own files."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from importcost.deferral.effects.module_code import ModuleCodes
from importcost.model.graph import FUNCTION, UNKNOWN_DISTRIBUTION, LoadedModule

ABSENT = "absent"
NO_SOURCE = "no source"


class Fingerprints:
    """The fingerprints of the modules of one import graph, each taken once."""

    def __init__(self, codes: ModuleCodes) -> None:
        self._codes = codes
        self._taken: dict[str, str] = {}
        self._folders: dict[str, dict[str, str]] = {}

    def of(self, name: str) -> str:
        """Return the version of a module's distribution with its file's size, or a hash."""
        if name not in self._taken:
            self._taken[name] = self._take(name)
        return self._taken[name]

    def owner(self, name: str) -> str:
        """Return a module's distribution and version, or a hash of an own file."""
        module = self._codes.loaded[name]
        version = self._version(module, name)
        return f"{_plain(module.distribution)}-{version}" if version else f"file-{self.of(name)}"

    def _version(self, module: LoadedModule, name: str) -> str | None:
        """Return the version of an installed module's distribution, None if nothing says it."""
        if module.distribution in (FUNCTION, UNKNOWN_DISTRIBUTION) or module.file is None:
            return None
        file = Path(module.file)
        depth = name.count(".") + (file.name == "__init__.py")
        if depth >= len(file.parents):
            return None
        folder = str(file.parents[depth])
        if folder not in self._folders:
            self._folders[folder] = _versions(folder)
        return self._folders[folder].get(_plain(module.distribution))

    def _take(self, name: str) -> str:
        module = self._codes.loaded.get(name)
        if module is None:
            return ABSENT
        if self._codes.is_stdlib(name) or not self._codes.has_source(name):
            return NO_SOURCE
        file = Path(str(module.file))
        version = self._version(module, name)
        try:
            if version:
                return f"{version} {file.stat().st_size}"
            return hashlib.sha256(file.read_bytes()).hexdigest()[:24]
        except OSError:
            return NO_SOURCE


def _versions(folder: str) -> dict[str, str]:
    """Return the versions of the distributions in a folder, by plain name."""
    found = {}
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - thousands of names, no paths needed
    except OSError:
        return {}
    for name in names:
        stem, dot, ending = name.rpartition(".")
        if dot and ending in ("dist-info", "egg-info") and "-" in stem:
            distribution, version, *_ = stem.split("-")
            found[_plain(distribution)] = version
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())
