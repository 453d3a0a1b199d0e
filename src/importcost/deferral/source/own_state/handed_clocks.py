"""Clocks and the like that a file hands over without calling them: `default_factory=time.time`."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import FileCode, MentionedAs, UnitFacts
from importcost.deferral.source.surroundings.full_names import FullNames
from importcost.deferral.source.surroundings.moments import tells_call_time, tells_import_time


@dataclass(frozen=True, slots=True)
class HandedClock:
    """A clock by its dotted name, handed over at a line of a module's body."""

    name: str
    module: str
    line: int


class HandedClocks:
    """Finds own files whose classes and functions may ask a clock that no call of theirs names.

    A dataclass's fields, a class's static methods and default values of parameters hand them over.
    """

    def __init__(self, graph: CallGraph, names: FullNames) -> None:
        self._graph = graph
        self._names = names
        self._found: dict[str, HandedClock | None] = {}

    def of_module(self, module: str) -> HandedClock | None:
        """Return the first clock that the body of an own file hands over, or None."""
        if module not in self._found:
            self._found[module] = None  # for files that hand over each other's
            code = self._graph.files.get(module)
            self._found[module] = self._in_body(code) if code is not None else None
        return self._found[module]

    def by_call(self, facts: UnitFacts, call: ast.Call) -> HandedClock | None:
        """Return the clock that a call of an own class or function may ask, or None."""
        parts = (self._names.of(facts, call.func) or "").partition("(")[0].split(".")
        owners = (".".join(parts[:size]) for size in range(len(parts) - 1, 0, -1))
        return next((self.of_module(each) for each in owners if each in self._graph.files), None)

    def _in_body(self, code: FileCode) -> HandedClock | None:
        for mention in code.body.mentions:
            if mention.kind is MentionedAs.CALL:
                continue
            if mention.chain[0] == "<lambda>":
                name = self._asked_by(code, mention.chain[1])
            else:
                name = self._clock(self._names.chain(code.body, mention.chain))
            if name is not None:
                return HandedClock(name, code.module, mention.line)
        return None

    def _clock(self, dotted: str | None) -> str | None:
        """Return the clock that a name is, or that an own function of that name asks, or None."""
        if dotted is None or tells_import_time(dotted):
            return dotted
        parts = dotted.split(".")
        for size in range(len(parts) - 1, 0, -1):
            code = self._graph.files.get(".".join(parts[:size]))
            if code is not None:
                found = self._asked_by(code, ".".join(parts[size:]))
                clock = self.of_module(code.module)
                return found or (clock.name if clock is not None else None)
        return None

    def _asked_by(self, code: FileCode, function: str) -> str | None:
        """Return the clock that a function or lambda at module level calls, or None."""
        for unit, facts in code.units.items():
            for node in facts.nodes if unit.name.endswith(function) else ():
                name = self._names.of(facts, node.func) if isinstance(node, ast.Call) else None
                if isinstance(node, ast.Call) and tells_call_time(node, name):
                    return name or ast.unparse(node.func)
        return None
