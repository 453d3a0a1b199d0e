from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.gate.compare import (
    ComparedVerdict,
    Metric,
    Step,
    Thresholds,
    compare_timings,
    fewest_pairs,
    next_step,
)
from importcost.model.profile import Pair
from tests.gate.timings import pairs, timing

BASE_US = 100_000


def one(values, **thresholds):
    (found,) = compare_timings({"orders": values}, Thresholds(**thresholds))
    return found


@pytest.mark.parametrize(
    ("shift_us", "verdict"),
    [
        (0, ComparedVerdict.SAME),
        (1_900, ComparedVerdict.SAME),
        (2_500, ComparedVerdict.SLOWER),
        (10_000, ComparedVerdict.SLOWER),
        (-1_900, ComparedVerdict.SAME),
        (-2_500, ComparedVerdict.FASTER),
    ],
)
def test_a_shift_counts_when_it_is_proven_and_over_2_percent(shift_us, verdict):
    found = one(pairs(15, BASE_US, shift_us))
    assert found.verdict is verdict
    assert found.cpu.shift_us.value == pytest.approx(shift_us)
    assert found.cpu.shift_percent.value == pytest.approx(shift_us / 1000)
    assert found.cpu.shift_us.low <= shift_us <= found.cpu.shift_us.high
    assert found.reason.endswith(".")


def test_a_proven_shift_below_the_smallest_delta_does_not_matter():
    values = pairs(15, 5_000, 400, spread_us=10)
    assert one(values).verdict is ComparedVerdict.SLOWER
    assert one(values, min_delta_us=500, resolution=0.2).verdict is ComparedVerdict.SAME


def test_a_shift_that_noise_hides_is_inconclusive_and_extended_once():
    values = pairs(15, BASE_US, 3_000, spread_us=1_500)
    found = one(values)
    assert found.verdict is ComparedVerdict.INCONCLUSIVE
    assert next_step(found, 15) is Step.EXTEND
    again = one(pairs(30, BASE_US, 3_000, spread_us=1_500))
    assert again.verdict is ComparedVerdict.INCONCLUSIVE
    assert next_step(again, 15) is Step.STOP


def test_a_slowdown_that_may_not_matter_is_looked_at_again_before_it_fails():
    # Over 2 % and proven, but the interval reaches below 2 %.
    close = one(pairs(15, BASE_US, 2_600, spread_us=200))
    assert close.verdict is ComparedVerdict.SLOWER
    assert close.cpu.shift_us.low < 2_000
    assert next_step(close, 15) is Step.EXTEND
    again = one(pairs(30, BASE_US, 2_600, spread_us=200))
    assert again.verdict is ComparedVerdict.SLOWER
    assert next_step(again, 15) is Step.STOP  # once, however close
    faster = one(pairs(15, BASE_US, -2_600, spread_us=200))
    assert next_step(faster, 15) is Step.STOP  # nobody is stopped by it


@pytest.mark.parametrize("shift_us", [0, 10_000, -10_000])
def test_a_clear_comparison_is_never_extended(shift_us):
    assert next_step(one(pairs(15, BASE_US, shift_us)), 15) is Step.STOP


def test_pairs_too_noisy_to_show_the_resolution_do_not_count_as_the_same():
    noisy = pairs(15, BASE_US, 0, spread_us=4_000)
    assert one(noisy).verdict is ComparedVerdict.INCONCLUSIVE
    assert one(noisy, resolution=0.5).verdict is ComparedVerdict.SAME


@pytest.mark.parametrize("count", [1, 5, 7])
def test_fewer_pairs_than_can_show_anything_never_pass_or_fail(count):
    found = one(pairs(count, BASE_US, 20_000))
    assert found.verdict is ComparedVerdict.INCONCLUSIVE
    assert "measure at least 8" in found.reason


@pytest.mark.parametrize(("alpha", "tests", "fewest"), [(0.01, 1, 8), (0.05, 1, 6), (0.01, 10, 11)])
def test_the_fewest_pairs_follow_from_the_level(alpha, tests, fewest):
    assert fewest_pairs(alpha, tests) == fewest
    assert 2.0 ** (1 - fewest) * tests < alpha <= 2.0 ** (2 - fewest) * tests


def test_more_handlers_need_stronger_evidence():
    slower = pairs(8, BASE_US, 10_000)
    same = {f"other{number}": pairs(8, BASE_US, 0) for number in range(3)}
    assert one(slower).verdict is ComparedVerdict.SLOWER
    found = compare_timings({"orders": slower, **same})
    assert [item.handler for item in found] == ["orders", *same]
    assert found[0].verdict is ComparedVerdict.INCONCLUSIVE
    assert (
        "8 pairs cannot show anything among 4 comparisons: measure at least 10" in found[0].reason
    )
    assert found[0].cpu.corrected_p == pytest.approx(4 * found[0].cpu.p_value)


def test_each_handler_may_have_its_own_thresholds():
    values = pairs(15, BASE_US, 4_000)
    found = compare_timings(
        {"strict": values, "lenient": values, "usual": values},
        {"strict": Thresholds(min_shift=0.01), "lenient": Thresholds(min_shift=0.05)},
    )
    verdicts = {item.handler: item.verdict for item in found}
    assert verdicts == {
        "strict": ComparedVerdict.SLOWER,
        "lenient": ComparedVerdict.SAME,
        "usual": ComparedVerdict.SLOWER,
    }


def test_wall_time_is_reported_and_does_not_decide_where_nothing_blocks():
    values = [
        Pair(timing(BASE_US, wall_us=110_000), timing(BASE_US + at, wall_us=160_000))
        for at in range(-7, 8)
    ]
    found = one(values)
    assert found.verdict is ComparedVerdict.SAME
    assert not found.is_wall_gated
    assert found.wall.verdict is ComparedVerdict.SLOWER


def test_wall_time_decides_where_the_head_began_to_block():
    values = [
        Pair(timing(BASE_US), timing(BASE_US + at, blocked_us=40_000 + at)) for at in range(-7, 8)
    ]
    found = one(values)
    assert found.is_wall_gated
    assert found.cpu.verdict is ComparedVerdict.SAME
    assert found.verdict is ComparedVerdict.SLOWER
    assert found.deciding.metric is Metric.WALL
    assert "wall time +40.0 %" in found.reason


def test_of_two_slower_metrics_the_larger_shift_decides():
    values = [
        Pair(timing(BASE_US), timing(103_000 + at, blocked_us=40_000 + at)) for at in range(-7, 8)
    ]
    found = one(values)
    assert [shift.verdict for shift in found.gated] == [
        ComparedVerdict.SLOWER,
        ComparedVerdict.SLOWER,
    ]
    assert found.deciding.metric is Metric.WALL
    assert "wall time +43.0 %" in found.reason


def test_a_faster_metric_does_not_excuse_a_slower_one():
    values = [
        Pair(timing(BASE_US), timing(80_000 + at, blocked_us=60_000 + at)) for at in range(-7, 8)
    ]
    found = one(values)
    assert found.cpu.verdict is ComparedVerdict.FASTER
    assert found.verdict is ComparedVerdict.SLOWER


@pytest.mark.parametrize(("least_us", "is_gated"), [(0, False), (30_000, True)])
def test_where_the_platform_does_not_tell_the_least_wait_of_all_launches_does(least_us, is_gated):
    values = [
        Pair(
            timing(BASE_US, knows_delay=False),
            timing(BASE_US, wall_us=BASE_US + least_us + 4_000 * at, knows_delay=False),
        )
        for at in range(15)
    ]
    assert one(values).is_wall_gated is is_gated


def test_a_handler_that_takes_no_time_at_all_is_the_same():
    values = [Pair(timing(0), timing(0))] * 15
    assert one(values).verdict is ComparedVerdict.SAME


def test_a_handler_without_pairs_is_refused():
    with pytest.raises(ValueError, match="orders"):
        compare_timings({"orders": []})


def test_no_handlers_give_no_verdicts():
    assert compare_timings({}) == ()


@pytest.mark.parametrize(
    "values", [{"alpha": 0}, {"alpha": 1}, {"min_shift": -1}, {"resolution": 0}]
)
def test_impossible_thresholds_are_refused(values):
    with pytest.raises(ValueError, match="must"):
        Thresholds(**values)


times = st.integers(50_000, 150_000)


@given(st.lists(st.tuples(times, times), min_size=8, max_size=30))
def test_exchanging_base_and_head_exchanges_slower_and_faster(rows):
    there = one([Pair(timing(before), timing(after)) for before, after in rows])
    back = one([Pair(timing(after), timing(before)) for before, after in rows])
    assert back.cpu.shift_us.value == -there.cpu.shift_us.value
    assert back.cpu.p_value == there.cpu.p_value
    assert not (there.verdict is ComparedVerdict.SLOWER and back.verdict is ComparedVerdict.SLOWER)


@pytest.mark.unhurried
@given(st.lists(st.tuples(times, times), min_size=8, max_size=30), st.randoms())
def test_the_order_of_pairs_makes_no_difference(rows, chance):
    values = [Pair(timing(before), timing(after)) for before, after in rows]
    shuffled = list(values)
    chance.shuffle(shuffled)
    assert one(values) == one(shuffled)
