"""Find the project that a test command needs, and the files of it to copy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from importcost.app.defer.outside_references import project_root
from importcost.errors import UsageError, remedy

MOST_BYTES = 1 << 30
MOST_FILES = 50_000

LEFT_OUT = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
        ".tox",
        ".nox",
        ".terraform",
    ]
)
"""Histories and caches: no test of the code needs them, and tools make caches again."""

LINKED = frozenset(("node_modules",))
"""Folders of installed packages, as are virtual environments: large, and not the user's code."""


@dataclass(frozen=True, slots=True)
class OwnProject:
    """The files of a project, as paths below `folder`.

    `files` are regular files, `links` symbolic links, `folders` all folders that hold them.
    `environments` are folders of installed packages, which a copy links to.
    """

    folder: Path
    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    links: tuple[Path, ...]
    environments: tuple[Path, ...]
    size_bytes: int


def find_project(task_root: Path, here: Path, home: Path) -> OwnProject:
    """Return the project around the task root: the largest of its candidates that can be copied.

    They are the Git working tree, the current folder `here`, and the task root, if the task root
    lies in them; a home folder is not a project. Raises UsageError if all hold too much.
    """
    reasons = []
    for folder in _candidates(task_root, here, home):
        project = _survey(folder)
        if project is not None:
            return project
        reasons.append(str(folder))
    raise UsageError(
        f"{reasons[0]} cannot be copied for --test: it holds more than {MOST_BYTES >> 30} GB or "
        f"{MOST_FILES:,} files, its environments not counted",
        remedy("run importcost in the smallest folder that holds the handler and its tests"),
    )


def _candidates(task_root: Path, here: Path, home: Path) -> list[Path]:
    own, current = task_root.resolve(), here.resolve()
    root = project_root(own)
    too_wide = {home.resolve(), Path(own.anchor)}
    found = [root] if (root / ".git").exists() and root not in too_wide else []
    # A folder above the working tree holds other projects, too.
    if own.is_relative_to(current) and (not found or current.is_relative_to(root)):
        found.append(current)
    return [folder for folder in dict.fromkeys(found) if folder not in too_wide] or [own]


def is_environment(folder: Path) -> bool:
    """Return True for a virtual environment's folder, or one of conda's."""
    return (folder / "pyvenv.cfg").exists() or (folder / "conda-meta").exists()


def _survey(folder: Path) -> OwnProject | None:
    """List a folder's files; None as soon as they are too many or too large."""
    folders: list[Path] = []
    files: list[Path] = []
    links: list[Path] = []
    environments: list[Path] = []
    size_bytes = 0
    for entry, path in _walk(folder):
        if entry.is_symlink():
            links.append(path)
        elif entry.is_dir():
            is_linked = entry.name in LINKED or is_environment(Path(entry.path))
            (environments if is_linked else folders).append(path)
        elif entry.is_file():
            files.append(path)
            size_bytes += entry.stat().st_size
        if size_bytes > MOST_BYTES or len(files) > MOST_FILES:
            return None
    return OwnProject(
        folder, tuple(folders), tuple(files), tuple(links), tuple(environments), size_bytes
    )


def _walk(top: Path) -> Iterator[tuple[os.DirEntry[str], Path]]:
    """Yield what a folder holds with its path below it; nothing below links and environments."""
    waiting = [Path()]
    while waiting:
        inside = waiting.pop()
        try:
            entries = sorted(os.scandir(top / inside), key=lambda entry: entry.name)
        except OSError:
            continue  # a folder that the user may not read holds nothing that his tests read
        for entry in entries:
            if entry.name in LEFT_OUT:
                continue
            path = inside / entry.name
            yield entry, path
            is_own = entry.is_dir(follow_symlinks=False) and entry.name not in LINKED
            if is_own and not is_environment(Path(entry.path)):
                waiting.append(path)
