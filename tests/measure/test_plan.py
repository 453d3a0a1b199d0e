"""How many runs of which kind, and when there are enough."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.measure.plan import (
    AUTO_MAX_TIMED_RUNS,
    MIN_RUNS,
    TIME_LIMIT_S,
    Plan,
    first_batch,
    is_settled,
    next_batch,
)
from importcost.model.profile import RunKind


@given(st.integers(min_value=MIN_RUNS, max_value=200), st.integers())
def test_runs_counts_launches_of_the_handler(runs, seed):
    kinds = first_batch(Plan(runs), Random(seed))
    handler = [kind for kind in kinds if kind is not RunKind.SPEED]
    assert len(handler) + 1 == runs  # the graph run comes before the batch
    assert kinds.count(RunKind.TRACED) >= 1
    assert kinds.count(RunKind.TIMED) >= 3
    assert next_batch(Plan(runs), [1.0, 900.0], 0.0) == []


def test_kinds_are_interleaved_in_random_order():
    orders = {tuple(first_batch(Plan(20), Random(seed))) for seed in range(20)}
    assert len(orders) > 10


def test_the_first_five_runs_can_stand_alone():
    kinds = first_batch(Plan(), Random(1))[:5]
    assert {RunKind.TIMED, RunKind.TRACED, RunKind.SPEED} == set(kinds)


def test_more_runs_until_the_median_is_known():
    noisy = [100_000.0 * (1 + n / 10) for n in range(6)]
    assert next_batch(Plan(), noisy, 1.0) != []
    assert next_batch(Plan(), noisy, TIME_LIMIT_S) == []
    assert next_batch(Plan(), noisy * 10, 1.0) == [] or len(noisy) * 10 < AUTO_MAX_TIMED_RUNS
    steady = [100_000.0 + n for n in range(6)]
    assert next_batch(Plan(), steady, 1.0) == []


@pytest.mark.parametrize(
    ("values", "settled"),
    [
        ([100_000.0] * 5, False),  # five values have no 95 % interval
        ([100_000.0] * 6, True),
        ([100_000.0, 101_900.0, 100_000, 100_000, 100_000, 100_000], True),
        ([100_000.0, 103_000.0, 100_000, 100_000, 100_000, 100_000], False),
        ([100.0, 350.0, 100.0, 100.0, 100.0, 100.0], True),  # below a third of a millisecond
    ],
)
def test_settled_means_within_two_percent(values, settled):
    assert is_settled(values) is settled
