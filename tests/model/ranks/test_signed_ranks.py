from __future__ import annotations

from itertools import product
from math import inf, nan

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importcost.model.ranks.signed_ranks import (
    EXACT_UP_TO,
    hodges_lehmann,
    holm,
    signed_rank_test,
    walsh_rank,
)

# Whole numbers: shifts and signs of them are exact, so ties stay ties.
wholes = st.integers(-1000, 1000)
differences = st.lists(wholes, min_size=1, max_size=70)
probabilities = st.lists(st.floats(0, 1), max_size=12)

SAMPLE_60 = [
    5.176, -0.826, 1.29, 0.793, 2.17, -2.304, -0.33, -1.003, -1.649, -1.188, -0.525, -0.074,
    -1.313, 1.344, -0.595, -5.896, 2.881, -0.284, -0.987, 1.037, 0.96, 0.606, -1.209, 0.883,
    -2.575, 3.387, -2.031, 0.087, 0.538, 0.938, 0.007, 1.466, -6.769, 0.032, -0.079, -0.627,
    3.301, -1.713, 0.074, -3.834, 0.786, -3.021, -2.917, 4.975, 1.652, 0.219, 0.58, -2.669,
    -1.887, 1.09, -4.041, 0.785, -3.275, 0.48, -2.016, 3.79, 2.296, -0.81, -3.598, -1.357,
]  # fmt: skip
TIES_80 = [
    -1, 5, 4, -2, 1, 5, 3, 5, -3, 5, -4, 3, 0, 4, -1, -1, 3, 4, 4, 3, 2, -2, -1, -2, 4, 2, -4,
    -3, -2, 5, -4, 0, -4, 0, 3, 5, 2, 2, 2, 5, 3, -2, 1, -3, -4, -2, 3, -1, 0, 2, 0, 2, 4, 2, 5,
    1, 4, 5, 2, 5, -1, 1, -4, 0, 5, -2, 1, 4, 5, 5, -3, -1, 5, 0, 0, -3, -3, 3, 3, -3,
]  # fmt: skip
SAMPLE_15 = [
    4.865, 5.348, 1.199, -1.294, -2.277, 1.094, -2.066, -3.31, 1.598, 1.4, 2.639, -1.742, 1.015,
    0.806, -3.517,
]  # fmt: skip


# scipy.stats.wilcoxon 1.17.1: exact; PermutationMethod with zero_method="pratt" for ties and
# zeros; method="approx" with correction beyond 50.
@pytest.mark.parametrize(
    ("values", "p_value"),
    [
        (SAMPLE_15, 0.890380859375),
        ([3, 3, -1, 2, 2, -2, 5, 0], 0.125),
        ([1, 1, 1, 2, -2, 3, 4, 0, 0, -1], 0.1796875),
        (SAMPLE_60, 0.3498260513940703),
        (TIES_80, 0.002332576915575184),
    ],
)
def test_p_values_agree_with_scipy(values, p_value):
    assert signed_rank_test(values).p_value == pytest.approx(p_value, rel=1e-12)


# Critical values of the smaller rank sum, two-sided: Wilcoxon and Wilcox, "Some rapid approximate
# statistical procedures" (1964), table 2.
@pytest.mark.parametrize(
    ("count", "confidence", "critical"),
    [
        (6, 0.95, 0), (8, 0.95, 3), (10, 0.95, 8), (12, 0.95, 13), (15, 0.95, 25),
        (20, 0.95, 52), (25, 0.95, 89), (8, 0.99, 0), (10, 0.99, 3), (12, 0.99, 7),
        (15, 0.99, 15), (20, 0.99, 37), (25, 0.99, 68),
    ],
)  # fmt: skip
def test_critical_values_agree_with_the_published_table(count, confidence, critical):
    assert walsh_rank(count, confidence) == critical + 1
    # Differences 1..n of which those that add up to the critical value are negative.
    left, signs = critical, {}
    for rank in range(count, 0, -1):
        signs[rank] = -1 if rank <= left else 1
        left -= rank if rank <= left else 0
    assert signed_rank_test([sign * rank for rank, sign in signs.items()]).p_value <= 1 - confidence


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=9))
def test_the_exact_p_value_is_the_share_of_sign_choices_at_least_as_far_out(values):
    found = signed_rank_test(values)
    sizes = sorted(abs(value) for value in values)
    rank = {size: sizes.index(size) + (sizes.count(size) + 1) / 2 for size in sizes}
    ranks = [rank[abs(value)] for value in values if value]
    smaller = min(found.positive, found.negative)
    sums = [
        sum(rank for rank, sign in zip(ranks, signs, strict=True) if sign)
        for signs in product((0, 1), repeat=len(ranks))
    ]
    share = 2 * sum(one <= smaller for one in sums) / len(sums)
    assert found.p_value == pytest.approx(min(1.0, share))


@given(differences)
def test_turning_all_differences_round_turns_the_result_round(values):
    found, turned = signed_rank_test(values), signed_rank_test([-value for value in values])
    assert found.p_value == turned.p_value
    assert (found.positive, found.negative) == (turned.negative, turned.positive)
    shift, back = hodges_lehmann(values), hodges_lehmann([-value for value in values])
    assert (back.low, back.value, back.high) == (-shift.high, -shift.value, -shift.low)


@given(differences, st.integers(1, 50))
def test_the_unit_and_the_order_of_differences_make_no_difference(values, scale):
    scaled = sorted(value * scale for value in values)
    assert signed_rank_test(scaled) == signed_rank_test(values)
    assert hodges_lehmann(scaled).value == scale * hodges_lehmann(values).value


@given(differences, wholes)
def test_the_shift_moves_with_the_differences(values, by):
    shift, moved = hodges_lehmann(values), hodges_lehmann([value + by for value in values])
    assert (moved.low, moved.value, moved.high) == (
        shift.low + by,
        shift.value + by,
        shift.high + by,
    )


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30),
    st.floats(0.01, 0.999),
)
@example([5e-324], 0.5)
def test_the_interval_holds_the_shift(values, confidence):
    shift = hodges_lehmann(values, confidence)
    assert min(values) <= shift.low <= shift.value <= shift.high <= max(values)


@given(st.lists(wholes, min_size=8, max_size=40, unique_by=abs).filter(all))
def test_the_interval_leaves_out_zero_where_the_test_rejects_it(values):
    p_value = signed_rank_test(values).p_value
    shift = hodges_lehmann(values, 0.99)
    if shift.low > 0 or shift.high < 0:
        assert p_value <= 0.01 + 1e-12
    if p_value <= 0.01 - 1e-12:
        assert not shift.low < 0 < shift.high


def test_a_wider_confidence_never_narrows_the_interval():
    narrow, wide = hodges_lehmann(SAMPLE_15, 0.9), hodges_lehmann(SAMPLE_15, 0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_too_few_differences_say_what_confidence_they_reach():
    assert hodges_lehmann([1, 2, 3], 0.95).confidence == 0.75


def test_counting_and_the_normal_curve_meet():
    exact = walsh_rank(EXACT_UP_TO, 0.95)
    beyond = walsh_rank(EXACT_UP_TO + 1, 0.95)
    # One more pair moves the published critical value from 434 to 453.
    assert exact == 435
    assert beyond == pytest.approx(454, abs=2)


def test_only_zeros_show_no_shift():
    found = signed_rank_test([0, 0, 0])
    assert (found.p_value, found.used) == (1.0, 0)


@pytest.mark.parametrize("function", [signed_rank_test, hodges_lehmann])
@pytest.mark.parametrize("values", [[], [1.0, nan], [inf]])
def test_nothing_and_no_numbers_are_refused(function, values):
    with pytest.raises(ValueError, match="difference"):
        function(values)


@pytest.mark.parametrize("confidence", [0, 1, -0.1, 2])
def test_a_confidence_outside_0_to_1_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        hodges_lehmann([1.0, 2.0], confidence)


# Holm (1979); the example's values by hand: 0.01 * 4, 0.02 * 3, max(0.03 * 2, 0.06), 0.5.
def test_holm_multiplies_by_the_tests_left_and_never_falls():
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx((0.06, 0.04, 0.5, 0.06))


@given(probabilities)
def test_holm_corrects_upwards_in_order_and_below_bonferroni(p_values):
    corrected = holm(p_values)
    for one, after in zip(p_values, corrected, strict=True):
        assert one <= after <= min(1.0, one * len(p_values))
    by_size = [after for _, after in sorted(zip(p_values, corrected, strict=True))]
    assert by_size == sorted(by_size)


@pytest.mark.parametrize("p_value", [-0.1, 1.1, nan])
def test_holm_refuses_what_is_no_probability(p_value):
    with pytest.raises(ValueError, match="p value"):
        holm([0.5, p_value])
