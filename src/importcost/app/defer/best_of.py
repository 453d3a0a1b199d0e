"""The set of findings that saves most together, and the joint saving of any of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from importcost.app.defer.findings import JudgedImport
from importcost.app.defer.measured_costs import MeasuredCosts
from importcost.deferral.cost.best_set import Candidate, best_set
from importcost.model.advice import BestSet
from importcost.model.graph import FUNCTION


def joint(
    costs: MeasuredCosts, findings: Sequence[JudgedImport], numbers: Sequence[int]
) -> BestSet:
    """Return the joint saving of these findings."""
    chosen = [findings[number] for number in numbers]
    keys = list(dict.fromkeys(key for one in chosen for key in one.keys))
    made = {
        (one.file.source.path, item.name): (one.file, item)
        for one in chosen
        for item in one.objects
    }
    own = sum(costs.own_us(file, [item]) for file, item in made.values())
    return BestSet(
        finding_ids=tuple(numbers),
        exclusive_us=costs.imports.exclusive_us(keys) + own,
        modules=costs.imports.modules_of(keys),
    )


def best_of(costs: MeasuredCosts, findings: Sequence[JudgedImport]) -> BestSet | None:
    """Return the set that saves most together, of all findings that can be deferred.

    Findings that share their cost with others count too: alone they would save nothing.
    """
    candidates = []
    counted: set[tuple[str, str]] = set()
    chosen = _nearest(costs, findings)
    for number, one in enumerate(findings):
        path = one.file.source.path
        fresh = [made for made in one.objects if (path, made.name) not in counted]
        if number in chosen:
            counted |= {(path, made.name) for made in fresh}
        extra = costs.own_us(one.file, fresh)
        candidates.append(Candidate(number, one.keys, number in chosen, extra))
    return best_set(costs.imports, candidates, costs.init.local_us)


def _nearest(costs: MeasuredCosts, findings: Sequence[JudgedImport]) -> set[int]:
    """Return the deferrable findings, without imports of own modules if others replace them.

    Deferring `import helper` also defers helper's imports, but makes every user of helper wait for
    all of them. If the imports in helper can be deferred, those are the better choice.
    """
    own = {module.name for module in costs.graph.modules if module.distribution == FUNCTION}
    chosen = {number for number, one in enumerate(findings) if one.changes}
    whole = _joint_us(costs, findings, chosen)
    for number in sorted(chosen):
        if own.isdisjoint(findings[number].finding.imported):
            continue
        without = _joint_us(costs, findings, chosen - {number})
        if whole - without < costs.least_us:
            chosen.remove(number)
            whole = without
    return chosen


def _joint_us(
    costs: MeasuredCosts, findings: Sequence[JudgedImport], numbers: Collection[int]
) -> int:
    return costs.imports.exclusive_us([key for number in numbers for key in findings[number].keys])
