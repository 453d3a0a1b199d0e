"""A value and its confidence interval."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the interval that holds it at the stated confidence; any unit."""

    low: float
    value: float
    high: float
    confidence: float = 0.95
