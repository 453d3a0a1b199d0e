"""The memory curve: a cold start at every memory size, architecture and package type.

On-demand init is not scaled by memory (the INIT boost); its dollars are. Deferred work runs after
init, with memory / 1769 MB of one vCPU: its computing takes max(1, 1769 / memory) times as long,
its waiting as long as before. So deferring pays while less than `saved_ms / first_use_ms` of cold
starts need the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importcost.billing.calibration import Calibration
from importcost.billing.estimate import (
    Estimate,
    estimate,
    file_costs,
    throttle_factor,
    throttled_ms,
)
from importcost.billing.figures.datafiles import check_memory
from importcost.billing.figures.platforms import LAMBDA
from importcost.billing.figures.prices import Prices, load_prices
from importcost.billing.savings import changed, savings_of
from importcost.declaration import ARCHES, PACKAGE_TYPES
from importcost.model.interval import Interval
from importcost.model.profile import Profile
from importcost.model.results.facts import ArchitectureBill
from importcost.model.results.savings import Saving, Savings

MEMORY_SIZES = (128, 256, 512, 1024, 1769, 3008, 5307, 7076, 8845, 10_240)
"""Lambda's range in MB, with the sizes at which a function gets one more vCPU."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """The deferrals of a profile at one memory size. Milliseconds, US dollars.

    `saved_ms` is the time that init loses. `first_use_ms` is how long the first request waits for
    the deferred work, whose computing is throttled. `break_even_share` (0 to 1) is the share of
    cold starts that may need it before deferring loses. `init_ms` and `dollars_per_million` are of
    a cold start that needs none of it.
    """

    saved_ms: Interval
    first_use_ms: Interval
    break_even_share: float
    init_ms: Interval
    dollars_per_million: Interval | None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One cold start: the estimate as it is, and with the deferrals if there are any."""

    estimate: Estimate
    throttle: float
    deferred: Deferred | None


@dataclass(frozen=True, slots=True)
class Curve:
    """All points in the order of package types, architectures and memory sizes."""

    points: tuple[CurvePoint, ...]
    savings: Savings


def memory_curve(
    profile: Profile,
    *,
    memories: Sequence[int] = MEMORY_SIZES,
    arches: Sequence[str] | None = None,
    package_types: Sequence[str] = PACKAGE_TYPES,
    prices: Prices | None = None,
    calibration: Calibration | None = None,
) -> Curve:
    """Return a profile's cold start over memory sizes (MB), architectures and package types.

    Raises UsageError for a size, architecture or package type that Lambda does not have.
    """
    found = savings_of(profile)
    sizes = sorted({check_memory(memory) for memory in memories})
    points = []
    for package_type in package_types:
        for arch in arches or priced_arches(profile):
            for memory_mb in sizes:
                as_it_is = estimate(
                    profile,
                    memory_mb=memory_mb,
                    arch=arch,
                    package_type=package_type,
                    prices=prices,
                    calibration=calibration,
                )
                deferred = _deferred(profile, found.deferral, as_it_is, prices, calibration)
                points.append(CurvePoint(as_it_is, throttle_factor(memory_mb), deferred))
    return Curve(tuple(points), found)


def platform_curve(profile: Profile, memories: Sequence[int]) -> Curve:
    """Return a profile's start over memory sizes (MB) on its platform, which is not Lambda.

    What is deferred takes as long after init as in it. Raises UsageError for a size that the
    platform does not have.
    """
    found = savings_of(profile)
    points = []
    for memory_mb in sorted(set(memories)):
        as_it_is = estimate(profile, memory_mb=memory_mb)
        deferred = _deferred(profile, found.deferral, as_it_is, None, None)
        points.append(CurvePoint(as_it_is, as_it_is.throttle, deferred))
    return Curve(tuple(points), found)


def priced_arches(profile: Profile) -> tuple[str, ...]:
    """Return the architectures that have a price in the profile's region."""
    known = load_prices(region=profile.settings.region).by_arch
    return tuple(arch for arch in ARCHES if arch in known)


def bills_by_architecture(
    profile: Profile, bill: Estimate, deferral: Saving | None
) -> tuple[ArchitectureBill, ...]:
    """Return the bill on each architecture, that of `bill` first.

    `bill` keeps its calibration, which holds for no other architecture. Empty on a platform that
    has no price by memory size.
    """
    if bill.platform != LAMBDA:
        return ()
    others = [
        estimate(profile, memory_mb=bill.memory_mb, arch=arch, package_type=bill.package_type)
        for arch in priced_arches(profile)
        if arch != bill.arch
    ]
    return tuple(
        ArchitectureBill(
            arch=one.arch,
            init_ms=one.init_ms,
            gb_second_dollars=one.gb_second_dollars or 0.0,
            limit=one.limit.value,
            saved_ms=saved_ms(profile, deferral, one).value if deferral else None,
            waiting_ms=one.waiting_ms,
            saved_waiting_ms=deferral.waiting_ms if deferral else 0.0,
        )
        for one in (bill, *others)
    )


def saved_ms(profile: Profile, saving: Saving, bill: Estimate) -> Interval:
    """Return the time on Lambda that a saving takes off init, in milliseconds.

    Multiplies the bounds of share and speed ratio: wider than independent errors. The files of
    modules that are no longer loaded count with the ratio's relative band, which is the model's.
    """
    cpu_ms = profile.function_init.cpu_us.value / 1000
    share, ratio, waiting_ms = saving.share, bill.speed_ratio, saving.waiting_ms
    files_ms = file_costs(profile, bill).ms_of(saving.gone)
    value = ratio.value or 1.0
    return Interval(
        (share.low * cpu_ms + files_ms / value) * ratio.low + waiting_ms,
        share.value * cpu_ms * ratio.value + files_ms + waiting_ms,
        (share.high * cpu_ms + files_ms / value) * ratio.high + waiting_ms,
        ratio.confidence,
    )


def first_use_ms(saved: Interval, saving: Saving, memory_mb: int) -> Interval:
    """Return how long saved work takes when a request needs it after init, in milliseconds."""
    low, value, high = (
        throttled_ms(ms, saving.waiting_ms, memory_mb)
        for ms in (saved.low, saved.value, saved.high)
    )
    return Interval(low, value, high, saved.confidence)


def times(interval: Interval, factor: float) -> Interval:
    """Return an interval multiplied by a factor, zero or more."""
    low, value, high = (end * factor for end in (interval.low, interval.value, interval.high))
    return Interval(low, value, high, interval.confidence)


def _deferred(
    profile: Profile,
    saving: Saving | None,
    bill: Estimate,
    prices: Prices | None,
    calibration: Calibration | None,
) -> Deferred | None:
    if saving is None:
        return None
    without = estimate(
        changed(profile, saving.share.value, saving.waiting_ms, saving.gone),
        memory_mb=bill.memory_mb,
        arch=bill.arch,
        package_type=bill.package_type,
        prices=prices,
        calibration=calibration,
    )
    saved = saved_ms(profile, saving, bill)
    is_lambda = bill.platform == LAMBDA
    late = first_use_ms(saved, saving, bill.memory_mb) if is_lambda else saved
    return Deferred(
        saved_ms=saved,
        first_use_ms=late,
        break_even_share=saved.value / late.value if late.value else 1.0,
        init_ms=without.init_ms,
        dollars_per_million=without.dollars_per_million,
    )
