"""Refuse to move own code whose result depends on when, or in which order, init runs it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from importcost.deferral.source.reach.units import UnitFacts
from importcost.deferral.source.surroundings.full_names import FullNames
from importcost.deferral.source.surroundings.moments import takes, tells_import_time
from importcost.deferral.source.surroundings.state_changes import StateChange
from importcost.model.advice import Obstacle

LaterReason = tuple[str, Obstacle]
"""The reason as a sentence, and its values."""


class InitMoments:
    """Finds own code that notices when it runs: the clock, counters, what comes next."""

    def __init__(self, names: FullNames) -> None:
        self._names = names

    def of_value(
        self, units: Iterable[UnitFacts], changes: Iterable[StateChange]
    ) -> LaterReason | None:
        """Return why own code that computes a value has to run in init's order, or None."""
        changed = {change.unit: change for change in changes if not change.is_setting}
        for facts in units:
            found = self._moment(facts)
            if found:
                return found
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
            if called and isinstance(node, ast.Call) and tells_import_time(called):
                text = f"computing it calls {called}() at line {node.lineno} of {module}"
                obstacle = Obstacle("moment", module, node.lineno, called)
                return f"{text}, which depends on when it runs", obstacle
        return None

    def _in_order(self, what: str, facts: UnitFacts, line: int, name: str) -> LaterReason:
        module = facts.unit.module
        return f"computing it {what} at line {line} of {module}", Obstacle(
            "order", module, line, name
        )
