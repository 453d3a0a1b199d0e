"""Use case: find the remedy against cold starts that pays for a function under its traffic."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.billing.calibration import Calibration
from importcost.billing.remedies.compare import RemedyTable, compare_strategies
from importcost.billing.remedies.recommend import Recommendation, recommend
from importcost.billing.remedies.traffic import Traffic
from importcost.model.profile import Profile


@dataclass(frozen=True, slots=True)
class RemediesFound:
    """The remedies side by side, and the recommended one."""

    comparison: RemedyTable
    recommendation: Recommendation


def strategies_for(
    profile: Profile, traffic: Traffic, calibration: Calibration | None
) -> RemediesFound:
    """Compare strategies, with the profile's calibration if the configuration has one.

    Raises UsageError for settings that Lambda does not have.
    """
    found = compare_strategies(profile, traffic, calibration=calibration)
    return RemediesFound(found, recommend(found))
