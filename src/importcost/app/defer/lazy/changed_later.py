"""Refuse imports of dependencies that read what the function changes before they would run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from importcost.app.defer.findings import JudgedImport
from importcost.app.defer.measured_costs import MeasuredCosts
from importcost.app.defer.sources import Sources
from importcost.model.advice import DeferVerdict, VerdictKind


def refuse_changed(
    costs: MeasuredCosts, findings: Sequence[JudgedImport], sources: Sources
) -> list[JudgedImport]:
    """Return the findings without imports whose modules read a state that own code changes.

    An import inside a dependency runs now when the own statement runs that loads the dependency.
    What changes after that statement is what the waiting module would find.
    """
    return [
        _settled(costs, one, sources) if one.changes and one.waits_for else one for one in findings
    ]


def _settled(costs: MeasuredCosts, one: JudgedImport, sources: Sources) -> JudgedImport:
    if sources.later is None:
        return one
    for module, line in _own_places(costs, one, sources):
        found = sources.later.import_reason(module, line, sorted(one.waits_for), ())
        if found is not None:
            verdict = DeferVerdict(VerdictKind.NOT_DEFERRABLE, found[0], obstacle=found[1])
            return replace(one, finding=replace(one.finding, verdict=verdict), changes=())
    return one


def _own_places(
    costs: MeasuredCosts, one: JudgedImport, sources: Sources
) -> Iterator[tuple[str, int]]:
    """Yield the module and line of each own statement that loads the finding's file."""
    own = costs.imports.keys()
    for key in own:
        file = sources.files.get(key.place.file)
        if file is None or key.place.file in sources.dependencies:
            continue
        if one.file.module in costs.imports.loaded_by([key]):
            yield file.module, key.place.line
