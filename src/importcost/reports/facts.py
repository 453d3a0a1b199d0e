"""What reports say about modules: who imported them where, whose they are, what they cost most."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importcost.deferral.cost.bytecode import BUILD_FOLDER, bytecode_finding, compiled_modules
from importcost.model.graph import (
    FUNCTION,
    UNKNOWN_DISTRIBUTION,
    BytecodeState,
    EdgeKind,
    ImportEdge,
    ImportGraph,
    LoadedModule,
)
from importcost.model.interval import Interval
from importcost.model.profile import Phase, Profile, Target
from importcost.model.tree import NO_PARENT, ImportTree

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import IntervalData


MOST_EXPENSIVE = 10
STARTUP_PHASES = (Phase.INTERPRETER_START.value, Phase.RUNTIME.value)
BYTECODE_ORDER = tuple(BytecodeState)


def most_expensive(profile: Profile, limit: int = MOST_EXPENSIVE) -> list[int]:
    """Return the nodes of the costliest imports of function init, the most expensive first.

    An import counts where it enters a distribution: what a package imports of itself already
    stands in the figure of the import that brought the package in, and would crowd out the
    other packages. A name counts once, where it loaded.
    """
    tree = profile.tree
    distributions = distribution_by_name(profile)
    startup = startup_phase_ids(tree)
    body = profile.target.module if profile.target else None
    best: dict[str, int] = {}
    for node in range(len(tree)):
        name, parent = tree.name(node), tree.parents[node]
        if tree.phase_ids[node] in startup or (parent == NO_PARENT and name == body):
            continue
        owner = distributions.get(name, UNKNOWN_DISTRIBUTION)
        if _stays_inside(tree, node, owner, distributions):
            continue
        if name not in best or tree.cumulative_us[node] > tree.cumulative_us[best[name]]:
            best[name] = node
    return sorted(best.values(), key=lambda node: -tree.cumulative_us[node])[:limit]


def short_path(file: str, target: Target | None) -> str:
    """Return the part of a path that tells a reader where the file is.

    Below the task root or a layer: relative to it. Elsewhere: what follows site-packages or
    the standard library's folder. A page that is passed on need not tell the writer's folders.
    """
    path = file.replace("\\", "/")
    roots = (target.task_root, *target.layers) if target else ()
    parts = path.split("/")
    for marker in ("site-packages", "dist-packages"):
        if marker in parts:
            at = len(parts) - parts[::-1].index(marker)
            return "/".join(parts[at:])
    for root in roots:
        prefix = root.replace("\\", "/").rstrip("/") + "/"
        if path.startswith(prefix):
            return path[len(prefix) :]
    for at, part in enumerate(parts[:-1]):
        if part.startswith("python3") and at and parts[at - 1] == "lib":
            return "/".join(parts[at:])
    return "/".join(parts[-3:])


@dataclass(frozen=True, slots=True)
class BytecodeAdvice:
    """Modules that a ZIP package compiles at every cold start, and the command that stops it."""

    compiled_modules: int
    own_modules: int
    command: str


def bytecode_advice(profile: Profile) -> BytecodeAdvice | None:
    """Return advice for a ZIP whose modules come as source, None where nothing is to be gained.

    The state on the measured disk does not matter: a ZIP's timestamps never match, and an image
    is measured with the valid bytecode that its build leaves.
    """
    if profile.graph is None or profile.settings.package_type != "zip":
        return None
    compiled = compiled_modules(profile.graph, "zip")
    target = profile.target
    root = target.task_root if target else BUILD_FOLDER
    found = bytecode_finding(profile.graph, profile.settings, root)
    if found is None:
        return None
    own = sum(module.distribution == FUNCTION for module in compiled)
    return BytecodeAdvice(found.modules, own, found.command)


def _stays_inside(tree: ImportTree, node: int, owner: str, distributions: dict[str, str]) -> bool:
    """Tell whether an import stays in its distribution; function code never does."""
    parent = tree.parents[node]
    if parent == NO_PARENT or owner == FUNCTION:
        return False
    name, above = tree.name(node), tree.name(parent)
    if owner == UNKNOWN_DISTRIBUTION:
        return name.partition(".")[0] == above.partition(".")[0]
    return owner == distributions.get(above)


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What the graph run told about one name; None where it told nothing."""

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

    An edge with a line beats the implied load of a parent package, which has none.
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

    Without a graph (a profile from a log) a top-level package's name stands in for it, so that
    colours and totals still tell packages apart.
    """
    if profile.graph is not None:
        return {module.name: module.distribution for module in profile.graph.modules}
    names = profile.tree.names
    packages = Counter(name.partition(".")[0] for name in names)
    return {name: top for name in names if (top := name.partition(".")[0]) and packages[top] > 1}


def startup_phase_ids(tree: ImportTree) -> set[int]:
    """Return the ids of the phases before the handler: interpreter and runtime."""
    return {i for i, label in enumerate(tree.phases) if label in STARTUP_PHASES}


def interval_json(interval: Interval) -> IntervalData:
    """Return an interval as a JSON value."""
    return {
        "low": interval.low,
        "value": interval.value,
        "high": interval.high,
        "confidence": interval.confidence,
    }
