"""The files of dependencies whose imports may be worth waiting for, analysed as the own ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from importcost.app.defer.lazy.module_text import ModuleTexts
from importcost.app.defer.measured_costs import least_gain_us
from importcost.app.defer.sources import Sources
from importcost.deferral.cost.costs import ImportCosts, self_us_by_name
from importcost.deferral.cost.dominators import dominated_sums
from importcost.deferral.cost.flow import PRELOADED_PHASES, ROOT, body_of, own_files
from importcost.deferral.source.analyse import OutsideUses, analyse
from importcost.deferral.source.model import SourceFile
from importcost.model.graph import FUNCTION, RUNTIME, STDLIB, EdgeKind, ImportEdge, ImportGraph
from importcost.model.profile import Profile

MOST_FILES = 40
"""Files of dependencies to analyse, those that import the costliest modules first."""


def with_dependencies(profile: Profile, graph: ImportGraph, sources: Sources) -> Sources:
    """Return the sources with the files of dependencies that import something costly.

    That is a module which takes, with all that only it keeps loaded, enough to be worth an edit.
    """
    python = profile.environment.minor_version
    texts = ModuleTexts(graph)
    files: dict[str, SourceFile] = {}
    for module in _importers(profile, graph):
        source = texts.source(module)
        if source is None:
            continue
        is_package = source.path.endswith("/__init__.py")
        found = analyse(source, module, is_package, python, OutsideUses())
        if isinstance(found, SourceFile):
            files[source.path] = found
    return replace(sources, files={**sources.files, **files}, dependencies=frozenset(files))


def with_kept_parents(graph: ImportGraph, files: Collection[str]) -> ImportGraph:
    """Return the graph in which these files import the packages of what they import as well.

    `import a.b` that waits has loaded `a` all the same: Python looks for `b` in it.
    """
    kept: dict[tuple[str, str], ImportEdge] = {}
    for edge in graph.edges:
        if edge.file not in files or edge.kind is EdgeKind.PARENT:
            continue
        body = body_of(edge)[0]
        for parent in _parents(edge.imported):
            if parent != body:
                kept[body, parent] = ImportEdge(
                    body, parent, None, None, cached=True, kind=EdgeKind.STATEMENT
                )
    return replace(graph, edges=(*graph.edges, *kept.values()))


def _importers(profile: Profile, graph: ImportGraph) -> list[str]:
    """Return the modules of dependencies that import costly ones, the costliest first."""
    worth = _costly(profile, graph)
    file_of = {module.name: module.file for module in graph.modules}
    foreign = {
        module.name
        for module in graph.modules
        if module.distribution not in (FUNCTION, STDLIB, RUNTIME)
        and module.phase not in PRELOADED_PHASES
    }
    most: dict[str, int] = defaultdict(int)
    for edge in graph.edges:
        importer = edge.importer
        is_in_body = edge.cause in (None, importer) and edge.file == file_of.get(importer)
        if importer in foreign and is_in_body and edge.kind is EdgeKind.STATEMENT:
            most[importer] = max(most[importer], worth.get(edge.imported, 0))
    chosen = sorted((name for name in most if most[name] > 0), key=lambda name: -most[name])
    return chosen[:MOST_FILES]


def _costly(profile: Profile, graph: ImportGraph) -> Mapping[str, int]:
    """Return the modules worth waiting for, with the time that goes if nothing imports them."""
    self_us = self_us_by_name(profile.tree, {module.name for module in graph.modules})
    costs = ImportCosts(graph, self_us, own_files(graph))
    sums = dominated_sums(costs.flow.successors, ROOT, costs.weights)
    least_us = least_gain_us(profile)
    return {
        name: sums[node]
        for name, node in costs.flow.node_of_module.items()
        if sums[node] >= least_us
    }


def _parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for size in range(1, len(parts)):
        yield ".".join(parts[:size])
