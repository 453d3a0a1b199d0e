"""Waiting (sleep, disk, network) takes as long at every memory size, and after init as before."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.billing.curve import memory_curve
from importcost.billing.estimate import estimate, throttle_factor, throttled_ms
from importcost.billing.remedies.compare import DEFERRAL, compare_strategies
from importcost.billing.remedies.traffic import Traffic
from importcost.billing.savings import savings_of
from importcost.model.advice import Economics
from tests.billing.profile_factory import make_profile
from tests.cli.bill_factory import advice

LIMIT_MS = 10_000


def waiting(wait_ms, *, cpu_us=2_000, memory_mb=128):
    """Return a profile that waits; without speed samples and on Lambda's own Python."""
    return make_profile(
        cpu_us=(cpu_us, cpu_us, cpu_us), blocked_us=wait_ms * 1000, memory_mb=memory_mb
    )


@pytest.mark.parametrize(
    ("wait_ms", "cpu_us", "memory_mb"),
    [
        (11_000, 2_000, 128),  # a model that is loaded from a slow disk
        (9_950, 2_000, 128),  # past the limit with the floor alone
        (6_000, 6_000_000, 256),  # as much computing as waiting
        (15_000, 400_000, 1024),
        (11_000, 2_000, 3008),  # nothing stretches from one vCPU on
    ],
)
def test_only_the_computing_of_a_retried_init_is_throttled(wait_ms, cpu_us, memory_mb):
    bill = estimate(waiting(wait_ms, cpu_us=cpu_us, memory_mb=memory_mb))
    assert bill.init_ms.value > LIMIT_MS
    computing_ms = bill.init_ms.value - wait_ms
    retried_ms = wait_ms + computing_ms * throttle_factor(memory_mb)
    assert bill.billed_init_ms.value == math.ceil(round(retried_ms, 6))
    assert bill.billed_init_ms.high >= bill.billed_init_ms.value + LIMIT_MS


def test_eleven_seconds_of_waiting_bill_about_twelve_at_128_mb():
    bill = estimate(waiting(11_000))
    assert 12_000 < bill.billed_init_ms.value < 12_400
    assert bill.billed_init_ms.high < 12_400 + LIMIT_MS + 1_500
    assert any("waiting takes no longer" in note for note in bill.notes)


@pytest.mark.unhurried
def test_a_request_waits_for_the_lost_init_and_for_the_retry():
    profile = waiting(11_000)
    found = compare_strategies(profile, Traffic(1_000_000, 0.01, 120.0)).as_it_is
    computing_ms = estimate(profile).init_ms.value - 11_000
    assert found.first_request_ms.value == pytest.approx(
        LIMIT_MS + 11_000 + computing_ms * throttle_factor(128)
    )


@pytest.mark.unhurried
@pytest.mark.parametrize("memory_mb", [128, 512, 1024, 1769, 3008])
def test_the_first_use_of_deferred_work_stretches_its_computing_alone(memory_mb):
    """An object whose creation waits for a second and computes for 50 ms of 100."""
    found = advice(share=0.5, is_verified=False)
    best = dataclasses.replace(
        found.best_set,
        exclusive_us=1_050_000,
        economics=Economics(1_050.0, 1_050.0, 1.0, 0.0, waiting_ms=1_000.0),
    )
    profile = dataclasses.replace(
        make_profile(cpu_us=(100_000,) * 3, blocked_us=1_000_000, memory_mb=memory_mb),
        advice=dataclasses.replace(found, best_set=best),
    )
    saving = savings_of(profile).deferral
    assert (saving.share.value, saving.waiting_ms) == (pytest.approx(0.5), 1_000.0)
    point = memory_curve(
        profile, memories=[memory_mb], arches=["x86_64"], package_types=["zip"]
    ).points[0]
    saved_ms, late_ms = point.deferred.saved_ms.value, point.deferred.first_use_ms.value
    assert saved_ms == pytest.approx(1_000 + 50 * point.estimate.speed_ratio.value)
    assert late_ms - 1_000 == pytest.approx((saved_ms - 1_000) * throttle_factor(memory_mb))
    assert point.deferred.break_even_share == pytest.approx(saved_ms / late_ms)
    assert point.deferred.init_ms.value == pytest.approx(
        point.estimate.init_ms.value - saved_ms, rel=0.01
    )
    table = compare_strategies(profile, Traffic(1_000_000, 0.01, 120.0, use_share=1.0))
    option = table.find(DEFERRAL)
    assert option.worst_ms == pytest.approx(point.deferred.init_ms.value + late_ms, rel=0.01)


@given(
    total=st.floats(0, 1e6),
    waits=st.floats(0, 1e6),
    memory=st.integers(128, 10_240),
)
def test_throttling_never_shortens_and_never_stretches_waiting(total, waits, memory):
    longer = throttled_ms(total, waits, memory)
    assert total - 1e-6 <= longer <= total * throttle_factor(memory) + 1e-6
    assert throttled_ms(total, total, memory) == pytest.approx(total)
