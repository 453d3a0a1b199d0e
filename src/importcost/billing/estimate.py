"""The estimate: the billed time of the profiled function's cold start on Lambda."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

from importcost.billing.calibration import Calibration
from importcost.billing.figures.cost_model import load_cost_models
from importcost.billing.figures.datafiles import (
    FigureProvenance,
    check_arch,
    check_memory,
    check_package_type,
    load_limits,
)
from importcost.billing.figures.extensions import (
    extension_notes,
    load_extension_figures,
    with_extensions,
)
from importcost.billing.figures.floors import FloorFound, find_floor, load_floors
from importcost.billing.figures.platforms import (
    LAMBDA,
    Platform,
    SnapshotFact,
    StartLimit,
    StartPrice,
    check_size,
    load_platforms,
)
from importcost.billing.figures.prices import Prices, load_prices
from importcost.billing.figures.speed import load_speed_reference
from importcost.billing.figures.web_adapter import load_adapter, polling_ms
from importcost.billing.file_loads import FileCosts, function_loads
from importcost.billing.function_parts import (
    AS_MEASURED,
    CONFIDENCE,
    LAMBDA_LOG,
    FunctionParts,
    InitPart,
    LambdaScale,
    function_parts,
    lambda_scale,
    python_notes,
)
from importcost.billing.readiness import web_amounts
from importcost.billing.start_bill import interpreter_start_ms, start_bill
from importcost.errors import UsageError
from importcost.model.interval import Interval
from importcost.model.profile import Phase, Profile, Settings
from importcost.model.stats import at_confidence

START_LABEL = Phase.INTERPRETER_START.value
FLOOR_LABEL = "Lambda + interpreter + runtime (floor)"

LOGGED = "Times are those of the log, on the machine that wrote it, and are not modelled."

NEAR_LIMIT_SHARE = 0.8
"""From this share of the init limit on, an estimate counts as near it."""

_FUNCTION_PHASES = (Phase.HANDLER_IMPORTS, Phase.MODULE_BODY)


class InitLimit(str, Enum):
    """The position of the estimated init relative to the limit of init.

    Lambda's is 10 s for on-demand init.
    """

    BELOW = "below"
    NEAR = "near"
    PAST = "past"
    NONE = "none"
    """The platform has no limit, or none that is known."""

    @property
    def is_reached(self) -> bool:
        """Return True if init comes near the limit or passes it."""
        return self in (InitLimit.NEAR, InitLimit.PAST)


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a figure: its name, its publisher, and the date of the figure."""

    figure: str
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class PhaseEstimate:
    """One phase as modelled on Lambda; milliseconds. `share` (0 to 1) is of the estimated init."""

    label: str
    init_ms: float
    share: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """One cold start on `platform`. Times in milliseconds, money in US dollars.

    On Lambda all of it is modelled. On a platform that is not modelled, times are those of this
    machine: `floor_ms` is 0 and `speed_ratio` 1, and `billed_init_ms` and the dollars are None if
    the platform bills no start, or has no price.

    `init_ms` = `floor_ms` + `function_init_ms`. `parts` are its causes and `phases` its course in
    time; both add up to `init_ms.value`. Interpreted code is the local CPU time times
    `speed_ratio`, whose band is that of the whole model. Module files cost `module_ms` each, and
    native code `native_ms` a megabyte, of which there are `module_files` and `native_mb`.
    `billed_init_ms` is the part of Billed Duration that comes from init alone (whole milliseconds;
    AWS rounds the sum of init and first invoke up). `waiting_ms` is the part of `init_ms` that
    waits (sleep, disk, network): nothing stretches it. Init is not scaled by memory (the INIT
    boost); `dollars_per_million` cold starts is, at `gb_second_dollars`. What lies past the init
    limit is billed as the retried init, whose computing runs throttled.
    """

    memory_mb: int
    arch: str
    package_type: str
    runtime: str
    floor_ms: Interval
    speed_ratio: Interval
    function_init_ms: Interval
    init_ms: Interval
    billed_init_ms: Interval | None
    dollars_per_million: Interval | None
    gb_second_dollars: float | None
    phases: tuple[PhaseEstimate, ...]
    limit: InitLimit
    notes: tuple[str, ...]
    sources: tuple[Source, ...]
    waiting_ms: float = 0.0
    parts: tuple[InitPart, ...] = ()
    module_files: int = 0
    native_mb: float = 0.0
    module_ms: float = 0.0
    native_ms: float = 0.0
    platform: str = LAMBDA
    second_dollars: float | None = None
    """US dollars of one more second of init at these settings, None without a price."""
    is_logged: bool = False
    """True if the times are those of a log, on the machine that wrote it."""

    @property
    def is_modelled(self) -> bool:
        """Return True if times are modelled on the platform; else they are this machine's."""
        return load_platforms()[self.platform].is_modelled

    @property
    def shown_ms(self) -> Interval:
        """Return the init that reports show first: the billed one if there is one."""
        return self.init_ms if self.billed_init_ms is None else self.billed_init_ms

    def dollars_of_ms(self, ms: float) -> float | None:
        """Return the US dollars of `ms` in each of a million cold starts, None without a price."""
        if self.second_dollars is None:
            return None
        return ms / 1000 * self.second_dollars * 1_000_000

    @property
    def throttle(self) -> float:
        """Return how many times longer computing takes after init; 1 if that is not known."""
        return throttle_factor(self.memory_mb) if self.platform == LAMBDA else 1.0


def throttle_factor(memory_mb: int) -> float:
    """Return how many times longer work takes after init, or in a retried init.

    After init a function has memory / 1769 MB of one vCPU (AWS Lambda Developer Guide;
    `limits.json`). Imports deferred into the handler therefore run longer by this factor, never
    shorter. Raises UsageError for a memory size that Lambda does not have.
    """
    return max(1.0, load_limits().mb_per_vcpu / check_memory(memory_mb))


def throttled_ms(total_ms: float, waiting_ms: float, memory_mb: int) -> float:
    """Return how long some work of init takes after init, or in a retried init; milliseconds.

    Only computing takes longer: `waiting_ms` of it wait (sleep, disk, network) as long as before.
    Raises UsageError for a memory size that Lambda does not have.
    """
    waiting_ms = min(waiting_ms, total_ms)
    return waiting_ms + (total_ms - waiting_ms) * throttle_factor(memory_mb)


def billed_duration_ms(init_ms: float, duration_ms: float) -> int:
    """Return Billed Duration in milliseconds: the sum rounded up, not the parts.

    AWS Compute Blog, "AWS Lambda standardizes billing for INIT Phase" (in force 2025-08-01):
    81.26 + 2.13 bills 84.
    """
    return _round_up(init_ms + duration_ms)


def dollars_per_million(billed_ms: float, memory_mb: int, gb_second_dollars: float) -> float:
    """Return the US dollars for a million times `billed_ms` at a memory size."""
    return memory_mb / 1024 * billed_ms / 1000 * gb_second_dollars * 1_000_000


def estimate(
    profile: Profile,
    *,
    memory_mb: int | None = None,
    arch: str | None = None,
    package_type: str | None = None,
    prices: Prices | None = None,
    calibration: Calibration | None = None,
) -> Estimate:
    """Return the cold start of a profiled function on its platform.

    On Lambda it is the modelled on-demand cold start; elsewhere the times are this machine's.
    Settings default to the profile's, prices to the shipped ones. The errors of the measurement
    (launches and samples in pairs), the model of Lambda's speed and the floor are independent:
    half-widths add in quadrature, each way apart, at 80 % confidence. A `calibration` that fits
    replaces the published figures. Raises UsageError for unknown settings.
    """
    settings = _settings(profile.settings, memory_mb, arch, package_type)
    if settings.platform != LAMBDA:
        return _as_measured(profile, settings)
    return _modelled(profile, settings, prices or load_prices(region=settings.region), calibration)


def _modelled(
    profile: Profile, settings: Settings, prices: Prices, calibration: Calibration | None
) -> Estimate:
    """Return the on-demand cold start on Lambda, as modelled."""
    floor = find_floor(settings.runtime, settings.package_type, settings.arch)
    found = lambda_scale(profile, settings)
    published_ms = _function_init(profile, found).scaled.value
    own = _own(calibration, settings)
    if own is not None:
        floor, found = _calibrated(own, floor, found, profile, settings)
    parts = _function_init(profile, found)
    phases = _phases(profile, floor.ms.value, parts)
    total_ms = _sum(floor.ms, parts.total, sum(phase.init_ms for phase in phases))
    init_ms = _in_band(total_ms, own, published_ms, profile)
    limit, billed = _limit(init_ms), _billed(init_ms, parts.blocked_ms, settings.memory_mb)
    notes = (*_unused(calibration, own, profile), *_notes(parts, limit, settings.memory_mb))
    result = Estimate(
        memory_mb=settings.memory_mb,
        arch=settings.arch,
        package_type=settings.package_type,
        runtime=settings.runtime,
        floor_ms=floor.ms,
        speed_ratio=found.ratio,
        function_init_ms=parts.total,
        init_ms=init_ms,
        billed_init_ms=billed,
        dollars_per_million=_dollars(billed, settings, prices),
        gb_second_dollars=prices.gb_second(settings.arch),
        second_dollars=settings.memory_mb / 1024 * prices.gb_second(settings.arch),
        phases=phases,
        limit=limit,
        notes=(*floor.notes, *found.notes, *notes),
        sources=_sources(prices, own, profile),
        waiting_ms=parts.blocked_ms,
    )
    return _with_parts(result, parts, found.files)


def _as_measured(profile: Profile, settings: Settings) -> Estimate:
    """Return the estimate on a platform that is not modelled: the times of this machine."""
    platform = load_platforms()[settings.platform]
    parts = function_parts(profile, local_cpu_us(profile), AS_MEASURED, _exactly(0.0))
    is_program = profile.target is not None and profile.target.kind.runs
    counts_start = platform.counts_interpreter_start or is_program
    start_ms = interpreter_start_ms(profile) if counts_start else 0.0
    phases = _phases(profile, start_ms or None, parts, START_LABEL)
    init_ms = _sum(_exactly(start_ms), parts.total, start_ms + parts.total.value)
    price = platform.price
    bill = None if price is None else start_bill(price, profile, settings, init_ms)
    limit = _limit_of(init_ms, platform.limit.init_ms) if platform.limit else InitLimit.NONE
    return Estimate(
        memory_mb=settings.memory_mb,
        arch=settings.arch,
        package_type=settings.package_type,
        runtime=settings.runtime,
        floor_ms=_exactly(start_ms),
        speed_ratio=AS_MEASURED.ratio,
        function_init_ms=parts.total,
        init_ms=init_ms,
        billed_init_ms=None if bill is None else bill.billed_ms,
        dollars_per_million=None if bill is None else bill.dollars_per_million,
        gb_second_dollars=None,
        phases=phases,
        limit=limit,
        notes=_platform_notes(platform, is_logged=not profile.runs),
        is_logged=not profile.runs,
        sources=_platform_sources(platform),
        waiting_ms=parts.blocked_ms,
        parts=parts.measured(start_ms),
        platform=settings.platform,
        second_dollars=None if bill is None else bill.second_dollars,
    )


def _platform_notes(platform: Platform, *, is_logged: bool) -> tuple[str, ...]:
    """Return what is not modelled, what the dollars are, and what is known of snapshots."""
    price, snapshot = platform.price, platform.snapshot
    notes = [LOGGED if is_logged else platform.not_modelled]
    if price is not None:
        notes.append(price.says)
    if snapshot is not None:
        notes.append(snapshot.says)
    return tuple(note for note in notes if note)


def _platform_sources(platform: Platform) -> tuple[Source, ...]:
    """Return the sources of all that a report on the platform rests on."""
    named: list[tuple[str, StartLimit | StartPrice | SnapshotFact | None]] = [
        ("limit of init", platform.limit),
        ("price", platform.price),
        ("snapshot", platform.snapshot),
    ]
    found = [
        Source(f"{platform.title}: {what}", one.source, one.date) for what, one in named if one
    ]
    known = {one.source for one in found}
    facts = [
        Source(f"{platform.title}: {fact.topic}", fact.source, fact.date)
        for fact in platform.facts
        if fact.source not in known
    ]
    return (*found, *facts)


def _with_parts(bill: Estimate, parts: FunctionParts, files: FileCosts) -> Estimate:
    """Add the parts, the files that they are about, and what each file costs."""
    load = files.total
    return replace(
        bill,
        parts=parts.with_floor(bill.floor_ms.value),
        module_files=load.modules,
        native_mb=load.native_mb,
        module_ms=files.module_ms,
        native_ms=files.native_ms,
    )


def local_cpu_us(profile: Profile, confidence: float = CONFIDENCE) -> Interval:
    """Return the function init's CPU time here, with the interval that its bill has; microseconds.

    The bill depends on launches and on calibration samples, and both follow the machine's speed.
    Their quotients in pairs do not, so the interval is that of the pairs if there were any: it
    holds the errors of both.
    """
    cpu = profile.function_init.cpu_us
    machine = profile.machine
    if machine is None or machine.relative.value <= 0:
        return at_confidence(cpu, confidence)
    relative = at_confidence(machine.relative, confidence)
    low, high = (cpu.value * end / relative.value for end in (relative.low, relative.high))
    return Interval(low, cpu.value, high, relative.confidence)


def file_costs(profile: Profile, bill: Estimate) -> FileCosts:
    """Return what the files of a profile's modules cost by its bill; nothing if not recorded."""
    loads = function_loads(profile.graph) if bill.module_ms or bill.native_ms else None
    return FileCosts(bill.module_ms, bill.native_ms, *(loads or ({},)))


def _local_error(profile: Profile) -> float:
    """Return half the interval of the measured function init, as a share of its value."""
    cpu = local_cpu_us(profile)
    return (cpu.high - cpu.low) / 2 / max(cpu.value, 1.0)


@dataclass(frozen=True, slots=True)
class PublishedParts:
    """The published figures applied to a profile; milliseconds.

    `function_ms` is the function's own init without its waiting, which is `blocked_ms`.
    """

    floor_ms: Interval
    function_ms: float
    blocked_ms: float


def published_parts(
    profile: Profile, *, arch: str | None = None, package_type: str | None = None
) -> PublishedParts:
    """Return the parts of an estimate before any calibration. Raises UsageError as `estimate`."""
    settings = _settings(profile.settings, None, arch, package_type)
    floor = find_floor(settings.runtime, settings.package_type, settings.arch)
    parts = _function_init(profile, lambda_scale(profile, settings))
    return PublishedParts(floor.ms, parts.scaled.value, parts.blocked_ms)


def _own(calibration: Calibration | None, settings: Settings) -> Calibration | None:
    place = (settings.arch, settings.package_type, settings.runtime)
    return calibration if calibration is not None and calibration.fits(*place) else None


def _in_band(
    init_ms: Interval, own: Calibration | None, published_ms: float, profile: Profile
) -> Interval:
    """Return the init with the band of the function's own log, which has its extensions in it."""
    if own is None:
        return with_extensions(init_ms, profile.settings.extensions)
    return own.init_band(init_ms.value, published_ms, _local_error(profile))


def _unused(
    calibration: Calibration | None, own: Calibration | None, profile: Profile
) -> tuple[str, ...]:
    """Return the notes on what no log of the function's own tells."""
    if own is not None:
        return ()
    extensions = extension_notes(profile.settings.extensions)
    return (*extensions, *_of_another(calibration))


def _of_another(calibration: Calibration | None) -> tuple[str, ...]:
    if calibration is None:
        return ()
    place = f"{calibration.runtime}, {calibration.package_type}, {calibration.arch}"
    return (f"The stored calibration is for {place}: published figures are used here.",)


def _calibrated(
    own: Calibration, floor: FloorFound, found: LambdaScale, profile: Profile, settings: Settings
) -> tuple[FloorFound, LambdaScale]:
    """Replace the published floor by the function's own, and the model by what the log says."""
    floor_ms = Interval(
        own.floor_ms * own.band_low, own.floor_ms, own.floor_ms * own.band_high, CONFIDENCE
    )
    low, value, high = (
        max(0.0, own.speed_factor + error) for error in (-own.slope_error, 0.0, own.slope_error)
    )
    exact = replace(found, ratio=_exactly(found.ratio.value))
    note = (
        f"Calibrated on {own.date} with {own.cold_starts} cold starts from this function's own log"
        f" ({own.fitted.value} fitted)."
    )
    return (
        FloorFound(floor.floor, floor_ms, ()),
        replace(
            exact.times(Interval(low, value, high, CONFIDENCE)),
            notes=(note, *python_notes(profile, settings)),
        ),
    )


def _exactly(value: float) -> Interval:
    return Interval(value, value, value, CONFIDENCE)


def _function_init(profile: Profile, scale: LambdaScale) -> FunctionParts:
    return function_parts(
        profile, local_cpu_us(profile), scale, polling_ms(profile.web, CONFIDENCE)
    )


def _settings(
    settings: Settings, memory_mb: int | None, arch: str | None, package_type: str | None
) -> Settings:
    platform = load_platforms()[settings.platform]
    if platform.name != LAMBDA and arch not in (None, settings.arch, *platform.arches):
        raise UsageError(f"{platform.title} has no architecture {arch}: leave it out.")
    if platform.memory is None and memory_mb not in (None, settings.memory_mb):
        raise UsageError(f"{platform.title} has no memory size to choose: leave it out.")
    memory_mb = settings.memory_mb if memory_mb is None else memory_mb
    return replace(
        settings,
        memory_mb=check_size(settings.platform, memory_mb),
        arch=check_arch(settings.arch if arch is None else arch),
        package_type=check_package_type(
            settings.package_type if package_type is None else package_type
        ),
    )


def _dollars(billed: Interval, settings: Settings, prices: Prices) -> Interval:
    price = prices.gb_second(settings.arch)
    low, value, high = (
        dollars_per_million(ms, settings.memory_mb, price)
        for ms in (billed.low, billed.value, billed.high)
    )
    return Interval(low, value, high, CONFIDENCE)


def _sum(left: Interval, right: Interval, value: float) -> Interval:
    down = math.hypot(left.value - left.low, right.value - right.low)
    up = math.hypot(left.high - left.value, right.high - right.value)
    return Interval(max(0.0, value - down), value, value + up, CONFIDENCE)


def _phases(
    profile: Profile, floor_ms: float | None, parts: FunctionParts, floor_label: str | None = None
) -> tuple[PhaseEstimate, ...]:
    """Split init into labelled phases, which add up; a floor of None is no phase.

    `floor_label` names the floor, if that is not Lambda's.
    """
    if profile.web is None:
        amounts = _handler_amounts(profile, floor_ms or 0.0, parts)
    else:
        scaled = parts.scaled.value
        amounts = web_amounts(
            profile, floor_ms or 0.0, scaled, parts.blocked_ms, parts.polling.value
        )
    if floor_ms is None:
        amounts = amounts[1:]
    elif floor_label is not None:
        amounts = ((floor_label, floor_ms), *amounts[1:])
    total = sum(ms for _, ms in amounts)
    return tuple(PhaseEstimate(label, ms, ms / total if total else 0.0) for label, ms in amounts)


def _handler_amounts(
    profile: Profile, floor_ms: float, parts: FunctionParts
) -> tuple[tuple[str, float], ...]:
    """Split init as the profile's phases do; the module body gets what the imports leave."""
    times = {time.phase: time for time in profile.phases}
    cpu = [max(0, times[p].cpu_us) if p in times else 0 for p in _FUNCTION_PHASES]
    waits = [
        max(0, times[p].wall_us - times[p].cpu_us) if p in times else 0 for p in _FUNCTION_PHASES
    ]
    share = cpu[0] / sum(cpu) if sum(cpu) else 1.0
    wait_share = waits[0] / sum(waits) if sum(waits) else share
    # Files are read by imports.
    files_ms = parts.files_ms + parts.native_ms
    imports_ms = parts.interpreted_ms * share + files_ms + parts.blocked_ms * wait_share
    body_ms = max(0.0, parts.total.value - imports_ms)
    is_handler = profile.target is None or profile.target.is_handler
    imports_label = Phase.HANDLER_IMPORTS.value if is_handler else "imports"
    labels = (FLOOR_LABEL, imports_label, Phase.MODULE_BODY.value)
    return tuple(zip(labels, (floor_ms, imports_ms, body_ms), strict=True))


def _limit(init_ms: Interval) -> InitLimit:
    return _limit_of(init_ms, load_limits().on_demand_init_limit_ms)


def _limit_of(init_ms: Interval, limit_ms: float) -> InitLimit:
    if init_ms.value > limit_ms:
        return InitLimit.PAST
    if init_ms.value > NEAR_LIMIT_SHARE * limit_ms or init_ms.high >= limit_ms:
        return InitLimit.NEAR
    return InitLimit.BELOW


def _billed(init_ms: Interval, waiting_ms: float, memory_mb: int) -> Interval:
    """Return the billed init; a bound past the limit is that of a retry that computes throttled.

    Public sources contradict each other on whether the lost init is billed as well. The upper bound
    assumes that it is.
    """
    limit_ms = load_limits().on_demand_init_limit_ms
    low, value, high = (
        ms if ms <= limit_ms else throttled_ms(ms, waiting_ms, memory_mb)
        for ms in (init_ms.low, init_ms.value, init_ms.high)
    )
    lost_ms = limit_ms if init_ms.high > limit_ms else 0.0
    return Interval(_round_up(low), _round_up(value), _round_up(high + lost_ms), CONFIDENCE)


def _round_up(milliseconds: float) -> int:
    # Binary rounding noise must not bill a millisecond.
    return math.ceil(round(milliseconds, 6))


def _notes(parts: FunctionParts, limit: InitLimit, memory_mb: int) -> tuple[str, ...]:
    notes = []
    if parts.blocked_ms:
        notes.append(
            f"{parts.blocked_ms:.0f} ms of waiting (sleep, disk, network) are billed as"
            " measured here, not scaled."
        )
    if limit is InitLimit.PAST:
        waits = " (its waiting takes no longer)" if parts.blocked_ms else ""
        notes.append(
            "Init would pass Lambda's 10 s limit: it is retried inside the first invocation, where"
            f" it computes {throttle_factor(memory_mb):.1f} times slower at {memory_mb} MB{waits},"
            " under the function's own timeout. Whether the lost 10 s are billed too is not clear:"
            " the upper bound includes them."
        )
    elif limit is InitLimit.NEAR:
        notes.append(
            "Init comes near Lambda's 10 s limit for on-demand init, or may pass it: it would"
            " then run again, throttled, inside the first invocation."
        )
    notes.append(
        "Dollars are tier-1 GB-seconds of the init alone: requests and the handler's own"
        " duration come on top."
    )
    return tuple(notes)


def _sources(prices: Prices, own: Calibration | None, profile: Profile) -> tuple[Source, ...]:
    used = [load_floors().provenance]
    if profile.source != LAMBDA_LOG:
        used += [load_speed_reference().provenance, load_cost_models().provenance]
    used += [prices.provenance, load_limits().provenance]
    if profile.web is not None:
        used.append(load_adapter().provenance)
    if profile.settings.extensions and own is None:
        used.append(load_extension_figures().provenance)
    logged = () if own is None else (Source("inits as logged", "the function's log", own.date),)
    return (*logged, *(_source(provenance) for provenance in used))


def _source(provenance: FigureProvenance) -> Source:
    return Source(provenance.figure, provenance.source, provenance.date)
