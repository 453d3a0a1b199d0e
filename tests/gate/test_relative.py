"""Relative changes read as people say them."""

from __future__ import annotations

import pytest

from importcost.gate.relative import change_of_time, relative_change, relative_value
from importcost.model.interval import Interval


def percent(value: float, low: float, high: float) -> Interval:
    return Interval(low, value, high)


def test_a_small_change_is_a_percentage_with_its_interval():
    change = percent(3.24, 2.1, 4.4)
    assert relative_change(change) == "+3.2 % (+2.1 to +4.4 %)"
    assert relative_change(change, "p = 0.01") == "+3.2 % (+2.1 to +4.4 %, p = 0.01)"
    assert change_of_time(100_000, 103_240, change) == "+3.2 % (+2.1 to +4.4 %)"


def test_a_large_increase_is_a_factor_behind_both_times():
    change = percent(15_900.0, 15_000.0, 17_000.9)
    assert relative_change(change) == "160 times as long (151 to 171 times)"
    said = change_of_time(417, 66_700, change, "p = 0.001", "20 pairs")
    assert said == ("0.4 to 66.7 ms, 160 times as long (151 to 171 times, p = 0.001, 20 pairs)")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-99.5, "-99.5 %"),
        (99.9, "+99.9 %"),
        (100.0, "2.0 times as long"),
        (894.0, "9.9 times as long"),
        (896.0, "10 times as long"),
        (1_234_467.0, "12,346 times as long"),
    ],
)
def test_a_factor_begins_at_a_doubling(value, expected):
    assert relative_value(value) == expected


def test_a_wide_interval_never_gives_a_negative_factor():
    assert relative_change(percent(120.0, -130.0, 400.0)) == "2.2 times as long (0.0 to 5.0 times)"


def test_counts_are_many_not_long():
    assert relative_value(0.25, 2, unit="as many") == "+0.25 %"
    assert relative_value(300.0, 2, unit="as many") == "4.0 times as many"
