"""The figures of all functions of a project, and what they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple

from importcost.model.interval import Interval
from importcost.model.parsing.absent_settings import (
    STANDS_FOR_ARCH,
    STANDS_FOR_MEMORY,
    STANDS_FOR_PACKAGE_TYPE,
)

OWN_CODE = "function"
"""The distribution name of a function's own modules, as in a profile's graph."""


def layer_owner(name: str) -> str:
    """Return the distribution name of a layer's modules that belong to no distribution."""
    return f"layer {name}"


@dataclass(frozen=True, slots=True)
class PackageCost:
    """A distribution's part of one function's init on Lambda: its modules' own milliseconds."""

    name: str
    self_ms: float
    modules: int


@dataclass(frozen=True, slots=True)
class LayerCost:
    """A layer's part of one function's init on Lambda: the own milliseconds of all its modules.

    What the layer's distributions take counts here and in their `PackageCost`, too.
    """

    name: str
    self_ms: float
    modules: int


@dataclass(frozen=True, slots=True)
class OwnModuleCost:
    """The milliseconds that disappear from one function's init without an own module.

    A layer's modules that belong to no distribution are own modules, too. `file` is relative to
    the project's folder if the module lies in it: it is how functions share one.
    """

    module: str
    file: str
    exclusive_ms: float


@dataclass(frozen=True, slots=True)
class SuggestedChange:
    """A suggested change of one function: `place` is file and line, `saved_ms` predicted."""

    place: str
    code: str
    saved_ms: float


@dataclass(frozen=True, slots=True)
class MonthlyTraffic:
    """Requests a month and the share of them (0 to 1) that start cold."""

    invocations: float
    cold_rate: float


@dataclass(frozen=True, slots=True)
class PackageWeight:
    """A distribution of one function's package, unpacked; the share (0 to 1) is of its bytes."""

    name: str
    size_mb: float
    unloaded_share: float


@dataclass(frozen=True, slots=True)
class FunctionPackage:
    """One function's package with its layers, unpacked, in megabytes of 1,048,576 bytes.

    `is_least` is True if there may be more than was found. `largest` are its largest
    distributions. `stale_modules` are those that init loads and Lambda compiles at every cold
    start, None if the function is at hand only as sources.
    """

    size_mb: float
    limit_mb: int | None
    is_least: bool
    unloaded_share: float
    largest: tuple[PackageWeight, ...]
    stale_modules: int | None = None


@dataclass(frozen=True, slots=True)
class FunctionFigures:
    """One measured function of a project.

    Times in milliseconds on Lambda, or here for a platform that is not modelled; money in US
    dollars. `billed_init_ms` is the init itself where none is billed. `own_ms` is the part of
    init that the function's code causes, `saved_ms` the predicted saving of all suggested changes
    together. `runtime_ends` is a sentence if support of the runtime ended or soon ends. `page` is
    the file of its report, relative to the index. In what is saved, `memory_mb`, `arch` and
    `package_type` are null if the platform does not have them.
    """

    name: str
    handler: str
    runtime: str
    memory_mb: int = field(metadata=STANDS_FOR_MEMORY)
    arch: str = field(metadata=STANDS_FOR_ARCH)
    package_type: str = field(metadata=STANDS_FOR_PACKAGE_TYPE)
    billed_init_ms: Interval
    own_ms: float
    dollars_per_million: Interval | None
    modules: int
    memory_used_mb: float | None
    packages: tuple[PackageCost, ...]
    own_modules: tuple[OwnModuleCost, ...]
    changes: tuple[SuggestedChange, ...]
    saved_ms: float
    runtime_ends: str | None = None
    warnings: tuple[str, ...] = ()
    verdict: str | None = None
    """`pass`, `fail` or `unknown` by the budgets that are configured for it, None without any."""
    page: str | None = None
    traffic: MonthlyTraffic | None = None
    layers: tuple[LayerCost, ...] = ()
    package: FunctionPackage | None = None
    """The deployed package by size; None if it is not known."""
    platform: str = "lambda"

    @property
    def dollars_a_month(self) -> float | None:
        """Billed init of a month's cold starts, None without traffic or without a price."""
        if self.traffic is None or self.dollars_per_million is None:
            return None
        starts = self.traffic.invocations * self.traffic.cold_rate
        return starts / 1_000_000 * self.dollars_per_million.value


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A function without figures, and the reason as one sentence."""

    name: str
    reason: str


class CulpritKind(str, Enum):
    """The kinds of what several functions pay for."""

    PACKAGE = "package"
    LAYER = "layer"
    MODULE = "module"
    CHANGE = "change"
    """A suggested change in a file that several functions load."""


@dataclass(frozen=True, slots=True)
class Culprit:
    """A distribution, layer or own module that functions pay for, or one change that helps several.

    `name` is a change's file and line, `code` its statement. `total_ms` is the sum over one cold
    start of each function: of what it takes (packages, layers), of what goes without it (modules),
    or of what it would save (changes). `dollars_a_month` is that over the functions with traffic,
    None if none has any. `functions` are the names of those that load it.
    """

    kind: CulpritKind
    name: str
    total_ms: float
    functions: tuple[str, ...]
    dollars_a_month: float | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class ProjectFigures:
    """All functions of a project with their figures, or those of one shard, such as `2/3`."""

    place: str
    tool: str
    created_at: str
    functions: tuple[FunctionFigures, ...]
    left_out: tuple[NotMeasured, ...]
    culprits: tuple[Culprit, ...]
    notes: tuple[str, ...] = ()
    shard: str | None = None


def culprits_of(functions: Iterable[FunctionFigures]) -> tuple[Culprit, ...]:
    """Return what costs most over all functions, the most expensive first.

    Packages and layers by their own time; own modules by what disappears without them, and changes
    by what they save. Of these two only those that at least two functions load: a change there
    counts for all.
    """
    found: dict[_CulpritKey, list[tuple[FunctionFigures, float]]] = {}
    for one in functions:
        for key, ms in _payments(one):
            found.setdefault(key, []).append((one, ms))
    made = [_culprit(key, payers) for key, payers in found.items() if _counts(key.kind, payers)]
    return tuple(sorted(made, key=lambda one: (-one.total_ms, one.name)))


class _CulpritKey(NamedTuple):
    """The identity of a culprit."""

    kind: CulpritKind
    name: str
    code: str = ""


def _payments(one: FunctionFigures) -> Iterator[tuple[_CulpritKey, float]]:
    """Yield what a function pays for, with the milliseconds."""
    counted = {OWN_CODE, *(layer_owner(layer.name) for layer in one.layers)}
    for package in one.packages:
        if package.name not in counted:  # a layer's own modules are a part of the layer
            yield _CulpritKey(CulpritKind.PACKAGE, package.name), package.self_ms
    for layer in one.layers:
        yield _CulpritKey(CulpritKind.LAYER, layer.name), layer.self_ms
    for module in one.own_modules:
        yield _CulpritKey(CulpritKind.MODULE, module.file), module.exclusive_ms
    for change in one.changes:
        yield _CulpritKey(CulpritKind.CHANGE, change.place, change.code), change.saved_ms


def _counts(kind: CulpritKind, payers: list[tuple[FunctionFigures, float]]) -> bool:
    if kind in (CulpritKind.PACKAGE, CulpritKind.LAYER):
        return True
    return len({one.name for one, _ in payers}) > 1


def _culprit(key: _CulpritKey, payers: list[tuple[FunctionFigures, float]]) -> Culprit:
    dollars = [_share_of_month(one, ms) for one, ms in payers if one.traffic is not None]
    return Culprit(
        kind=key.kind,
        name=key.name,
        total_ms=sum(ms for _, ms in payers),
        functions=tuple(dict.fromkeys(one.name for one, _ in payers)),
        dollars_a_month=sum(dollars) if dollars else None,
        code=key.code,
    )


def _share_of_month(one: FunctionFigures, part_ms: float) -> float:
    """Return a part of init as dollars a month: billed time is proportional to its price."""
    month = one.dollars_a_month or 0.0
    whole = one.billed_init_ms.value
    return month * part_ms / whole if whole > 0 else 0.0


def with_traffic(
    functions: Iterable[FunctionFigures], traffic: Mapping[str, MonthlyTraffic]
) -> tuple[FunctionFigures, ...]:
    """Return the functions with their traffic; `*` is that of all that have no own."""
    usual = traffic.get("*")
    return tuple(replace(one, traffic=traffic.get(one.name, usual)) for one in functions)
