"""A view of an environment's packages: folders of links to what the handler may import.

A measured interpreter starts without its environment's site-packages. The visible part is shown
through one folder for each of them, with a link to every visible entry. An entry that visible and
hidden distributions share (a namespace package) becomes a real folder whose own entries are treated
in the same way.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from importcost.files.cache import cache_folder
from importcost.files.leftovers import sweep_folders
from importcost.files.read import text_found
from importcost.measure.deployed.distributions import Distribution

VIEW_PREFIX = "importcost-view-"
SITE_NAMES = ("site-packages", "dist-packages")
# Made by the tools that set up an environment, for its own interpreter: not a package's files.
_TOOLING = ("_virtualenv.py", "_virtualenv.pth", "distutils-precedence.pth")


@dataclass(frozen=True, slots=True)
class Visible:
    """The visible part of an environment: `names` of its distributions.

    `is_open` is True if files without a distribution may be seen, too.
    """

    installed: Mapping[str, Distribution]
    names: frozenset[str]
    is_open: bool


@contextlib.contextmanager
def open_view(folders: Iterable[str], visible: Visible) -> Iterator[tuple[tuple[str, str], ...]]:
    """Show each of `folders` through a folder of links, until the context ends.

    Yield pairs of such a folder and the original; a folder without any visible entry has none.
    """
    parent = _parent()
    sweep_folders(parent, VIEW_PREFIX)
    place = Path(tempfile.mkdtemp(prefix=f"{VIEW_PREFIX}{os.getpid()}-", dir=parent))
    # Files of the handler's user must be readable for the user of a container, and for no other.
    try:
        shown = []
        for number, folder in enumerate(dict.fromkeys(folders)):
            view = place / str(number) / SITE_NAMES[0]
            if _show(Path(folder), view, visible):
                shown.append((str(view), folder))
        yield tuple(shown)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _parent() -> Path:
    """Return a folder that is not /tmp, if possible: launches have their own /tmp."""
    folder = cache_folder() / "views"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir())
    return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())


class _Entries:
    """The entries of one folder, and the owners of everything below each of them."""

    def __init__(self, paths: Iterable[tuple[tuple[str, ...], str]]) -> None:
        self._below: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for parts, owner in paths:
            self._below[parts[0]].append((parts[1:], owner))

    def owners(self, name: str) -> set[str]:
        return {owner for _, owner in self._below.get(name, ())}

    def inside(self, name: str) -> _Entries:
        return _Entries((parts, owner) for parts, owner in self._below[name] if parts)


def _show(folder: Path, view: Path, visible: Visible) -> bool:
    """Make the view of one site-packages folder; False if nothing of it may be seen."""
    entries = _Entries(
        (parts, distribution.name)
        for distribution in visible.installed.values()
        if distribution.folder == str(folder)
        for parts in distribution.files()
    )
    view.mkdir(parents=True)
    _link_entries(folder, view, entries, visible)
    return any(entry.name != "__pycache__" for entry in view.iterdir())


def _link_entries(folder: Path, view: Path, entries: _Entries, visible: Visible) -> None:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names only, many times a second
    except OSError:
        return
    for name in names:
        owners = entries.owners(name)
        hidden = owners - visible.names
        if name in _TOOLING:
            continue
        if name == "__pycache__" or (not hidden and (owners or visible.is_open)):
            _link(folder / name, view / name)
        elif hidden != owners and (folder / name).is_dir():
            (view / name).mkdir()
            _link_entries(folder / name, view / name, entries.inside(name), visible)


def _link(source: Path, target: Path) -> None:
    """Link an entry; a `.pth` file is copied with its paths made absolute."""
    if source.suffix != ".pth":
        target.symlink_to(source)
        return
    with contextlib.suppress(OSError):
        text = text_found(source, errors="surrogateescape")
        lines = [_absolute(line, source.parent) for line in text.splitlines()]
        target.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")


def _absolute(line: str, folder: Path) -> str:
    is_path = line.strip() and not line.startswith(("#", "import ", "import\t"))
    if not is_path:
        return line
    return os.path.abspath(os.path.join(folder, line.rstrip()))  # noqa: PTH100,PTH118
