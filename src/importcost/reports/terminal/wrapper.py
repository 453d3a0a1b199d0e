"""The lines of the report on what wraps a handler."""

from __future__ import annotations

from importcost.billing.estimate import Estimate
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.reports.text import wrap
from importcost.reports.wrapper_notes import wrapper_notes


def wrapper_lines(
    profile: Profile, estimate: Estimate, facts: ProfileFacts, width: int
) -> list[str]:
    """Return the lines on the handler's wrapper; none for a handler without one."""
    notes = wrapper_notes(profile, estimate, facts)
    return [line for note in notes for line in wrap(note, width)]
