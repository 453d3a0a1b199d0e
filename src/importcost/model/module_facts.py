"""Facts about a profile's modules: their importers, their distributions, their cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from importcost.model.graph import (
    FUNCTION,
    UNKNOWN_DISTRIBUTION,
    EdgeKind,
    ImportEdge,
    ImportGraph,
    LoadedModule,
)
from importcost.model.profile import Phase, Profile
from importcost.model.tree import NO_PARENT, NOT_IN_LOG, ImportTree

MOST_EXPENSIVE = 10
STARTUP_PHASES = (Phase.INTERPRETER_START.value, Phase.RUNTIME.value)


def most_expensive(profile: Profile, limit: int = MOST_EXPENSIVE) -> list[int]:
    """Return the nodes of the costliest imports of function init, the most expensive first.

    An import counts where it enters a distribution. A package's imports of itself are already part
    of the figure of the import that loaded the package, and would crowd out the other packages. A
    name counts once, where it loaded.
    """
    tree = profile.tree
    distributions = distribution_by_name(profile)
    startup = startup_phase_ids(tree)
    target = profile.target
    bodies = (target.module, target.started_module) if target else ()
    best: dict[str, int] = {}
    for node in range(len(tree)):
        name, parent = tree.name(node), tree.parents[node]
        is_body = parent == NO_PARENT and name in bodies
        if name == NOT_IN_LOG or tree.phase_ids[node] in startup or is_body:
            continue
        owner = distributions.get(name, UNKNOWN_DISTRIBUTION)
        if _stays_inside(tree, node, owner, distributions):
            continue
        if name not in best or tree.cumulative_us[node] > tree.cumulative_us[best[name]]:
            best[name] = node
    return sorted(best.values(), key=lambda node: -tree.cumulative_us[node])[:limit]


def _stays_inside(tree: ImportTree, node: int, owner: str, distributions: dict[str, str]) -> bool:
    """Return True if an import stays in its distribution; function code never does."""
    parent = tree.parents[node]
    if parent == NO_PARENT or owner == FUNCTION:
        return False
    name, above = tree.name(node), tree.name(parent)
    if owner == UNKNOWN_DISTRIBUTION:
        return name.partition(".")[0] == above.partition(".")[0]
    return owner == distributions.get(above)


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """The facts of the graph run about one name; None if there are none."""

    module: LoadedModule | None
    edge: ImportEdge | None
    distribution: str


def module_facts(profile: Profile) -> list[ModuleFacts]:
    """Return the facts for every entry of the tree's name table, in its order."""
    modules, edges = _first_modules(profile.graph), first_edges(profile.graph)
    distributions = distribution_by_name(profile)
    return [
        ModuleFacts(
            modules.get(name), edges.get(name), distributions.get(name, UNKNOWN_DISTRIBUTION)
        )
        for name in profile.tree.names
    ]


def _first_modules(graph: ImportGraph | None) -> dict[str, LoadedModule]:
    modules: dict[str, LoadedModule] = {}
    for module in graph.modules if graph else ():
        modules.setdefault(module.name, module)
    return modules


def first_edges(graph: ImportGraph | None) -> dict[str, ImportEdge]:
    """Return the edge that loaded each module, by the module's name.

    An edge with a line takes precedence over the implied load of a parent package, which has none.
    """
    edges: dict[str, ImportEdge] = {}
    for edge in graph.edges if graph else ():
        if edge.cached:
            continue
        known = edges.get(edge.imported)
        if known is None or (known.kind is EdgeKind.PARENT and edge.kind is not EdgeKind.PARENT):
            edges[edge.imported] = edge
    return edges


def distribution_by_name(profile: Profile) -> dict[str, str]:
    """Return each known module's distribution.

    Without a graph (a profile from a log) a top-level package's name is used instead, so that
    colours and totals still distinguish packages.
    """
    if profile.graph is not None:
        return {module.name: module.distribution for module in profile.graph.modules}
    names = profile.tree.names
    packages = Counter(name.partition(".")[0] for name in names)
    return {name: top for name in names if (top := name.partition(".")[0]) and packages[top] > 1}


def startup_phase_ids(tree: ImportTree) -> set[int]:
    """Return the ids of the phases before the handler: interpreter and runtime."""
    return {i for i, label in enumerate(tree.phases) if label in STARTUP_PHASES}
