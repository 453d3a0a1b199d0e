"""Exclusive cost per module: what disappears from init once nothing imports it any more."""

from __future__ import annotations

from collections.abc import Mapping

from importcost.deferral.cost.costs import ImportCosts, self_us_by_name
from importcost.deferral.cost.dominators import dominated_sums
from importcost.deferral.cost.flow import ROOT, own_files
from importcost.model.profile import Profile


def exclusive_by_name(profile: Profile) -> Mapping[str, int]:
    """Return the self time, microseconds, of all that each module alone keeps loaded.

    What it dominates in the import graph, itself included: modules that another importer would
    load anyway are left out. Empty without a graph; modules of the startup phases, which the
    runtime loads in any case, are left out.
    """
    graph = profile.graph
    if graph is None:
        return {}
    names = {module.name for module in graph.modules}
    costs = ImportCosts(graph, self_us_by_name(profile.tree, names), own_files(graph))
    sums = dominated_sums(costs.flow.successors, ROOT, costs.weights)
    return {
        name: sums[node]
        for name, node in costs.flow.node_of_module.items()
        if name not in costs.flow.preloaded
    }
