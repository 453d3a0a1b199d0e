"""The savings of several variants, each compared with the same original in rounds of launches.

The machine's speed during a launch, which samples in that launch tell, takes most of the noise out
of its time: the launch is compared with itself before it is compared with others. How much of a
change in speed reaches the launch's time (about all of it) is fitted on the launches themselves.
What noise is left is alike in all of them, so that all together tell how large it is. Few launches
of each variant are then enough. tests/measure/test_coverage.py shows that the intervals hold what
they promise on machines that flip, drift and are busy, and on recorded launches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TypeVar

from importcost.model.interval import Interval
from importcost.model.ranks.signed_ranks import hodges_lehmann
from importcost.model.stats import median
from importcost.model.student import t_quantile

CONFIDENCE = 0.95
USUAL_SLOPE = 0.95
SLOPE_WEIGHT = 0.004
"""As recorded on busy machines; so little weight that a machine of another kind overrules it."""
POOLED_FREEDOM = 12
"""The most that all launches together weigh beside one variant's own, in degrees of freedom."""
MANY_A_ROUND = 4
"""From so many launches a round on, each round's own level is estimated and taken out."""
SWEEPS = 12

VariantName = TypeVar("VariantName", bound=Hashable)


@dataclass(frozen=True, slots=True)
class RoundLaunch:
    """One launch: its round, its CPU time and waiting (microseconds).

    `slowness` is the time of fixed work during the launch, in any unit; None if it is not known.
    """

    round: int
    cpu_us: float
    waits_us: float = 0.0
    slowness: float | None = None


@dataclass(frozen=True, slots=True)
class SharedSaving:
    """The saving of one variant with its 95 % interval, microseconds, and the rounds behind it."""

    saving_us: Interval
    rounds: int


@dataclass(frozen=True, slots=True)
class SharedResult:
    """The savings by variant, and the original's median time at the same speed, microseconds."""

    savings: Mapping[Hashable, SharedSaving]
    original_us: float


@dataclass(frozen=True, slots=True)
class _Noise:
    """The noise that all launches have in common.

    `share` is its standard deviation as a share of a launch's time, known with `freedom` degrees of
    freedom. `slope` is the power of slowness that a launch's time follows, and `slope_error` its
    standard error.
    """

    slope: float
    slope_error: float
    share: float
    freedom: int


def shared_savings(
    original: Sequence[RoundLaunch], variants: Mapping[VariantName, Sequence[RoundLaunch]]
) -> SharedResult:
    """Return each variant's saving; at least two rounds of each are needed.

    Raises ValueError if the original has no launch in a variant's round.
    """
    arms = [original, *variants.values()]
    noise = _noise(arms)
    usual = _mean([log(one.slowness or 1.0) for one in original])
    at_usual = [[_at_speed(one, noise.slope, usual) for one in arm] for arm in arms]
    before: dict[int, list[float]] = defaultdict(list)
    slow_at: dict[int, list[float]] = defaultdict(list)
    for one, time_us in zip(original, at_usual[0], strict=True):
        before[one.round].append(time_us)
        slow_at[one.round].append(log(one.slowness or 1.0))
    savings: dict[Hashable, SharedSaving] = {}
    for (key, arm), times in zip(variants.items(), at_usual[1:], strict=True):
        missing = [one.round for one in arm if one.round not in before]
        if missing:
            raise ValueError(f"the original was not launched in round {missing[0]}")
        kept = [before[one.round] for one in arm]
        gaps = [_mean(was) - now for was, now in zip(kept, times, strict=True)]
        controls = _mean([1 / len(was) for was in kept])
        cpu_us = [_mean([one.cpu_us for one in side]) for side in (original, arm)]
        expected = noise.share**2 * (controls * cpu_us[0] ** 2 + cpu_us[1] ** 2)
        uneven = _mean([_mean(slow_at[one.round]) - log(one.slowness or 1.0) for one in arm])
        fitted = (noise.slope_error * uneven * cpu_us[1]) ** 2
        savings[key] = SharedSaving(_interval(gaps, expected, fitted, noise.freedom), len(gaps))
    return SharedResult(savings, median(at_usual[0]))


def _at_speed(launch: RoundLaunch, slope: float, usual: float) -> float:
    """Return the launch's time as if the machine had run at its usual speed.

    Waiting takes as long at any speed.
    """
    faster = exp(-slope * (log(launch.slowness or 1.0) - usual))
    return launch.cpu_us * faster + launch.waits_us


def _interval(gaps: Sequence[float], expected: float, fitted: float, pooled: int) -> Interval:
    """Return the middle of the gaps with an interval of Student's kind.

    Its variance is that of the gaps themselves, moderated by `expected`: what all launches together
    say it should be, known with `pooled` degrees of freedom. `fitted` is the variance that the
    slope's error adds.
    """
    value = hodges_lehmann(gaps).value
    own = len(gaps) - 1
    # The variant's own launches are among all launches, and must not count twice.
    weight = max(0, min(pooled - own, POOLED_FREEDOM))
    middle = _mean(gaps)
    squares = sum((gap - middle) ** 2 for gap in gaps)
    variance = (weight * expected + squares) / max(1, weight + own)
    reach = t_quantile(CONFIDENCE, max(1, weight + own)) * sqrt(variance / len(gaps) + fitted)
    return Interval(value - reach, value, value + reach, CONFIDENCE)


def _noise(arms: Sequence[Sequence[RoundLaunch]]) -> _Noise:
    """Fit how launches follow the machine's speed, and measure what noise is left."""
    launches = [(number, one) for number, arm in enumerate(arms) for one in arm if one.cpu_us > 0]
    is_known = all(one.slowness for _, one in launches)
    rounds = {one.round for _, one in launches}
    by_round = len(launches) >= MANY_A_ROUND * len(rounds)
    places = [(number, one.round if by_round else 0) for number, one in launches]
    times = _within([log(one.cpu_us) for _, one in launches], places)
    slow = _within([log(one.slowness or 1.0) for _, one in launches], places)
    slope, spread = 0.0, sum(one * one for one in slow) + SLOPE_WEIGHT
    if is_known:
        steepness = sum(a * b for a, b in zip(times, slow, strict=True))
        slope = (steepness + SLOPE_WEIGHT * USUAL_SLOPE) / spread
    left = [a - slope * b for a, b in zip(times, slow, strict=True)]
    fitted = len({number for number, _ in places}) + len({at for _, at in places}) - 1 + is_known
    freedom = max(0, len(launches) - fitted)
    share = sqrt(sum(one * one for one in left) / freedom) if freedom else 0.0
    return _Noise(slope, share / sqrt(spread) if is_known else 0.0, share, freedom)


def _within(values: Sequence[float], places: Sequence[tuple[int, int]]) -> list[float]:
    """Return the values without the levels of their arm and their round."""
    left = list(values)
    for _ in range(SWEEPS):
        for side in (0, 1):
            groups: dict[int, list[int]] = defaultdict(list)
            for index, place in enumerate(places):
                groups[place[side]].append(index)
            for members in groups.values():
                level = _mean([left[index] for index in members])
                for index in members:
                    left[index] -= level
    return left


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
