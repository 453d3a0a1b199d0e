"""Spillover, environments and the cold rate follow from the traffic, in figures and in words."""

import dataclasses
import json
import math

import pytest

from importcost.billing.queueing.arrivals import RecordedArrivals
from importcost.billing.queueing.capacity import ScheduledCapacity, TrackedCapacity
from importcost.billing.queueing.erlang import erlang_b
from importcost.billing.remedies.compare import (
    AS_IT_IS,
    DEFERRAL,
    MANAGED,
    PINGER,
    PROVISIONED,
    SCHEDULED,
    SNAPSTART,
    TRACKED,
    compare_strategies,
)
from importcost.billing.remedies.managed import ManagedChoice, environment_size
from importcost.billing.remedies.managed_memory import managed_memory
from importcost.billing.remedies.recommend import recommend
from importcost.billing.remedies.remarks import worded_share
from importcost.billing.remedies.traffic import Traffic
from importcost.errors import UsageError
from importcost.model.profile import Run, RunKind
from importcost.reports.terminal.remedies import render_strategies, strategies_json
from tests.billing.remedies.test_remedies import function
from tests.cli.bill_factory import advice

FIVE_MILLION = Traffic(5_000_000, None, 120.0)
OFFICE = (0.0,) * 8 + (10.0,) * 8 + (1.0,) * 8


def said(found):
    """Return everything that a user reads, on the terminal and in the JSON."""
    choice = recommend(found)
    text = render_strategies(found, choice, width=100, colour=False)
    return " ".join(text.split()), strategies_json(found, choice)


@pytest.mark.unhurried
def test_five_million_of_120_ms_find_one_environment_busy_every_fifth_time():
    traffic = dataclasses.replace(FIVE_MILLION, provisioned=1, max_dollars=1_000.0)
    found = compare_strategies(function(1_800), traffic)
    option = found.find(PROVISIONED)
    assert option.spilled_share == pytest.approx(0.186, abs=0.004)
    assert 0 < option.cold_share < option.spilled_share
    text, plain = said(found)
    assert "Erlang B: 18.6 %" in text
    assert "No request waits" not in text + plain
    assert json.loads(plain)["provisioned"]["spillover"] == pytest.approx(0.186, abs=0.004)


@pytest.mark.unhurried
def test_five_million_of_120_ms_get_as_many_environments_as_they_need():
    traffic = dataclasses.replace(FIVE_MILLION, percentile=0.9999, max_dollars=1_000.0)
    choice = recommend(compare_strategies(function(1_800), traffic))
    option = choice.option
    assert option.remedies == (PROVISIONED,)
    assert option.environments == 4
    assert erlang_b(traffic.concurrency, 3) > 0.0001 > erlang_b(traffic.concurrency, 4)
    assert 0 < option.cold_share <= 0.0001
    assert worded_share(option.cold_share) in choice.paragraph


@pytest.mark.unhurried
def test_nobody_is_said_to_wait_only_where_the_model_says_so():
    for traffic in (
        FIVE_MILLION,
        dataclasses.replace(FIVE_MILLION, percentile=0.9999, max_dollars=1_000.0),
        dataclasses.replace(FIVE_MILLION, burst=5.0, max_dollars=1e6),
        Traffic(100_000, None, 50.0),
        Traffic(300_000, 0.02, 2_500.0, max_dollars=500.0),
    ):
        found = compare_strategies(function(900), traffic, simulated=20_000)
        choice = recommend(found)
        waits = choice.option.cold_share > 0
        assert (" none meets a cold start" in choice.paragraph) is not waits
        assert ("A cold start, met by" in choice.paragraph) is waits
        if choice.option.spilled_share:
            assert "run on demand" in choice.paragraph


@pytest.mark.unhurried
def test_a_stated_cold_rate_of_zero_is_said_to_be_stated():
    choice = recommend(compare_strategies(function(600), Traffic(100_000, 0.0, 50.0)))
    assert "By the cold rate that you state" in choice.paragraph


@pytest.mark.unhurried
def test_the_cold_rate_follows_from_the_traffic_and_the_idle_time():
    rare = compare_strategies(function(600), Traffic(2_000, None, 120.0)).as_it_is.cold_share
    # Gaps longer than the idle time, and recycling on top.
    assert rare == pytest.approx(math.exp(-2_000 / 2_628_000 * 600), abs=0.06)
    steady = compare_strategies(function(600), FIVE_MILLION).as_it_is.cold_share
    assert steady < 0.01
    longer = Traffic(2_000, None, 120.0, idle_reclaim_s=36_000.0, recycle_s=1e9)
    assert compare_strategies(function(600), longer).as_it_is.cold_share < 0.01


@pytest.mark.unhurried
def test_assumed_lives_that_the_user_states_are_no_assumptions_any_more():
    stated = dataclasses.replace(FIVE_MILLION, idle_reclaim_s=420.0, recycle_s=5_000.0)
    text, _ = said(compare_strategies(function(600), stated, simulated=5_000))
    assert "after 420 s" in text
    assert "after 5,000 s" in text
    assert "give --idle-reclaim" not in text
    assert "give --idle-reclaim" in said(compare_strategies(function(600), FIVE_MILLION))[0]


@pytest.mark.unhurried
def test_a_stated_cold_rate_far_from_the_simulated_one_is_pointed_out():
    text, _ = said(compare_strategies(function(600), Traffic(5_000_000, 0.2, 120.0)))
    assert "requests come in another way" in text
    assert (
        "requests come in another way"
        not in said(compare_strategies(function(600), FIVE_MILLION))[0]
    )


@pytest.mark.unhurried
def test_bursts_need_more_environments():
    alone, bursts = (
        compare_strategies(
            function(1_800), dataclasses.replace(FIVE_MILLION, burst=burst), simulated=50_000
        ).find(PROVISIONED)
        for burst in (1.0, 8.0)
    )
    assert bursts.environments > 3 * alone.environments


@pytest.mark.slow
def test_a_day_with_a_peak_is_served_cheaper_by_the_hour():
    traffic = Traffic(50_000_000, None, 120.0, by_hour=OFFICE, percentile=0.9999)
    found = compare_strategies(function(1_800), traffic)
    fixed, hourly = found.find(PROVISIONED), found.find(SCHEDULED)
    assert hourly.monthly.value < fixed.monthly.value
    assert isinstance(hourly.capacity, ScheduledCapacity)
    assert hourly.capacity.by_hour[:8] == (0,) * 8
    assert hourly.percentile_ms <= traffic.felt_ms
    tracked = found.find(TRACKED)
    if tracked is not None:
        assert isinstance(tracked.capacity, TrackedCapacity)
        assert tracked.percentile_ms <= traffic.felt_ms


@pytest.mark.unhurried
def test_a_pinger_spares_rare_requests_most_of_their_cold_starts_and_not_all():
    found = compare_strategies(function(1_800), Traffic(3_000, None, 120.0))
    before, after = found.find(AS_IT_IS), found.find(PINGER)
    assert after.cold_share < before.cold_share / 3
    assert after.cold_share > 0  # recycling goes on
    bursts = dataclasses.replace(found.traffic, burst=4.0)
    assert compare_strategies(function(1_800), bursts).find(PINGER).cold_share > 0.4
    more = dataclasses.replace(bursts, pinged=10)
    assert compare_strategies(function(1_800), more).find(PINGER).cold_share < 0.2


def test_a_log_is_replayed():
    times = tuple(float(second * 60) for second in range(600))
    recorded = RecordedArrivals(times, (0.2,) * 600)
    traffic = Traffic(43_800, None, 200.0, recorded=recorded)
    found = compare_strategies(function(600), traffic)
    assert found.simulated == 600
    assert found.find(PROVISIONED).environments == 1
    text, plain = said(found)
    assert "600 requests of the log, replayed" in text
    assert json.loads(plain)["traffic"]["recorded"] == {"requests": 600}


def with_memory(rss_mb):
    profile = function(1_800, runtime="python3.13", python_version="3.13.0")
    run = Run(RunKind.TIMED, 1, 1, None, None, None, int(rss_mb * 1024))
    return dataclasses.replace(profile, runs=(run,))


@pytest.mark.unhurried
def test_managed_instances_are_priced_from_ec2_and_15_percent():
    found = compare_strategies(with_memory(60), FIVE_MILLION)
    option = found.find(MANAGED)
    # Three c7i.large, 730 hours, 15 % on top, and five million requests.
    assert option.monthly.value == pytest.approx(3 * 730 * 0.08925 * 1.15 + 1.0)
    assert "3 environments of 2 GB on 3 c7i.large" in option.remarks[0]
    stated = compare_strategies(with_memory(60), FIVE_MILLION, managed=ManagedChoice(8, 0.05)).find(
        MANAGED
    )
    assert stated.monthly.value == pytest.approx(3 * 730 * 0.05 * 1.15 + 1.0)


@pytest.mark.unhurried
def test_managed_instances_hold_n_times_the_handlers_memory():
    assert environment_size(100.0, None).memory_mb == 2048
    assert environment_size(200.0, None).memory_mb == 4096
    assert environment_size(400.0, None).memory_mb == 8192
    fewer = environment_size(1_000.0, None)
    assert (fewer.workers, fewer.wanted, fewer.memory_mb) == (8, 16, 8192)
    assert environment_size(1_000.0, 16).memory_mb >= 16_000
    assert environment_size(3_000.0, 16) is None
    found = compare_strategies(with_memory(3_000), FIVE_MILLION, managed=ManagedChoice(16))
    assert found.find(MANAGED) is None
    assert any("16 workers of 3,000 MB" in reason for reason in found.left_out)


@pytest.mark.slow
def test_managed_instances_grow_with_the_traffic_and_refuse_few():
    busy = compare_strategies(with_memory(60), Traffic(500_000_000, None, 120.0))
    option = busy.find(MANAGED)
    assert option.environments >= 2 * busy.traffic.concurrency  # of one processor each
    assert option.refused_share <= 1 - busy.traffic.met_share
    assert option.cold_share == 0


def test_managed_instances_need_python_3_13():
    found = compare_strategies(function(1_800), FIVE_MILLION, simulated=2_000)
    assert any("Managed Instances: python3.12 is too old" in one for one in found.left_out)


def test_estimate_says_which_sizes_hold_all_workers():
    found = managed_memory(with_memory(150), 16, 1_800.0, (2048, 4096))
    assert (found.needed_mb, found.too_small) == (2400.0, (2048,))
    assert (found.ready_low_ms, found.ready_high_ms) == (1_800.0, 28_800.0)
    unknown = managed_memory(function(600), 16, 600.0)
    assert unknown.needed_mb is None
    assert not unknown.too_small
    with pytest.raises(UsageError, match="no memory size of 512 MB"):
        managed_memory(with_memory(150), 16, 1_800.0, (512,))


@pytest.mark.parametrize(
    "wrong",
    [
        {"by_hour": (1.0,) * 23},
        {"by_hour": (0.0,) * 24},
        {"by_hour": (-1.0,) * 24},
        {"burst": 0.5},
        {"percentile": 2.0},
        {"duration_ms": 9e5, "invocations": 10**9},
    ],
)
def test_traffic_that_cannot_be_is_refused(wrong):
    with pytest.raises(UsageError):
        dataclasses.replace(FIVE_MILLION, **wrong)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.186, "18.6 %"),
        (1.0, "100 %"),
        (0.0, "0 %"),
        (0.00001234, "0.00123 %"),
        (1e-9, "under 0.00001 %"),
    ],
)
def test_a_share_of_some_is_never_written_as_none(share, words):
    assert worded_share(share) == words


@pytest.mark.unhurried
def test_all_on_demand_strategies_go_through_the_same_simulation():
    found = compare_strategies(function(5_000, found=advice(share=0.5)), FIVE_MILLION)
    shares = {one.label: one.cold_share for one in found.options}
    # A shorter start blocks its environment for less time, so fewer others start beside it.
    assert shares[SNAPSTART] <= shares[AS_IT_IS]
    assert shares[DEFERRAL] <= shares[AS_IT_IS] * 1.1


@pytest.mark.unhurried
def test_a_pinger_that_spares_nothing_is_not_recommended():
    for seed_ms in (100.0, 110.0, 120.0, 130.0):
        traffic = Traffic(5_000_000, None, seed_ms)
        found = compare_strategies(function(1_800), traffic, simulated=50_000)
        assert not recommend(found).option.has(PINGER)


@pytest.mark.unhurried
def test_managed_instances_are_sized_for_the_busiest_hour():
    traffic = Traffic(40_000_000, None, 120.0, by_hour=OFFICE)
    option = compare_strategies(with_memory(60), traffic, simulated=50_000).find(MANAGED)
    peak = traffic.concurrency * max(OFFICE) / (sum(OFFICE) / 24)
    assert option.environments >= 2 * peak
