from __future__ import annotations

from math import comb, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.model.stats import interval_rank, median, median_interval, middle_half

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


def test_the_median_of_an_odd_number_is_the_middle_value():
    assert median([9, 1, 5]) == 5


def test_the_median_of_an_even_number_is_the_mean_of_the_middle_two():
    assert median([9, 1, 5, 2]) == 3.5


@pytest.mark.parametrize("function", [median, median_interval, middle_half])
@pytest.mark.parametrize("values", [[], [1.0, nan]])
def test_nothing_and_no_numbers_are_refused(function, values):
    with pytest.raises(ValueError, match="value"):
        function(values)


def test_the_middle_half_leaves_a_quarter_out_at_each_end():
    assert middle_half([50, 10, 40, 20, 90]) == (3, 2, 0)
    assert middle_half([7, 5, 6]) == (1, 2, 0)


@given(st.lists(finite, min_size=1))
def test_the_middle_half_lies_between_what_is_left_out(values):
    middle = middle_half(values)
    out = [value for place, value in enumerate(values) if place not in middle]
    assert len(out) == 2 * (len(values) // 4)
    low, high = min(values[place] for place in middle), max(values[place] for place in middle)
    assert not [value for value in out if low < value < high]


@pytest.mark.parametrize("confidence", [0, 1, 1.5, -0.1])
def test_a_confidence_outside_0_to_1_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        median_interval([1, 2, 3], confidence)


# Conover, "Practical Nonparametric Statistics", 3rd ed., table A3 (p = 1/2), two-sided 95 %.
@pytest.mark.parametrize(
    ("count", "rank"),
    [(5, 0), (6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (15, 4), (20, 6), (25, 8), (50, 18)],
)
def test_ranks_at_95_percent_agree_with_the_published_table(count, rank):
    assert interval_rank(count, 0.95) == rank


@pytest.mark.parametrize(("count", "rank"), [(7, 0), (8, 1), (20, 4), (25, 6)])
def test_ranks_at_99_percent_agree_with_the_published_table(count, rank):
    assert interval_rank(count, 0.99) == rank


def test_a_confidence_that_is_met_exactly_is_met():
    assert interval_rank(3, 0.75) == 1


def test_the_interval_runs_from_kth_smallest_to_kth_largest():
    interval = median_interval(list(range(1, 21)))
    assert (interval.low, interval.value, interval.high) == (6, 10.5, 15)
    assert interval.confidence == 0.95


@pytest.mark.parametrize(("count", "reached"), [(1, 0.0), (2, 0.5), (3, 0.75), (5, 0.9375)])
def test_too_few_values_give_the_extremes_and_what_they_reach(count, reached):
    interval = median_interval(list(range(count)))
    assert (interval.low, interval.high) == (0, count - 1)
    assert interval.confidence == reached


@given(st.lists(finite, min_size=1, max_size=60), st.sampled_from([0.5, 0.8, 0.95, 0.99]))
def test_low_value_and_high_are_in_order(values, confidence):
    interval = median_interval(values, confidence)
    assert interval.low <= interval.value <= interval.high
    assert {interval.low, interval.high} <= set(values)


@given(st.integers(1, 200), st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_the_rank_is_the_largest_that_reaches_the_confidence(count, confidence):
    def coverage(rank):
        return 1 - 2 * sum(comb(count, below) for below in range(rank)) / 2**count

    rank = interval_rank(count, confidence)
    if rank:
        assert coverage(rank) >= confidence - 1e-12
    assert rank == (count + 1) // 2 or coverage(rank + 1) < confidence + 1e-12


@given(st.lists(finite, min_size=1, max_size=40))
def test_order_does_not_matter(values):
    assert median_interval(values) == median_interval(values[::-1])


def test_thousands_of_values_do_not_overflow():
    interval = median_interval(list(range(5000)))
    assert interval.low == pytest.approx(2500 - 0.98 * 5000**0.5, abs=3)
