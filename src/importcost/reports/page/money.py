"""The few constants with which the page works out money and waiting at another memory size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importcost.billing.estimate import Estimate
from importcost.billing.figures.datafiles import load_limits
from importcost.model.profile import Profile
from importcost.model.results.facts import ArchitectureBill, ProfileFacts
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


def money_constants(profile: Profile, estimate: Estimate) -> MoneyConstants | None:
    """Return prices, limits and memory sizes; dollars a GB-second, megabytes, milliseconds.

    The shipped prices, tier 1, as the estimate took them. None on a platform whose memory size
    does not set the price and the speed alone.
    """
    if estimate.gb_second_dollars is None:
        return None
    limits = load_limits()
    stops = {*MEMORY_STOPS, estimate.memory_mb, profile.settings.memory_mb}
    return {
        "gb_second_dollars": estimate.gb_second_dollars,
        "mb_per_vcpu": limits.mb_per_vcpu,
        "init_limit_ms": limits.on_demand_init_limit_ms,
        "memory_mb": sorted(s for s in stops if limits.memory_min_mb <= s <= limits.memory_max_mb),
    }


def curve(facts: ProfileFacts) -> CurveData | None:
    """Return the data of the memory curve; milliseconds, US dollars a GB-second.

    The page calculates the points as it does its headline. `deferral` is None if none is worth it,
    for the reason in `missing`. None on a platform whose price does not follow the memory size.
    """
    if not facts.architectures:
        return None
    saving = facts.savings.deferral
    return {
        "sides": [_side(bill) for bill in facts.architectures],
        "deferral": {"what": saving.what, "verified": saving.is_verified} if saving else None,
        "missing": None if saving else facts.savings.missing[0],
    }


def _side(bill: ArchitectureBill) -> CurveSide:
    return {
        "arch": bill.arch,
        "init_ms": interval_json(bill.init_ms),
        "gb_second_dollars": bill.gb_second_dollars,
        "limit": bill.limit,
        "saved_ms": bill.saved_ms,
        "waiting_ms": bill.waiting_ms,
        "saved_waiting_ms": bill.saved_waiting_ms,
    }
