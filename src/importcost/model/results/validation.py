"""The model's estimates beside what Lambda logged, over the functions of an account."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.model.interval import Interval
from importcost.model.stats import median


@dataclass(frozen=True, slots=True)
class LoggedAgainstModel:
    """One function: the median of its logged inits and the estimate, milliseconds.

    `predicted_ms` is None where the function could not be measured; `problem` then says why.
    """

    name: str
    region: str
    cold_starts: int
    logged_ms: float
    predicted_ms: Interval | None
    problem: str | None = None

    @property
    def error(self) -> float | None:
        """The estimate's error as a share of the logged median; above zero is too high."""
        if self.predicted_ms is None:
            return None
        return self.predicted_ms.value / self.logged_ms - 1

    @property
    def is_in_band(self) -> bool:
        """True if the estimate's band holds the logged median."""
        found = self.predicted_ms
        return found is not None and found.low <= self.logged_ms <= found.high


@dataclass(frozen=True, slots=True)
class AccountFit:
    """Floor and speed ratio that the functions of one runtime fit together.

    `place` names architecture, package type and runtime. `floor_ms` is in milliseconds,
    `speed_factor` times the published ratio. `said` says how they were found.
    """

    place: str
    functions: int
    cold_starts: int
    floor_ms: float
    speed_factor: float
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountValidation:
    """All functions with enough cold starts, the largest error first."""

    functions: tuple[LoggedAgainstModel, ...]
    fits: tuple[AccountFit, ...]

    @property
    def measured(self) -> tuple[LoggedAgainstModel, ...]:
        """Those that could be measured."""
        return tuple(one for one in self.functions if one.predicted_ms is not None)

    @property
    def median_error(self) -> float | None:
        """The median of the errors without their signs, a share."""
        found = [abs(one.error) for one in self.measured if one.error is not None]
        return median(found) if found else None
