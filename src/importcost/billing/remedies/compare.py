"""Compare remedies against cold starts: each one's month and waiting under the same traffic.

A strategy's waiting is a few outcomes: a share of the requests, and how long they wait beyond a
warm request. Its bill is calculated in `money`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from importcost.billing.calibration import Calibration
from importcost.billing.curve import first_use_ms, saved_ms, times
from importcost.billing.estimate import Estimate, Source, estimate, throttled_ms
from importcost.billing.figures.assumptions import Assumption, assumed, load_assumptions
from importcost.billing.figures.datafiles import load_limits
from importcost.billing.figures.prices import Prices, load_prices
from importcost.billing.remedies.money import (
    CostPart,
    Tariff,
    break_even_utilisation,
    on_demand,
    pings,
    provisioned,
    snapstart,
    streaming,
)
from importcost.billing.remedies.snapstart_rules import (
    JOINT_RULES,
    snapstart_conditions,
    snapstart_obstacles,
    unpriced,
)
from importcost.billing.remedies.traffic import KB_PER_MB, Traffic
from importcost.billing.savings import changed, savings_of
from importcost.model.interval import Interval
from importcost.model.profile import Profile
from importcost.model.results.savings import Saving, Savings

AS_IT_IS, BYTECODE, DEFERRAL, SNAPSTART, PROVISIONED, STREAMING, PINGER = (
    "as it is",
    "bytecode",
    "deferral",
    "SnapStart",
    "provisioned",
    "streaming",
    "pinger",
)
NONE = Interval(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class RemedyOutcome:
    """A share (0 to 1) of the requests and how long they wait beyond a warm one, ms."""

    share: float
    added_ms: float


@dataclass(frozen=True, slots=True)
class RemedyOption:
    """One strategy, or a combination, under the stated traffic. US dollars a month, ms.

    `parts` add up to `monthly.value`; its band is that of the estimated init. `first_request_ms` is
    the added wait of a request that meets a cold start, on the average of the use share; `worst_ms`
    is that of a request that needs everything deferred, if any does. `cold_share` of the requests
    wait at all; `p50_ms` and `p99_ms` are percentiles of the added wait over all requests.
    `first_byte_ms` is when a warm request's answer begins. `is_predicted` is True if a saving in it
    was not verified.
    """

    remedies: tuple[str, ...]
    parts: tuple[CostPart, ...]
    monthly: Interval
    first_request_ms: Interval
    worst_ms: float
    cold_share: float
    p50_ms: float
    p99_ms: float
    mean_ms: float
    first_byte_ms: float
    is_predicted: bool
    remarks: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name of the strategy."""
        return " + ".join(self.remedies)

    def has(self, remedy: str) -> bool:
        """Return True if the option contains a remedy."""
        return remedy in self.remedies


@dataclass(frozen=True, slots=True)
class RemedyTable:
    """All options, cheapest first, with their basis.

    `left_out` names combinations that are impossible or pointless, each with the reason.
    `must_stream` is True if Lambda returns an answer of the stated size only as a stream: the
    function as it is then fails, and its bill is only there to compare with. `utilisation` is that
    of the provisioned environments, and `break_even` the one from which they are cheaper than on
    demand.
    """

    traffic: Traffic
    estimate: Estimate
    options: tuple[RemedyOption, ...]
    left_out: tuple[str, ...]
    must_stream: bool
    utilisation: float
    break_even: float
    savings: Savings
    assumptions: tuple[Assumption, ...]
    sources: tuple[Source, ...]

    def find(self, *remedies: str) -> RemedyOption | None:
        """Return the option of exactly these remedies, or None if it is not listed."""
        wanted = set(remedies)
        return next((one for one in self.options if set(one.remedies) == wanted), None)

    @property
    def as_it_is(self) -> RemedyOption:
        """The function without any remedy."""
        return next(one for one in self.options if one.remedies[0] == AS_IT_IS)


@dataclass(frozen=True, slots=True)
class _Start:
    """A cold start of one variant of the code, milliseconds."""

    remedies: tuple[str, ...]
    wait_ms: Interval
    billed_ms: Interval
    first_use_ms: Interval
    is_predicted: bool
    remarks: tuple[str, ...]


def compare_strategies(
    profile: Profile,
    traffic: Traffic,
    *,
    prices: Prices | None = None,
    calibration: Calibration | None = None,
) -> RemedyTable:
    """Return every sensible strategy for a profiled function under some traffic.

    Memory, architecture and package type are those of the profile's settings. Prices default to the
    shipped ones. Raises UsageError for settings that Lambda does not have.
    """
    prices = prices or load_prices(region=profile.settings.region)
    bill = estimate(profile, prices=prices, calibration=calibration)
    found = savings_of(profile)
    starts = _starts(profile, found, bill, calibration)
    tariff = Tariff(bill.memory_mb / 1024, bill.arch, prices, traffic.free_tier)
    maker = _Maker(traffic, tariff)
    obstacles = (*snapstart_obstacles(bill, traffic), *unpriced(prices, bill.arch, traffic))
    is_possible = prices.has_snapstart and not snapstart_obstacles(bill, traffic)
    conditions = snapstart_conditions(bill) if is_possible else ()
    options = _options(maker, starts, conditions)
    options, too_large = _without_too_large(options, traffic, prices)
    per_environment = traffic.environments * assumed("month_seconds").value
    busy_s = traffic.invocations * (1 - traffic.spillover) * traffic.duration_ms / 1000
    left_out = [*obstacles, *JOINT_RULES, *too_large, *found.missing]
    if not traffic.streams:
        left_out.append("Response streaming: no answer to stream was stated (--payload-kb).")
    return RemedyTable(
        traffic=traffic,
        estimate=bill,
        options=tuple(sorted(options, key=lambda one: (one.monthly.value, one.mean_ms))),
        left_out=tuple(left_out),
        must_stream=bool(too_large),
        utilisation=busy_s / per_environment if per_environment else 0.0,
        break_even=break_even_utilisation(traffic, maker.tariff, starts[0].billed_ms.value),
        savings=found,
        assumptions=tuple(load_assumptions().values()),
        sources=bill.sources,
    )


def _starts(
    profile: Profile, found: Savings, bill: Estimate, calibration: Calibration | None
) -> list[_Start]:
    """Return the code as it is, with each saving, and with both; as it is comes first."""
    starts = [_start(profile, bill, calibration, None, None)]
    if found.bytecode is not None:
        starts.append(_start(profile, bill, calibration, found.bytecode, None))
    if found.deferral is not None:
        starts.append(_start(profile, bill, calibration, None, found.deferral))
    if found.bytecode is not None and found.deferral is not None:
        starts.append(_start(profile, bill, calibration, found.bytecode, found.deferral))
    return starts


def _start(
    profile: Profile,
    bill: Estimate,
    calibration: Calibration | None,
    bytecode: Saving | None,
    deferral: Saving | None,
) -> _Start:
    """Return the cold start of a variant; savings are taken as independent of each other."""
    compiled = bytecode.share.value if bytecode else 0.0
    deferred = deferral.share.value if deferral else 0.0
    share = 1 - (1 - compiled) * (1 - deferred)
    after = bill
    if bytecode or deferral:
        after = estimate(
            changed(profile, share, deferral.waiting_ms if deferral else 0.0),
            memory_mb=bill.memory_mb,
            arch=bill.arch,
            package_type=bill.package_type,
            calibration=calibration,
        )
    late = NONE
    if deferral:
        # Deferred modules are compiled faster as well.
        computing = saved_ms(profile, replace(deferral, waiting_ms=0.0), bill)
        work = _plus(times(computing, 1 - compiled), deferral.waiting_ms)
        late = first_use_ms(work, deferral, bill.memory_mb)
    named = [(BYTECODE, bytecode), (DEFERRAL, deferral)]
    used = [(name, saving) for name, saving in named if saving is not None]
    remarks = [
        f"{saving.what}: {saving.share.value:.0%} of function init, {saving.basis.value}"
        for _, saving in used
    ]
    wait_ms = _cold_wait(after)
    if deferral:
        both_ms = wait_ms.value + late.value
        remarks.append(f"a cold request that needs a deferred import waits {both_ms:,.0f} ms")
    return _Start(
        remedies=tuple(name for name, _ in used),
        wait_ms=wait_ms,
        billed_ms=after.billed_init_ms,
        first_use_ms=late,
        is_predicted=any(not saving.is_verified for _, saving in used),
        remarks=tuple(remarks),
    )


def _plus(interval: Interval, amount: float) -> Interval:
    low, value, high = (end + amount for end in (interval.low, interval.value, interval.high))
    return Interval(low, value, high, interval.confidence)


def _cold_wait(bill: Estimate) -> Interval:
    """Return a request's wait for an init; past the limit it runs again and computes throttled."""
    limit_ms, init_ms = load_limits().on_demand_init_limit_ms, bill.init_ms
    low, value, high = (
        ms if ms <= limit_ms else limit_ms + throttled_ms(ms, bill.waiting_ms, bill.memory_mb)
        for ms in (init_ms.low, init_ms.value, init_ms.high)
    )
    return Interval(low, value, high, init_ms.confidence)


def _options(
    maker: _Maker, starts: Sequence[_Start], snapstart_remarks: tuple[str, ...]
) -> list[RemedyOption]:
    plain = starts[0]
    best = min(starts, key=lambda one: maker.expected(one).value)
    options = [maker.on_demand(one) for one in starts]
    options.append(maker.pinger(plain))
    if maker.tariff.prices.has_provisioned(maker.tariff.arch):
        options.append(maker.provisioned(plain))
    if best is not plain:
        options.append(maker.pinger(best))
    if snapstart_remarks:
        options.append(maker.snapstart(snapstart_remarks))
    if maker.traffic.streams:
        bases = [maker.on_demand(one) for one in dict.fromkeys((plain, best))]
        bases += [one for one in options if one.remedies in ((SNAPSTART,), (PROVISIONED,))]
        options += [maker.streamed(one) for one in bases]
    return options


class _Maker:
    """Makes options under one traffic and tariff."""

    def __init__(self, traffic: Traffic, tariff: Tariff) -> None:
        self.traffic = traffic
        self.tariff = tariff

    def expected(self, start: _Start) -> Interval:
        """Return a cold request's wait on the average of the use share, ms."""
        share, wait, late = self.traffic.use_share, start.wait_ms, start.first_use_ms
        return Interval(
            wait.low + share * late.low,
            wait.value + share * late.value,
            wait.high + share * late.high,
            wait.confidence,
        )

    def on_demand(self, start: _Start) -> RemedyOption:
        """Return the variant of the code on demand."""
        return self._cold(start, start.remedies or (AS_IT_IS,), self.traffic, None, start.remarks)

    def pinger(self, start: _Start) -> RemedyOption:
        """Return the variant with one environment kept warm by calls."""
        rate, low, high = _uncovered_rates(self.traffic)
        covered = 1 - rate / self.traffic.cold_rate if self.traffic.cold_rate else 0.0
        remark = (
            f"the pinger covers about {covered:.0%} of the cold starts: those of an idle"
            " environment, not scale-out, deployments or recycling"
        )
        if high > low:
            remark += f" (cold rate left {low:.2%} to {high:.2%}, by when Lambda reclaims)"
        left = replace(self.traffic, cold_rate=rate)
        remarks = (*start.remarks, remark)
        calls = pings(self.tariff, left, start.billed_ms.value)
        return self._cold(start, (*start.remedies, PINGER), left, calls, remarks)

    def snapstart(self, remarks: tuple[str, ...]) -> RemedyOption:
        """Return SnapStart for the code as it is; `remarks` are what it needs."""
        restore = assumed("restore_ms")
        parts = snapstart(self.traffic, self.tariff)
        outcomes = [RemedyOutcome(self.traffic.cold_rate, restore.value)]
        return _option(
            (SNAPSTART,), parts, (0.0, 0.0), restore, restore.value, outcomes, self.traffic, remarks
        )

    def provisioned(self, start: _Start) -> RemedyOption:
        """Return provisioned concurrency; requests beyond it start cold as before."""
        traffic = self.traffic
        ends = [
            _total(provisioned(traffic, self.tariff, ms))
            for ms in (start.billed_ms.low, start.billed_ms.value, start.billed_ms.high)
        ]
        parts = provisioned(traffic, self.tariff, start.billed_ms.value)
        cold = traffic.spillover * traffic.cold_rate
        waits = start.wait_ms if cold else NONE
        count = traffic.environments
        remark = (
            f"{count} environment{'s' * (count != 1)} all month; requests beyond them start cold"
        )
        return _option(
            (PROVISIONED,),
            parts,
            (ends[0] - ends[1], ends[2] - ends[1]),
            waits,
            waits.value,
            [RemedyOutcome(cold, start.wait_ms.value)],
            traffic,
            (remark,),
        )

    def streamed(self, base: RemedyOption) -> RemedyOption:
        """Return an option with its answer streamed: it begins earlier, and ends as before."""
        part = streaming(self.traffic, self.tariff.prices)
        parts = (*base.parts, part) if part.dollars else base.parts
        remedies = tuple(name for name in base.remedies if name != AS_IT_IS)
        money = base.monthly
        return replace(
            base,
            remedies=(*remedies, STREAMING),
            parts=parts,
            monthly=Interval(
                money.low + part.dollars, money.value + part.dollars, money.high + part.dollars
            ),
            first_byte_ms=self.traffic.streamed_first_byte_ms,
            remarks=(*base.remarks, "needs a Function URL with RESPONSE_STREAM, or an adapter"),
        )

    def _cold(
        self,
        start: _Start,
        remedies: tuple[str, ...],
        traffic: Traffic,
        extra: CostPart | None,
        remarks: tuple[str, ...],
    ) -> RemedyOption:
        bills = [
            on_demand(traffic, self.tariff, billed, late)
            for billed, late in (
                (start.billed_ms.low, start.first_use_ms.low),
                (start.billed_ms.value, start.first_use_ms.value),
                (start.billed_ms.high, start.first_use_ms.high),
            )
        ]
        low, value, high = (_total(parts) for parts in bills)
        parts = (*bills[1], extra) if extra else bills[1]
        wait, late = start.wait_ms.value, start.first_use_ms.value
        outcomes = [
            RemedyOutcome(traffic.cold_rate * (1 - traffic.use_share), wait),
            RemedyOutcome(traffic.cold_rate * traffic.use_share, wait + late),
        ]
        found = _option(
            remedies,
            parts,
            (low - value, high - value),
            self.expected(start),
            wait + late if traffic.use_share else wait,
            outcomes,
            traffic,
            remarks,
        )
        return replace(found, is_predicted=start.is_predicted)


def _option(
    remedies: tuple[str, ...],
    parts: tuple[CostPart, ...],
    band: tuple[float, float],
    first_request_ms: Interval,
    worst_ms: float,
    outcomes: Sequence[RemedyOutcome],
    traffic: Traffic,
    remarks: tuple[str, ...],
) -> RemedyOption:
    total = _total(parts)
    return RemedyOption(
        remedies=remedies,
        parts=parts,
        monthly=Interval(total + min(0.0, band[0]), total, total + max(0.0, band[1])),
        first_request_ms=first_request_ms,
        worst_ms=worst_ms,
        cold_share=sum(one.share for one in outcomes if one.added_ms > 0),
        p50_ms=percentile(outcomes, 0.5),
        p99_ms=percentile(outcomes, 0.99),
        mean_ms=sum(one.share * one.added_ms for one in outcomes),
        first_byte_ms=traffic.duration_ms,
        is_predicted=False,
        remarks=remarks,
    )


def percentile(outcomes: Sequence[RemedyOutcome], share: float) -> float:
    """Return the least added wait (ms) that `share` (0 to 1) of all requests do not exceed.

    Requests without an outcome wait nothing.
    """
    reached = 1.0 - sum(one.share for one in outcomes)
    if reached >= share - 1e-12:
        return 0.0
    for one in sorted(outcomes, key=lambda one: one.added_ms):
        reached += one.share
        if reached >= share - 1e-12:
            return one.added_ms
    return max((one.added_ms for one in outcomes), default=0.0)


def _uncovered_rates(traffic: Traffic) -> tuple[float, float, float]:
    """Return the cold rate that a pinger leaves, and its bounds.

    Requests at random (Poisson) leave a gap longer than the idle time before e^(-rate x idle) of
    them: at most as many cold starts come from idle environments. Recycling goes on all the same.
    """
    seconds = assumed("month_seconds").value
    idle = assumed("idle_seconds")
    recycled = seconds / assumed("recycle_seconds").value / traffic.invocations

    def left(idle_s: float) -> float:
        gaps = math.exp(-traffic.invocations / seconds * idle_s)
        spared = min(traffic.cold_rate, gaps)
        return min(traffic.cold_rate, traffic.cold_rate - spared + recycled)

    ends = sorted((left(idle.low), left(idle.high)))
    return left(idle.value), ends[0], ends[1]


def _without_too_large(
    options: Sequence[RemedyOption], traffic: Traffic, prices: Prices
) -> tuple[list[RemedyOption], list[str]]:
    """Leave out options that cannot return the answer: 6 MB is the limit without streaming."""
    limit_mb = prices.streaming_free_mb_per_request
    if (traffic.payload_kb or 0.0) <= limit_mb * KB_PER_MB:
        return list(options), []
    kept = [one for one in options if one.has(STREAMING) or one.remedies == (AS_IT_IS,)]
    reason = f"Unstreamed answers: Lambda returns answers above {limit_mb:.0f} MB only as a stream."
    return kept, [reason]


def _total(parts: Sequence[CostPart]) -> float:
    return sum(part.dollars for part in parts)
