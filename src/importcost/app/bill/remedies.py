"""Use case: which remedy against cold starts pays for one function under its traffic."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.app.bill.place import calibration_of
from importcost.billing.remedies.compare import Comparison, compare_strategies
from importcost.billing.remedies.recommend import Recommendation, recommend
from importcost.billing.remedies.traffic import Traffic
from importcost.model.profile import Profile


@dataclass(frozen=True, slots=True)
class RemediesFound:
    """The remedies side by side, and the one that is recommended."""

    comparison: Comparison
    recommendation: Recommendation


def strategies_for(profile: Profile, traffic: Traffic) -> RemediesFound:
    """Compare strategies, with the profile's calibration where the configuration has one.

    Raises UsageError for settings that Lambda does not have.
    """
    found = compare_strategies(profile, traffic, calibration=calibration_of(profile))
    return RemediesFound(found, recommend(found))
