"""The order in which init runs what the function's files import and call."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import CodeUnit, MentionedAs

_Lines = Mapping[CodeUnit, tuple[int, int]]
"""The first and the last line at which a body runs each unit."""
_Later = tuple[frozenset[CodeUnit], Mapping[CodeUnit, int]]
"""Units that run later, and bodies that go on after a line."""


class InitOrder:
    """Tells if init runs some code after a line of a module's body.

    Many changes are held against many imports, so what a module's importers run is kept.
    """

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._reach: dict[CodeUnit, set[CodeUnit]] = {}
        self._lines: dict[CodeUnit, _Lines] = {}
        self._later: dict[str, _Later] = {}

    def runs_after(self, unit: CodeUnit, at: int, module: str, line: int) -> bool:
        """Return True if init may run a unit's line `at` after a line of a module's body."""
        code = self._graph.files.get(module)
        if code is None:
            return False
        if unit == code.body.unit and at > line:  # it goes on after what it imports
            return True
        if self._follows(unit, code.body.unit, line):
            return True
        units, bodies = self._after_importers(module)
        return unit in units or (unit in bodies and at > bodies[unit])

    def _after_importers(self, module: str) -> _Later:
        """Return what runs after the lines at which others, and others them, import a module."""
        if module not in self._later:
            bodies = self._import_chain(module)
            units = {
                unit
                for body, line in bodies.items()
                for unit in self._lines_of(body)
                if self._follows(unit, body, line)
            }
            self._later[module] = (frozenset(units), bodies)
        return self._later[module]

    def _import_chain(self, module: str) -> dict[CodeUnit, int]:
        """Return the bodies that import a module, directly or not, with the line of each."""
        start = self._graph.files[module].body.unit
        found: dict[CodeUnit, int] = {}
        stack = list(reversed(self._importers.get(start, ())))
        while stack:
            body, line = stack.pop()
            if body != start and body not in found:
                found[body] = line
                stack += reversed(self._importers.get(body, ()))
        return found

    @cached_property
    def _importers(self) -> Mapping[CodeUnit, list[tuple[CodeUnit, int]]]:
        """The bodies that import each body, with the lines."""
        found: dict[CodeUnit, list[tuple[CodeUnit, int]]] = {}
        bodies = {code.body.unit for code in self._graph.files.values()}
        for code in self._graph.files.values():
            for edge in self._graph.edges.get(code.body.unit, ()):
                if isinstance(edge.target, CodeUnit) and edge.target in bodies:
                    found.setdefault(edge.target, []).append((code.body.unit, edge.line))
        return found

    def _follows(self, unit: CodeUnit, body: CodeUnit, line: int) -> bool:
        """Return True if what a body imports or calls after a line runs a unit.

        A module's body runs at its first import only.
        """
        first, last = self._lines_of(body).get(unit, (line, line))
        return last > line and (bool(unit.name) or first > line)

    def _lines_of(self, body: CodeUnit) -> _Lines:
        if body not in self._lines:
            found: dict[CodeUnit, tuple[int, int]] = {}
            for edge in self._graph.edges.get(body, ()):
                if edge.kind is MentionedAs.VALUE:
                    continue
                for start in self._graph.units_of([edge.target]):
                    for unit in self._reached(start):
                        first, last = found.get(unit, (edge.line, edge.line))
                        found[unit] = (min(first, edge.line), max(last, edge.line))
            self._lines[body] = found
        return self._lines[body]

    def _reached(self, unit: CodeUnit) -> set[CodeUnit]:
        if unit not in self._reach:
            found = self._graph.reached([unit], lambda edge: edge.kind is not MentionedAs.VALUE)
            self._reach[unit] = set(found)
        return self._reach[unit]
