"""Quantiles of Student's t distribution."""

from __future__ import annotations

from math import pi, sqrt, tan
from statistics import NormalDist


def t_quantile(confidence: float, freedom: int) -> float:
    """Return how many standard errors a two-sided interval reaches either way.

    Exact for one and two degrees of freedom. Beyond, the expansion of Abramowitz and Stegun,
    "Handbook of Mathematical Functions", 26.7.5, which is 0.5 % too low at worst (three degrees of
    freedom, 95 %). Raises ValueError unless 0 < confidence < 1 and freedom > 0.
    """
    if not 0 < confidence < 1 or freedom < 1:
        raise ValueError(f"no t quantile for confidence {confidence} and freedom {freedom}")
    if freedom == 1:
        return tan(pi * confidence / 2)
    if freedom == 2:
        return confidence * sqrt(2 / (1 - confidence**2))
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    v = float(freedom)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / v**power for power, term in enumerate(terms, start=1))
