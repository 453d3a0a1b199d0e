"""Follow the modules that sources name, from a handler to every file that it may load."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from importcost.app.gate.inputs.mentions import (
    Manner,
    NamedModule,
    SourceNames,
    source_names,
)
from importcost.app.gate.inputs.search_folders import TASK_ROOT

INIT = "__init__"
_MODULE_ENDINGS = (".py", ".so", ".pyd", ".pyc")
_NOT_DEPLOYED = frozenset({"node_modules", "venv", "__pycache__"})
_ANY_MODULE = (Manner.SOME, Manner.COMPILED, Manner.UNPARSED, Manner.UNREADABLE)
Probe = tuple[str, str]
"""A folder, and the name of a module in it, whatever its suffix."""
_Level = list["tuple[str, bool]"]


@dataclass(frozen=True, slots=True)
class AskedBy:
    """The line of a file that asks for another one, and its manner; no file for the handler.

    `name` is the name as the line has it, with its dots if it is relative.
    """

    file: str | None
    line: int
    manner: Manner
    name: str = ""


@dataclass(slots=True)
class LoadableFiles:
    """Everything that may be loaded.

    `files` are modules' files and `folders` those of which any module may be loaded, with who asks
    for them. `hits` are the watched names that were looked for, whether or not a file was found.
    `anywhere` is set if modules may come from any file, `any_text` if any file may be run whatever
    its ending. A file behind a symbolic link is there by
    both its paths.
    """

    files: dict[str, AskedBy] = field(default_factory=dict)
    folders: dict[str, AskedBy] = field(default_factory=dict)
    hits: dict[Probe, AskedBy] = field(default_factory=dict)
    anywhere: AskedBy | None = None
    any_text: AskedBy | None = None


class SourceIndex:
    """The names in files and the entries of folders, each looked at once for all handlers."""

    def __init__(self, watched: Collection[Probe] = (), folders: Iterable[str] = ()) -> None:
        self.watched = frozenset(watched)
        self.watched_folders = tuple(folders)
        self.watched_stems = frozenset(stem for _, stem in self.watched)
        self._names: dict[str, SourceNames] = {}
        self._listings: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self._real: dict[str, str] = {}
        self._links: dict[str, tuple[str, ...]] = {}

    def names(self, file: str) -> SourceNames:
        """Return what a file names."""
        if file not in self._names:
            self._names[file] = source_names(Path(file))
        return self._names[file]

    def listing(self, folder: str) -> Mapping[str, tuple[str, ...]]:
        """Return a folder's entries by the part of their names before the first dot."""
        if folder not in self._listings:
            found: dict[str, list[str]] = {}
            try:
                with os.scandir(folder) as entries:
                    for entry in sorted(entries, key=lambda one: one.name):
                        found.setdefault(entry.name.partition(".")[0], []).append(entry.name)
            except OSError:
                pass
            self._listings[folder] = {stem: tuple(names) for stem, names in found.items()}
        return self._listings[folder]

    def links(self, folder: str) -> tuple[str, ...]:
        """Return the symbolic links below a folder that lead out of it, hidden folders left out."""
        if folder not in self._links:
            found: list[str] = []
            for place, folders, names in os.walk(folder):
                entries = [os.path.join(place, one) for one in (*folders, *names)]  # noqa: PTH118
                folders[:] = [one for one in folders if one[0] != "." and one not in _NOT_DEPLOYED]
                found += [one for one in entries if os.path.islink(one)]  # noqa: PTH114
            inside = f"{self.real(folder)}{os.sep}"
            self._links[folder] = tuple(
                one for one in found if not self.real(one).startswith(inside)
            )
        return self._links[folder]

    def real(self, path: str) -> str:
        """Return a path without symbolic links."""
        if path not in self._real:
            self._real[path] = os.path.realpath(path)
        return self._real[path]


def reach(
    modules: Iterable[str], roots: Iterable[str], sources: SourceIndex, texts: Iterable[str] = ()
) -> LoadableFiles:
    """Return the files that importing some modules may load from the folders `roots`.

    `texts` are names from elsewhere, such as the function's variables. A module that the standard
    library has, too, counts as asked for: others may import it by that name.
    """
    search = list(dict.fromkeys(roots))
    while True:
        walk = _Walk(search, sources)
        for module in modules:
            walk.wanted(module, AskedBy(None, 0, Manner.IMPORT))
        for text in texts:
            walk.wanted(text, AskedBy(None, 0, Manner.TEXT))
        walk.shadowing()
        walk.run()
        more = [one for one in walk.more_roots if one not in search]
        if not more:
            return walk.reached
        search += dict.fromkeys(more)


def looked_for(
    names: Iterable[str], places: Iterable[str], sources: SourceIndex
) -> Mapping[Probe, AskedBy]:
    """Return the watched names that imports would look for in further folders."""
    walk = _Walk(tuple(places), sources)
    for name in names:
        walk.wanted(name, AskedBy(None, 0, Manner.IMPORT))
    return walk.reached.hits


class _Walk:
    """One walk over the files, with the search path known so far."""

    def __init__(self, roots: Iterable[str], sources: SourceIndex) -> None:
        self.reached = LoadableFiles()
        self.more_roots: list[str] = []
        self._roots = tuple(roots)
        self._sources = sources
        self._queue: deque[str] = deque()
        self._queued: set[str] = set()
        self._seen: dict[tuple[str, tuple[str, ...]], list[str]] = {}

    def run(self) -> None:
        """Follow all files that were found."""
        while self._queue:
            self._follow(self._queue.popleft())

    def shadowing(self) -> None:
        """Ask for own modules that have a name of the standard library, and site customization."""
        import sys

        names = {*sys.stdlib_module_names, "sitecustomize", "usercustomize"}
        for root in self._roots:
            for stem in names.intersection(self._sources.listing(root)):
                self.wanted(stem, AskedBy(None, 0, Manner.SHADOW))

    def wanted(
        self,
        name: str,
        origin: AskedBy,
        *,
        places: tuple[str, ...] | None = None,
    ) -> list[str]:
        """Look a dotted name up in folders and note what is found; return the packages it means."""
        starts = self._roots if places is None else places
        key = (name, starts)
        if key not in self._seen:
            level: _Level = [(folder, True) for folder in starts]
            for part in name.split("."):
                level = self._step(level, part, origin)
            self._seen[key] = [folder for folder, exists in level if exists]
        return list(self._seen[key])

    def _step(self, level: _Level, part: str, origin: AskedBy) -> _Level:
        """Return the folders in which the next part of a name is looked for.

        All places count, not the first alone: code may change their order. Folders that do not
        exist are among them: a module removed from one was found there before.
        """
        portions: _Level = []
        for folder, exists in level:
            inner = os.path.join(folder, part)  # noqa: PTH118 - a hundred thousand times
            self._probe(folder, part, origin)
            self._probe(inner, INIT, origin)
            names = self._sources.listing(folder).get(part, ()) if exists else ()
            for one in _modules(names):
                self._found(os.path.join(folder, one), origin)  # noqa: PTH118
            if part in names:
                for one in _modules(self._sources.listing(inner).get(INIT, ())):
                    self._found(os.path.join(inner, one), origin)  # noqa: PTH118
            portions.append((inner, part in names))
        return portions

    def _probe(self, folder: str, stem: str, origin: AskedBy) -> None:
        for whole in self._sources.watched_folders:
            if folder == whole or folder.startswith(f"{whole}{os.sep}"):
                self.reached.hits.setdefault((folder, stem), origin)
        if stem in self._sources.watched_stems:
            for place in {folder, self._sources.real(folder)}:
                if (place, stem) in self._sources.watched:
                    self.reached.hits.setdefault((place, stem), origin)

    def _found(self, file: str, origin: AskedBy) -> None:
        for place in (file, self._sources.real(file)):
            self.reached.files.setdefault(place, origin)
        if file not in self._queued:  # a link's relative imports start at its own place
            self._queued.add(file)
            self._queue.append(file)

    def _follow(self, file: str) -> None:
        names = self._sources.names(file)
        package = os.path.dirname(file)  # noqa: PTH120
        for one in names.mentions:
            origin = AskedBy(file, one.line, one.manner, f"{'.' * one.level}{one.name}")
            if one.manner is Manner.FILES:
                self.reached.anywhere = self.reached.anywhere or origin
            elif one.manner is Manner.RUNS:
                self.reached.any_text = self.reached.any_text or origin
            elif one.manner is Manner.FOLDER:
                self._add_root(one.name)
            elif one.manner in _ANY_MODULE:
                for root in self._roots:
                    self.reached.folders.setdefault(self._sources.real(root), origin)
            else:
                self._mentioned(one, origin, package, scans=names.scans)

    def _mentioned(self, one: NamedModule, origin: AskedBy, package: str, *, scans: bool) -> None:
        places = None if not one.level else (_above(package, one.level - 1),)
        if one.manner is Manner.UNDER and not one.name:
            place = self._sources.real((places or self._roots)[0])
            self.reached.folders.setdefault(place, origin)
            return
        is_text = one.manner is Manner.TEXT
        found = self.wanted(one.name, origin, places=places) if one.name else []
        if places is not None and one.name:
            found += self._in_portions(places[0], one.name, origin)
        if one.manner is Manner.STAR:
            self._starred([*found, *([] if one.name else places or ())], origin)
        if one.manner is Manner.UNDER or (is_text and scans):
            for folder in found:
                self.reached.folders.setdefault(self._sources.real(folder), origin)

    def _in_portions(self, folder: str, name: str, origin: AskedBy) -> list[str]:
        """Look a relative name up in the other folders of a namespace package."""
        if _modules(self._sources.listing(folder).get(INIT, ())):
            return []
        found: list[str] = []
        for root in self._roots:
            if folder.startswith(f"{root}{os.sep}"):
                package = folder[len(root) + 1 :].replace(os.sep, ".")
                found += self.wanted(f"{package}.{name}", origin)
        return found

    def _starred(self, packages: list[str], origin: AskedBy) -> None:
        """Ask for what `from package import *` imports: the modules that `__all__` names."""
        for folder in packages:
            for init in _modules(self._sources.listing(folder).get(INIT, ())):
                file = os.path.join(folder, init)  # noqa: PTH118
                exports = self._sources.names(file).exports
                if exports is None:
                    self.reached.folders.setdefault(self._sources.real(folder), origin)
                for name in exports or ():
                    self.wanted(name, origin, places=(folder,))

    def _add_root(self, path: str) -> None:
        """Take a folder of the search path in; what is deployed elsewhere is not a source."""
        if path == TASK_ROOT or path.startswith(f"{TASK_ROOT}/"):
            path = f".{path.removeprefix(TASK_ROOT)}"
        if not os.path.isabs(path):  # noqa: PTH117
            path = os.path.normpath(os.path.join(self._roots[0], path))  # noqa: PTH118
        self.more_roots.append(path)


def _modules(names: Iterable[str]) -> list[str]:
    return [one for one in names if one.endswith(_MODULE_ENDINGS)]


def _above(folder: str, levels: int) -> str:
    for _ in range(levels):
        folder = os.path.dirname(folder)  # noqa: PTH120
    return folder


def chain_of(reached: LoadableFiles, file: str) -> Iterator[tuple[str, int]]:
    """Yield the files from the handler to `file`, each with the line that asks for the next."""
    steps: list[tuple[str, int]] = []
    seen: set[str] = set()
    origin = reached.files.get(file)
    while origin is not None and origin.file is not None and origin.file not in seen:
        seen.add(origin.file)
        steps.append((origin.file, origin.line))
        origin = reached.files.get(origin.file)
    yield from reversed(steps)
