"""The shipped data files: figures as published, and what is said of bad ones."""

import copy
import json
import re
import subprocess
import sys

import pytest

from importcost.billing.figures.cost_model import load_cost_models
from importcost.billing.figures.datafiles import load_limits, python_minor, read_json
from importcost.billing.figures.floors import find_floor, load_floors
from importcost.billing.figures.prices import Tier, load_prices
from importcost.billing.figures.speed import load_speed_reference, speed_ratio, workload_source
from importcost.errors import UsageError
from tests.harness import PATIENCE_S

# maxday 2026-Q3, p50 in ms, as tabled in lambda facts: 3.10, 3.11, 3.12, 3.13, 3.14.
PUBLISHED = {
    ("zip", "x86_64"): (76, 78, 84, 85, 110),
    ("zip", "arm64"): (74, 73, 81, 80, 102),
    ("image", "x86_64"): (142, 145, 152, 155, 175),
    ("image", "arm64"): (120, 121, 130, 130, 157),
}


@pytest.mark.parametrize(("package_type", "arch"), PUBLISHED)
@pytest.mark.parametrize("minor", range(10, 15))
def test_floors_are_the_published_ones(package_type, arch, minor):
    found = find_floor(f"python3.{minor}", package_type, arch)
    assert found.ms.value == pytest.approx(PUBLISHED[package_type, arch][minor - 10], abs=2)
    assert found.notes == ()
    up = found.ms.high - found.ms.value
    low, high = (5, 44) if package_type == "zip" else (80, 170)
    assert low <= up <= high


def test_floors_hold_every_runtime_from_39_and_enough_cold_starts():
    floors = load_floors()
    assert {minor for minor, _, _ in floors.table} == set(range(9, 15))
    assert min(floor.n for floor in floors.table.values()) > 1000
    assert floors.provenance.date == "2026-Q3"
    assert floors.provenance.licence == "Apache-2.0"


@pytest.mark.parametrize(("runtime", "nearest"), [("python3.15", 14), ("python3.8", 9)])
def test_a_runtime_without_floor_takes_the_nearest(runtime, nearest):
    found = find_floor(runtime, "zip", "x86_64")
    assert found.floor.runtime == f"python3.{nearest}"
    assert "modelled" in found.notes[0]


@pytest.mark.parametrize("name", ["python2.7", "3", "python3.x", "", "python"])
def test_names_that_are_no_python_3(name):
    with pytest.raises(UsageError, match=re.escape(repr(name))):
        python_minor(name)


def test_the_price_table():
    prices = load_prices()
    x86, arm = prices.by_arch["x86_64"], prices.by_arch["arm64"]
    assert x86.gb_second == (
        Tier(6e9, 0.0000166667),
        Tier(9e9, 0.000015),
        Tier(None, 0.0000133334),
    )
    assert arm.gb_second == (
        Tier(7.5e9, 0.0000133334),
        Tier(11.25e9, 0.0000120001),
        Tier(None, 0.0000106667),
    )
    assert x86.provisioned_standing_gb_second == 0.0000041667
    assert arm.provisioned_standing_gb_second == 0.0000033334
    assert x86.provisioned_duration_gb_second == 0.0000097222
    assert arm.provisioned_duration_gb_second == 0.0000077778
    assert prices.requests_per_million == 0.20
    assert prices.snapstart_cache_gb_second == 0.0000015046
    assert prices.snapstart_restore_gb == 0.0001397998
    assert prices.snapstart_cache_minimum_seconds == 3 * 3600
    assert prices.streaming_gb == 0.008
    assert (prices.region, prices.provenance.date) == ("us-east-1", "2026-09-19")


def test_one_restore_costs_as_much_as_8_seconds_of_init():
    prices = load_prices()
    assert prices.snapstart_restore_gb / prices.gb_second("x86_64") == pytest.approx(8.4, abs=0.05)


def test_an_override_changes_what_it_names_and_nothing_else():
    own = {"date": "2026-10-01", "region": "eu-west-2", "requests_per_million": 0.25}
    prices, shipped = load_prices(own), load_prices()
    assert (prices.region, prices.requests_per_million) == ("eu-west-2", 0.25)
    assert prices.by_arch == shipped.by_arch
    assert prices.provenance.date == "2026-10-01"
    assert "user" in prices.provenance.source
    assert shipped.region == "us-east-1"


def test_a_whole_price_file_can_be_passed_back():
    whole = read_json("prices-us-east-1.json")
    assert load_prices(whole) == load_prices()


@pytest.mark.parametrize(
    ("own", "key"),
    [
        ({"requests_per_million": 0.2}, "date"),
        ({"date": "d", "request_price": 1}, "request_price"),
        ({"date": "d", "gb_second": {"x86": []}}, "gb_second.x86"),
        ({"date": "d", "gb_second": 1}, "gb_second"),
        ({"date": "d", "gb_second": {"arm64": []}}, "arm64"),
        ({"date": "d", "gb_second": {"arm64": [{"gb_seconds": 1}]}}, "dollars"),
        ({"date": "d", "gb_second": {"arm64": [1]}}, r"arm64\[0\]"),
        ({"date": "d", "gb_second": {"arm64": [{"dollars": 1}, {"dollars": 1}]}}, "gb_seconds"),
        ({"date": "d", "requests_per_million": "0.2"}, "requests_per_million"),
        ({"date": "d", "requests_per_million": True}, "requests_per_million"),
        ({"date": "d", "requests_per_million": -1}, "requests_per_million"),
        ({"date": "d", "requests_per_million": float("nan")}, "requests_per_million"),
        ({"date": "d", "requests_per_million": float("inf")}, "requests_per_million"),
        ({"date": "d", "streaming_gb": None}, "streaming_gb"),
        ({"date": "d", "region": 3}, "region"),
        ([], "object"),
    ],
)
def test_bad_prices_are_refused_by_name(own, key):
    before = copy.deepcopy(own)
    with pytest.raises(UsageError, match=f"`[^`]*{key}`|must be a JSON {key}"):
        load_prices(own)
    assert repr(own) == repr(before)


def test_limits():
    limits = load_limits()
    assert (limits.on_demand_init_limit_ms, limits.mb_per_vcpu) == (10_000, 1769)
    assert (limits.memory_min_mb, limits.memory_max_mb) == (128, 10_240)


def test_the_speed_reference_covers_39_to_315_and_says_how_it_came_about():
    reference = load_speed_reference()
    assert set(reference.versions) == set(range(9, 16))
    for version in reference.versions.values():
        # One machine and one fit: every version's quotient lies near the fitted ratio.
        assert 1.5 < version.lambda_us / version.here_us < 5
    assert "lambda-datasci-perf @5604b9a" in reference.provenance.source


def test_the_cost_model_is_physical_and_its_bands_are_as_narrow_as_promised():
    models = load_cost_models()
    for package_type, least, most in (("zip", 0.8, 1.25), ("image", 0.75, 1.35)):
        model = models.by_package_type[package_type]
        assert least <= model.band.low < 1 < model.band.high <= most
        assert model.alone_band.low <= model.band.low
        assert model.alone_band.high >= model.band.high
        # What files take is not in the interpreted part any more.
        assert 0.4 < model.computing.value < 1 < 1.5 * model.alone.value
        assert 0.1 < model.module_ms.value < 1
        assert 0.5 < model.native_ms.value < 20
    assert models.arm64.low <= models.arm64.value < 1


def test_the_ratio_is_lambda_time_over_measured_time():
    reference = load_speed_reference()
    measured = round(reference.versions[12].lambda_us)
    found = speed_ratio(measured, python_version="3.12.1")
    assert found.ratio.value == pytest.approx(1, rel=1e-4)
    assert found.notes == ()
    twice = speed_ratio(2 * measured, python_version="3.12.1")
    assert twice.ratio.value == pytest.approx(found.ratio.value / 2)


def test_a_python_without_reference_takes_the_nearest_with_a_note():
    found = speed_ratio(8000, python_version="3.16.0")
    same = speed_ratio(8000, python_version="3.15.0")
    assert found.ratio == same.ratio
    assert "3.16" in found.notes[0]


def test_a_zero_time_is_no_measurement():
    found = speed_ratio(0, python_version="3.12.1")
    assert found.ratio == load_speed_reference().unknown_machine
    assert found.is_unknown


def test_the_workload_runs_alone_and_writes_its_time(tmp_path):
    script = tmp_path / "speed_workload.py"
    script.write_text(workload_source(), encoding="utf-8")
    result = tmp_path / "result.json"
    argv = [sys.executable, "-I", "-X", "importtime", str(script), str(result)]
    run = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    speed_us = json.loads(result.read_text())["speed_us"]
    assert 500 < speed_us < 500_000
    assert run.stdout == ""
    # It imports nothing: what it loads must be what every interpreter has at start.
    after_site = run.stderr.split("| site\n", 1)[1]
    assert "import time:" not in after_site
