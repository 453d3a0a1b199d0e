from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.billing.estimate import estimate
from importcost.billing.figures.prices import load_prices
from importcost.deferral.cost.economics import economics, economics_of
from importcost.errors import UsageError
from tests.billing.profile_factory import make_profile


def worth(saving_us=100_000.0, **values):
    facts = {"speed_ratio": 1.0, "memory_mb": 512, "arch": "x86_64", **values}
    return economics(saving_us, **facts)


@pytest.mark.parametrize(
    ("memory_mb", "first_use_ms", "share"),
    [
        (128, 100 * 1769 / 128, 128 / 1769),
        (512, 100 * 1769 / 512, 512 / 1769),
        (1024, 100 * 1769 / 1024, 1024 / 1769),
        (1769, 100.0, 1.0),
        (3008, 100.0, 1.0),
        (10_240, 100.0, 1.0),
    ],
)
def test_first_use_is_throttled_below_one_vcpu(memory_mb, first_use_ms, share):
    result = worth(memory_mb=memory_mb)
    assert result.saved_ms == pytest.approx(100)
    assert result.first_use_ms == pytest.approx(first_use_ms)
    assert result.break_even_share == pytest.approx(share)
    assert (result.sentence is None) == (memory_mb >= 1769)


def test_money_is_gb_seconds_of_the_saved_init():
    # 0.1 s x 0.5 GB x 0.0000166667 dollars x 1,000,000 cold starts
    assert worth().dollars_per_million == pytest.approx(0.833335)
    assert worth(arch="arm64").dollars_per_million == pytest.approx(0.66667)


def test_the_speed_ratio_scales_both_sides():
    slow, fast = worth(speed_ratio=2.0), worth()
    assert slow.saved_ms == pytest.approx(2 * fast.saved_ms)
    assert slow.first_use_ms == pytest.approx(2 * fast.first_use_ms)
    assert slow.break_even_share == pytest.approx(fast.break_even_share)


def test_waiting_is_neither_scaled_nor_throttled():
    result = worth(0.0, blocked_us=50_000, speed_ratio=3.0, memory_mb=128)
    assert (result.saved_ms, result.first_use_ms, result.break_even_share) == (50, 50, 1)
    assert result.sentence is None


@pytest.mark.parametrize(
    ("use_share", "expected"),
    [(1.0, "is a loss if every cold start"), (0.3, "is a loss: 30%"), (0.25, None), (0.0, None)],
)
def test_a_known_use_decides_whether_it_is_a_loss(use_share, expected):
    sentence = worth(use_share=use_share).sentence
    assert (sentence is None) == (expected is None)
    assert expected is None or expected in sentence


def test_the_sentence_gives_both_waits_and_the_share():
    sentence = worth().sentence
    for part in ("29%", "512 MB", "346 ms", "100 ms"):
        assert part in sentence


def test_long_waits_are_grouped_as_everywhere_else():
    sentence = worth(2_000_000).sentence
    for part in ("6,910 ms", "2,000 ms", "29%"):
        assert part in sentence


@pytest.mark.parametrize("saving_us", [0.0, -5_000.0])
def test_no_saving_is_said_to_be_none(saving_us):
    result = worth(saving_us)
    assert result.saved_ms == result.first_use_ms == result.dollars_per_million == 0
    assert result.sentence == "Deferring this saves nothing."


def test_an_estimate_brings_its_ratio_memory_and_architecture():
    found = estimate(make_profile(memory_mb=1024, arch="arm64"))
    expected = worth(speed_ratio=found.speed_ratio.value, memory_mb=1024, arch="arm64")
    assert economics_of(100_000, found) == expected


def test_prices_can_be_given():
    prices = load_prices()
    cheap = replace(prices.by_arch["arm64"], gb_second=prices.by_arch["x86_64"].gb_second)
    changed = replace(prices, by_arch={**prices.by_arch, "arm64": cheap})
    assert worth(arch="arm64", prices=changed) == worth()


@pytest.mark.parametrize("wrong", [{"memory_mb": 64}, {"arch": "riscv"}])
def test_what_lambda_does_not_have_is_refused(wrong):
    with pytest.raises(UsageError):
        worth(**wrong)


@given(
    st.floats(1, 1e7),
    st.floats(0, 1e6),
    st.floats(0.2, 5),
    st.integers(128, 10_240),
    st.floats(0, 1),
)
def test_at_the_break_even_share_neither_side_wins(saving, blocked, ratio, memory, used):
    result = worth(saving, blocked_us=blocked, speed_ratio=ratio, memory_mb=memory, use_share=used)
    share = result.break_even_share
    assert 0 < share <= 1
    assert result.saved_ms == pytest.approx(share * result.first_use_ms)
    is_loss = used * result.first_use_ms > result.saved_ms * (1 + 1e-9)
    assert (result.sentence is not None) == is_loss or used == pytest.approx(share)


def test_a_saving_includes_the_files_that_are_no_longer_read():
    facts = {"speed_ratio": 2.0, "memory_mb": 512, "arch": "x86_64"}
    bare, whole = economics(100_000, **facts), economics(100_000, files_ms=50.0, **facts)
    assert whole.saved_ms == pytest.approx(bare.saved_ms + 50)
    # After init, reading them is throttled like computing.
    assert whole.first_use_ms / whole.saved_ms == pytest.approx(bare.first_use_ms / bare.saved_ms)
