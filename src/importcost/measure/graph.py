"""Build the import graph from the probe's records: owners, host file names, parent edges."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from importcost.measure.deployed.runtime_packages import runtime_distributions
from importcost.measure.loaded_files import module_bytes, other_files
from importcost.measure.plain.spec import is_installed
from importcost.measure.runners.base import Layout
from importcost.measure.session import Measurement
from importcost.model.graph import (
    FUNCTION,
    RUNTIME,
    RUNTIME_IMPORTER,
    STDLIB,
    UNKNOWN_DISTRIBUTION,
    BytecodeState,
    EdgeKind,
    ImportEdge,
    ImportGraph,
    LoadedModule,
)
from importcost.model.profile import Phase

PHASE_OF_LOAD = {
    "start": Phase.INTERPRETER_START.value,
    "runtime": Phase.RUNTIME.value,
    "function": Phase.HANDLER_IMPORTS.value,
}


_FOR_FUNCTIONS = runtime_distributions() - {"awslambdaric", "simplejson", "snapshot-restore-py"}


class _Owners:
    """Finds the distribution of a module."""

    def __init__(self, measurement: Measurement, task_root: str, runtime_dir: str | None) -> None:
        self._owners: Mapping[str, str] = measurement.graph["owners"]
        self._task_root = task_root.rstrip("/") + "/"
        self._runtime_dir = runtime_dir.rstrip("/") + "/" if runtime_dir else None

    def of_file(self, file: str | None, is_stdlib: bool) -> str:
        if file is not None and self._runtime_dir and file.startswith(self._runtime_dir):
            # Older images keep boto3 beside awslambdaric: only the latter is loaded by the runtime
            # itself.
            owner = self._owners.get(file)
            return owner if owner in _FOR_FUNCTIONS else RUNTIME
        if is_stdlib:
            return STDLIB
        if file is None:
            return UNKNOWN_DISTRIBUTION
        owner = self._owners.get(file)
        if owner in ("awslambdaric", "snapshot-restore-py"):
            return RUNTIME
        if owner:
            return owner
        is_own = file.startswith(self._task_root)
        is_own = is_own and not is_installed(file[len(self._task_root) - 1 :])
        return FUNCTION if is_own else UNKNOWN_DISTRIBUTION


def build_graph(measurement: Measurement, layout: Layout) -> ImportGraph:
    """Turn the probe's graph result into a graph with owners and the host's file names."""
    owners = _Owners(measurement, layout.task_root, layout.runtime_dir)
    page = measurement.graph["page_bytes"]

    def on_host(file: str | None) -> str | None:
        return None if file is None else layout.on_host(file)

    read = module_bytes(measurement.graph)
    modules = []
    for name, file, loaded_by, own, grown, phase, state, is_stdlib in measurement.graph["modules"]:
        owner = owners.of_file(file, is_stdlib)
        modules.append(
            LoadedModule(
                name=name,
                file=on_host(file),
                distribution=owner,
                bytecode=BytecodeState(state),
                rss_self_bytes=None if own is None else own * page,
                rss_cumulative_bytes=None if grown is None else grown * page,
                phase=PHASE_OF_LOAD[phase],
                loaded_by=loaded_by,
                from_runtime=owner != RUNTIME and _is_in(file, layout.runtime_packages),
                read_bytes=read.get(name),
            )
        )
    modules = _own_namespaces(modules)
    compiled = _loaded_by_compiled(modules)
    edges = [_edge(row, on_host, compiled) for row in measurement.graph["edges"]]
    files = other_files(
        measurement.graph, modules, lambda path: owners.of_file(path, False), layout.on_host
    )
    return ImportGraph(tuple(modules), tuple(edges + _parent_edges(modules)), files)


def _is_in(file: str | None, folders: tuple[str, ...]) -> bool:
    return file is not None and file.startswith(tuple(f"{folder}/" for folder in folders))


def _loaded_by_compiled(modules: Sequence[LoadedModule]) -> Mapping[str, str]:
    """Return the loader of each module that one without Python source loaded (mypyc, C).

    Such a loader has no frame of its own, so its imports look as if nothing had imported them.
    """
    file_of = {module.name: module.file for module in modules}
    # A compiled package may be listed twice; what began it, nothing else may be said to load.
    first = {module.name for module in modules if module.loaded_by is None}
    return {
        module.name: loader
        for module in modules
        if module.name not in first
        and (loader := module.loaded_by) is not None
        and _is_compiled(file_of.get(loader))
    }


def _is_compiled(file: str | None) -> bool:
    return file is not None and file.endswith((".so", ".pyd"))


def _edge(
    row: Sequence[Any],
    on_host: Callable[[str | None], str | None],
    compiled: Mapping[str, str],
) -> ImportEdge:
    importer, file, line, kind, cause, cause_line, imported, cached = row
    if not importer and not cause and line is None and not cached:
        importer = compiled.get(imported)
    return ImportEdge(
        importer=importer or RUNTIME_IMPORTER,
        imported=imported,
        file=on_host(file),
        line=line,
        cached=cached,
        kind=EdgeKind(kind),
        cause=cause,
        cause_line=cause_line,
    )


def _parent_edges(modules: Sequence[LoadedModule]) -> list[ImportEdge]:
    names = {module.name for module in modules}
    return [
        ImportEdge(module.name, parent, None, None, True, EdgeKind.PARENT)
        for module in modules
        if (parent := module.name.rpartition(".")[0]) in names
    ]


def _own_namespaces(modules: list[LoadedModule]) -> list[LoadedModule]:
    """Give a namespace package, which has no file, the owner of most of its content."""
    inside: dict[str, Counter[str]] = defaultdict(Counter)
    for module in modules:
        if module.distribution != UNKNOWN_DISTRIBUTION:
            parent = module.name.rpartition(".")[0]
            while parent:
                inside[parent][module.distribution] += 1
                parent = parent.rpartition(".")[0]
    return [
        replace(module, distribution=inside[module.name].most_common(1)[0][0])
        if module.distribution == UNKNOWN_DISTRIBUTION and inside.get(module.name)
        else module
        for module in modules
    ]
