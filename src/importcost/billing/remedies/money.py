"""The cost of a month under each strategy, US dollars. N invocations of which p are cold, M GB,
i s of billed init, d s of duration, T s a month, g the GB-second's price, R a request's:

on demand        N R + N M g (d + p i), deferred work on the use share S: + N p S f M g (f s)
SnapStart        N R + N M g d + V M T cache + N p M restore, V versions kept
provisioned      N R + C M T standing + N (1 - s) d M duration + N M g (s d + p i)
pinger           on demand + K (T / period) (R + ping M g)
Managed          N R + instances x hours x EC2's price x 1.15
streaming        + 0.008 a GB past 6 MB a request and 100 GB a month

Source: AWS Lambda pricing; prices are those of the dated price file, GB-seconds by tier. The free
tier counts if the traffic says so: requests, and GB-seconds that are not provisioned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importcost.billing.figures.assumptions import assumed
from importcost.billing.figures.prices import Prices, Tier
from importcost.billing.remedies.demand import ColdShares
from importcost.billing.remedies.traffic import KB_PER_MB, Traffic

MB_PER_GB = 1024


@dataclass(frozen=True, slots=True)
class CostPart:
    """One line of the month's bill, US dollars."""

    label: str
    dollars: float


@dataclass(frozen=True, slots=True)
class Tariff:
    """A function's memory (GB) at the prices of its architecture, with the free tier or without."""

    memory_gb: float
    arch: str
    prices: Prices
    has_free_tier: bool = False

    @property
    def tiers(self) -> Sequence[Tier]:
        """Steps of the on-demand GB-second, the free ones first."""
        paid = self.prices.by_arch[self.arch].gb_second
        if not self.has_free_tier:
            return paid
        return (Tier(self.prices.free_gb_seconds_per_month, 0.0), *paid)

    def requests(self, count: float) -> CostPart:
        """Return the cost of `count` requests."""
        free = self.prices.free_requests_per_month if self.has_free_tier else 0.0
        paid = max(0.0, count - free)
        return CostPart("requests", paid * self.prices.requests_per_million / 1_000_000)


def on_demand(
    traffic: Traffic,
    tariff: Tariff,
    cold_share: float,
    billed_init_ms: float,
    first_use_ms: float = 0.0,
) -> tuple[CostPart, ...]:
    """Return the on-demand bill; `first_use_ms` is billed on the use share of cold starts."""
    count, memory = traffic.invocations, tariff.memory_gb
    cold = count * cold_share
    work = count * memory * traffic.duration_ms / 1000
    init = cold * memory * billed_init_ms / 1000
    late = cold * traffic.use_share * memory * first_use_ms / 1000
    duration = tiered(work, tariff.tiers)
    parts = [
        tariff.requests(count),
        CostPart("duration", duration),
        CostPart("init", tiered(work + init, tariff.tiers) - duration),
    ]
    if late:
        whole, before = (tiered(sum_, tariff.tiers) for sum_ in (work + init + late, work + init))
        parts.append(CostPart("deferred work", whole - before))
    return tuple(parts)


def snapstart(traffic: Traffic, tariff: Tariff, cold_share: float) -> tuple[CostPart, ...]:
    """Return the bill with SnapStart: cache for every version kept, and a price a restore."""
    prices, memory = tariff.prices, tariff.memory_gb
    seconds = assumed("month_seconds").value
    restored = traffic.invocations * cold_share
    work = traffic.invocations * memory * traffic.duration_ms / 1000
    return (
        tariff.requests(traffic.invocations),
        CostPart("duration", tiered(work, tariff.tiers)),
        CostPart("cache", traffic.versions * memory * seconds * prices.snapstart_cache_gb_second),
        CostPart("restores", restored * memory * prices.snapstart_restore_gb),
    )


def provisioned(
    traffic: Traffic, tariff: Tariff, shares: ColdShares, billed_init_ms: float
) -> tuple[CostPart, ...]:
    """Return the bill with provisioned concurrency; what spills over runs on demand."""
    rates = tariff.prices.by_arch[tariff.arch]
    memory, count = tariff.memory_gb, traffic.invocations
    standing = shares.run.environments * memory * assumed("month_seconds").value
    duration_s, init_s = traffic.duration_ms / 1000, billed_init_ms / 1000
    covered = count * (1 - shares.spilled) * duration_s * memory
    spilled = count * memory * (shares.spilled * duration_s + shares.cold * init_s)
    parts = [
        tariff.requests(count),
        CostPart("standing", standing * rates.provisioned_standing_gb_second),
        CostPart("duration", covered * rates.provisioned_duration_gb_second),
    ]
    if spilled:
        parts.append(CostPart("spillover", tiered(spilled, tariff.tiers)))
    return tuple(parts)


def pings(tariff: Tariff, traffic: Traffic, shares: ColdShares, billed_init_ms: float) -> CostPart:
    """Return the monthly cost of calls that keep environments warm, on top of the traffic.

    Calls that find an environment recycled start a new one, and pay its init. What the traffic
    itself takes of the free tier is not there for the calls.
    """
    month_s, run = assumed("month_seconds").value, shares.run
    calls = traffic.pinged * month_s / assumed("ping_period_s").value
    cold = run.cold_pings * month_s / run.seconds if run.seconds else 0.0
    work_s = (calls * assumed("ping_ms").value + cold * billed_init_ms) / 1000
    work = work_s * tariff.memory_gb
    count = traffic.invocations
    busy_ms = traffic.duration_ms + shares.cold * billed_init_ms
    before = count * tariff.memory_gb * busy_ms / 1000
    asked = tariff.requests(count + calls).dollars - tariff.requests(count).dollars
    return CostPart(
        "pings", asked + tiered(before + work, tariff.tiers) - tiered(before, tariff.tiers)
    )


def streaming(traffic: Traffic, prices: Prices) -> CostPart:
    """Return the cost of streamed bytes past the free ones of each request and of the month."""
    payload_mb = (traffic.payload_kb or 0.0) / KB_PER_MB
    paid_mb = max(0.0, payload_mb - prices.streaming_free_mb_per_request) * traffic.invocations
    paid_gb = max(0.0, paid_mb / MB_PER_GB - prices.streaming_free_gb_per_month)
    # A price that was not found is infinite: nothing of it is nothing to pay.
    return CostPart("streamed bytes", paid_gb * prices.streaming_gb if paid_gb else 0.0)


def break_even_utilisation(
    traffic: Traffic, tariff: Tariff, cold_share: float, billed_init_ms: float
) -> float:
    """Return the utilisation from which provisioned concurrency is cheaper than on demand.

    Standing price over the saving of a busy second: g (1 + p i / d) minus the provisioned duration
    price. Infinite if it never is. Tier 1.
    """
    rates = tariff.prices.by_arch[tariff.arch]
    init_share = cold_share * billed_init_ms / traffic.duration_ms
    busy = tariff.prices.gb_second(tariff.arch) * (1 + init_share)
    saved = busy - rates.provisioned_duration_gb_second
    return rates.provisioned_standing_gb_second / saved if saved > 0 else float("inf")


def tiered(gb_seconds: float, tiers: Sequence[Tier]) -> float:
    """Return the cost of a month's GB-seconds, each tier at its own price; US dollars."""
    dollars, left = 0.0, gb_seconds
    for tier in tiers:
        step = left if tier.gb_seconds is None else min(left, tier.gb_seconds)
        dollars += step * tier.dollars
        left -= step
    return dollars
