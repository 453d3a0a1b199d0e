"""Which runs a measurement makes, and when it has enough of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from importcost.model.profile import RunKind
from importcost.model.stats import median_interval

MIN_RUNS = 5
SPEED_RUNS = 3
AUTO_TRACED_RUNS = 5
AUTO_STATEMENT_RUNS = 2
AUTO_FIRST_TIMED_RUNS = 6
"""Six is the fewest for which the median has a distribution-free 95 % interval at all."""
AUTO_BATCH = 3
AUTO_MAX_TIMED_RUNS = 60
CONFIDENCE = 0.95
TARGET_HALF_WIDTH = 0.02
TARGET_HALF_WIDTH_US = 300.0
"""Nothing is decided by a third of a millisecond: a tiny handler need not be known to 2 %."""
TIME_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How many launches of the handler, None for as many as the figures need."""

    runs: int | None = None


def first_batch(plan: Plan, random: Random) -> list[RunKind]:
    """Return the runs after the graph run, in random order.

    Kinds are interleaved because a machine's speed drifts: runs of one kind in a row would
    compare two moments instead of two kinds. With `plan.runs` launches of the handler in all,
    one is the graph run and a quarter of the rest, one at least and five at most, is traced;
    from six launches on, one times the statements, from fifteen on two do.
    """
    if plan.runs is None:
        timed, traced, statements = AUTO_FIRST_TIMED_RUNS, AUTO_TRACED_RUNS, AUTO_STATEMENT_RUNS
    else:
        traced = max(1, min(AUTO_TRACED_RUNS, (plan.runs - 1) // 4))
        statements = 0 if plan.runs < 6 else 1 if plan.runs < 15 else 2
        timed = plan.runs - 1 - traced - statements
    # What no profile can do without comes first, so that a slow handler may stop after it.
    needed = [RunKind.TIMED, RunKind.TIMED, RunKind.TIMED, RunKind.TRACED, RunKind.SPEED]
    rest = [RunKind.TIMED] * (timed - 3) + [RunKind.TRACED] * (traced - 1)
    rest += [RunKind.SPEED] * (SPEED_RUNS - 1) + [RunKind.STATEMENTS] * statements
    random.shuffle(needed)
    random.shuffle(rest)
    return needed + rest


def next_batch(plan: Plan, timed_cpu_us: Sequence[float], elapsed_s: float) -> list[RunKind]:
    """Return more runs while the median is not settled yet, else nothing.

    Settled: the 95 % interval of the median lies within 2 % of it. Gives up after 60 s.
    """
    if plan.runs is not None or elapsed_s >= TIME_LIMIT_S:
        return []
    if len(timed_cpu_us) >= AUTO_MAX_TIMED_RUNS:
        return []
    return [] if is_settled(timed_cpu_us) else [RunKind.TIMED] * AUTO_BATCH


def is_settled(values: Sequence[float]) -> bool:
    """Tell whether the median's 95 % interval lies within 2 % of it (or 0.3 ms); microseconds."""
    interval = median_interval(values)
    width = max(interval.high - interval.value, interval.value - interval.low)
    return interval.confidence >= CONFIDENCE and width <= max(
        TARGET_HALF_WIDTH * interval.value, TARGET_HALF_WIDTH_US
    )
