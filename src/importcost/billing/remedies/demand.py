"""The traffic in simulation: how many requests start cold or spill over under each strategy.

All strategies meet the same arrivals, so that their differences are their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from importcost.billing.figures.assumptions import assumed
from importcost.billing.queueing.arrivals import Arrivals, RandomArrivals, Slot
from importcost.billing.queueing.capacity import Capacity
from importcost.billing.queueing.simulate import (
    ON_DEMAND_ONLY,
    EnvironmentRules,
    Pinger,
    Simulated,
    simulate,
)
from importcost.billing.remedies.traffic import Traffic
from importcost.model.interval import Interval

FEWEST_SIMULATED, MOST_SIMULATED = 200_000, 1_000_000
IDLE_TIMES_SIMULATED = 4
"""A simulation shows what reclaim does only if it lasts several times as long."""

WAITING_SIMULATED = 100
"""As many requests as may wait longer must be among those simulated."""


class KeptArrivals:
    """Arrivals drawn once and kept, for one simulation after the other."""

    def __init__(self, source: Arrivals) -> None:
        self._slots = list(source.slots())
        self.rate = source.rate
        self.service_s = source.service_s
        self.by_hour: Sequence[float] = source.by_hour
        self.hour_s = source.hour_s

    def slots(self) -> Iterator[Slot]:
        """Yield the slots in order."""
        return iter(self._slots)

    @property
    def count(self) -> int:
        """The number of arrivals that are counted."""
        return sum(len(slot.times) for slot in self._slots if not slot.is_warmup)


@dataclass(frozen=True, slots=True)
class ColdShares:
    """Shares (0 to 1) of all requests: `spilled` find no provisioned environment, `cold` start one.

    `run` is the simulation behind them; a share that the user states replaces its own.
    """

    cold: float
    spilled: float
    run: Simulated


class Demand:
    """One month's traffic, simulated under any strategy; results are kept."""

    def __init__(self, traffic: Traffic, init_ms: float, simulated: int | None = None) -> None:
        self.traffic = traffic
        idle, recycle = assumed("idle_seconds"), assumed("recycle_seconds")
        if traffic.idle_reclaim_s is not None:
            idle = Interval(*[traffic.idle_reclaim_s] * 3)
        low, high = recycle.low, recycle.high
        if traffic.recycle_s is not None:
            low = high = traffic.recycle_s
        self.rules = EnvironmentRules(init_ms / 1000, idle.value, low, high)
        self.idle = idle
        self.arrivals = KeptArrivals(_source(traffic, idle.value, simulated))
        self._runs: dict[object, Simulated] = {}
        self.plain = self._run(init_ms)

    def on_demand(self, wait_ms: float) -> ColdShares:
        """Return the shares on demand, where a cold start waits so long."""
        run = self._run(wait_ms)
        stated = self.traffic.cold_rate
        return ColdShares(run.cold_share if stated is None else stated, 1.0, run)

    def pinged(self, wait_ms: float) -> ColdShares:
        """Return the shares with environments kept warm by calls."""
        pinger = Pinger(
            self.traffic.pinged, assumed("ping_period_s").value, assumed("ping_ms").value / 1000
        )
        run = self._run(wait_ms, pinger=pinger)
        return ColdShares(self._scaled(run.cold_share), 1.0, run)

    def provisioned(self, wait_ms: float, capacity: Capacity) -> ColdShares:
        """Return the shares with provisioned environments; what spills over runs on demand."""
        run = self._run(wait_ms, capacity)
        stated, spilled = self.traffic.spillover, run.spilled_share
        cold = self._scaled(run.cold_share)
        if stated is not None:
            cold *= stated / spilled if spilled else 0.0
            if not spilled:
                cold = stated * self.on_demand(wait_ms).cold
            spilled = stated
        return ColdShares(min(cold, spilled), spilled, run)

    def cold_bounds(self, wait_ms: float) -> tuple[float, float]:
        """Return the least and the largest cold share that the range of idle times gives."""
        if self.traffic.cold_rate is not None:
            return self.traffic.cold_rate, self.traffic.cold_rate
        rules = [replace(self.rules, idle_s=end) for end in (self.idle.low, self.idle.high)]
        ends = [
            simulate(self.arrivals, replace(one, init_s=wait_ms / 1000)).cold_share for one in rules
        ]
        return min(ends), max(ends)

    def _scaled(self, cold: float) -> float:
        """Return a simulated cold share, moved as the stated rate is beside the simulated one."""
        stated, plain = self.traffic.cold_rate, self.plain.cold_share
        if stated is None:
            return cold
        return min(1.0, stated * cold / plain) if plain else stated

    def _run(
        self, wait_ms: float, capacity: Capacity = ON_DEMAND_ONLY, pinger: Pinger | None = None
    ) -> Simulated:
        key = (wait_ms, capacity, pinger)
        if key not in self._runs:
            rules = replace(self.rules, init_s=wait_ms / 1000)
            self._runs[key] = simulate(self.arrivals, rules, capacity, pinger)
        return self._runs[key]


def _source(traffic: Traffic, idle_s: float, simulated: int | None) -> Arrivals:
    if traffic.recorded is not None:
        return traffic.recorded
    wanted = max(
        traffic.rate * max(idle_s, traffic.duration_ms / 1000) * IDLE_TIMES_SIMULATED,
        WAITING_SIMULATED / max(1e-9, 1 - traffic.met_share),
    )
    count = max(FEWEST_SIMULATED, min(MOST_SIMULATED, int(wanted)))
    return RandomArrivals(
        rate=traffic.rate,
        service_s=traffic.duration_ms / 1000,
        by_hour=traffic.by_hour,
        burst=traffic.burst,
        count=simulated or count,
    )
