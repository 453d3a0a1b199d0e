"""Judges the pairs that were measured, and puts the report of all handlers together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from importcost.app.bill.place import Billed
from importcost.app.gate.comparison.lanes import Lane
from importcost.app.gate.comparison.race import Race, Versions
from importcost.app.gate.comparison.request import CompareReport, CompareRequest
from importcost.app.gate.statement_spans import with_spans
from importcost.gate.attribution import Attribution, at_own_sizes
from importcost.gate.beyond_noise import Compared, attribute_comparison
from importcost.gate.budget_rules import relative, thresholds_of
from importcost.gate.budgets import Budgets, Level, Rule
from importcost.gate.checks import Check, Status
from importcost.gate.compare import Comparison, Thresholds, compare_timings
from importcost.gate.costly import at_heaviest
from importcost.gate.rules import measured_check
from importcost.gate.subject import Evidence, JudgedHandler, evidence_of

MIN_DELTA_US = 500.0
"""A tiny handler's 2 % is less than any launch can tell; nothing is decided by half a ms."""


def judged(races: list[Race], request: CompareRequest) -> dict[str, Comparison]:
    """Return the comparison of each handler that has pairs, by its name."""
    running = {race.lane.name: race for race in races if race.is_running and race.pairs}
    found = compare_timings(
        {name: race.pairs for name, race in running.items()},
        {name: _thresholds(race.lane, request) for name, race in running.items()},
    )
    return {one.handler: one for one in found}


def budgets_of(lane: Lane, request: CompareRequest) -> Budgets:
    """Return a handler's budgets, with what the command line says instead."""
    budgets = lane.settings.budgets
    if request.max_increase is None:
        return budgets
    return replace(budgets, max_increase=request.max_increase)


def report_of(
    races: list[Race],
    versions: Versions,
    request: CompareRequest,
    comparisons: Mapping[str, Comparison],
    billed: Mapping[str, tuple[Billed, Billed]],
) -> CompareReport:
    """Return the checks of all handlers, with what accounts for each shift."""
    checks: list[Check] = []
    compared = []
    for race in races:
        checks += race.checks
        found = comparisons.get(race.lane.name)
        if found is None:
            continue
        pair = billed.get(race.lane.name)
        blamed = _blamed(*pair, found) if pair else None
        own = _comparison_checks(race.lane, found, request)
        checks += _at_cause(own, pair[1], blamed) if pair else own
        compared.append(Compared(found, blamed))
    return CompareReport(
        checks=with_spans(checks),
        compared=tuple(compared),
        root=str(versions.head.top),
        # Where no own import can be blamed, the handler's file stands for it.
        places={
            race.lane.name: (race.lane.head.handler.partition(".py")[0] + ".py", 1)
            for race in races
            if race.lane.head is not None and ".py" in race.lane.head.handler
        },
        billed=dict(billed),
    )


def _blamed(base: Billed, head: Billed, found: Comparison) -> Attribution:
    raw = attribute_comparison(base.profile, head.profile, head.estimate, found)
    return at_own_sizes(raw, base.estimate, head.estimate)


def _at_cause(checks: list[Check], head: Billed, blamed: Attribution | None) -> tuple[Check, ...]:
    """Return the checks, findings at the own import that brings new modules, else the heaviest."""
    evidence = evidence_of(head.profile, head.estimate)
    new = frozenset(blamed.new_modules) if blamed is not None else frozenset()
    at_new = [at_heaviest(check, evidence, new) for check in checks]
    return tuple(at_heaviest(check, evidence) for check in at_new)


def _thresholds(lane: Lane, request: CompareRequest) -> Thresholds:
    found = thresholds_of(budgets_of(lane, request))
    return replace(found, min_delta_us=max(found.min_delta_us, MIN_DELTA_US))


def _comparison_checks(lane: Lane, found: Comparison, request: CompareRequest) -> list[Check]:
    subject = JudgedHandler(
        handler=lane.name,
        budgets=budgets_of(lane, request),
        evidence=Evidence(),
        levels=lane.settings.levels,
        comparison=found,
    )
    measured = measured_check(lane.name, lane.settings.levels)
    if subject.levels.of(Rule.INCREASE) is Level.OFF:
        words = "Switched off: comparisons are reported, not judged."
        return [measured, subject.check(Rule.INCREASE, Status.SKIPPED, words)]
    return [measured, *relative(subject)]
