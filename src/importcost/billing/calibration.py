"""Calibration: this function's own floor and speed ratio, from inits that Lambda logged.

`init = floor + factor x published ratio x local CPU time + waiting`. A log of one version of a
function yields one number, its typical init, so only the sum is known, not how it divides between
floor and ratio. With one profile the published floor is therefore kept and the factor on the speed
ratio is fitted (if the function's own part is too small for that, the floor is fitted). Logs of two
or more variants of different size determine both: a line through the points.

The band comes from the log: the next init falls between the k-th smallest and the k-th largest of n
logged inits with probability (n + 1 - 2k) / (n + 1), whatever their distribution (David and
Nagaraja, "Order Statistics", 3rd ed., section 7.2). For estimates away from the calibrated size,
the unknown division between floor and ratio widens it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from importcost.errors import MeasurementError
from importcost.model.interval import Interval
from importcost.model.stats import median

CONFIDENCE = 0.8
MIN_COLD_STARTS = 9
"""From 10 on, 8 of 10 next inits lie between smallest and largest: 80 % probability."""

SMALL_SHARE = 0.25
"""Below this share of the floor, the function's own part is lost in the floor's own spread."""

DIFFERENT_FACTOR = 1.2
"""Variants whose own parts differ by less tell no more than one variant."""

LOWEST_FACTOR, HIGHEST_FACTOR = 0.2, 5.0
"""A factor outside of these means that log and profile are not of the same function."""

NO_LINE = (
    "No line with a positive floor and ratio fits the variants' logs, so the published floor is"
    " kept."
)

_FLOOR_ERROR = 0.15
"""Half-width of the floor's uncertainty, as a share, if it is unknown apart from the ratio."""

_RATIO_ERROR = 0.25
"""Half-width of the published ratio's uncertainty: about its band."""


class Fitted(str, Enum):
    """The parameters that the logs determined; the other one is the published."""

    RATIO = "ratio"
    FLOOR = "floor"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class RuntimeVariant:
    """One profile and the log of the same code. Milliseconds.

    `published_ms` is the function's own computing by the published ratio and `blocked_ms` its
    waiting. `inits_ms` are the logged Init Durations.
    """

    published_ms: float
    blocked_ms: float
    inits_ms: tuple[float, ...]

    @property
    def typical_ms(self) -> float:
        """Median of the logged inits."""
        return median(self.inits_ms)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A function's own floor and factor on the published speed ratio, and the log's spread.

    `floor_ms` in milliseconds. `function_ms` is the function's own computing by the published ratio
    when it was calibrated: the farther a later estimate is from it, the wider its band.
    `slope_error` is the factor's half-width. `band_low` and `band_high` are factors on init that
    hold 80 % of single cold starts. It is valid for `arch`, `package_type` and `runtime`; `date` is
    that of the fit.
    """

    floor_ms: float
    speed_factor: float
    slope_error: float
    function_ms: float
    band_low: float
    band_high: float
    cold_starts: int
    fitted: Fitted
    arch: str
    package_type: str
    runtime: str
    date: str

    def fits(self, arch: str, package_type: str, runtime: str) -> bool:
        """Return True if the calibration is for this configuration: it is not valid for others."""
        return (arch, package_type, runtime) == (self.arch, self.package_type, self.runtime)

    def init_band(self, init_ms: float, function_ms: float, local_share: float) -> Interval:
        """Return the band of an init of `init_ms`.

        `function_ms` is its computing by the published ratio, `local_share` the relative
        half-width of the local measurement.
        """
        away = abs(function_ms - self.function_ms) * self.slope_error
        local = function_ms * self.speed_factor * local_share
        down = math.hypot(init_ms * (1 - self.band_low), away, local)
        up = math.hypot(init_ms * (self.band_high - 1), away, local)
        return Interval(max(0.0, init_ms - down), init_ms, init_ms + up, CONFIDENCE)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration of a calibration, and the day it is made (`2026-11-23`)."""

    arch: str
    package_type: str
    runtime: str
    date: str


def calibrate(
    variants: Sequence[RuntimeVariant], published_floor: Interval, place: Configuration
) -> tuple[Calibration, tuple[str, ...]]:
    """Return the calibration from the logs, and notes for its reader.

    `published_floor` is the hello-world floor in milliseconds. Raises MeasurementError if there are
    too few cold starts, or if log and profile cannot be of one function.
    """
    for variant in variants:
        check_enough(len(variant.inits_ms))
    floor_ms, factor, fitted, notes = _fit(variants, published_floor)
    _check_plausible(floor_ms, factor)
    low, high = _spread(variants)
    first = variants[0]
    found = Calibration(
        floor_ms=round(floor_ms, 2),
        speed_factor=round(factor, 4),
        slope_error=round(_slope_error(variants, fitted, published_floor, factor), 4),
        function_ms=round(first.published_ms, 2),
        band_low=round(low, 4),
        band_high=round(high, 4),
        cold_starts=sum(len(one.inits_ms) for one in variants),
        fitted=fitted,
        arch=place.arch,
        package_type=place.package_type,
        runtime=place.runtime,
        date=place.date,
    )
    return found, notes


def check_enough(count: int) -> None:
    """Raise MeasurementError with the number of missing cold starts, if there are too few."""
    if count < MIN_COLD_STARTS:
        missing = MIN_COLD_STARTS - count
        raise MeasurementError(
            f"The log holds {count} cold start{'s' * (count != 1)} of this function and calibrating"
            f" needs {MIN_COLD_STARTS}: {missing} more (export a longer time, or force cold starts"
            " by changing an environment variable)."
        )


def prediction_band(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the median of values with an interval that the next value falls in.

    The interval is the narrowest symmetric pair of order statistics that reaches `confidence`. If
    none does, it is smallest to largest, with the confidence that they reach. Raises ValueError if
    empty.
    """
    ordered = sorted(values)
    count = len(ordered)
    middle = median(ordered)
    # Rounded against binary noise: 0.1 x 10 must be exactly 1.
    rank = max(1, math.floor(round((1 - confidence) / 2 * (count + 1), 9)))
    reached = max(0.0, (count + 1 - 2 * rank) / (count + 1))
    low, high = ordered[rank - 1], ordered[-rank]
    return Interval(min(low, middle), middle, max(high, middle), min(reached, confidence))


def _fit(
    variants: Sequence[RuntimeVariant], floor: Interval
) -> tuple[float, float, Fitted, tuple[str, ...]]:
    if _differ(variants):
        line = _line(variants)
        if line is not None:
            return (*line, Fitted.BOTH, ())
        notes: tuple[str, ...] = (NO_LINE,)
    elif len(variants) > 1:
        notes = ("The variants are too alike to tell floor and ratio apart.",)
    else:
        notes = ()
    return _fit_one(variants, floor, notes)


def _fit_one(
    variants: Sequence[RuntimeVariant], floor: Interval, notes: tuple[str, ...]
) -> tuple[float, float, Fitted, tuple[str, ...]]:
    own = [one.typical_ms - one.blocked_ms for one in variants]
    published = [one.published_ms for one in variants]
    said = (
        "One log tells only floor and ratio together: the {kept} is the published one and the"
        " {fitted} is fitted. Logs of a second variant of different size would tell both."
    )
    if max(published) < SMALL_SHARE * floor.value or median(own) <= floor.value:
        floor_ms = median([left - right for left, right in zip(own, published, strict=True)])
        note = said.format(kept="speed ratio", fitted="floor")
        return floor_ms, 1.0, Fitted.FLOOR, (*notes, note)
    factor = median(
        [(left - floor.value) / right for left, right in zip(own, published, strict=True)]
    )
    return (
        floor.value,
        factor,
        Fitted.RATIO,
        (*notes, said.format(kept="floor", fitted="speed ratio")),
    )


def _differ(variants: Sequence[RuntimeVariant]) -> bool:
    sizes = [one.published_ms for one in variants]
    return len(sizes) > 1 and max(sizes) > DIFFERENT_FACTOR * min(sizes)


def _line(variants: Sequence[RuntimeVariant]) -> tuple[float, float] | None:
    """Return (floor, factor) by Theil and Sen: medians of slopes and of intercepts."""
    points = [(one.published_ms, one.typical_ms - one.blocked_ms) for one in variants]
    slopes = [
        (right[1] - left[1]) / (right[0] - left[0])
        for at, left in enumerate(points)
        for right in points[at + 1 :]
        if right[0] != left[0]
    ]
    factor = median(slopes)
    floor_ms = median([y - factor * x for x, y in points])
    return (floor_ms, factor) if factor > 0 and floor_ms > 0 else None


def _check_plausible(floor_ms: float, factor: float) -> None:
    if floor_ms > 0 and LOWEST_FACTOR <= factor <= HIGHEST_FACTOR:
        return
    raise MeasurementError(
        f"The log's inits and the profile do not belong together: they would need a floor of"
        f" {floor_ms:.0f} ms and {factor:.2f} times the published speed ratio, so profile the code"
        " that was deployed when the log was written."
    )


def _spread(variants: Sequence[RuntimeVariant]) -> tuple[float, float]:
    """Return the widest relative band over the variants."""
    bands = [prediction_band(one.inits_ms) for one in variants]
    return (
        min(band.low / band.value for band in bands),
        max(band.high / band.value for band in bands),
    )


def _slope_error(
    variants: Sequence[RuntimeVariant], fitted: Fitted, floor: Interval, factor: float
) -> float:
    """Return the factor's half-width: from the unknown floor, or from the points' spread."""
    sizes = [one.published_ms for one in variants]
    if fitted is Fitted.BOTH:
        spread = max(
            (band.high - band.low) / 2 / math.sqrt(len(one.inits_ms))
            for one, band in ((one, prediction_band(one.inits_ms)) for one in variants)
        )
        return math.sqrt(2) * spread / (max(sizes) - min(sizes))
    floor_error = max(_FLOOR_ERROR * floor.value, (floor.high - floor.low) / 2)
    return (
        min(factor, floor_error / max(sizes)) if fitted is Fitted.RATIO else _RATIO_ERROR * factor
    )
