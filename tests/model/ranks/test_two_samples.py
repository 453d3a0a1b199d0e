"""Two independent samples: against exact counts, and against what simulation says."""

from __future__ import annotations

import itertools
import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.model.ranks.two_samples import median_difference, rank_sum_p

VALUES = st.lists(st.floats(1, 1_000), min_size=5, max_size=60)


def exact_p(first, second):
    """Count every way to split the values: the share whose ranks lie as far from the middle."""
    both = [*first, *second]
    ranks = {value: rank for rank, value in enumerate(sorted(both), 1)}
    middle = len(first) * (len(both) + 1) / 2
    seen = abs(sum(ranks[value] for value in first) - middle)
    sums = [sum(part) for part in itertools.combinations(ranks.values(), len(first))]
    return sum(abs(one - middle) >= seen for one in sums) / len(sums)


@pytest.mark.parametrize("shift", [0.0, 3.0, 8.0])
def test_the_test_is_near_the_exact_one(shift):
    chance = random.Random(7)
    for _ in range(20):
        first = [chance.gauss(20, 4) for _ in range(8)]
        second = [chance.gauss(20 + shift, 4) for _ in range(8)]
        assert rank_sum_p(first, second) == pytest.approx(exact_p(first, second), abs=0.03)


@given(VALUES, VALUES)
def test_order_does_not_matter_and_the_difference_turns(first, second):
    assert rank_sum_p(first, second) == pytest.approx(rank_sum_p(second, first))
    one, other = median_difference(first, second), median_difference(second, first)
    assert one.value == pytest.approx(median(first) - median(second))
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))
    assert one.low <= one.value <= one.high


def test_the_interval_holds_the_truth_as_often_as_it_says():
    chance = random.Random(3)
    held = 0
    tries = 400
    for _ in range(tries):
        first = [300 + chance.expovariate(1 / 80) for _ in range(25)]
        second = [240 + chance.expovariate(1 / 80) for _ in range(40)]
        found = median_difference(first, second)
        held += found.low <= 60 <= found.high
    assert held / tries >= 0.93


def test_equal_values_do_not_differ():
    assert rank_sum_p([3.0] * 9, [3.0] * 4) == 1.0
    found = median_difference([3.0] * 9, [3.0] * 5)
    assert (found.low, found.value, found.high) == (0, 0, 0)


@pytest.mark.parametrize(("first", "second"), [([], [1.0]), ([1.0], [])])
def test_no_values_are_no_sample(first, second):
    with pytest.raises(ValueError, match="needs"):
        rank_sum_p(first, second)
    with pytest.raises(ValueError, match="needs"):
        median_difference(first, second)
