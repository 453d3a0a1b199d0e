"""Targets: how they are read, compared and worded."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.results.targets import COMPARISONS, read_target, worded_value

NUMBERS = st.decimals(-(10**9), 10**9, places=3, allow_nan=False).map(float)
VALUES = st.floats(allow_nan=False)


@given(NUMBERS, VALUES)
def test_at_most_and_at_least_agree_with_the_order_of_numbers(bound, value):
    assert read_target(f"<= {bound:.3f}").is_met_by(value) == (value <= float(f"{bound:.3f}"))
    assert read_target(f">={bound:.3f}").is_met_by(value) == (value >= float(f"{bound:.3f}"))


@given(NUMBERS.map(abs), VALUES)
def test_within_takes_both_signs_alike(bound, value):
    target = read_target(f"within {bound:.3f}")
    assert target.is_met_by(value) == target.is_met_by(-value)
    assert target.is_met_by(value) == (abs(value) <= target.bound)


@given(NUMBERS)
def test_equal_is_met_by_the_bound_alone(bound):
    target = read_target(f"== {bound:.3f}")
    assert target.is_met_by(target.bound)
    assert not target.is_met_by(math.nextafter(target.bound, math.inf))


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_what_is_not_a_number_meets_nothing(comparison):
    assert not read_target(f"{comparison} 0").is_met_by(math.nan)


@given(st.text(max_size=12))
def test_any_other_text_is_refused_with_the_text(text):
    try:
        target = read_target(text)
    except ValueError as error:
        assert repr(text) in str(error) or "nothing is within" in str(error)  # noqa: PT017
    else:
        assert text.startswith(target.comparison)


@pytest.mark.parametrize("text", ["<= 1.15 s", "< 3", "within -1", "<= nan", "<= inf", "<= 1e3"])
def test_what_looks_like_a_target_is_refused(text):
    with pytest.raises(ValueError, match=r"target|within"):
        read_target(text)


@pytest.mark.parametrize(
    ("value", "unit", "digits", "words"),
    [
        (1.15, "", 4, "1.15"),
        (10_000_000, "inputs", 4, "10,000,000 inputs"),
        (-0.001, "%", 2, "0 %"),
        (100.0, "%", 1, "100 %"),
        (0.17, "s", 2, "0.17 s"),
        (120.0, "", 0, "120"),
    ],
)
def test_values_read_as_people_say_them(value, unit, digits, words):
    assert worded_value(value, unit, digits) == words
