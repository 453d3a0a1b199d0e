"""Compare remedies against cold starts: each one's month and waiting under the same traffic.

A strategy's waiting is a few outcomes: a share of the requests, and how long they wait beyond a
warm request. Its bill is calculated in `money`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from importcost.billing.calibration import Calibration
from importcost.billing.curve import first_use_ms, saved_ms, times
from importcost.billing.estimate import Estimate, Source, estimate, file_costs, throttled_ms
from importcost.billing.figures.assumptions import Assumption, assumed, load_assumptions
from importcost.billing.figures.datafiles import load_limits
from importcost.billing.figures.managed import load_managed
from importcost.billing.figures.prices import Prices, load_prices
from importcost.billing.queueing.capacity import Capacity, ScheduledCapacity, TrackedCapacity
from importcost.billing.remedies.demand import ColdShares, Demand
from importcost.billing.remedies.managed import (
    ManagedChoice,
    ManagedFleet,
    managed_fleet,
    peak_rss_mb,
)
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
from importcost.billing.remedies.remarks import managed_remarks, reserved_remarks
from importcost.billing.remedies.sizing import SizedCapacity, sized_capacities
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
SCHEDULED, TRACKED, MANAGED = (
    "provisioned by the hour",
    "provisioned by target tracking",
    "Managed Instances",
)
RESERVED = (PROVISIONED, SCHEDULED, TRACKED)
NONE = Interval(0.0, 0.0, 0.0)
NOT_STREAMED = "Response streaming: no answer to stream was stated (--payload-kb)."


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
    wait at all; `p50_ms`, `p99_ms` and `percentile_ms` (the stated one) are percentiles of the
    added wait over all requests. `spilled_share` of them find no provisioned environment free
    (0 where none are provisioned), and `refused_share` are refused. `environments` is the average
    number provisioned, `capacity` the rule behind it.
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
    percentile_ms: float = 0.0
    spilled_share: float = 0.0
    refused_share: float = 0.0
    environments: float = 0.0
    capacity: Capacity | None = None

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
    demand. `simulated` requests are behind the shares; `cold_bounds` is what the range of the idle
    time makes of the cold rate as it is, and `random_cold` what is simulated for requests as they
    were described, whatever rate is stated.
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
    simulated: int
    cold_bounds: tuple[float, float]
    random_cold: float

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
    managed: ManagedChoice | None = None,
    simulated: int | None = None,
) -> RemedyTable:
    """Return every sensible strategy for a profiled function under some traffic.

    Memory, architecture and package type are those of the profile's settings. Prices default to the
    shipped ones. About `simulated` requests are simulated for each strategy, by default as many as
    the rates of the traffic ask for. Raises UsageError for settings that Lambda does not have.
    """
    prices = prices or load_prices(region=profile.settings.region)
    bill = estimate(profile, prices=prices, calibration=calibration)
    found = savings_of(profile)
    starts = _starts(profile, found, bill, calibration)
    tariff = Tariff(bill.memory_mb / 1024, bill.arch, prices, traffic.free_tier)
    demand = Demand(traffic, starts[0].wait_ms.value, simulated)
    maker = _Maker(demand, tariff)
    obstacles = (*snapstart_obstacles(bill, traffic), *unpriced(prices, bill.arch, traffic))
    is_possible = prices.has_snapstart and not snapstart_obstacles(bill, traffic)
    conditions = snapstart_conditions(bill) if is_possible else ()
    options = _options(maker, starts, conditions)
    fleet = managed_fleet(profile, bill, demand, managed or ManagedChoice(), prices.region)
    options += [maker.managed(fleet, bill, profile)] if isinstance(fleet, ManagedFleet) else []
    obstacles += (fleet,) if isinstance(fleet, str) else ()
    options, too_large = _without_too_large(options, traffic, prices)
    reserved = next((one for one in options if one.remedies == (PROVISIONED,)), None)
    left_out = [*obstacles, *JOINT_RULES, *too_large, *found.missing]
    left_out += [] if traffic.streams else [NOT_STREAMED]
    plain_ms = starts[0].wait_ms.value
    cold = demand.on_demand(plain_ms).cold
    return RemedyTable(
        traffic=traffic,
        estimate=bill,
        options=tuple(sorted(options, key=lambda one: (one.monthly.value, one.mean_ms))),
        left_out=tuple(left_out),
        must_stream=bool(too_large),
        utilisation=_utilisation(traffic, reserved),
        break_even=break_even_utilisation(traffic, maker.tariff, cold, starts[0].billed_ms.value),
        savings=found,
        assumptions=tuple(load_assumptions().values()),
        sources=(*bill.sources, _managed_source()),
        simulated=demand.arrivals.count,
        cold_bounds=demand.cold_bounds(plain_ms),
        random_cold=demand.plain.cold_share,
    )


def _utilisation(traffic: Traffic, option: RemedyOption | None) -> float:
    """Return the share of the provisioned time that is busy: what does not spill over is served."""
    if option is None or not option.environments:
        return 0.0
    return min(1.0, traffic.concurrency * (1 - option.spilled_share) / option.environments)


def _managed_source() -> Source:
    known = load_managed().provenance
    return Source(known.figure, known.source, known.date)


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
            changed(
                profile,
                share,
                deferral.waiting_ms if deferral else 0.0,
                deferral.gone if deferral else (),
            ),
            memory_mb=bill.memory_mb,
            arch=bill.arch,
            package_type=bill.package_type,
            calibration=calibration,
        )
    late = NONE
    if deferral:
        # Deferred modules are compiled faster as well; their files are read all the same.
        computing = saved_ms(profile, replace(deferral, waiting_ms=0.0, gone=()), bill)
        files_ms = file_costs(profile, bill).ms_of(deferral.gone)
        work = _plus(times(computing, 1 - compiled), files_ms + deferral.waiting_ms)
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
        billed_ms=after.shown_ms,
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
        options += maker.provisioned(plain)
    if best is not plain:
        options.append(maker.pinger(best))
    if snapstart_remarks:
        options.append(maker.snapstart(snapstart_remarks))
    if maker.traffic.streams:
        bases = [maker.on_demand(one) for one in dict.fromkeys((plain, best))]
        bases += [
            one for one in options if one.remedies == (SNAPSTART,) or one.remedies[0] in RESERVED
        ]
        options += [maker.streamed(one) for one in bases]
    return options


class _Maker:
    """Makes options under one traffic and tariff."""

    def __init__(self, demand: Demand, tariff: Tariff) -> None:
        self.demand = demand
        self.traffic = demand.traffic
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
        cold = self.demand.on_demand(start.wait_ms.value).cold
        return self._cold(start, start.remedies or (AS_IT_IS,), cold, None, start.remarks)

    def pinger(self, start: _Start) -> RemedyOption:
        """Return the variant with environments kept warm by calls."""
        shares = self.demand.pinged(start.wait_ms.value)
        before = self.demand.on_demand(start.wait_ms.value).cold
        covered = max(0.0, 1 - shares.cold / before) if before else 0.0
        remark = (
            f"the pinger covers about {covered:.0%} of the cold starts: those of an idle"
            " environment, not scale-out, deployments or recycling"
        )
        part = pings(self.tariff, self.traffic, shares, start.billed_ms.value)
        remarks = (*start.remarks, remark)
        return self._cold(start, (*start.remedies, PINGER), shares.cold, part, remarks)

    def snapstart(self, remarks: tuple[str, ...]) -> RemedyOption:
        """Return SnapStart for the code as it is; `remarks` are what it needs."""
        restore = assumed("restore_ms")
        cold = self.demand.on_demand(restore.value).cold
        parts = snapstart(self.traffic, self.tariff, cold)
        outcomes = [RemedyOutcome(cold, restore.value)]
        return _option(
            (SNAPSTART,), parts, (0.0, 0.0), restore, restore.value, outcomes, self.traffic, remarks
        )

    def provisioned(self, start: _Start) -> list[RemedyOption]:
        """Return provisioned concurrency: a fixed number, and by schedule or tracking if it helps.

        A request that finds none of them free runs on demand, and may start cold there.
        """

        def is_enough(shares: ColdShares) -> bool:
            outcomes = [RemedyOutcome(shares.cold, start.wait_ms.value)]
            return percentile(outcomes, self.traffic.met_share) <= self.traffic.felt_ms

        def dollars(shares: ColdShares) -> float:
            return _total(provisioned(self.traffic, self.tariff, shares, start.billed_ms.value))

        sized = sized_capacities(self.demand, start.wait_ms.value, is_enough, dollars)
        return [self._reserved(start, one) for one in sized]

    def _reserved(self, start: _Start, sized: SizedCapacity) -> RemedyOption:
        traffic, shares = self.traffic, sized.shares
        low, value, high = (
            provisioned(traffic, self.tariff, shares, ms)
            for ms in (start.billed_ms.low, start.billed_ms.value, start.billed_ms.high)
        )
        total = _total(value)
        waits = start.wait_ms if shares.cold else NONE
        name = {ScheduledCapacity: SCHEDULED, TrackedCapacity: TRACKED}
        found = _option(
            (name.get(type(sized.capacity), PROVISIONED),),
            value,
            (_total(low) - total, _total(high) - total),
            waits,
            waits.value,
            [RemedyOutcome(shares.cold, start.wait_ms.value)],
            traffic,
            reserved_remarks(self.demand, sized),
        )
        return replace(
            found,
            spilled_share=shares.spilled,
            environments=shares.run.environments,
            capacity=sized.capacity,
        )

    def managed(self, fleet: ManagedFleet, bill: Estimate, profile: Profile) -> RemedyOption:
        """Return Managed Instances: no request starts an environment, some may be refused."""
        parts = (
            self.tariff.requests(self.traffic.invocations),
            CostPart("instances", fleet.dollars),
        )
        remarks = managed_remarks(fleet, bill, peak_rss_mb(profile))
        found = _option((MANAGED,), parts, (0.0, 0.0), NONE, 0.0, [], self.traffic, remarks)
        return replace(found, refused_share=fleet.refused_share, environments=fleet.environments)

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
        cold: float,
        extra: CostPart | None,
        remarks: tuple[str, ...],
    ) -> RemedyOption:
        traffic = self.traffic
        bills = [
            on_demand(traffic, self.tariff, cold, billed, late)
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
            RemedyOutcome(cold * (1 - traffic.use_share), wait),
            RemedyOutcome(cold * traffic.use_share, wait + late),
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
        percentile_ms=percentile(outcomes, traffic.met_share),
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
