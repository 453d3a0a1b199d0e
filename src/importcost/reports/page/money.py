"""The few constants with which the page works out money and waiting at another memory size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importcost.billing.curve import saved_ms
from importcost.billing.estimate import Estimate, estimate
from importcost.billing.figures.datafiles import ARCHES, load_limits
from importcost.billing.figures.prices import load_prices
from importcost.billing.savings import Saving, savings_of
from importcost.model.profile import Profile
from importcost.reports.facts import interval_json

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import CurveData, CurveSide, MoneyConstants


MEMORY_STOPS = (
    128,
    256,
    384,
    512,
    768,
    1024,
    1280,
    1536,
    1769,
    2048,
    3008,
    4096,
    6144,
    8192,
    10240,
)
"""Memory sizes, MB, that people choose; 1769 is one whole vCPU."""


def money(profile: Profile, estimate: Estimate) -> MoneyConstants:
    """Return prices, limits and memory sizes; dollars a GB-second, megabytes, milliseconds.

    The shipped prices, tier 1, as the estimate took them.
    """
    limits = load_limits()
    stops = {*MEMORY_STOPS, estimate.memory_mb, profile.settings.memory_mb}
    return {
        "gb_second_dollars": load_prices().gb_second(estimate.arch),
        "mb_per_vcpu": limits.mb_per_vcpu,
        "init_limit_ms": limits.on_demand_init_limit_ms,
        "memory_mb": sorted(s for s in stops if limits.memory_min_mb <= s <= limits.memory_max_mb),
    }


def curve(profile: Profile, bill: Estimate) -> CurveData:
    """Return what the memory curve is drawn from; milliseconds, US dollars a GB-second.

    Init is the same at every memory size, so each architecture needs one init and one price: the
    page works out the points as it does its headline. `sides` starts with the estimate's own
    architecture, at its own calibration, which holds for no other. `deferral` is None where none
    is worth it, for the reason in `missing`.
    """
    found = savings_of(profile)
    others = [
        estimate(profile, memory_mb=bill.memory_mb, arch=arch, package_type=bill.package_type)
        for arch in ARCHES
        if arch != bill.arch
    ]
    saving = found.deferral
    return {
        "sides": [_side(profile, one, saving) for one in (bill, *others)],
        "deferral": {"what": saving.what, "verified": saving.is_verified} if saving else None,
        "missing": None if saving else found.missing[0],
    }


def _side(profile: Profile, bill: Estimate, saving: Saving | None) -> CurveSide:
    return {
        "arch": bill.arch,
        "init_ms": interval_json(bill.init_ms),
        "gb_second_dollars": load_prices().gb_second(bill.arch),
        "limit": bill.limit.value,
        "saved_ms": saved_ms(profile, saving.share, bill).value if saving else None,
    }
