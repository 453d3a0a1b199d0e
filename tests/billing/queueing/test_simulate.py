"""The simulation agrees with the formulas where they hold, and goes on where they do not."""

import math

import pytest

from importcost.billing.queueing.arrivals import RandomArrivals, RecordedArrivals, cut_slots
from importcost.billing.queueing.capacity import FixedCapacity, ScheduledCapacity, TrackedCapacity
from importcost.billing.queueing.erlang import erlang_b, erlang_c, queue_wait
from importcost.billing.queueing.simulate import (
    EnvironmentRules,
    Pinger,
    simulate,
    simulate_queue,
)

KEPT = EnvironmentRules(1.0, 600.0, 1e12, 1e12)
"""Environments that are never recycled."""


@pytest.mark.parametrize(
    ("load", "servers"), [(0.2283, 1), (0.2283, 2), (1.0, 1), (2.0, 3), (10.0, 10), (40.0, 45)]
)
def test_spillover_is_erlang_b(load, servers):
    found = simulate(RandomArrivals(load, 1.0, count=200_000), KEPT, FixedCapacity(servers))
    blocked = erlang_b(load, servers)
    error = math.sqrt(blocked / found.requests)  # of a count; busy times come in runs, so wider
    assert found.spilled_share == pytest.approx(blocked, rel=0.02, abs=8 * error)
    assert found.utilisation == pytest.approx(load * (1 - blocked) / servers, rel=0.02)


def test_spillover_depends_on_the_mean_service_alone():
    poisson = RandomArrivals(2.0, 1.0, count=100_000)
    slots = list(poisson.slots())
    times = tuple(at for slot in slots for at in slot.times)
    alike = RecordedArrivals(times, tuple(1.0 for _ in times))
    found = simulate(alike, KEPT, FixedCapacity(3))
    assert found.spilled_share == pytest.approx(erlang_b(2.0, 3), rel=0.03)


@pytest.mark.parametrize(("load", "servers"), [(0.8, 1), (1.5, 2), (2.0, 3), (8.0, 10)])
def test_the_queue_is_that_of_erlang_c(load, servers):
    waiting, mean_s = simulate_queue(RandomArrivals(load, 1.0, count=200_000), servers)
    assert waiting == pytest.approx(erlang_c(load, servers), rel=0.03)
    assert mean_s == pytest.approx(queue_wait(load, servers, 1.0), rel=0.08)


@pytest.mark.parametrize("per_idle", [0.25, 1.0, 3.0])
def test_rare_requests_start_cold_as_often_as_gaps_exceed_the_idle_time(per_idle):
    found = simulate(RandomArrivals(per_idle / 600, 0.001, count=50_000), KEPT)
    assert found.cold_share == pytest.approx(math.exp(-per_idle), rel=0.08)


def test_recycling_starts_steady_requests_cold():
    rules = EnvironmentRules(1.0, 600.0, 3600.0, 3600.0)
    # One request after the other, a second apart: one environment, replaced every hour.
    times = tuple(float(second) for second in range(36_000))
    found = simulate(RecordedArrivals(times, tuple(0.1 for _ in times)), rules)
    # Whoever comes while the new one starts takes another, so an hour costs two.
    assert 10 <= found.cold <= 22


def test_bursts_spill_more_than_requests_at_random():
    one, ten = (
        simulate(
            RandomArrivals(2.0, 0.1, burst=burst, count=100_000), KEPT, FixedCapacity(2)
        ).spilled_share
        for burst in (1.0, 10.0)
    )
    assert one == pytest.approx(erlang_b(0.2, 2), rel=0.1)
    assert ten > 0.7  # of ten at once at most two find a free one


def test_bursts_keep_the_rate():
    found = simulate(RandomArrivals(2.0, 0.1, burst=5.0, count=200_000), KEPT)
    assert found.requests / found.seconds == pytest.approx(2.0, rel=0.03)


@pytest.mark.unhurried
def test_a_pinger_spares_idle_gaps_and_not_two_at_once():
    rare = RandomArrivals(1 / 3600, 0.5, count=2_000)
    before = simulate(rare, KEPT)
    after = simulate(rare, KEPT, pinger=Pinger(1, 300.0, 0.01))
    assert before.cold_share > 0.8
    assert after.cold_share < 0.01
    pairs = RandomArrivals(1 / 3600, 0.5, burst=2.0, count=2_000)
    assert simulate(pairs, KEPT, pinger=Pinger(1, 300.0, 0.01)).cold_share > 0.3
    twice = simulate(pairs, KEPT, pinger=Pinger(2, 300.0, 0.01)).cold_share
    assert 0 < twice < 0.3


def test_a_pinger_slower_than_the_idle_time_keeps_nothing():
    rare = RandomArrivals(1 / 36_000, 0.1, count=500)
    found = simulate(rare, KEPT, pinger=Pinger(1, 900.0, 0.01))
    # Only requests within the idle time after a ping find it.
    assert 0.2 < found.cold_share < 0.5
    assert found.cold_pings > 0


OFFICE = (0.0,) * 8 + (10.0,) * 8 + (1.0,) * 8


def test_hours_have_their_own_rates():
    arrivals = RandomArrivals(2.0, 0.1, by_hour=OFFICE, count=400_000)
    counts = [0] * 24
    for slot in arrivals.slots():
        counts[int(slot.start_s / arrivals.hour_s + 1e-6) % 24] += len(slot.times)
    assert sum(counts[:8]) == 0
    assert sum(counts[8:16]) / sum(counts[16:]) == pytest.approx(10.0, rel=0.05)


@pytest.mark.unhurried
def test_a_schedule_serves_its_hours_and_costs_less_than_the_peak_all_day():
    arrivals = RandomArrivals(2.0, 1.0, by_hour=OFFICE, count=400_000)
    fixed = simulate(arrivals, KEPT, FixedCapacity(8))
    plan = ScheduledCapacity((0,) * 8 + (8,) * 8 + (3,) * 8, arrivals.hour_s)
    scheduled = simulate(arrivals, KEPT, plan)
    assert scheduled.environments == pytest.approx((8 * 8 + 3 * 8) / 24, rel=0.01)
    assert scheduled.environments < fixed.environments
    # Of the busy hours, each as Erlang B says.
    rates = arrivals.hourly_rates
    expected = (
        8 * rates[8] * erlang_b(rates[8], 8) + 8 * rates[16] * erlang_b(rates[16], 3)
    ) / sum(rates)
    assert scheduled.spilled_share == pytest.approx(expected, rel=0.06)


@pytest.mark.unhurried
def test_target_tracking_follows_the_day_late():
    arrivals = RandomArrivals(4.0, 1.0, by_hour=OFFICE, count=10**6)
    tracked = simulate(arrivals, KEPT, TrackedCapacity(1, 50))
    peak = arrivals.hourly_rates[8]
    assert 1 < tracked.environments < peak / 0.7
    # A full pool shows itself a minute late, three times over, and grows by 1 / 0.7 each time.
    assert 0.01 < tracked.spilled_share < 0.5


def test_cutting_slots_keeps_every_arrival_in_its_stretch():
    arrivals = RandomArrivals(3.0, 0.1, count=5_000)
    whole = [at for slot in arrivals.slots() for at in slot.times]
    pieces = list(cut_slots(arrivals.slots(), 60.0))
    assert [at for slot in pieces for at in slot.times] == whole
    for slot in pieces:
        assert all(slot.start_s <= at < slot.end_s for at in slot.times)
        assert slot.end_s - slot.start_s <= 60.0 + 1e-6
    assert all(len(slot.times) == len(slot.services) for slot in pieces)


def test_the_same_arrivals_come_every_time():
    arrivals = RandomArrivals(3.0, 0.1, burst=2.0, count=2_000)
    assert list(arrivals.slots()) == list(arrivals.slots())


def test_a_log_is_replayed_at_its_own_hours():
    day = 24 * 3600.0
    times = tuple(day * 2 + hour * 3600.0 for hour in (9, 10, 11, 34, 35))
    log = RecordedArrivals(times, (1.0,) * 5)
    assert [index for index, count in enumerate(log.by_hour) if count] == [9, 10, 11]
    first, second = log.slots()
    assert (second.times[0] - first.times[0]) % day == 0
    assert second.start_s >= first.end_s
