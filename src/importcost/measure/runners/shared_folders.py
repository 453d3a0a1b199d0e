"""Clean up temporary folders that a launch had to share with the rest of the machine.

Only files that the launch demonstrably created are removed. Another program may use the same
folders at the same time, so an entry that merely appeared is reported, never touched.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from importcost.measure.runners.launcher import remove_folder
from importcost.measure.runners.private_folders import temporary_folders

CLOCK_STEP_NS = 20_000_000
"""File systems round the time of a change down to the kernel's last tick."""
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """One entry of a temporary folder: its file's identity, its owner and its last change."""

    identity: tuple[int, int]
    owner: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class SharedUse:
    """The changes of the shared folders in one launch, by the paths of their entries.

    `removed` was demonstrably created by the launch. `left` appeared meanwhile and may be the
    launch's. `met` was there before, and the handler used it.
    """

    removed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    met: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Before:
    """The entries of the temporary folders by path, and when they were listed."""

    since_ns: int
    entries: Mapping[str, FolderEntry]


def listing() -> dict[str, FolderEntry]:
    """Return the entries of this machine's temporary folders by path."""
    found: dict[str, FolderEntry] = {}
    for folder in temporary_folders():
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    info = entry.stat(follow_symlinks=False)
                    identity = (info.st_dev, info.st_ino)
                    found[entry.path] = FolderEntry(identity, info.st_uid, info.st_ctime_ns)
    return found


def judge(
    before: Mapping[str, FolderEntry],
    after: Mapping[str, FolderEntry],
    made: Iterable[str],
    owner: int,
    since_ns: int,
) -> SharedUse:
    """Attribute the entries of `after` to a launch since `since_ns`, by its `made` files."""
    recorded = set(made)
    removed: list[str] = []
    left: list[str] = []
    for path, entry in after.items():
        earlier = before.get(path)
        if earlier is not None and earlier.identity == entry.identity:
            continue
        if entry.owner != owner or entry.changed_ns < since_ns - CLOCK_STEP_NS:
            continue
        # A path that existed before and is another file now belonged to somebody, too.
        is_certain = earlier is None and path in recorded
        (removed if is_certain else left).append(path)
    return SharedUse(tuple(removed), tuple(left))


@dataclass(slots=True)
class SharedFolders:
    """Cleans up after the launches of one runner if these share the machine's folders.

    `because` is the reason, None if they do not share. `is_private` is True if a launch had its own
    folders. A recording launch (the graph run) reports the files that the handler creates; their
    names count for the launches after it, too.
    """

    because: str | None = None
    is_private: bool = False
    _made: set[str] = field(default_factory=set)

    def before_launch(self) -> Before | None:
        """Return the current state of the folders; None if the launch before had its own."""
        return None if self.is_private else Before(time.time_ns(), listing())

    def after_launch(
        self, before: Before | None, needed: Iterable[str], result: Mapping[str, Any] | None
    ) -> SharedUse:
        """Remove the files that the launch created, and return the other changes.

        `needed` are the paths that a launch finds in these folders because it is measured there.
        """
        if before is None:
            return SharedUse()
        touched = [(how, _real(path)) for how, path in (result or {}).get("touched") or ()]
        self._made.update(path for how, path in touched if how == "made")
        use = judge(before.entries, listing(), self._made, os.getuid(), before.since_ns)
        for path in use.removed:
            _remove(path)
        kept = tuple(path for path in use.removed if os.path.lexists(path))
        left = tuple(path for path in use.left if not _is_ours(path))
        entries = {_entry_of(path) for _, path in touched} & set(before.entries)
        met = sorted(entry for entry in entries if entry and not _holds_any(entry, needed))
        return SharedUse(use.removed, (*kept, *left)[:MOST_NAMED], tuple(met)[:MOST_NAMED])


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        remove_folder(path)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _holds_any(entry: str, needed: Iterable[str]) -> bool:
    real = (os.path.realpath(path) for path in needed)
    return any(path == entry or path.startswith(entry + "/") for path in real)


def _real(path: str) -> str:
    """Return the path with its folder's links followed: /tmp is itself one on some machines."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)


def _entry_of(path: str) -> str | None:
    """Return the entry of a temporary folder that holds `path`."""
    for folder in temporary_folders():
        if path.startswith(folder + "/"):
            return os.path.join(folder, path[len(folder) + 1 :].split("/")[0])
    return None


def _is_ours(path: str) -> bool:
    return os.path.basename(path).startswith("importcost-")
