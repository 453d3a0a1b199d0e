"""The slowness of the machine during one launch, from the samples that the probe took in it."""

from __future__ import annotations

from collections.abc import Sequence


def slowness(samples: Sequence[Sequence[int]] | None) -> float | None:
    """Return the time of the fixed work during this launch, nanoseconds; None without samples.

    `samples` are the probe's: [CPU time of init before the sample, the sample's own], nanoseconds.
    Each stands for the init around it. The mean is harmonic, because the work that init does in a
    stretch of time is in proportion to the speed: a launch that was slow for half of its time did
    less than half of its work in it.
    """
    if not samples:
        return None
    ordered = sorted((at, took) for at, took in samples if took > 0)
    if not ordered:
        return None
    if len(ordered) == 1 or ordered[-1][0] <= ordered[0][0]:
        return len(ordered) / sum(1 / took for _, took in ordered)
    total, work = 0.0, 0.0
    for index, (_, took) in enumerate(ordered):
        before = ordered[max(0, index - 1)][0]
        after = ordered[min(len(ordered) - 1, index + 1)][0]
        stretch = (after - before) / 2
        total += stretch
        work += stretch / took
    return total / work
