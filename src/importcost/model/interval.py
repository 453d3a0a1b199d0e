"""A value and its confidence interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

_BELOW_HALF = 1e-9
"""US dollars that arithmetic may take from half a cent."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the interval that holds it at the stated confidence; any unit."""

    low: float
    value: float
    high: float
    confidence: float = 0.95


def dollar_digits(value: float) -> str:
    """Return an amount of US dollars with two decimals, half a cent rounded up, without the sign $.

    A product that is 2.525 on paper may be a little less as a float; the page rounds it as here.
    """
    return f"{value + math.copysign(_BELOW_HALF, value):,.2f}"
