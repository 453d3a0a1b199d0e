"""Medians and their intervals, without assuming a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isnan
from statistics import NormalDist

from importcost.model.interval import Interval


def median(values: Sequence[float]) -> float:
    """Return the median in the values' unit: the mean of the middle two if their number is even.

    Raises ValueError without values or if one is not a number.
    """
    return _middle(_ordered(values))


def middle_half(values: Sequence[float]) -> tuple[int, ...]:
    """Return the indexes of the values in the middle half, from the smallest to the largest.

    Their mean is Tukey's midmean. It is nearly as robust as the median, but sums of midmeans over
    the same indexes add up, and it does not jump between two modes as the median does. A quarter,
    rounded down, is left out at each end. Raises ValueError without values or if one is not a
    number.
    """
    _ordered(values)
    places = sorted(range(len(values)), key=lambda place: values[place])
    quarter = len(places) // 4
    return tuple(places[quarter : len(places) - quarter])


def median_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the median with an interval between two of the values that holds the true one.

    With n values in order, the true median lies outside [k-th smallest, k-th largest] with
    probability 2 P(B < k), B binomial(n, 1/2), whatever the distribution (David and Nagaraja,
    "Order Statistics", 3rd ed., section 7.1). The result is the narrowest interval that reaches
    `confidence`. If even smallest to largest does not (n < 6 for 95 %), those are the interval, and
    `confidence` in the result is theirs: 1 - 2^(1 - n). The unit is the values'.

    Raises ValueError without values, if one is not a number, or unless 0 < confidence < 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    ordered = _ordered(values)
    rank = interval_rank(len(ordered), confidence)
    reached = confidence if rank else 1 - 2.0 ** (1 - len(ordered))
    rank = max(rank, 1)
    return Interval(ordered[rank - 1], _middle(ordered), ordered[-rank], reached)


def at_confidence(interval: Interval, confidence: float) -> Interval:
    """Shrink or widen an interval to another confidence, assuming normal errors.

    An interval with a confidence of 0 or 1 stays as it is. No bound falls below zero.
    """
    if not 0 < interval.confidence < 1:
        return interval
    normal = NormalDist()
    factor = normal.inv_cdf(0.5 + confidence / 2) / normal.inv_cdf(0.5 + interval.confidence / 2)
    return Interval(
        max(0.0, interval.value - factor * (interval.value - interval.low)),
        interval.value,
        interval.value + factor * (interval.high - interval.value),
        confidence,
    )


def interval_rank(count: int, confidence: float) -> int:
    """Return the largest k for which k-th smallest to k-th largest reach `confidence`.

    0 if none does. Exact: binomial tails as integers, the confidence as a fraction.
    """
    # P(B < k) * 2^count, doubled for both sides, must not exceed this.
    allowed = (1 - Fraction(confidence)) * 2**count
    tail, term = 0, 1
    for rank in range(count // 2 + 1):
        tail += term
        if 2 * tail > allowed:
            return rank
        term = term * (count - rank) // (rank + 1)
    return (count + 1) // 2


def _ordered(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values to take a median of")
    if any(map(isnan, ordered)):
        raise ValueError("a value is not a number")
    return ordered


def _middle(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2
