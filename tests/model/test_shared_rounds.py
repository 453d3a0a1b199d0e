"""Savings of variants that share the rounds of one original."""

from __future__ import annotations

from random import Random

import pytest

from importcost.model.durations import about_time
from importcost.model.shared_rounds import RoundLaunch, shared_savings
from importcost.model.student import t_quantile


def rounds(cpu_us, count=5, *, slow=lambda at: 1.0, waits_us=0.0, seed=1, noise=0.01):
    random = Random(seed)
    return [
        RoundLaunch(
            at, cpu_us * slow(at) * (1 + random.uniform(-noise, noise)), waits_us, 100 * slow(at)
        )
        for at in range(count)
    ]


def test_a_saving_is_found_at_one_speed_whatever_the_speeds_of_the_launches():
    """The original ran on a slow machine only, the variant on a fast one."""
    original = rounds(1000, slow=lambda at: 1.5 if at % 2 else 1.7)
    result = shared_savings(original, {"fast": rounds(900, slow=lambda at: 1 + at / 10, seed=2)})
    share = result.savings["fast"].saving_us.value / result.original_us
    assert share == pytest.approx(0.1, abs=0.02)
    assert result.savings["fast"].rounds == 5


def test_slowness_that_init_does_not_follow_is_left_alone():
    """Samples that tell nothing of the launch's time do not move its saving."""
    random = Random(4)

    def odd(cpu_us, seed):
        return [
            RoundLaunch(one.round, one.cpu_us, 0.0, random.uniform(80, 160))
            for one in rounds(cpu_us, 8, seed=seed)
        ]

    variants = {n: odd(1000 - 100 * n, n + 2) for n in range(5)}
    result = shared_savings(odd(1000, 1), variants)
    for n, saving in result.savings.items():
        assert saving.saving_us.value == pytest.approx(100 * n, abs=20)


def test_waiting_is_saved_at_any_speed():
    original = rounds(1000, waits_us=500.0, slow=lambda at: 1 + at % 2)
    result = shared_savings(original, {"awake": rounds(1000, slow=lambda at: 1 + at % 2, seed=2)})
    assert result.savings["awake"].saving_us.value == pytest.approx(500, abs=30)


def test_launches_of_unknown_slowness_are_compared_as_they_are():
    bare = [RoundLaunch(at, 1000 + at) for at in range(5)]
    less = [RoundLaunch(at, 800 + at) for at in range(5)]
    assert shared_savings(bare, {0: less}).savings[0].saving_us.value == pytest.approx(200)


def test_one_noisy_variant_has_the_widest_interval():
    variants = {n: rounds(900, seed=n, noise=0.01) for n in range(4)}
    variants[9] = rounds(900, seed=9, noise=0.2)
    widths = {
        n: one.saving_us.high - one.saving_us.low
        for n, one in shared_savings(rounds(1000), variants).savings.items()
    }
    assert max(widths, key=widths.get) == 9


def test_a_round_without_the_original_is_refused():
    with pytest.raises(ValueError, match="not launched in round 3"):
        shared_savings(rounds(1000, 3), {0: rounds(900, 4)})


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (7, 2.365), (12, 2.179), (30, 2.042)],
)
def test_quantiles_are_those_of_the_tables(freedom, quantile):
    assert t_quantile(0.95, freedom) == pytest.approx(quantile, rel=0.005)


@pytest.mark.parametrize(("confidence", "freedom"), [(0.0, 3), (1.0, 3), (0.95, 0)])
def test_quantiles_that_do_not_exist_are_refused(confidence, freedom):
    with pytest.raises(ValueError, match="no t quantile"):
        t_quantile(confidence, freedom)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "about 1 s"),
        (3.2, "about 4 s"),
        (10, "about 10 s"),
        (31, "about 40 s"),
        (85, "about 90 s"),
        (91, "about 2 min"),
        (305, "about 6 min"),
    ],
)
def test_durations_are_rounded_up(seconds, words):
    assert about_time(seconds) == words
