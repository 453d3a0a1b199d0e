"""Choose the runs of a measurement, and decide when they are enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from importcost.declaration import MIN_WATCHED_RUNS
from importcost.model.profile import RunKind
from importcost.model.stats import median_interval

MAX_TRACED_RUNS = 5
STATEMENT_RUNS = 2
FIRST_TIMED_RUNS = 3
NEEDED_TIMED_RUNS = 6
"""Six is the smallest number with a distribution-free 95 % interval of the median."""
NEEDED_RUNS = 2 * FIRST_TIMED_RUNS + 2
"""Runs after the graph run that every profile needs: the time limit does not apply to them.

Three timed ones with the machine's speed beside each, a traced one, the statements' times.
"""
BATCH = 3
MAX_TIMED_RUNS = 60
CONFIDENCE = 0.95
HALF_WIDTH_US = 300.0
"""A third of a millisecond decides nothing: a tiny handler need not be known exactly."""


@dataclass(frozen=True, slots=True)
class Precision:
    """The required precision of figures, and the time limit.

    `half_width` is a share of the median (0.05 is 5 % either way). `traced_runs` is how often the
    imports are traced: one gives the tree, more make its shares steadier. `is_one_batch`
    is True if no runs are added to the first batch, whatever its figures.
    """

    half_width: float
    time_limit_s: float
    traced_runs: int
    is_one_batch: bool = False


QUICK = Precision(half_width=0.05, time_limit_s=15.0, traced_runs=3)
"""The estimate's own band is about 20 %: more exact figures would not change the answer."""
PRECISE = Precision(half_width=0.02, time_limit_s=60.0, traced_runs=MAX_TRACED_RUNS)


BEFORE_PAIRS = Precision(half_width=0.05, time_limit_s=60.0, traced_runs=3, is_one_batch=True)
"""For a profile that only chooses what to measure in pairs: 18 launches, the rest is for pairs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The number of launches of the handler, None for as many as the precision needs.

    The machine's speed is measured beside each timed one, which is no launch of the handler.
    """

    runs: int | None = None
    precision: Precision = PRECISE


FEWEST = Plan(MIN_WATCHED_RUNS, QUICK)
"""Six launches of the handler that still bring everything a profile has."""


def first_batch(plan: Plan, random: Random) -> list[RunKind]:
    """Return the runs after the graph run.

    With `plan.runs` launches of the handler in all, one is the graph run and a quarter of the
    rest, one at least and five at most, is traced; from six launches on, one times the
    statements, from fifteen on two do. Without, the first NEEDED_RUNS are always made.
    """
    if plan.runs is None:
        return [*_needed_runs(random), *_more_runs(plan.precision, random)]
    traced = max(1, min(MAX_TRACED_RUNS, (plan.runs - 1) // 4))
    statements = 0 if plan.runs < MIN_WATCHED_RUNS else 1 if plan.runs < 15 else 2
    timed = plan.runs - 1 - traced - statements
    needed = [RunKind.TIMED] * FIRST_TIMED_RUNS + [RunKind.TRACED]
    rest = [RunKind.TIMED] * (timed - FIRST_TIMED_RUNS) + [RunKind.TRACED] * (traced - 1)
    rest += [RunKind.STATEMENTS] * statements
    random.shuffle(needed)
    random.shuffle(rest)
    return _with_speed(needed + rest)


def next_batch(plan: Plan, timed_cpu_us: Sequence[float], elapsed_s: float) -> list[RunKind]:
    """Return more runs while the median is not settled yet, else nothing.

    Settled means that the 95 % interval of the median is as narrow as the precision requires. Gives
    up at its time limit.
    """
    if plan.runs is not None or elapsed_s >= plan.precision.time_limit_s:
        return []
    if len(timed_cpu_us) >= MAX_TIMED_RUNS or plan.precision.is_one_batch:
        return []
    if is_settled(timed_cpu_us, plan.precision.half_width):
        return []
    return _with_speed([RunKind.TIMED] * BATCH)


def is_settled(values: Sequence[float], half_width: float) -> bool:
    """Return True if the median's 95 % interval lies within that share of it, or 0.3 ms.

    `values` are microseconds. Fewer than six have no such interval.
    """
    interval = median_interval(values)
    width = max(interval.high - interval.value, interval.value - interval.low)
    return interval.confidence >= CONFIDENCE and width <= max(
        half_width * interval.value, HALF_WIDTH_US
    )


def _needed_runs(random: Random) -> list[RunKind]:
    """Return the runs that every profile needs.

    After the first four of the handler, which make five with the graph run, there are figures to
    show. Kinds are in random order because a machine's speed drifts: runs of one kind in a row
    would compare two moments instead of two kinds.
    """
    kinds = [RunKind.TIMED] * FIRST_TIMED_RUNS + [RunKind.TRACED]
    random.shuffle(kinds)
    return [*_with_speed(kinds), RunKind.STATEMENTS]


def _more_runs(precision: Precision, random: Random) -> list[RunKind]:
    """Return the runs that follow if there is time: the total first, then its parts.

    Traced and statement runs give shares of the timed total, which a drift of the machine's speed
    changes little: they may come last.
    """
    parts = [RunKind.TRACED] * (precision.traced_runs - 1)
    parts += [RunKind.STATEMENTS] * (STATEMENT_RUNS - 1)
    random.shuffle(parts)
    return _with_speed([RunKind.TIMED] * (NEEDED_TIMED_RUNS - FIRST_TIMED_RUNS)) + parts


def _with_speed(kinds: Iterable[RunKind]) -> list[RunKind]:
    """Return the kinds with one calibration run after each timed run.

    A machine that switches between two speeds does so for both of a pair.
    """
    paired: list[RunKind] = []
    for kind in kinds:
        paired += [kind, RunKind.SPEED] if kind is RunKind.TIMED else [kind]
    return paired
