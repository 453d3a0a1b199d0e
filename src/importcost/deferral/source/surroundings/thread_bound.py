"""Code that sets something for the thread or context that runs it, and for no other."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import MentionedAs, UnitFacts
from importcost.deferral.source.surroundings.aspects import surroundings
from importcost.deferral.source.surroundings.full_names import FullNames

_LOCAL = "threading.local"


@dataclass(frozen=True, slots=True)
class ThreadSetting:
    """A line of a module that `does` something for the running thread: "sets decimal's context"."""

    module: str
    line: int
    does: str


class ThreadBound:
    """Finds such settings in the function's own files."""

    def __init__(self, graph: CallGraph, names: FullNames) -> None:
        self._graph = graph
        self._names = names
        self._known = surroundings().thread_bound
        self._found: dict[str, ThreadSetting | None] = {}

    def of_import(self, module: str) -> ThreadSetting | None:
        """Return the first setting that importing a module makes, with what it imports itself."""
        if module not in self._found:
            self._found[module] = None  # for circular imports
            code = self._graph.files.get(module)
            if code is not None:
                units = self._graph.reached(
                    [code.body.unit], lambda edge: edge.kind is not MentionedAs.VALUE
                )
                facts = [self._graph.facts(unit) for unit in units]
                inner = (self.of_import(each) for one in facts for each in one.loads)
                found = self.of_units(facts) or next(filter(None, inner), None)
                self._found[module] = found
        return self._found[module]

    def of_units(self, units: Iterable[UnitFacts]) -> ThreadSetting | None:
        """Return the first setting that running some units makes, or None."""
        settings = (found for facts in units for found in self._in_unit(facts))
        return next(settings, None)

    def _in_unit(self, facts: UnitFacts) -> Iterator[ThreadSetting]:
        for node in facts.nodes:
            if isinstance(node, ast.Call):
                name = self._names.of(facts, node.func)
                if name is not None:
                    yield from self._call(facts, node, name)
            elif isinstance(node, (ast.Assign, ast.Delete)):
                for target in node.targets:
                    yield from self._stored(facts, target)
            elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For)):
                yield from self._stored(facts, node.target)

    def _call(self, facts: UnitFacts, node: ast.Call, name: str) -> Iterator[ThreadSetting]:
        if name in self._known:
            yield ThreadSetting(facts.unit.module, node.lineno, self._known[name])
        elif name == "setattr" and node.args:
            yield from self._owned(facts, node.args[0], node.lineno)
        elif name.endswith((".__dict__.update", ".__dict__.setdefault")):
            namespace = node.func.value if isinstance(node.func, ast.Attribute) else None
            if isinstance(namespace, ast.Attribute):
                yield from self._owned(facts, namespace.value, node.lineno)

    def _stored(self, facts: UnitFacts, target: ast.expr) -> Iterator[ThreadSetting]:
        if isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                yield from self._stored(facts, element)
        elif isinstance(target, ast.Attribute):
            yield from self._owned(facts, target.value, target.lineno)
        elif isinstance(target, ast.Subscript):
            inner = target.value
            if isinstance(inner, ast.Attribute):
                yield from self._owned(facts, inner.value, target.lineno)

    def _owned(self, facts: UnitFacts, owner: ast.expr, line: int) -> Iterator[ThreadSetting]:
        """Yield a setting if an object belongs to the running thread."""
        name = self._names.of(facts, owner) or ""
        if name in self._known and name.endswith("()"):
            yield ThreadSetting(facts.unit.module, line, self._known[name])
        elif name.endswith("()") and self._is_local(name[:-2]):
            yield ThreadSetting(facts.unit.module, line, "sets an attribute of a threading.local")

    def _is_local(self, name: str, depth: int = 0) -> bool:
        """Return True for `threading.local`, and for own classes that derive from it."""
        if name in (_LOCAL, "_thread._local", "asgiref.local.Local", "werkzeug.local.Local"):
            return True
        module, _, owner = name.rpartition(".")
        code = self._graph.files.get(module)
        found = code.classes.get(owner) if code is not None else None
        if code is None or found is None or depth > len(self._graph.files):
            return False
        bases = (self._names.chain(code.body, base) for base in found.bases)
        return any(self._is_local(base, depth + 1) for base in bases if base)
