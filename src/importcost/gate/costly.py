"""The own import to which a finding on a figure points: the one that costs most of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from importcost.deferral.cost.costs import ImportCosts
from importcost.deferral.cost.flow import StatementKey, own_files
from importcost.gate.attribution import loaded_for_function
from importcost.gate.budgets import Rule
from importcost.gate.checks import Check
from importcost.gate.subject import Evidence
from importcost.model.graph import ImportGraph

_BY_TIME = frozenset({Rule.INIT, Rule.BILLED_INIT, Rule.COST, Rule.INCREASE})


def at_heaviest(check: Check, evidence: Evidence, among: Collection[str] | None = None) -> Check:
    """Return a finding on a figure at the own import that costs most of what it measures.

    That is time, memory or the number of modules. `among` are the modules that count, None for
    all. A finding that has a line, and one on another kind of figure, stays as it is.
    """
    graph = evidence.graph
    if not check.is_finding or check.file is not None or graph is None:
        return check
    weights = _weights(check.rule, evidence, graph)
    if among is not None:
        weights = {name: weight for name, weight in weights.items() if name in among}
    found = heaviest_import(graph, weights)
    if found is None:
        return check
    file, line, imported = found
    said = "" if imported is None else f" {_most(among)} comes with the import of {imported}."
    return replace(check, file=file, line=line, imports=imported, message=f"{check.message}{said}")


def _most(among: Collection[str] | None) -> str:
    """Return what the line of a finding is: a hint at the heaviest, not the change's own line."""
    return "Most of it" if among is None else "Most of what is new"


def heaviest_import(
    graph: ImportGraph, weights: Mapping[str, int]
) -> tuple[str, int, str | None] | None:
    """Return file, line and imported module of the own import that keeps most weight loaded.

    Imports of other people's modules come before those of own ones: what an own module imports is
    in its own file. Of what several imports share, none has more than its whole. None if no own
    import loads any weight.
    """
    own = own_files(graph)
    costs = ImportCosts(graph, weights, own)
    # The runtime's modules are loaded anyway, and the import machinery imports some of them itself.
    inner = {module.name for module in graph.modules if module.file in own} | costs.flow.preloaded

    def imported(key: StatementKey) -> list[str]:
        names = (edge.imported for edge in costs.flow.edges_of.get(key, ()))
        return [name for name in names if name not in inner]

    exclusive = costs.exclusive_by_statement()
    every = costs.keys()
    keys = [key for key in every if imported(key)] or list(every)

    def whole(key: StatementKey) -> int:
        return sum(weights.get(name, 0) for name in costs.loaded_by((key,)))

    best = max(keys, key=lambda key: (exclusive.get(key, 0), whole(key)), default=None)
    if best is None or not whole(best):
        return None
    return best.place.file, best.place.line, next(iter(imported(best)), None)


def _weights(rule: Rule, evidence: Evidence, graph: ImportGraph) -> Mapping[str, int]:
    if rule in _BY_TIME:
        return evidence.self_us or {}
    if rule is Rule.MEMORY:
        return {module.name: module.rss_self_bytes or 0 for module in graph.modules}
    if rule is Rule.MODULE_COUNT:
        return dict.fromkeys(loaded_for_function(graph), 1)
    return {}
