"""The few constants with which the page works out money and waiting at another memory size."""

from __future__ import annotations

from typing import Any

from importcost.billing.datafiles import load_limits
from importcost.billing.estimate import Estimate
from importcost.billing.prices import load_prices
from importcost.model.profile import Profile

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


def money(profile: Profile, estimate: Estimate) -> dict[str, Any]:
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
