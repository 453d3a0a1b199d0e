"""Daily figures of deployed functions, as a record keeps them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountDay:
    """One day (UTC, `2026-11-30`) of one function's on-demand inits.

    Milliseconds, seconds, US dollars of that day, None for a region without prices. `is_whole` is
    False for a day of which only a part was read.
    """

    day: str
    cold_starts: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    longest_ms: float
    billed_init_s: float
    dollars: float | None
    failed: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    """A change of a function's code: its day, and the first signs of the package's checksum."""

    day: str
    code: str


@dataclass(frozen=True, slots=True)
class FunctionTrend:
    """The recorded days of one function in order, and when it was deployed."""

    account: str
    region: str
    name: str
    days: tuple[AccountDay, ...]
    deployments: tuple[Deployment, ...]

    @property
    def dollars(self) -> float:
        """The bill of init over all recorded days."""
        return sum(one.dollars or 0.0 for one in self.days)


@dataclass(frozen=True, slots=True)
class Trend:
    """All recorded functions, the most expensive first."""

    functions: tuple[FunctionTrend, ...]

    @property
    def days(self) -> tuple[str, ...]:
        """Every recorded day, in order."""
        return tuple(sorted({one.day for function in self.functions for one in function.days}))
