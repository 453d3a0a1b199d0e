"""Decide whether the measurement's noise shows in the figures that depend on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from importcost.billing.calibration import Calibration
from importcost.billing.estimate import estimate, local_cpu_us
from importcost.model.interval import Interval
from importcost.model.profile import Profile

CONFIDENCE = 0.95
FEWEST_MS = 1.0
"""Reports show whole milliseconds of a bill."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The effect of the local median's noise on the bill; milliseconds.

    `local` is the median's 95 % interval as measured here, and `billed` the init that its bounds
    would bill. `band` is the estimate's uncertainty if the median is exact.
    """

    local: Interval
    billed: Interval
    band: Interval

    @property
    def half_width(self) -> float:
        """Return the relative uncertainty of the median: the wider side's share of it."""
        width = max(self.local.high - self.local.value, self.local.value - self.local.low)
        return width / self.local.value if self.local.value else 0.0

    @property
    def shows(self) -> bool:
        """Return True if the noise changes a digit that is shown and significant."""
        return changes_a_digit(self.billed, self.band)


def changes_a_digit(figure: Interval, band: Interval) -> bool:
    """Return True if a bound of `figure` is a significant digit away from its value; milliseconds.

    If the `band` is 600 ms wide either way, tens and ones mean nothing, whatever the noise. A digit
    away means half its unit: less would depend on where the value lies between two round figures.
    """
    width = max(figure.high - figure.value, figure.value - figure.low)
    return width >= place_of(band) / 2


def place_of(band: Interval) -> float:
    """Return 100.0 for a band of 250 ms either way, 10.0 for one of 80, and never less than 1."""
    half_width = (band.high - band.low) / 2
    return max(FEWEST_MS, 10.0 ** math.floor(math.log10(max(half_width, FEWEST_MS))))


def noise_of(profile: Profile, calibration: Calibration | None = None) -> Noise:
    """Work out the effect of the profile median's noise on its bill.

    Raises UsageError as `estimate` does.
    """
    local = local_cpu_us(profile, CONFIDENCE)
    low, value, high = (
        _estimated(profile, cpu_us, calibration) for cpu_us in (local.low, local.value, local.high)
    )
    billed = Interval(low.value, value.value, high.value, CONFIDENCE)
    in_ms = Interval(local.low / 1000, local.value / 1000, local.high / 1000, CONFIDENCE)
    return Noise(in_ms, billed, value)


def _estimated(profile: Profile, cpu_us: float, calibration: Calibration | None) -> Interval:
    exact = Interval(cpu_us, cpu_us, cpu_us, CONFIDENCE)
    function = replace(profile.function_init, cpu_us=exact)
    exactly = replace(profile, function_init=function, machine=None)
    return estimate(exactly, calibration=calibration).init_ms
