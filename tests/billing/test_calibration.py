"""Calibration: what logged inits tell of floor, ratio and band, and what they leave open."""

import dataclasses
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.app.profile.from_log import profile_log
from importcost.app.profile.request import ProfileRequest
from importcost.billing.calibration import (
    MIN_COLD_STARTS,
    Calibration,
    Configuration,
    Fitted,
    RuntimeVariant,
    calibrate,
    prediction_band,
)
from importcost.billing.estimate import estimate, published_parts
from importcost.errors import MeasurementError
from importcost.model.interval import Interval
from tests.billing.profile_factory import make_profile

FLOOR = Interval(75.0, 84.0, 101.0, 0.8)
PLACE = Configuration("x86_64", "zip", "python3.12", "2026-11-23")


def inits(middle, count=21, spread=0.1):
    """Evenly spread values around a middle, its relative half-width `spread`."""
    half = count // 2
    return tuple(middle * (1 + spread * (n - half) / half) for n in range(count))


def test_one_variant_fits_the_ratio_with_the_published_floor():
    found, notes = calibrate([RuntimeVariant(200.0, 0.0, inits(384.0))], FLOOR, PLACE)
    assert (found.floor_ms, found.fitted) == (84.0, Fitted.RATIO)
    assert found.speed_factor == pytest.approx(1.5)
    assert "together" in notes[0]
    assert (found.cold_starts, found.date) == (21, "2026-11-23")


def test_waiting_is_not_taken_for_computing():
    found, _ = calibrate([RuntimeVariant(200.0, 100.0, inits(484.0))], FLOOR, PLACE)
    assert found.speed_factor == pytest.approx(1.5)


@pytest.mark.parametrize(("published", "logged"), [(5.0, 95.0), (200.0, 80.0), (5.0, 60.0)])
def test_a_small_function_or_a_log_below_the_floor_fits_the_floor(published, logged):
    if logged < published:
        with pytest.raises(MeasurementError, match="do not belong together"):
            calibrate([RuntimeVariant(published, 0.0, inits(logged))], FLOOR, PLACE)
        return
    found, _ = calibrate([RuntimeVariant(published, 0.0, inits(logged))], FLOOR, PLACE)
    assert found.fitted is Fitted.FLOOR
    assert found.floor_ms == pytest.approx(logged - published)
    assert found.speed_factor == 1.0


@given(
    st.floats(40, 200),
    st.floats(0.5, 3),
    st.floats(50, 4_000),
    st.lists(st.floats(50, 5_000), min_size=1, max_size=4, unique=True),
)
def test_variants_of_different_size_tell_floor_and_ratio(floor, factor, smallest, others):
    sizes = [smallest, 1.21 * smallest, *others]
    variants = [RuntimeVariant(size, 0.0, inits(floor + factor * size)) for size in sizes]
    found, notes = calibrate(variants, FLOOR, PLACE)
    assert found.fitted is Fitted.BOTH
    assert found.floor_ms == pytest.approx(floor, abs=0.1 + 0.001 * max(sizes))
    assert found.speed_factor == pytest.approx(factor, abs=0.001)
    assert notes == ()


@given(
    st.floats(84, 200), st.floats(0.5, 2), st.floats(200, 5_000), st.floats(1, 1.19), st.booleans()
)
def test_variants_of_one_size_tell_the_ratio_alone(floor, factor, size, growth, is_turned):
    sizes = [size, growth * size]
    variants = [
        RuntimeVariant(one, 0.0, inits(floor + factor * one))
        for one in (reversed(sizes) if is_turned else sizes)
    ]
    found, notes = calibrate(variants, FLOOR, PLACE)
    assert found.fitted is not Fitted.BOTH
    assert "too alike" in notes[0]


def test_variants_on_no_possible_line_keep_the_published_floor():
    variants = [RuntimeVariant(100.0, 0.0, inits(300.0)), RuntimeVariant(300.0, 0.0, inits(250.0))]
    found, notes = calibrate(variants, FLOOR, PLACE)
    assert found.fitted is Fitted.RATIO
    assert "No line" in notes[0]


@pytest.mark.parametrize("logged", [3_000.0, 90.0])
def test_a_log_of_another_function_is_refused(logged):
    with pytest.raises(MeasurementError, match="do not belong together"):
        calibrate([RuntimeVariant(200.0, 0.0, inits(logged))], FLOOR, PLACE)


@pytest.mark.parametrize("count", range(1, MIN_COLD_STARTS))
def test_too_few_cold_starts_say_how_many_more(count):
    with pytest.raises(MeasurementError, match=f"{MIN_COLD_STARTS - count} more"):
        calibrate([RuntimeVariant(200.0, 0.0, (400.0,) * count)], FLOOR, PLACE)


@pytest.mark.parametrize("count", [9, 14, 15, 19, 40, 60])
def test_the_band_holds_the_next_init_in_eight_of_ten(count):
    rng, hits = random.Random(count), 0
    for _ in range(2_000):
        *logged, following = (rng.lognormvariate(6, 0.3) for _ in range(count + 1))
        band = prediction_band(logged)
        hits += band.low <= following <= band.high
    assert 0.77 < hits / 2_000 < 0.92


@given(st.lists(st.floats(1, 1e4), min_size=1, max_size=40))
def test_the_band_is_made_of_logged_values_around_the_median(values):
    band = prediction_band(values)
    assert band.low in values or band.low == band.value
    assert band.high in values or band.high == band.value
    assert band.low <= band.value <= band.high
    assert 0 <= band.confidence <= 0.8


def test_nine_logged_inits_reach_the_confidence_and_eight_do_not():
    assert prediction_band(range(1, 10)).confidence == pytest.approx(0.8)
    assert prediction_band(range(1, 9)).confidence < 0.8


def calibrated(profile, middle, spread=0.02):
    parts = published_parts(profile)
    variant = RuntimeVariant(parts.function_ms, parts.blocked_ms, inits(middle, spread=spread))
    return calibrate([variant], parts.floor_ms, PLACE)[0]


def test_estimates_carry_the_logs_band():
    profile = make_profile()
    plain = estimate(profile)
    own = calibrated(profile, plain.init_ms.value * 1.1)
    found = estimate(profile, calibration=own)
    assert found.init_ms.value == pytest.approx(plain.init_ms.value * 1.1, rel=1e-3)
    width, before = (one.init_ms.high - one.init_ms.low for one in (found, plain))
    assert width < before / 2
    assert any("Calibrated on 2026-11-23 with 21" in note for note in found.notes)
    assert found.sources[0].date == "2026-11-23"
    assert sum(phase.init_ms for phase in found.phases) == pytest.approx(found.init_ms.value)


def test_the_band_grows_away_from_the_calibrated_size():
    profile = make_profile()
    own = calibrated(profile, estimate(profile).init_ms.value)
    larger = make_profile(cpu_us=(950_000, 1_000_000, 1_050_000))
    near, far = (estimate(one, calibration=own).init_ms for one in (profile, larger))
    assert (far.high - far.low) / far.value > (near.high - near.low) / near.value
    # With the same code on a machine half as fast nothing changes.
    slow = make_profile(cpu_us=(190_000, 200_000, 210_000), speed_us=20_000)
    assert estimate(slow, calibration=own).init_ms.value == pytest.approx(near.value, rel=1e-6)


@pytest.mark.parametrize("other", [{"arch": "arm64"}, {"package_type": "image"}])
def test_a_calibration_of_another_configuration_is_not_used_and_said_so(other):
    profile = make_profile()
    own = calibrated(profile, estimate(profile).init_ms.value * 1.2)
    found = estimate(profile, calibration=own, **other)
    assert found.init_ms == estimate(profile, **other).init_ms
    assert any("stored calibration is for python3.12" in note for note in found.notes)


@given(st.floats(0.5, 2.0), st.integers(10_000, 3_000_000))
def test_every_calibrated_band_holds_its_value(times, cpu_us):
    profile = make_profile(cpu_us=(cpu_us * 0.95, cpu_us, cpu_us * 1.05))
    own = calibrated(make_profile(), estimate(make_profile()).init_ms.value * times)
    found = estimate(profile, calibration=own)
    for band in (found.floor_ms, found.speed_ratio, found.init_ms, found.dollars_per_million):
        assert 0 <= band.low <= band.value <= band.high


def test_the_truth_lies_in_the_band_of_four_fifths_of_logged_inits():
    rng = random.Random(7)
    profile = make_profile()
    middle = estimate(profile).init_ms.value * 1.3
    logged = tuple(middle * rng.lognormvariate(0, 0.1) for _ in range(200))
    parts = published_parts(profile)
    own, _ = calibrate([RuntimeVariant(parts.function_ms, 0.0, logged)], parts.floor_ms, PLACE)
    band = estimate(profile, calibration=own).init_ms
    fresh = [middle * rng.lognormvariate(0, 0.1) for _ in range(1_000)]
    assert 0.75 < sum(band.low <= ms <= band.high for ms in fresh) / 1_000 < 0.9


def test_a_calibration_is_a_value():
    found = calibrate([RuntimeVariant(200.0, 0.0, inits(384.0))], FLOOR, PLACE)[0]
    assert isinstance(found, Calibration)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.floor_ms = 1.0


def test_a_real_traces_own_init_is_predicted_within_5_percent():
    # fourTheorem/lambda-datasci-perf @5604b9a, perf_zip_Python39_1024: Init Duration 2875.81 ms.
    log = Path(__file__).parents[1] / "logs" / "lambda-zip-1024.log"
    start = b"INIT_START Runtime Version: python:3.9.v38\n"
    profile = profile_log(ProfileRequest(""), start + log.read_bytes(), "log")
    assert estimate(profile).init_ms.value == pytest.approx(2875.81, rel=0.05)
