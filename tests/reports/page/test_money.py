"""The memory curve's data in the page says the same as `importcost estimate`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from importcost.billing.calibration import Calibration, Fitted
from importcost.billing.curve import memory_curve
from importcost.billing.estimate import estimate
from importcost.model.profile import Profile
from importcost.reports.page.money import curve
from importcost.reports.terminal.curve import plain_curve
from tests.reports.page_factory import advised_profile, facts_of, small_profile


def sides_of(profile: Profile, **settings: Any) -> list[dict[str, Any]]:
    sides: list[dict[str, Any]] = curve(facts_of(profile, estimate(profile, **settings)))["sides"]
    return sides


def series_of(profile: Profile, arch: str, **options: Any) -> dict[str, Any]:
    found = plain_curve(memory_curve(profile, **options), profile)["series"]
    return next(one for one in found if one["arch"] == arch and one["package_type"] == "zip")


@pytest.mark.parametrize(("own", "other"), [("x86_64", "arm64"), ("arm64", "x86_64")])
def test_its_own_architecture_comes_first_and_both_are_those_of_the_estimate(
    own: str, other: str
) -> None:
    profile = advised_profile()
    sides = sides_of(profile, arch=own)
    assert [side["arch"] for side in sides] == [own, other]
    for side in sides:
        expected = series_of(profile, side["arch"])
        assert side["init_ms"] == pytest.approx(expected["init_ms"])
        assert side["limit"] == expected["limit"]
        deferred = expected["points"][0]["deferred"]
        assert side["saved_ms"] == pytest.approx(deferred["saved_ms"]["value"])


def test_a_calibration_holds_for_its_own_architecture_only() -> None:
    profile = advised_profile()
    runtime = profile.settings.runtime
    own = Calibration(120.0, 1.3, 0.05, 250.0, 0.9, 1.1, 40, Fitted.RATIO, "x86_64", "zip",
                      runtime, "2026-11-23")  # fmt: skip
    sides = curve(facts_of(profile, estimate(profile, calibration=own)))["sides"]
    for side in sides:
        expected = series_of(profile, side["arch"], calibration=own)
        assert side["init_ms"] == pytest.approx(expected["init_ms"])
        deferred = expected["points"][0]["deferred"]
        # The page takes the saving off init: also where both are calibrated.
        rest = side["init_ms"]["value"] - side["saved_ms"]
        assert rest == pytest.approx(deferred["init_ms"]["value"])
    assert sides[0]["init_ms"] != pytest.approx(sides_of(profile)[0]["init_ms"])
    assert sides[1]["init_ms"] == pytest.approx(sides_of(profile)[1]["init_ms"])


def test_without_a_deferral_it_says_why() -> None:
    profile = small_profile()
    found = curve(facts_of(profile, estimate(profile)))
    assert found["deferral"] is None
    assert "importcost defer" in found["missing"]
    assert [side["saved_ms"] for side in found["sides"]] == [None, None]


def test_a_prediction_is_called_one() -> None:
    profile = advised_profile()
    assert profile.advice is not None
    assert profile.advice.best_set is not None
    best = replace(profile.advice.best_set, verification=None)
    predicted = replace(profile, advice=replace(profile.advice, best_set=best))
    assert curve(facts_of(profile, estimate(profile)))["deferral"]["verified"] is True
    assert curve(facts_of(predicted, estimate(predicted)))["deferral"]["verified"] is False


def test_it_is_small() -> None:
    profile = advised_profile()
    assert len(json.dumps(curve(facts_of(profile, estimate(profile))))) < 700
