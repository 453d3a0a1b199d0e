"""The JSON report: the saved profile, and figures derived from it today."""

from __future__ import annotations

import json
from typing import Any

from importcost.billing.estimate import Estimate
from importcost.errors import UsageError
from importcost.model.codec import profile_from_plain, profile_to_plain, to_plain
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.reports.behaviour import proof_headline


def render_json(
    profile: Profile,
    estimate: Estimate,
    facts: ProfileFacts | None = None,  # noqa: ARG001 - the table's
) -> str:
    """Return the profile as JSON text, with the estimate under `derived`.

    `derived.proof` says what proof there is of the best set, None without one. `derived` is for
    readers of the file; importcost itself calculates it again from the profile.
    """
    proof = proof_headline(profile.advice.best_set) if profile.advice else None
    derived = {"estimate": to_plain(estimate), "proof": proof}
    data = {**profile_to_plain(profile), "derived": derived}
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True) + "\n"


def read_profile(text: str, name: str) -> Profile:
    """Return the profile in JSON text. Raises UsageError naming `name` if it is invalid."""
    try:
        data: Any = json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"{name} is not valid JSON ({error}): name a profile saved with -o."
        ) from error
    try:
        return profile_from_plain(data)
    except UsageError as error:
        raise UsageError(f"{name} cannot be read: {error}.") from error
