"""Relative changes in words: `+3.2 %`, and from a doubling on `160 times as long`."""

from __future__ import annotations

from importcost.model.interval import Interval

DOUBLED = 100.0
"""Percent of increase from which a factor reads better than a percentage."""


def relative_change(percent: Interval, *facts: str, unit: str = "as long") -> str:
    """Return a change in percent with its interval, and further facts beside the interval.

    `+3.2 % (+2.1 to +4.4 %)` below a doubling, else `160 times as long (151 to 170 times)`.
    """
    if percent.value < DOUBLED:
        between = f"{percent.low:+.1f} to {percent.high:+.1f} %"
    else:
        between = f"{_factor(percent.low)} to {_factor(percent.high)} times"
    return f"{relative_value(percent.value, unit=unit)} ({', '.join((between, *facts))})"


def relative_value(percent: float, digits: int = 1, *, unit: str = "as long") -> str:
    """Return a change in percent without an interval: `+3.2 %` or `160 times as long`."""
    if percent < DOUBLED:
        return f"{percent:+.{digits}f} %"
    return f"{_factor(percent)} times {unit}"


def change_of_time(base_us: float, head_us: float, percent: Interval, *facts: str) -> str:
    """Return the change of a time; from a doubling on both times come first.

    `0.4 to 66.7 ms, 160 times as long (151 to 170 times)`: a factor alone hides how little the
    base was.
    """
    change = relative_change(percent, *facts)
    if percent.value < DOUBLED:
        return change
    return f"{base_us / 1000:,.1f} to {head_us / 1000:,.1f} ms, {change}"


def _factor(percent: float) -> str:
    """Return the factor of a change in percent: `2.4`, and whole numbers from 10 on."""
    factor = max(0.0, 1 + percent / 100)
    return f"{factor:,.1f}" if factor < 9.95 else f"{factor:,.0f}"
