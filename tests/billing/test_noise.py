"""When the noise of a measurement shows in the bill."""

from __future__ import annotations

import pytest

from importcost.billing.noise import changes_a_digit, noise_of, place_of
from importcost.model.interval import Interval
from tests.billing.profile_factory import make_profile

BAND = Interval(2_680, 3_307, 4_176, 0.8)
HELLO = Interval(72, 79, 94, 0.8)


@pytest.mark.parametrize(
    ("figure", "band", "changes"),
    [
        (Interval(3_270, 3_307, 3_340, 0.95), BAND, False),  # 1 %: 3,300 whatever the noise
        (Interval(3_040, 3_307, 3_570, 0.95), BAND, True),  # 8 %: 3,000 to 3,600
        (Interval(3_307, 3_307, 3_360, 0.95), BAND, True),  # one end is enough
        (Interval(78.9, 79.0, 79.6, 0.95), HELLO, False),  # 0.2 ms known to a factor of four
        (Interval(76.0, 79.0, 95.2, 0.95), HELLO, True),
        (Interval(1.2, 1.4, 1.3, 0.95), Interval(1.4, 1.4, 1.4, 0.8), False),  # whole ms are shown
    ],
)
def test_noise_matters_where_a_known_digit_changes(figure, band, changes):
    assert changes_a_digit(figure, band) is changes


@pytest.mark.parametrize(
    ("width_ms", "place"), [(0.0, 1), (0.4, 1), (9.9, 1), (10.5, 10), (80.0, 10), (250.0, 100)]
)
def test_the_band_says_which_digits_are_known(width_ms, place):
    assert place_of(Interval(500 - width_ms, 500, 500 + width_ms, 0.8)) == place


def test_the_same_noise_shows_in_a_large_init_and_is_lost_in_a_small_one():
    small = noise_of(make_profile(cpu_us=(100, 200, 300)))
    large = noise_of(make_profile(cpu_us=(500_000, 1_000_000, 1_500_000)))
    assert small.half_width == pytest.approx(large.half_width)
    assert not small.shows
    assert large.shows


def test_the_bill_follows_the_medians_interval():
    noise = noise_of(make_profile(cpu_us=(900_000, 1_000_000, 1_200_000)))
    assert noise.half_width == pytest.approx(0.2, rel=0.05)
    assert noise.billed.low < noise.billed.value < noise.billed.high
    assert noise.band.low < noise.billed.value < noise.band.high
    assert noise.local.value == 1_000
    exact = noise_of(make_profile(cpu_us=(1_000_000, 1_000_000, 1_000_000)))
    assert not exact.shows
    # The band is the model's own: what was measured here does not widen it.
    assert exact.band == noise.band
