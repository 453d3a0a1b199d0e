"""The files that Lambda reads for a function's modules, and what they cost there.

Here they come from a warm page cache, so a local measurement hardly shows them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from importcost.model.graph import RUNTIME, STDLIB, ImportGraph
from importcost.model.profile import Phase
from importcost.model.tree import NO_PARENT, ImportTree

_FUNCTION_PHASES = frozenset({Phase.HANDLER_IMPORTS.value, Phase.MODULE_BODY.value})
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class FileLoad:
    """The module files, and the megabytes of mapped native code, that something loads."""

    modules: int = 0
    native_mb: float = 0.0

    def __add__(self, other: FileLoad) -> FileLoad:
        """Return both together."""
        return FileLoad(self.modules + other.modules, self.native_mb + other.native_mb)


@dataclass(frozen=True, slots=True)
class FileCosts:
    """The cost of files on Lambda, milliseconds: `module_ms` each, `native_ms` a megabyte.

    `loads` are those of each module of the function's own init; native code that no module asked
    for is in `loose`. Both are empty if they were not recorded.
    """

    module_ms: float
    native_ms: float
    loads: Mapping[str, FileLoad]
    loose: FileLoad = FileLoad()

    @property
    def total(self) -> FileLoad:
        """Return the files of all modules together."""
        return sum(self.loads.values(), self.loose)

    def ms(self, load: FileLoad) -> float:
        """Return the milliseconds that some files take on Lambda."""
        return self.files_ms(load) + self.mapped_ms(load)

    def files_ms(self, load: FileLoad) -> float:
        """Return the part that finding and reading module files takes, milliseconds."""
        return load.modules * self.module_ms

    def mapped_ms(self, load: FileLoad) -> float:
        """Return the part that mapping and reading native code takes, milliseconds."""
        return load.native_mb * self.native_ms

    def ms_of(self, names: Iterable[str]) -> float:
        """Return the milliseconds of some modules' files; a name that has none costs nothing."""
        return sum(self.ms(self.loads[name]) for name in names if name in self.loads)


def cumulative_ms(tree: ImportTree, costs: FileCosts) -> tuple[float, ...]:
    """Return the milliseconds of the files under each node of a tree, its own included.

    A module's files count where its name first appears.
    """
    found, seen = [0.0] * len(tree), set[str]()
    for node in range(len(tree)):
        name = tree.name(node)
        if name not in seen and name in costs.loads:
            seen.add(name)
            found[node] = costs.ms(costs.loads[name])
    for node in range(len(tree) - 1, -1, -1):  # parents come before their children
        if tree.parents[node] != NO_PARENT:
            found[tree.parents[node]] += found[node]
    return tuple(found)


def function_loads(graph: ImportGraph | None) -> tuple[Mapping[str, FileLoad], FileLoad] | None:
    """Return each module's files in the function's own init, and native code of no module.

    None if the files were not recorded: by an older version, on a platform without /proc, or in a
    log.
    """
    if graph is None or graph.files is None:
        return None
    native: dict[str | None, float] = defaultdict(float)
    for file in graph.files:
        # The runtime's own files are on each host already: rows from Lambda show no cost for them.
        if file.is_code and file.distribution not in (STDLIB, RUNTIME):
            native[file.module] += (file.resident_bytes or 0) / _MEGABYTE
    loads = {
        module.name: FileLoad(int(module.file is not None), native.pop(module.name, 0.0))
        for module in graph.modules
        if module.phase in _FUNCTION_PHASES
    }
    return loads, FileLoad(0, sum(native.values()))
