"""The distribution that owns each file of a folder of packages."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable

from importcost.measure.deployed.distributions import installed_distributions
from importcost.measure.package.paths import source_of_bytecode


class FileOwners:
    """Finds the distribution of a file by the file lists of the distributions in some folders.

    A file that no list has belongs to the one distribution that has all listed files below the same
    entry of the folder: bytecode, and what an installer wrote beside them.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        self._folders = [os.path.realpath(folder) for folder in folders]
        self._owners: dict[str, str] = {}
        self._tops: dict[str, set[str]] = defaultdict(set)
        self.versions: dict[str, str] = {}
        for folder in self._folders:
            for distribution in installed_distributions([folder]).values():
                self.versions.setdefault(distribution.name, distribution.version)
                for parts in distribution.files():
                    path = "/".join((folder, *parts))
                    self._owners.setdefault(path, distribution.name)
                    self._tops[f"{folder}/{parts[0]}"].add(distribution.name)

    @property
    def has_any(self) -> bool:
        """True if the folders hold a distribution."""
        return bool(self.versions)

    def of(self, path: str) -> str | None:
        """Return the owner of a file, given by its real path; None if it has none."""
        found = self._owners.get(path)
        if found is not None:
            return found
        found = self._owners.get(source_of_bytecode(path) or "")
        if found is not None:
            return found
        tops = self._tops.get(self._top(path), set())
        return next(iter(tops)) if len(tops) == 1 else None

    def _top(self, path: str) -> str:
        """Return the entry of the innermost folder that holds a file."""
        inside = [folder for folder in self._folders if path.startswith(f"{folder}/")]
        folder = max(inside, key=len, default="")
        entry = path[len(folder) + 1 :].partition("/")[0]
        return f"{folder}/{entry}"
