"""Distribution-free paired tests: signed ranks, their shift, and many tests at once."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import erfc, floor, isfinite, sqrt
from statistics import NormalDist

from importcost.model.interval import Interval
from importcost.model.stats import median

EXACT_UP_TO = 50
"""Up to so many pairs the distribution is counted exactly; beyond, it is close to normal."""


@dataclass(frozen=True, slots=True)
class SignedRank:
    """The outcome of a Wilcoxon signed-rank test.

    `positive` and `negative` are the rank sums of the differences above and below zero, `p_value`
    is two-sided, `used` counts the differences that are not zero. `is_exact` is True if the
    distribution was counted exactly.
    """

    positive: float
    negative: float
    p_value: float
    used: int
    is_exact: bool


def signed_rank_test(differences: Sequence[float]) -> SignedRank:
    """Test whether paired differences lie symmetrically around zero, two-sided.

    Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945) 80-83. Zeros
    take part in the ranking and are then left out: Pratt, "Remarks on zeros and ties in the
    Wilcoxon signed rank procedures", JASA 54 (1959) 655-667. Ties get their mean rank. Up to 50
    differences the distribution over all signs is counted exactly for the ranks that occurred, ties
    included; beyond, it is normal with continuity correction (Hollander, Wolfe and Chicken,
    "Nonparametric Statistical Methods", 3rd ed., section 3.1).

    Raises ValueError without differences, or if one is not a finite number.
    """
    _check(differences)
    doubled = _doubled_ranks([abs(one) for one in differences])
    signed = [(rank, one) for rank, one in zip(doubled, differences, strict=True) if one != 0]
    ranks = tuple(sorted(rank for rank, _ in signed))
    positive = sum(rank for rank, one in signed if one > 0)
    negative = sum(ranks) - positive
    is_exact = len(ranks) <= EXACT_UP_TO
    p_value = (_exact_p if is_exact else _normal_p)(ranks, min(positive, negative))
    return SignedRank(positive / 2, negative / 2, p_value, len(ranks), is_exact)


def hodges_lehmann(differences: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the shift of paired differences: the median of their Walsh averages, same unit.

    Hodges and Lehmann, "Estimates of location based on rank tests", Ann. Math. Statist. 34 (1963)
    598-611. The interval is the inverted signed-rank test (Tukey; Hollander, Wolfe and Chicken,
    section 3.3): with P(T <= c) <= (1 - confidence) / 2, the true shift lies between the (c + 1)-th
    smallest and (c + 1)-th largest average. Where even the extremes do not reach `confidence`, they
    are the interval and its confidence is what they reach.

    Raises ValueError without differences, if one is not a finite number, or unless
    0 < confidence < 1.
    """
    _check(differences)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    count = len(differences)
    averages = sorted(
        _between(one, other)
        for index, one in enumerate(differences)
        for other in differences[index:]
    )
    outside = walsh_rank(count, confidence)
    reached = confidence if outside else 1 - 2.0 ** (1 - count)
    rank = max(outside, 1)
    value = min(max(median(averages), averages[0]), averages[-1])
    return Interval(averages[rank - 1], value, averages[-rank], reached)


@lru_cache(maxsize=256)
def walsh_rank(count: int, confidence: float) -> int:
    """Return which Walsh average, counted from either end, bounds the interval; 0 if none does.

    Exact up to 50 differences, rounded to the wider interval beyond.
    """
    total = count * (count + 1) // 2
    if count > EXACT_UP_TO:
        spread = sqrt(count * (count + 1) * (2 * count + 1) / 24)
        deviations = NormalDist().inv_cdf(0.5 + confidence / 2)
        return max(0, floor(total / 2 - deviations * spread))
    allowed = (1 - Fraction(confidence)) * 2**count
    tails = _cumulative(tuple(range(1, count + 1)))
    return bisect_right([2 * tail for tail in tails], allowed)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p values corrected for their number, in the order given.

    Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6 (1979)
    65-70: the chance of even one false alarm among all tests stays below the level that the
    corrected values are compared with. Raises ValueError for a value that is not a probability.
    """
    if not all(0 <= p_value <= 1 for p_value in p_values):
        raise ValueError("a p value must lie between 0 and 1")
    corrected = [0.0] * len(p_values)
    largest = 0.0
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for done, index in enumerate(order):
        largest = max(largest, min(1.0, p_values[index] * (len(p_values) - done)))
        corrected[index] = largest
    return tuple(corrected)


def _check(differences: Sequence[float]) -> None:
    if not differences:
        raise ValueError("no differences to test")
    if not all(map(isfinite, differences)):
        raise ValueError("a difference is not a finite number")


def _between(one: float, other: float) -> float:
    """Return the mean of two numbers, never outside them.

    The halves are added, since a sum of the largest floats would overflow. Half of the smallest
    float is zero, though.
    """
    return min(max(one / 2 + other / 2, min(one, other)), max(one, other))


def _doubled_ranks(sizes: Sequence[float]) -> list[int]:
    """Return twice the mean rank of each size: whole numbers, so that ties add up exactly."""
    counts = Counter(sizes)
    rank_of, below = {}, 0
    for size in sorted(counts):
        rank_of[size] = 2 * below + counts[size] + 1
        below += counts[size]
    return [rank_of[size] for size in sizes]


@lru_cache(maxsize=256)
def _cumulative(ranks: tuple[int, ...]) -> list[int]:
    """Return, for each sum 0, 1, ..., the number of choices of ranks that add up to it or less."""
    ways = [1]
    for rank in ranks:
        padding = [0] * rank
        ways = [one + other for one, other in zip(ways + padding, padding + ways, strict=True)]
    total, sums = 0, []
    for count in ways:
        total += count
        sums.append(total)
    return sums


def _exact_p(ranks: tuple[int, ...], smaller: int) -> float:
    tail = _cumulative(ranks)[smaller]
    return float(min(Fraction(1), Fraction(2 * tail, 2 ** len(ranks))))


def _normal_p(ranks: tuple[int, ...], smaller: int) -> float:
    """Return the p value from the normal curve; the variance of tied ranks is their own."""
    spread = sqrt(sum(rank * rank for rank in ranks)) / 2
    # One half of a rank is one here, because ranks are doubled.
    distance = max(0.0, sum(ranks) / 2 - smaller - 1)
    return erfc(distance / spread / sqrt(2))
