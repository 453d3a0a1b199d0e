"""Estimates compared with the inits that Lambda logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importcost.billing.calibration import Calibration, prediction_band
from importcost.billing.estimate import Estimate
from importcost.model.interval import Interval
from importcost.model.profile import Profile


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """An estimate and the log. `inside` is the share (0 to 1) of logged inits in its band.

    `error` is relative: the estimated init over the log's median, minus one.
    """

    estimate: Estimate
    error: float
    inside: float


@dataclass(frozen=True, slots=True)
class LogComparison:
    """The comparison of a log and a profile. Milliseconds.

    `logged` is the median of the log's inits with the band for the next one. `published` and
    `stored` are the estimates before, `fitted` that of the new calibration. `calibration` is None
    if too few cold starts were logged, with the reason in `reason`. `memories` are the logged
    memory sizes in MB. `notes` are open points of the fit, and `left_out` the parts of the log that
    were not used.
    """

    profile: Profile
    cold_starts: int
    logged: Interval
    memories: tuple[int, ...]
    published: ErrorTable
    stored: ErrorTable | None
    fitted: ErrorTable | None
    calibration: Calibration | None
    reason: str | None
    notes: tuple[str, ...]
    left_out: tuple[str, ...]


def compare_published(estimate: Estimate, inits_ms: Sequence[float]) -> ErrorTable:
    """Return an estimate beside logged inits in milliseconds. Raises ValueError without inits."""
    band = estimate.init_ms
    inside = sum(band.low <= ms <= band.high for ms in inits_ms) / len(inits_ms)
    middle = prediction_band(inits_ms).value
    return ErrorTable(estimate, band.value / middle - 1 if middle else 0.0, inside)
