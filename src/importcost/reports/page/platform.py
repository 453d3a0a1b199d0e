"""The platform in the words that the pages use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importcost.billing.estimate import Estimate
from importcost.billing.figures.platforms import LAMBDA
from importcost.reports.platform_words import (
    limit_sentence,
    platform_notes,
    platform_of,
    price_unit,
    start_verb,
    time_basis,
    time_place,
)

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import PlatformData


def platform_data(estimate: Estimate) -> PlatformData:
    """Return the platform of an estimate for a page."""
    platform = platform_of(estimate)
    memory = f"{estimate.memory_mb:,} MB"
    facts = [platform.title, *([memory] if platform.memory else [])]
    if estimate.platform == LAMBDA:
        facts = [estimate.arch, estimate.package_type, memory]
    return {
        "name": estimate.platform,
        "title": platform.title,
        "is_modelled": estimate.is_modelled,
        "place": time_place(estimate),
        "basis": time_basis(estimate),
        "verb": start_verb(estimate),
        "price_at": None if estimate.dollars_per_million is None else price_unit(estimate),
        "place_facts": facts,
        "notes": list(platform_notes(estimate)),
        "limit": limit_sentence(estimate),
    }
