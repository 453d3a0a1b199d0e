"""The estimate: what a cold start of the profiled function bills on Lambda."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from importcost.model.profile import Interval


class InitLimit(str, Enum):
    """Where the estimated init stands against Lambda's 10 s limit for on-demand init."""

    BELOW = "below"
    NEAR = "near"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from: what it is, who published it, and the date of the figure."""

    figure: str
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class PhaseEstimate:
    """One phase as modelled on Lambda; milliseconds. `share` (0 to 1) of the estimated init."""

    label: str
    init_ms: float
    share: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Modelled on-demand cold start. Times in milliseconds, money in US dollars.

    `init_ms` = `floor_ms` + `function_init_ms`; `function_init_ms` is the local CPU time times
    `speed_ratio`, plus blocked wall time. `billed_init_ms` is what the init alone adds to
    Billed Duration (whole milliseconds; AWS rounds the sum of init and first invoke up).
    `phases` add up to `init_ms.value`. Init is not scaled by memory (the INIT boost);
    `dollars_per_million` cold starts is.
    """

    memory_mb: int
    arch: str
    package_type: str
    runtime: str
    floor_ms: Interval
    speed_ratio: Interval
    function_init_ms: Interval
    init_ms: Interval
    billed_init_ms: Interval
    dollars_per_million: Interval
    phases: tuple[PhaseEstimate, ...]
    limit: InitLimit
    notes: tuple[str, ...]
    sources: tuple[Source, ...]
