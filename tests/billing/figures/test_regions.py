"""Prices by region: those found in public price lists, and what is said where none was found."""

from __future__ import annotations

import dataclasses
import math

import pytest

from importcost.billing.curve import bills_by_architecture, memory_curve
from importcost.billing.estimate import estimate
from importcost.billing.figures.datafiles import read_json
from importcost.billing.figures.prices import load_prices
from importcost.billing.remedies.compare import PROVISIONED, SNAPSTART, compare_strategies
from importcost.billing.remedies.traffic import Traffic
from importcost.declaration import REGIONS
from importcost.errors import UsageError
from tests.billing.profile_factory import make_profile

TRAFFIC = Traffic(5_000_000, 0.01, 120.0)


def at(region, **values):
    profile = make_profile(**values)
    return dataclasses.replace(
        profile, settings=dataclasses.replace(profile.settings, region=region)
    )


def test_the_option_has_the_regions_of_the_data_files():
    known = read_json("prices-by-region.json")["regions"]
    assert ("us-east-1", *sorted(known)) == REGIONS
    assert read_json("prices-us-east-1.json")["region"] == REGIONS[0]


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_the_prices_that_a_cold_start_needs_with_their_source(region):
    prices = load_prices(region=region)
    assert prices.region == region
    assert 1e-5 < prices.gb_second("x86_64") < 3e-5
    assert 0.15 <= prices.requests_per_million <= 0.30
    assert region in prices.provenance.figure or region == "us-east-1"
    assert prices.provenance.date
    for arch, rates in prices.by_arch.items():
        assert rates.provisioned_standing_gb_second > 0
        assert math.isfinite(prices.gb_second(arch))


@pytest.mark.parametrize(
    ("region", "arch", "dollars"),
    [
        ("eu-west-1", "x86_64", 0.0000166667),
        ("af-south-1", "x86_64", 0.0000221),
        ("ap-east-1", "arm64", 0.0000183),
        ("eu-central-2", "arm64", 0.0000146667),
        ("il-central-1", "x86_64", 0.0000175),
    ],
)
def test_a_cold_start_is_billed_at_the_price_of_its_region(region, arch, dollars):
    found, usual = (estimate(at(each, arch=arch)) for each in (region, "us-east-1"))
    assert found.gb_second_dollars == dollars
    ratio = dollars / usual.gb_second_dollars
    usual_dollars = usual.dollars_per_million.value
    assert found.dollars_per_million.value == pytest.approx(ratio * usual_dollars)
    assert any(region in source.figure for source in found.sources)


@pytest.mark.parametrize("region", ["il-central-1", "ca-west-1", "eu-south-2", "ap-south-2"])
def test_an_architecture_without_a_price_is_said_and_left_out_of_curves(region):
    with pytest.raises(UsageError, match=f"No price of arm64 was found for {region}"):
        estimate(at(region, arch="arm64"))
    profile = at(region)
    assert {point.estimate.arch for point in memory_curve(profile).points} == {"x86_64"}
    assert [one.arch for one in bills_by_architecture(profile, estimate(profile), None)] == [
        "x86_64"
    ]


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("region", "arch", "listed"),
    [
        ("us-east-1", "arm64", {SNAPSTART, PROVISIONED}),
        ("ap-northeast-2", "x86_64", {SNAPSTART, PROVISIONED}),
        ("eu-west-1", "x86_64", {PROVISIONED}),
        ("eu-west-1", "arm64", set()),
        ("me-central-1", "x86_64", set()),
    ],
)
def test_a_strategy_whose_price_was_not_found_is_named_and_not_listed(region, arch, listed):
    found = compare_strategies(at(region, arch=arch), TRAFFIC)
    for remedy, words in ((SNAPSTART, "SnapStart:"), (PROVISIONED, "Provisioned concurrency:")):
        assert any(one.has(remedy) for one in found.options) == (remedy in listed)
        said = [one for one in found.left_out if one.startswith(words) and region in one]
        assert bool(said) == (remedy not in listed)
    assert all(math.isfinite(one.monthly.value) for one in found.options)


@pytest.mark.unhurried
def test_seouls_snapstart_costs_more_than_that_of_us_east_1():
    seoul, usual = (
        compare_strategies(at(region), TRAFFIC).find(SNAPSTART)
        for region in ("ap-northeast-2", "us-east-1")
    )
    assert seoul.monthly.value > usual.monthly.value


def test_streamed_answers_that_have_no_price_are_refused():
    with pytest.raises(UsageError, match="no price of that was found for eu-west-1"):
        compare_strategies(at("eu-west-1"), dataclasses.replace(TRAFFIC, payload_kb=8_000.0))


@pytest.mark.parametrize("region", ["eu-west-9", "", "us-gov-west-1"])
def test_a_region_without_prices_is_refused_with_those_that_have_them(region):
    with pytest.raises(UsageError, match=r"No prices are known for .*eu-west-1"):
        load_prices(region=region)
