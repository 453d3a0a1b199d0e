"""The order in which init runs what the function's files import and call."""

from __future__ import annotations

from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import CodeUnit, MentionedAs


class InitOrder:
    """Tells if init runs some code after a line of a module's body."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._reach: dict[CodeUnit, set[CodeUnit]] = {}

    def runs_after(self, unit: CodeUnit, at: int, module: str, line: int) -> bool:
        """Return True if init may run a unit's line `at` after a line of a module's body."""
        return self._after(unit, at, module, line, set())

    def _after(self, unit: CodeUnit, at: int, module: str, line: int, seen: set[str]) -> bool:
        code = self._graph.files.get(module)
        if code is None or module in seen:
            return False
        seen.add(module)
        if unit == code.body.unit and at > line:  # it goes on after what it imports
            return True
        if self._follows(unit, code.body.unit, line):
            return True
        return any(
            edge.target == code.body.unit
            and self._after(unit, at, importer.module, edge.line, seen)
            for importer in self._graph.files.values()
            for edge in self._graph.edges.get(importer.body.unit, ())
        )

    def _follows(self, unit: CodeUnit, body: CodeUnit, line: int) -> bool:
        """Return True if what a body imports or calls after a line runs a unit.

        A module's body runs at its first import only.
        """
        before, after = False, False
        for edge in self._graph.edges.get(body, ()):
            if edge.kind is MentionedAs.VALUE:
                continue
            runs = any(unit in self._reached(each) for each in self._graph.units_of([edge.target]))
            before |= runs and edge.line <= line
            after |= runs and edge.line > line
        return after and not (before and not unit.name)

    def _reached(self, unit: CodeUnit) -> set[CodeUnit]:
        if unit not in self._reach:
            found = self._graph.reached([unit], lambda edge: edge.kind is not MentionedAs.VALUE)
            self._reach[unit] = set(found)
        return self._reach[unit]
