"""Two independent samples: the difference of their medians, and whether they differ at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from importcost.model.interval import Interval
from importcost.model.stats import median

FEWEST = 5
"""Values of each sample below which an interval of its median says nothing."""


def median_difference(
    first: Sequence[float], second: Sequence[float], confidence: float = 0.95
) -> Interval:
    """Return median(first) - median(second) with an interval, without assuming a distribution.

    The variance of a median is read off two of its order statistics (Price and Bonett,
    "Distribution-free confidence intervals for difference and ratio of medians", Journal of
    Statistical Computation and Simulation 72 (2002), 119-124). The unit is the values'. Raises
    ValueError for fewer than five values in a sample.
    """
    if min(len(first), len(second)) < FEWEST:
        raise ValueError(f"each sample needs {FEWEST} values")
    difference = median(first) - median(second)
    error = math.sqrt(_median_variance(first) + _median_variance(second))
    reach = NormalDist().inv_cdf(0.5 + confidence / 2) * error
    return Interval(difference - reach, difference, difference + reach, confidence)


def _median_variance(values: Sequence[float]) -> float:
    ordered = sorted(values)
    count = len(ordered)
    rank = max(1, round((count + 1) / 2 - math.sqrt(count)))
    # The probability that the true median lies outside these two, exact for few values.
    if count <= 1_000:
        tail = sum(math.comb(count, below) for below in range(rank)) / 2**count
    else:
        tail = NormalDist(count / 2, math.sqrt(count) / 2).cdf(rank - 0.5)
    reached = NormalDist().inv_cdf(1 - tail)
    return ((ordered[count - rank] - ordered[rank - 1]) / (2 * reached)) ** 2


def rank_sum_p(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided p of the Mann-Whitney test: that values of both are alike.

    By the normal approximation, corrected for ties and for continuity (Hollander, Wolfe, Chicken,
    "Nonparametric Statistical Methods", 3rd ed., section 4.1). 1 if all values are equal. Raises
    ValueError without values.
    """
    if not first or not second:
        raise ValueError("each sample needs values")
    merged = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    total, count = 0.0, len(merged)
    ties = 0.0
    at = 0
    while at < count:
        end = at
        while end < count and merged[end][0] == merged[at][0]:
            end += 1
        rank = (at + 1 + end) / 2
        total += rank * sum(1 - which for _, which in merged[at:end])
        ties += (end - at) ** 3 - (end - at)
        at = end
    left, right = len(first), len(second)
    statistic = total - left * (left + 1) / 2
    spread = left * right / 12 * ((count + 1) - ties / (count * (count - 1)))
    if spread <= 0:
        return 1.0
    distance = max(0.0, abs(statistic - left * right / 2) - 0.5)
    return min(1.0, 2 * (1 - NormalDist().cdf(distance / math.sqrt(spread))))
