"""The memory curve: what memory moves and what it leaves."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.billing.curve import MEMORY_SIZES, memory_curve
from importcost.billing.estimate import InitLimit, estimate
from importcost.billing.savings import changed, savings_of
from importcost.model.results.savings import Basis
from importcost.reports.terminal.curve import plain_curve, render_curve
from tests.billing.profile_factory import make_profile
from tests.cli.bill_factory import advice


def with_advice(**given):
    return dataclasses.replace(make_profile(), advice=advice(**given))


def test_every_point_is_the_estimate_for_its_settings():
    profile = make_profile()
    curve = memory_curve(profile)
    assert len(curve.points) == 4 * len(MEMORY_SIZES)
    for point in curve.points:
        bill = point.estimate
        again = estimate(
            profile, memory_mb=bill.memory_mb, arch=bill.arch, package_type=bill.package_type
        )
        assert bill == again
        assert point.deferred is None
    assert "no advice" in curve.savings.missing[0]


@given(st.integers(128, 10_240), st.floats(0.05, 0.95))
def test_deferred_work_is_throttled_below_one_vcpu_and_dollars_grow_with_memory(memory, share):
    curve = memory_curve(
        with_advice(share=share), memories=[memory], arches=["x86_64"], package_types=["zip"]
    )
    deferred = curve.points[0].deferred
    factor = max(1.0, 1769 / memory)
    assert deferred.first_use_ms.value == pytest.approx(deferred.saved_ms.value * factor)
    assert deferred.break_even_share == pytest.approx(1 / factor)
    bill = curve.points[0].estimate
    assert deferred.init_ms.value + deferred.saved_ms.value == pytest.approx(bill.init_ms.value)
    assert deferred.dollars_per_million.value <= bill.dollars_per_million.value


@pytest.mark.parametrize(
    ("given", "basis", "reason"),
    [
        ({"share": 0.5}, Basis.VERIFIED, None),
        ({"share": 0.5, "is_verified": False}, Basis.PREDICTED, None),
        ({"share": 0.5, "failure": "the handler fails"}, None, "the handler fails"),
        ({"share": -0.1}, None, "saves nothing"),
        ({}, None, "worth deferring"),
    ],
)
def test_what_a_saving_rests_on_is_said(given, basis, reason):
    found = savings_of(with_advice(**given))
    assert (found.deferral and found.deferral.basis) == basis
    assert reason is None or any(reason in text for text in found.missing)
    if basis is not None:
        assert found.deferral.share.value == pytest.approx(0.5)


def test_a_verified_share_is_of_the_original_in_the_same_pairs():
    # The machine was twice as slow while it verified: the share is what lasts.
    found = savings_of(with_advice(share=0.5, init_us=200_000))
    assert found.deferral.share.value == pytest.approx(0.5)


@given(st.floats(0, 1))
def test_a_changed_profile_keeps_its_waiting(share):
    profile = make_profile(blocked_us=50_000)
    less = changed(profile, share)
    assert less.function_init.cpu_us.value == pytest.approx(100_000 * (1 - share))
    assert less.function_init.blocked_us == 50_000


def test_the_limit_is_marked_where_init_passes_it():
    profile = make_profile(cpu_us=(9_500_000, 10_000_000, 10_500_000), speed_us=12_000)
    curve = memory_curve(profile, memories=[128], arches=["x86_64"], package_types=["zip"])
    assert curve.points[0].estimate.limit is InitLimit.PAST
    assert "past 10 s" in render_curve(curve, profile, width=80, colour=False)


@pytest.mark.parametrize("width", [20, 40, 63, 64, 91, 92, 110, 400])
@pytest.mark.parametrize("given", [{}, {"share": 0.4}])
def test_the_table_fits_its_width(width, given):
    profile = with_advice(**given)
    text = render_curve(memory_curve(profile), profile, width=width, colour=False)
    assert max(map(len, text.splitlines())) <= max(40, min(110, width))
    rows = [line.split()[0] for line in text.splitlines() if line.strip()[:1].isdecimal()]
    assert rows.count("10240") == 4


def test_the_plain_data_holds_what_the_page_needs():
    profile = with_advice(share=0.4, bytecode_share=0.3)
    data = json.loads(
        json.dumps(
            plain_curve(memory_curve(profile, memories=[512, 128]), profile), allow_nan=False
        )
    )
    assert [(one["package_type"], one["arch"]) for one in data["series"]] == [
        ("zip", "x86_64"),
        ("zip", "arm64"),
        ("image", "x86_64"),
        ("image", "arm64"),
    ]
    series = data["series"][0]
    assert [point["memory_mb"] for point in series["points"]] == [128, 512]
    bill = estimate(profile, memory_mb=128)
    assert series["init_ms"]["value"] == bill.init_ms.value
    small = series["points"][0]
    assert small["dollars_per_million"]["value"] == bill.dollars_per_million.value
    assert small["deferred"]["first_use_ms"]["value"] > small["deferred"]["saved_ms"]["value"]
    assert data["deferral"]["basis"] == data["bytecode"]["basis"] == "verified"
    assert data["init_limit_ms"] == 10_000


def test_names_from_the_handler_cannot_reach_the_terminal():
    from importcost.model.profile import Target

    hostile = Target("a\x1b[31m", "b", "/r", "/r/a.py")
    profile = dataclasses.replace(make_profile(), target=hostile)
    assert "\x1b" not in render_curve(memory_curve(profile), profile, width=80, colour=False)
