"""A discrete-event simulation of Lambda's environments under a stream of requests.

Each environment serves one request at a time. A request takes a free provisioned environment, else
the on-demand environment that became idle last, else it starts a new one: its init, then its
service. Environments that were idle for too long are gone, and so are those that were recycled.

The last to become idle is the first taken, so idle environments form a stack with the longest idle
at the bottom. If the top is idle for too long, all are: expiry is looked up only when one is taken.
Busy environments wait in a heap by the time at which they end.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace

from importcost.billing.queueing.arrivals import Arrivals, Slot, cut_slots
from importcost.billing.queueing.capacity import Capacity, FixedCapacity

ON_DEMAND_ONLY = FixedCapacity(0)


@dataclass(frozen=True, slots=True)
class EnvironmentRules:
    """The life of on-demand environments, in seconds.

    A cold start takes `init_s`. An environment is reclaimed after `idle_s` without a request, and
    replaced at an age drawn evenly between `recycle_low_s` and `recycle_high_s`.
    """

    init_s: float
    idle_s: float
    recycle_low_s: float
    recycle_high_s: float


@dataclass(frozen=True, slots=True)
class Pinger:
    """Calls that keep `environments` warm: that many at once every `period_s`, `ping_s` long."""

    environments: int
    period_s: float
    ping_s: float


@dataclass(frozen=True, slots=True)
class Simulated:
    """Counts of one simulation. `cold` of the `spilled` requests started an environment.

    Those spilled found no free provisioned environment: all of them where there is none.
    `cold_pings` are the pinger's own cold starts.

    `provisioned_s` is environment-seconds provisioned, `covered_s` those that were busy.
    """

    requests: int
    spilled: int
    cold: int
    cold_pings: int
    seconds: float
    provisioned_s: float
    covered_s: float

    @property
    def spilled_share(self) -> float:
        """Share (0 to 1) of requests that found no free provisioned environment."""
        return self.spilled / self.requests if self.requests else 0.0

    @property
    def cold_share(self) -> float:
        """Share (0 to 1) of all requests that started cold."""
        return self.cold / self.requests if self.requests else 0.0

    @property
    def environments(self) -> float:
        """Provisioned environments on the average."""
        return self.provisioned_s / self.seconds if self.seconds else 0.0

    @property
    def utilisation(self) -> float:
        """Share of the provisioned time that was busy."""
        return self.covered_s / self.provisioned_s if self.provisioned_s else 0.0


def simulate(
    arrivals: Arrivals,
    rules: EnvironmentRules,
    capacity: Capacity = ON_DEMAND_ONLY,
    pinger: Pinger | None = None,
) -> Simulated:
    """Return what happens to the arrivals that come after the warm-up."""
    pool = _Pool(rules)
    state = capacity.start()
    step_s = pinger.period_s if pinger else capacity.step_s
    slots = arrivals.slots()
    for slot in cut_slots(slots, step_s) if step_s else slots:
        if pinger:
            pool.ping(slot, pinger)
        count = state.count(slot.start_s)
        covered_s = pool.serve(slot, count)
        if capacity.step_s:
            state.note(covered_s / (slot.end_s - slot.start_s))
    return pool.result()


def simulate_queue(arrivals: Arrivals, servers: int) -> tuple[float, float]:
    """Return the share of requests that wait for one of some servers, and their mean wait over all.

    Requests wait in one queue, first come first served; seconds.
    """
    free = [0.0] * servers
    heapify(free)
    waiting, waited_s, count = 0, 0.0, 0
    for slot in arrivals.slots():
        for at, service in zip(slot.times, slot.services, strict=True):
            late = free[0] - at
            if late > 0:
                heapreplace(free, free[0] + service)
            else:
                heapreplace(free, at + service)
            if not slot.is_warmup:
                count += 1
                if late > 0:
                    waiting += 1
                    waited_s += late
    return (waiting / count, waited_s / count) if count else (0.0, 0.0)


class _Pool:
    """All environments, and the counts so far."""

    def __init__(self, rules: EnvironmentRules) -> None:
        self._rules = rules
        self._draw = random.Random(2)  # noqa: S311 - a simulation, nothing secret
        self._provisioned: list[float] = []
        self._busy: list[tuple[float, float]] = []
        self._idle: list[tuple[float, float]] = []
        self._requests = self._spilled = self._cold = self._cold_pings = 0
        self._seconds = self._provisioned_s = self._covered_s = 0.0

    def serve(self, slot: Slot, count: int) -> float:
        """Serve a slot with `count` provisioned environments; return their busy seconds."""
        ends = self._provisioned
        spilled_times: list[float] = []
        spilled_services: list[float] = []
        covered_s = 0.0
        if count:
            for at, service in zip(slot.times, slot.services, strict=True):
                while ends and ends[0] <= at:
                    heappop(ends)
                if len(ends) < count:
                    heappush(ends, at + service)
                    covered_s += service
                else:
                    spilled_times.append(at)
                    spilled_services.append(service)
            cold = self._on_demand(spilled_times, spilled_services)
        else:
            spilled_times = list(slot.times)
            cold = self._on_demand(slot.times, slot.services)
        if not slot.is_warmup:
            self._requests += len(slot.times)
            self._spilled += len(spilled_times)
            self._cold += cold
            self._seconds += slot.end_s - slot.start_s
            self._provisioned_s += count * (slot.end_s - slot.start_s)
            self._covered_s += covered_s
        return covered_s

    def _on_demand(self, times: Sequence[float], services: Sequence[float]) -> int:
        """Serve requests on demand; return how many started cold."""
        rules, busy, idle = self._rules, self._busy, self._idle
        idle_s, uniform = rules.idle_s, self._draw.uniform
        cold = 0
        for at, service in zip(times, services, strict=True):
            while busy and busy[0][0] <= at:
                idle.append(heappop(busy))
            while idle:
                since, replaced = idle.pop()
                if at - since > idle_s:
                    idle.clear()  # those below have been idle for longer
                elif at < replaced:
                    heappush(busy, (at + service, replaced))
                    break
            else:
                cold += 1
                age = uniform(rules.recycle_low_s, rules.recycle_high_s)
                heappush(busy, (at + rules.init_s + service, at + age))
        return cold

    def ping(self, slot: Slot, pinger: Pinger) -> None:
        """Call as many environments as are to be kept warm, at the start of a slot."""
        at = slot.start_s
        if at % pinger.period_s > 1e-6 * pinger.period_s:  # a slot may begin between two calls
            return
        count = pinger.environments
        cold = self._on_demand([at] * count, [pinger.ping_s] * count)
        if not slot.is_warmup:
            self._cold_pings += cold

    def result(self) -> Simulated:
        """Return the counts."""
        return Simulated(
            requests=self._requests,
            spilled=self._spilled,
            cold=self._cold,
            cold_pings=self._cold_pings,
            seconds=self._seconds,
            provisioned_s=self._provisioned_s,
            covered_s=self._covered_s,
        )
