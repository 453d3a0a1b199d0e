"""Use case: which remedy against cold starts pays for one function under its traffic."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.app.bill.place import calibration_of
from importcost.billing.remedies.compare import compare_strategies
from importcost.billing.remedies.recommend import recommend
from importcost.billing.remedies.traffic import Traffic
from importcost.model.profile import Profile
from importcost.reports.terminal.remedies import render_strategies, strategies_json


@dataclass(frozen=True, slots=True)
class StrategiesReport:
    """The same comparison twice: as text for the terminal, and as JSON text."""

    text: str
    json: str


def strategies_for(
    profile: Profile, traffic: Traffic, *, width: int, colour: bool
) -> StrategiesReport:
    """Compare strategies, with the profile's calibration where the configuration has one.

    Raises UsageError for settings that Lambda does not have.
    """
    found = compare_strategies(profile, traffic, calibration=calibration_of(profile))
    advice = recommend(found)
    return StrategiesReport(
        text=render_strategies(found, advice, width=width, colour=colour),
        json=strategies_json(found, advice),
    )
