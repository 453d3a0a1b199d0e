"""The figures of all functions of a project, and what they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from importcost.model.interval import Interval

OWN_CODE = "function"
"""The distribution name of a function's own modules, as in a profile's graph."""


@dataclass(frozen=True, slots=True)
class PackageCost:
    """A distribution's part of one function's init on Lambda: its modules' own milliseconds."""

    name: str
    self_ms: float
    modules: int


@dataclass(frozen=True, slots=True)
class OwnModuleCost:
    """The milliseconds that disappear from one function's init without an own module.

    `file` is relative to the project's folder if the module lies in it: it is how functions share
    one.
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
class FunctionFigures:
    """One measured function of a project.

    Times in milliseconds on Lambda, money in US dollars. `own_ms` is the part of init that the
    function's code causes, `saved_ms` the predicted saving of all suggested changes together.
    `runtime_ends` is a sentence if support of the runtime ended or soon ends. `page` is the file of
    its report, relative to the index.
    """

    name: str
    handler: str
    runtime: str
    memory_mb: int
    arch: str
    package_type: str
    billed_init_ms: Interval
    own_ms: float
    dollars_per_million: Interval
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

    @property
    def dollars_a_month(self) -> float | None:
        """Billed init of a month's cold starts, None without traffic."""
        if self.traffic is None:
            return None
        starts = self.traffic.invocations * self.traffic.cold_rate
        return starts / 1_000_000 * self.dollars_per_million.value


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A function without figures, and the reason as one sentence."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Culprit:
    """A distribution or own module that several functions pay for.

    `total_ms` is the sum over one cold start of each function; `dollars_a_month` over the functions
    with traffic, None if none has any. `functions` are the names of those that load it.
    """

    kind: str
    """`package` or `module`."""
    name: str
    total_ms: float
    functions: tuple[str, ...]
    dollars_a_month: float | None = None


@dataclass(frozen=True, slots=True)
class ProjectFigures:
    """All functions of a project with their figures."""

    place: str
    tool: str
    created_at: str
    functions: tuple[FunctionFigures, ...]
    left_out: tuple[NotMeasured, ...]
    culprits: tuple[Culprit, ...]
    notes: tuple[str, ...] = ()


def culprits_of(functions: Iterable[FunctionFigures]) -> tuple[Culprit, ...]:
    """Return what costs most over all functions, the most expensive first.

    Packages by their own time; own modules by what disappears without them, and only those that at
    least two functions load: a change in one then counts for all.
    """
    found: dict[tuple[str, str], list[tuple[FunctionFigures, float]]] = {}
    for one in functions:
        for package in one.packages:
            if package.name != OWN_CODE:
                found.setdefault(("package", package.name), []).append((one, package.self_ms))
        for module in one.own_modules:
            key = ("module", module.file)
            found.setdefault(key, []).append((one, module.exclusive_ms))
    made = [_culprit(*key, payers) for key, payers in found.items() if _counts(key[0], payers)]
    return tuple(sorted(made, key=lambda one: (-one.total_ms, one.name)))


def _counts(kind: str, payers: list[tuple[FunctionFigures, float]]) -> bool:
    return kind == "package" or len({one.name for one, _ in payers}) > 1


def _culprit(kind: str, name: str, payers: list[tuple[FunctionFigures, float]]) -> Culprit:
    dollars = [_share_of_month(one, ms) for one, ms in payers if one.traffic is not None]
    return Culprit(
        kind=kind,
        name=name,
        total_ms=sum(ms for _, ms in payers),
        functions=tuple(dict.fromkeys(one.name for one, _ in payers)),
        dollars_a_month=sum(dollars) if dollars else None,
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
