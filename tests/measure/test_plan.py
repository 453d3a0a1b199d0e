"""The number and kinds of runs, and the point at which they are enough."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.declaration import MIN_RUNS
from importcost.measure.plan import (
    BEFORE_PAIRS,
    FEWEST,
    FIRST_TIMED_RUNS,
    MAX_TIMED_RUNS,
    NEEDED_RUNS,
    NEEDED_TIMED_RUNS,
    PRECISE,
    QUICK,
    Plan,
    first_batch,
    is_settled,
    next_batch,
)
from importcost.model.profile import RunKind

STEADY = [100_000.0 + n for n in range(6)]
NOISY = [100_000.0 * (1 + n / 10) for n in range(6)]


def of_the_handler(kinds):
    return [kind for kind in kinds if kind is not RunKind.SPEED]


@given(st.integers(min_value=MIN_RUNS, max_value=200), st.integers())
def test_runs_counts_launches_of_the_handler(runs, seed):
    kinds = first_batch(Plan(runs), Random(seed))
    assert len(of_the_handler(kinds)) + 1 == runs  # the graph run comes before the batch
    assert kinds.count(RunKind.TRACED) >= 1
    assert kinds.count(RunKind.TIMED) >= 3
    assert next_batch(Plan(runs), [1.0, 900.0], 0.0) == []


def test_kinds_are_interleaved_in_random_order():
    orders = {tuple(first_batch(Plan(20), Random(seed))) for seed in range(20)}
    assert len(orders) > 10
    soon = {tuple(of_the_handler(first_batch(Plan(), Random(seed)))[:4]) for seed in range(20)}
    assert len(soon) == 4


@pytest.mark.parametrize("precision", [QUICK, PRECISE])
@given(st.integers())
def test_five_launches_make_first_figures(precision, seed):
    kinds = first_batch(Plan(precision=precision), Random(seed))
    first = of_the_handler(kinds)[:4]  # the graph run is the fifth
    assert first.count(RunKind.TIMED) == FIRST_TIMED_RUNS
    assert first.count(RunKind.TRACED) == 1
    # Whatever the time limit leaves, statement times and the machine's speed are in it.
    assert kinds[:NEEDED_RUNS].count(RunKind.SPEED) == FIRST_TIMED_RUNS
    assert kinds[NEEDED_RUNS - 1] is RunKind.STATEMENTS


@pytest.mark.parametrize("precision", [QUICK, PRECISE])
@given(st.integers())
def test_each_timed_run_has_the_machines_speed_beside_it(precision, seed):
    kinds = first_batch(Plan(precision=precision), Random(seed))
    kinds += next_batch(Plan(precision=precision), NOISY, 1.0)
    after = [kinds[place + 1] for place, kind in enumerate(kinds) if kind is RunKind.TIMED]
    assert set(after) == {RunKind.SPEED}
    assert kinds.count(RunKind.SPEED) == kinds.count(RunKind.TIMED)


def test_a_quick_profile_ends_within_twenty_launches():
    kinds = first_batch(Plan(precision=QUICK), Random(1))
    assert kinds.count(RunKind.TIMED) == NEEDED_TIMED_RUNS
    assert len(kinds) + 1 <= 20
    assert next_batch(Plan(precision=QUICK), STEADY, 1.0) == []
    assert kinds.count(RunKind.TRACED) == QUICK.traced_runs
    precise = first_batch(Plan(precision=PRECISE), Random(1))
    assert precise.count(RunKind.TRACED) == PRECISE.traced_runs > QUICK.traced_runs


@pytest.mark.parametrize("precision", [QUICK, PRECISE])
def test_more_runs_until_the_median_is_known(precision):
    plan = Plan(precision=precision)
    assert next_batch(plan, NOISY, 1.0) != []
    assert next_batch(plan, NOISY, precision.time_limit_s) == []
    assert next_batch(plan, (NOISY * 10)[:MAX_TIMED_RUNS], 1.0) == []
    assert next_batch(plan, STEADY, 1.0) == []


def test_quick_is_satisfied_where_precise_measures_on():
    known_to_4_percent = [100_000.0, 100_000, 100_000, 100_000, 100_000, 104_000]
    assert next_batch(Plan(precision=QUICK), known_to_4_percent, 1.0) == []
    assert next_batch(Plan(precision=PRECISE), known_to_4_percent, 1.0) != []
    assert next_batch(Plan(precision=QUICK), NOISY, 16.0) == []
    assert next_batch(Plan(precision=PRECISE), NOISY, 16.0) != []


@pytest.mark.parametrize(
    ("values", "half_width", "settled"),
    [
        ([100_000.0] * 5, 0.02, False),  # five values have no 95 % interval
        ([100_000.0] * 6, 0.02, True),
        ([100_000.0, 101_900.0, 100_000, 100_000, 100_000, 100_000], 0.02, True),
        ([100_000.0, 103_000.0, 100_000, 100_000, 100_000, 100_000], 0.02, False),
        ([100_000.0, 103_000.0, 100_000, 100_000, 100_000, 100_000], 0.05, True),
        ([100_000.0, 94_000.0, 100_000, 100_000, 100_000, 100_000], 0.05, False),
        ([100.0, 350.0, 100.0, 100.0, 100.0, 100.0], 0.02, True),  # below a third of a ms
    ],
)
def test_settled_means_known_to_that_share(values, half_width, settled):
    assert is_settled(values, half_width) is settled


@given(st.integers())
def test_before_pairs_eighteen_launches_are_all_however_noisy(seed):
    plan = Plan(precision=BEFORE_PAIRS)
    kinds = first_batch(plan, Random(seed))
    assert len(kinds) + 1 == 18  # the graph run comes before the batch
    assert kinds.count(RunKind.TIMED) == NEEDED_TIMED_RUNS
    assert next_batch(plan, NOISY, 1.0) == []


@given(st.integers())
def test_the_fewest_launches_bring_every_kind_of_run(seed):
    kinds = first_batch(FEWEST, Random(seed))
    assert len(of_the_handler(kinds)) + 1 == 6
    assert kinds.count(RunKind.SPEED) == kinds.count(RunKind.TIMED)
    assert set(kinds) == {RunKind.TIMED, RunKind.TRACED, RunKind.SPEED, RunKind.STATEMENTS}
    assert next_batch(FEWEST, NOISY, 1.0) == []
