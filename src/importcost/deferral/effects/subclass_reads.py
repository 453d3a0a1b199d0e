"""Find code that reads `__subclasses__()`: every class under such a base is seen by it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost.deferral.effects.lookup import Lookup
from importcost.deferral.effects.refs import Ref, RefForm
from importcost.model.graph import FUNCTION

_READ = "__subclasses__"


@dataclass(frozen=True, slots=True)
class SubclassRead:
    """One read: where it is, and of which class; None if any class may be passed."""

    place: str
    module: str
    dotted: str | None


class SubclassReaders:
    """The reads of `__subclasses__()` in the modules of an import graph."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._reads: dict[str, tuple[SubclassRead, ...]] = {}
        self._packages: dict[str, tuple[str, ...]] = {}

    def of(self, class_: Ref, ancestors: Sequence[Ref]) -> Iterator[tuple[Ref, str]]:
        """Yield the ancestors whose subclasses are read, with the place that reads them."""
        for ancestor in ancestors:
            if ancestor.form is not RefForm.CLASS or ancestor.module == class_.module:
                continue
            for read in self._near(ancestor.module):
                if read.dotted == ancestor.dotted or (read.dotted is None and self._own(read)):
                    yield ancestor, read.place
                    break

    def _own(self, read: SubclassRead) -> bool:
        module = self._lookup.codes.loaded.get(read.module)
        return module is not None and module.distribution == FUNCTION

    def _near(self, module: str) -> Iterator[SubclassRead]:
        """Yield the reads in the function's own files and in the package of a module."""
        top = module.partition(".")[0]
        if top not in self._packages:
            self._packages[top] = tuple(
                one.name
                for one in self._lookup.codes.loaded.values()
                if one.distribution == FUNCTION or one.name.partition(".")[0] == top
            )
        for name in self._packages[top]:
            if name not in self._reads:
                self._reads[name] = tuple(self._of_module(name))
            if self._reads[name]:
                self._lookup.codes.note(name)
            yield from self._reads[name]

    def _of_module(self, name: str) -> Iterator[SubclassRead]:
        codes = self._lookup.codes
        if codes.is_stdlib(name) or not codes.has_source(name):
            return
        if _READ.encode() not in Path(str(codes.loaded[name].file)).read_bytes():
            return
        code = codes.code(name)
        if code is None:
            return
        yield from self._reads_in(code.tree, name, None)

    def _reads_in(self, node: ast.AST, module: str, class_: str | None) -> Iterator[SubclassRead]:
        for child in ast.iter_child_nodes(node):
            inner = class_
            if isinstance(child, ast.ClassDef):
                inner = f"{module}.{child.name}"
            if isinstance(child, ast.Attribute) and child.attr == _READ:
                yield self._read(child, module, class_)
            yield from self._reads_in(child, module, inner)

    def _read(self, node: ast.Attribute, module: str, class_: str | None) -> SubclassRead:
        place = f"{module}, line {node.lineno},"
        found = self._lookup.plain(node.value, module)
        if found is not None and found.form is RefForm.CLASS:
            return SubclassRead(place, module, found.dotted)
        return SubclassRead(place, module, class_)
