"""Choose how many provisioned environments there are: the cheapest that keep the wait short.

Tried are the same number all the time, one for each hour of the day, and target tracking. A number
is enough if the simulated wait at the stated percentile is at most what a cold start may add.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from importcost.billing.queueing.capacity import (
    Capacity,
    FixedCapacity,
    ScheduledCapacity,
    TrackedCapacity,
)
from importcost.billing.queueing.erlang import servers_for
from importcost.billing.remedies.demand import ColdShares, Demand

IsEnough = Callable[[ColdShares], bool]
Dollars = Callable[[ColdShares], float]

_QUALITIES = tuple(10.0**-power for power in range(1, 13))
"""Shares of each hour's requests that a schedule may leave without a free environment."""


@dataclass(frozen=True, slots=True)
class SizedCapacity:
    """A number of environments, or a rule for it, with what it gives.

    `is_enough` is False if the wait at the percentile is longer than it may be.
    """

    capacity: Capacity
    shares: ColdShares
    is_enough: bool


def sized_capacities(
    demand: Demand, wait_ms: float, is_enough: IsEnough, dollars: Dollars
) -> list[SizedCapacity]:
    """Return the cheapest fixed number, and a schedule and tracking where rates differ by hour."""

    def tried(capacity: Capacity) -> SizedCapacity:
        shares = demand.provisioned(wait_ms, capacity)
        return SizedCapacity(capacity, shares, is_enough(shares))

    given = demand.traffic.provisioned
    if given is not None:
        return [tried(FixedCapacity(given))]
    fewest, least = _fewest(lambda count: tried(FixedCapacity(count)), demand)
    more = [tried(FixedCapacity(count)) for count in _busier(fewest, demand)]
    found = [min([least, *more], key=lambda one: dollars(one.shares))]
    if demand.arrivals.by_hour:
        found.append(_scheduled(tried, demand))
        tracked = _tracked(tried, fewest)
        found += [tracked] if tracked else []
    return found


def _fewest(tried: Callable[[int], SizedCapacity], demand: Demand) -> tuple[int, SizedCapacity]:
    """Return the fewest environments that are enough: doubled until they are, then bisected."""
    low, high = 0, max(1, math.ceil(demand.traffic.concurrency))
    while not (found := tried(high)).is_enough and found.shares.run.spilled:
        low, high = high, 2 * high
    best = found
    while high - low > 1:
        middle = (low + high) // 2
        one = tried(middle)
        if one.is_enough:
            best, high = one, middle
        else:
            low = middle
    return high, best


def _busier(fewest: int, demand: Demand) -> range:
    """Return larger numbers that may cost less: a busy environment is cheaper provisioned."""
    load = demand.traffic.concurrency
    last = math.ceil(load + math.sqrt(load))
    step = max(1, (last - fewest) // 6)
    return range(fewest + step, last + 1, step)


def _scheduled(tried: Callable[[Capacity], SizedCapacity], demand: Demand) -> SizedCapacity:
    """Return the schedule with the fewest environments that are enough, or the best there is."""
    arrivals, traffic = demand.arrivals, demand.traffic
    mean = sum(arrivals.by_hour) / len(arrivals.by_hour)
    loads = [traffic.concurrency * weight / mean for weight in arrivals.by_hour]

    def plan(quality: float) -> SizedCapacity:
        counts = tuple(servers_for(load, quality) if load else 0 for load in loads)
        return tried(ScheduledCapacity(counts, arrivals.hour_s))

    low, high = 0, len(_QUALITIES) - 1
    best = plan(_QUALITIES[high])
    while low < high:
        middle = (low + high) // 2
        one = plan(_QUALITIES[middle])
        if one.is_enough:
            best, high = one, middle
        else:
            low = middle + 1
    return best


def _tracked(tried: Callable[[Capacity], SizedCapacity], fixed: int) -> SizedCapacity | None:
    """Return target tracking with the smallest minimum that is enough, if it is below `fixed`."""
    low, high, best = 0, fixed, None
    while high - low > 1:
        middle = (low + high) // 2
        one = tried(TrackedCapacity(middle, 10 * fixed))
        if one.is_enough:
            best, high = one, middle
        else:
            low = middle
    return best
