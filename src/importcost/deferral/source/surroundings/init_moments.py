"""Refuse to move own code whose result depends on when, or in which order, init runs it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from importcost.deferral.source.own_state.handed_clocks import HandedClock, HandedClocks
from importcost.deferral.source.reach.units import UnitFacts
from importcost.deferral.source.surroundings.full_names import FullNames
from importcost.deferral.source.surroundings.moments import takes, tells_call_time
from importcost.deferral.source.surroundings.state_changes import StateChange
from importcost.model.advice import Obstacle

LaterReason = tuple[str, Obstacle]
"""The reason as a sentence, and its values."""


class InitMoments:
    """Finds own code that notices when it runs: the clock, counters, what comes next."""

    def __init__(self, names: FullNames, handed: HandedClocks) -> None:
        self._names = names
        self._handed = handed

    def of_value(
        self,
        body: UnitFacts,
        value: ast.expr,
        units: Iterable[UnitFacts],
        changes: Iterable[StateChange],
    ) -> LaterReason | None:
        """Return why own code that computes a module's value has to run in init's order, or None.

        `units` are those that computing it runs.
        """
        for node in ast.walk(value):
            clock = self._handed.by_call(body, node) if isinstance(node, ast.Call) else None
            if clock is not None:
                return self._asks(clock)
        changed = {change.unit: change for change in changes if not change.is_setting}
        for facts in units:
            found = self._moment(facts)
            if found:
                return found
            clock = self._handed.of_module(facts.unit.module)
            if clock is not None:
                return self._asks(clock)
            for call in takes(facts.nodes, facts.bound):
                what = "takes what comes next"
                return self._in_order(what, facts, call.lineno, "next")
            change = changed.get(facts.unit)
            if change is not None:
                return self._in_order(f"changes {change.what}", facts, change.line, change.what)
        return None

    def _moment(self, facts: UnitFacts) -> LaterReason | None:
        module = facts.unit.module
        for node in facts.nodes:
            called = self._names.of(facts, node.func) if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Call) and tells_call_time(node, called):
                called = called or ast.unparse(node.func)
                text = f"computing it calls {called}() at line {node.lineno} of {module}"
                obstacle = Obstacle("moment", module, node.lineno, called)
                return f"{text}, which depends on when it runs", obstacle
        return None

    def _asks(self, clock: HandedClock) -> LaterReason:
        text = f"computing it may ask {clock.name}, which line {clock.line} of {clock.module}"
        obstacle = Obstacle("moment", clock.module, clock.line, clock.name)
        return f"{text} hands over", obstacle

    def _in_order(self, what: str, facts: UnitFacts, line: int, name: str) -> LaterReason:
        module = facts.unit.module
        return f"computing it {what} at line {line} of {module}", Obstacle(
            "order", module, line, name
        )
