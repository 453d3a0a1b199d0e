"""The files of a package's folders: walked within bounds, without what no packager deploys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from importcost.files.own_reports import is_own_report

MOST_FILES = 300_000
"""A folder with more files than this is no package: Lambda takes 250 MB."""
NOT_DEPLOYED = frozenset({"node_modules", "cdk.out", "__pycache__"})
"""Folders of a project that are not part of a function, besides hidden ones and virtual
environments; whatever packs sources makes their bytecode again, or none."""
_ENVIRONMENT = "pyvenv.cfg"


@dataclass
class FolderWalk:
    """One walk through a folder, and what it met besides files.

    `left_out` are the folders and importcost's own reports that were skipped, relative to the
    start; `unread` the folders that could not be read. `is_cut` is True if the folder has more than
    MOST_FILES files.
    """

    start: str
    is_built: bool
    left_out: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    is_cut: bool = False

    def files(self) -> Iterator[tuple[str, os.stat_result]]:
        """Yield the path of each regular file, below the real path of the start, with its facts.

        Links to files count as the files, as packers write them; links to folders are not followed.
        """
        pending = [os.path.realpath(self.start)]
        root, seen = pending[0], 0
        while pending:
            folder = pending.pop()
            for entry in self._entries(folder, root):
                if entry.is_dir(follow_symlinks=False):
                    if self._is_deployed(entry, root):
                        pending.append(entry.path)
                    continue
                if not self.is_built and entry.name.endswith(".pyc"):
                    continue
                try:
                    facts = entry.stat()
                except OSError:
                    continue  # a link to nothing
                if not entry.is_file() or self._is_report(entry, root):
                    continue
                seen += 1
                if seen > MOST_FILES:
                    self.is_cut = True
                    return
                yield entry.path, facts

    def _entries(self, folder: str, root: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                return sorted(found, key=lambda entry: entry.name)
        except OSError:
            self.unread.append(os.path.relpath(folder, root))
            return []

    def _is_report(self, entry: os.DirEntry[str], root: str) -> bool:
        """Return True for what importcost wrote beside sources; in a build it is deployed."""
        if self.is_built or not is_own_report(entry.path):
            return False
        self.left_out.append(os.path.relpath(entry.path, root))
        return True

    def _is_deployed(self, entry: os.DirEntry[str], root: str) -> bool:
        if self.is_built:
            return True
        is_hidden = entry.name.startswith(".")
        if not is_hidden and entry.name not in NOT_DEPLOYED and not _is_environment(entry.path):
            return True
        if entry.name != "__pycache__":
            self.left_out.append(os.path.relpath(entry.path, root))
        return False


def _is_environment(folder: str) -> bool:
    return Path(folder, _ENVIRONMENT).is_file()
