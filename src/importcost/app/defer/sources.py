"""Read and analyse the function's own files that were imported during init."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.defer.waiting_files import files_beside, files_of_functions
from importcost.deferral.lazy.dependency_module import is_generated
from importcost.deferral.rewrite.settled import settle_verdicts
from importcost.deferral.source.analyse import OutsideUses, analyse, outside_uses, reach_of
from importcost.deferral.source.certain.entry import CertainUses, certain_uses
from importcost.deferral.source.model import SourceFile, SourceText, Unreadable
from importcost.deferral.source.reach.locks import with_locks
from importcost.deferral.source.surroundings.installed import InstalledSources
from importcost.deferral.source.surroundings.later import LaterChanges
from importcost.deferral.source.text import decode
from importcost.files.read import read_found
from importcost.model.graph import FUNCTION, ImportGraph
from importcost.model.profile import Target

NO_USES = OutsideUses()
NOTHING_CERTAIN = CertainUses()


@dataclass(frozen=True, slots=True)
class Sources:
    """The function's own files: analysed, and those that cannot be, by path.

    `data` are the bytes that were read, by path. `handler` is the path of the handler's file, and
    `dependencies` are the paths of analysed files that are not the function's own. `certain` is
    what each call of the handler uses, `later` what the own files change.
    """

    files: Mapping[str, SourceFile]
    unreadable: Mapping[str, Unreadable]
    data: Mapping[str, bytes]
    handler: str = ""
    dependencies: frozenset[str] = frozenset()
    certain: CertainUses = NOTHING_CERTAIN
    later: LaterChanges | None = None


def read_sources(
    graph: ImportGraph, target: Target, python: tuple[int, int], threads_seen: str = ""
) -> Sources:
    """Read the task root's own modules of the graph; `python` is the measured version.

    `threads_seen` is a clause on threads that a launch started, which may ask for any object.
    """
    data: dict[str, bytes] = {}
    texts: dict[str, SourceText] = {}
    unreadable: dict[str, Unreadable] = {}
    names: dict[str, str] = {}
    root = target.task_root.rstrip("/") + "/"
    for module in graph.modules:
        path = module.file
        if module.distribution != FUNCTION or path is None or not path.endswith(".py"):
            continue
        if not os.path.normpath(path).startswith(root):  # /var/task/../lib is outside of it
            continue
        try:
            data[path] = read_found(path)
        except OSError as error:
            unreadable[path] = Unreadable(path, f"cannot be read: {error.strerror}")
            continue
        names[path] = module.name
        text = decode(path, data[path])
        if isinstance(text, Unreadable):
            unreadable[path] = text
        elif not is_generated(path, text.text):
            texts[path] = text
    loaded = {names[path]: text for path, text in texts.items()}
    waiting = _of_users(files_of_functions(loaded, Path(target.task_root)))
    called = _called(target)
    outside = _uses_of({**loaded, **waiting}, Path(target.task_root))
    later = _later_changes(loaded, waiting, graph, target)
    read: dict[str, SourceFile] = {}
    for path, text in texts.items():
        name = names[path]
        is_package = path.endswith("/__init__.py")
        used = outside.get(name, NO_USES)
        if name == called[0] and called[1]:
            # Lambda, or the installed script, looks this name up itself.
            used = replace(used, entry=used.entry | {called[1]})
        found = analyse(text, name, is_package, python, used, later)
        if isinstance(found, Unreadable):
            unreadable[path] = found
        else:
            read[path] = found
    files = _settled(read, later, python, threads_seen)
    certain = certain_uses({file.module: file for file in files.values()}, *called)
    return Sources(files, unreadable, data, target.handler_file, certain=certain, later=later)


def _called(target: Target) -> tuple[str, str | None]:
    """Return the module and the name of the function that is called: a handler or a script's."""
    entry = target.plain.entry if target.plain else None
    if entry is None:
        return target.module, target.function
    module, _, name = entry.partition("[")[0].partition(":")
    return module.strip(), name.strip().partition(".")[0] or None


def _settled(
    files: Mapping[str, SourceFile],
    later: LaterChanges,
    python: tuple[int, int],
    threads_seen: str,
) -> dict[str, SourceFile]:
    """Return the files with locks for threads, and without changes that cannot be written."""
    locked = with_locks(files, later.reach, threads_seen)
    return {path: settle_verdicts(file, python) for path, file in locked.items()}


def _uses_of(known: Mapping[str, SourceText], task_root: Path) -> Mapping[str, OutsideUses]:
    """Return the names that files of the task root use, whether init loads those files or not."""
    return outside_uses({**known, **_of_users(files_beside(known, task_root))})


def _of_users(files: Mapping[str, SourceText]) -> Mapping[str, SourceText]:
    """Return the files without the one that importcost wrote."""
    return {name: text for name, text in files.items() if not is_generated(text.path, text.text)}


def _later_changes(
    loaded: Mapping[str, SourceText],
    waiting: Mapping[str, SourceText],
    graph: ImportGraph,
    target: Target,
) -> LaterChanges:
    """Return what the own files change, and the sources of installed modules that may read it."""
    imports: dict[str, set[str]] = {}
    for edge in graph.edges:
        imports.setdefault(edge.importer, set()).add(edge.imported)
    files = {module.name: module.file for module in graph.modules}
    entries = [f"{target.module}.{target.function}"]
    reach = reach_of({**loaded, **waiting}, entries, waits=waiting)
    return LaterChanges(reach, InstalledSources(files, imports))
