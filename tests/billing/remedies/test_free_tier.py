"""The account's free tier, where the user says that it is there for the function."""

from __future__ import annotations

import dataclasses

import pytest

from importcost.billing.figures.prices import load_prices
from importcost.billing.queueing.simulate import Simulated
from importcost.billing.remedies.compare import AS_IT_IS, PINGER, PROVISIONED, compare_strategies
from importcost.billing.remedies.demand import ColdShares
from importcost.billing.remedies.money import Tariff, on_demand, pings, provisioned
from importcost.billing.remedies.recommend import recommend
from importcost.billing.remedies.traffic import Traffic
from tests.billing.profile_factory import make_profile

FREE = Tariff(1.0, "x86_64", load_prices(), has_free_tier=True)
PAID = Tariff(1.0, "x86_64", load_prices())
NONE_COLD = ColdShares(0.0, 0.0, Simulated(1_000, 0, 0, 0, 100.0, 100.0, 10.0))
"""One provisioned environment that was never found busy."""


def dollars(parts):
    return sum(one.dollars for one in parts)


def month(invocations, **values):
    return Traffic(invocations, 0.0, 1_000.0, **values)


@pytest.mark.parametrize(
    ("invocations", "bill"),
    [
        (300_000, 0.0),
        (400_000, 0.0),
        (1_000_000, 600_000 * 0.0000166667),
        (3_000_000, 2_600_000 * 0.0000166667 + 2 * 0.20),
    ],
)
def test_requests_and_gb_seconds_beyond_the_free_ones_are_paid(invocations, bill):
    assert dollars(on_demand(month(invocations), FREE, 0.0, 0.0)) == pytest.approx(bill, abs=1e-9)


def test_provisioned_concurrency_has_free_requests_and_no_free_gb_seconds():
    traffic = month(900_000, provisioned=1)
    paid, free = (dollars(provisioned(traffic, one, NONE_COLD, 0.0)) for one in (PAID, FREE))
    difference = paid - free
    assert difference == pytest.approx(0.9 * 0.20)


def test_the_free_tier_is_taken_off_once_for_traffic_and_pings_together():
    little, much = month(1_000), month(5_000_000)
    assert pings(FREE, little, NONE_COLD, 0.0).dollars == 0.0
    assert pings(FREE, much, NONE_COLD, 0.0).dollars == pytest.approx(
        pings(PAID, much, NONE_COLD, 0.0).dollars
    )
    assert pings(FREE, much, NONE_COLD, 0.0).dollars > 0


@pytest.mark.unhurried
@pytest.mark.parametrize("invocations", [1_000, 500_000, 50_000_000])
def test_by_default_nothing_is_free_and_with_it_no_option_costs_more(invocations):
    traffic = Traffic(invocations, 0.01, 120.0)
    profile = make_profile(memory_mb=1024)
    paid = compare_strategies(profile, traffic)
    free = compare_strategies(profile, dataclasses.replace(traffic, free_tier=True))
    for remedies in ((AS_IT_IS,), (PINGER,), (PROVISIONED,)):
        before, after = paid.find(*remedies), free.find(*remedies)
        assert 0 <= after.monthly.value < before.monthly.value
    assert recommend(free).paragraph
