"""Facts about a profile that several reports show, calculated once before rendering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importcost.model.graph import ImportEdge
from importcost.model.interval import Interval
from importcost.model.module_facts import ModuleFacts
from importcost.model.package.size import PackageSize
from importcost.model.results.savings import Savings
from importcost.model.results.wrapping import WrappedParts


@dataclass(frozen=True, slots=True)
class BytecodeAdvice:
    """Modules that a ZIP package compiles at every cold start, and the command that stops it."""

    compiled_modules: int
    own_modules: int
    command: str


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """The unpacked package beside the platform's limit, megabytes; None without a known one."""

    size: PackageSize
    limit_mb: int | None

    @property
    def limit_share(self) -> float | None:
        """The share (0 to 1, or above) of the limit that the package takes."""
        return None if self.limit_mb is None else self.size.size_mb / self.limit_mb


@dataclass(frozen=True, slots=True)
class ArchitectureBill:
    """One cold start on one architecture, for the memory curve.

    Init is the same at every memory size, so one init and one price make the whole curve.
    `saved_ms` is the init time that the deferrals save, None without deferrals. `waiting_ms` and
    `saved_waiting_ms` are the parts of both that wait and are never throttled. `limit` is the value
    of an `InitLimit`.
    """

    arch: str
    init_ms: Interval
    gb_second_dollars: float
    limit: str
    saved_ms: float | None
    waiting_ms: float = 0.0
    saved_waiting_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """Facts that reports show beside a profile's own figures and its estimate.

    `modules` follows the tree's name table, and `first_edges` has the edge that loaded each module.
    `exclusive_us` is the self time of all modules that a module alone keeps loaded; empty without a
    graph. `most_expensive` are nodes of the tree, the most expensive first. `architectures` starts
    with the estimate's own, and is empty on a platform that has no
    price by memory size. `files_ms` is what the files of the modules under each node of the tree
    cost on Lambda, milliseconds. `package` is None if what is deployed is not known.
    """

    modules: tuple[ModuleFacts, ...]
    first_edges: Mapping[str, ImportEdge]
    exclusive_us: Mapping[str, int]
    most_expensive: tuple[int, ...]
    bytecode: BytecodeAdvice | None
    savings: Savings
    architectures: tuple[ArchitectureBill, ...]
    files_ms: tuple[float, ...] = ()
    wrapped: WrappedParts | None = None
    """The wrapper's modules and the function's own; None for a handler that nothing wraps."""
    package: PackageFacts | None = None
