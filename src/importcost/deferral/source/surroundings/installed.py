"""The state that importing an installed package reads, by the sources of what init loaded."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from importcost.deferral.source.model import Unreadable
from importcost.deferral.source.parse import Parsed, parse
from importcost.deferral.source.reach.graph import call_graph
from importcost.deferral.source.reach.scan import scan
from importcost.deferral.source.reach.units import MentionedAs
from importcost.deferral.source.surroundings.aspects import surroundings
from importcost.deferral.source.surroundings.reads import (
    ReadFinder,
    StateReads,
    is_stdlib,
    listed_reads,
)
from importcost.deferral.source.text import decode

MAX_BYTES_READ = 1_000_000
"""Larger files are tables of data."""


class InstalledSources:
    """Reads the files of installed modules when asked for; each is read once.

    `files` are the files by module name (None without one); `imports` the modules that each module
    imports while it loads.
    """

    def __init__(
        self, files: Mapping[str, str | None], imports: Mapping[str, Collection[str]]
    ) -> None:
        self._files = files
        self._imports = imports
        self._known: dict[str, StateReads | None] = {}
        self._loads: dict[str, tuple[str, ...]] = {}
        words = {
            name.rpartition(".")[2]
            for aspect in surroundings().aspects.values()
            for name in aspect.read_by
        }
        self._words = re.compile(rb"\b(?:%s)\b" % "|".join(sorted(words)).encode())

    def reads(self, module: str) -> StateReads | None:
        """Return what importing a module reads; None if its source is not at hand."""
        loaded = self.loads(module)
        if not loaded:
            return None
        found = StateReads()
        for name in loaded:
            if name not in self._known:
                self._known[name] = listed_reads(name) or self._reads(name)
            part = self._known[name]
            if part is None:
                return None
            found.merge(part, f"importing {module} ({name})" if name != module else None)
        return found

    def loads(self, module: str) -> Collection[str]:
        """Return the modules that importing a module loads, empty if that is unknown."""
        if module not in self._files:
            return ()
        if module not in self._loads:
            self._loads[module] = self._loaded(module)
        return self._loads[module]

    def _loaded(self, module: str) -> tuple[str, ...]:
        found = {module: None}
        queue = [module]
        for name in queue:  # grows while it is read
            parent = name.rpartition(".")[0]
            for each in (*self._imports.get(name, ()), parent):
                if each and each not in found:
                    found[each] = None
                    queue.append(each)
        return tuple(found)

    def file_of(self, module: str) -> str | None:
        """Return the file of a module, None if that is unknown."""
        return self._files.get(module)

    def _reads(self, module: str) -> StateReads | None:
        """Return what running one module's body reads."""
        found = StateReads()
        path = self._files.get(module)
        if is_stdlib(module):
            for name, aspect in surroundings().aspects.items():
                if module in aspect.stdlib_imports:
                    found.add(name, aspect.stdlib_imports[module], f"importing {module}")
            return found
        if path is None:
            return found  # a namespace package has no code
        if not path.endswith(".py"):
            found.add("environment", surroundings().extension_keys, f"importing {module}")
            return found
        try:
            data = Path(path).read_bytes()
        except OSError:
            return None
        if len(data) > MAX_BYTES_READ or not self._words.search(data):
            return found
        text = decode(path, data)
        parsed = text if isinstance(text, Unreadable) else parse(text)
        if not isinstance(parsed, Parsed):
            return None
        return _of_body(parsed, module, path)


def _of_body(parsed: Parsed, module: str, path: str) -> StateReads | None:
    """Return what a module's body reads, with the functions of its file that it calls.

    Other files may call the rest while they load, so variables that it names count as read.
    """
    try:
        code = scan(parsed, module, path.endswith("__init__.py"), path)
    except RecursionError:
        return None
    graph, _ = call_graph({module: code})
    finder = ReadFinder(graph, None, own_code=False)
    found = StateReads()
    during_load = graph.reached([code.body.unit], lambda edge: edge.kind is not MentionedAs.VALUE)
    for facts in graph.units():
        reads = finder.of_unit(facts)
        if facts.unit in during_load:
            found.merge(reads, f"importing {module}")
        elif reads.aspects.get("environment", (None, ""))[0]:
            found.add("environment", reads.aspects["environment"][0], f"importing {module}")
    return found
