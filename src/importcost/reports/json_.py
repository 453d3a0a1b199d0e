"""The JSON report: the saved profile, and figures derived from it today."""

from __future__ import annotations

from typing import Any

from importcost.billing.estimate import Estimate
from importcost.errors import UsageError
from importcost.model.codec import profile_from_plain, profile_to_plain, to_plain
from importcost.model.parsing.json_text import parse_json
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.model.web import WebInit
from importcost.reports.behaviour import proof_headline
from importcost.reports.json_text import json_text


def render_json(
    profile: Profile,
    estimate: Estimate,
    facts: ProfileFacts | None = None,  # noqa: ARG001 - the table's
) -> str:
    """Return the profile as JSON text, with the estimate under `derived`.

    `derived.web` holds a web app's medians.
    `derived.proof` says what proof there is of the best set, None without one. `derived` is for
    readers of the file; importcost itself calculates it again from the profile.
    """
    proof = proof_headline(profile.advice.best_set) if profile.advice else None
    derived: dict[str, Any] = {"estimate": to_plain(estimate), "proof": proof}
    if profile.web is not None:
        derived["web"] = _web_figures(profile.web)
    data = {**profile_to_plain(profile), "derived": derived}
    return json_text(data, is_compact=True) + "\n"


def _web_figures(web: WebInit) -> dict[str, Any]:
    """Return medians over a web app's starts, microseconds."""
    return {
        "init_us": web.init_us,
        "requests": [
            {
                "request": str(one.request),
                "first_byte_us": one.first_byte_us,
                "last_byte_us": one.last_byte_us,
                "streams": one.is_streamed,
            }
            for one in web.requests
        ],
    }


def read_profile(text: str, name: str) -> Profile:
    """Return the profile in JSON text. Raises UsageError naming `name` if it is invalid."""
    try:
        data = parse_json(text)
    except ValueError as error:
        raise UsageError(
            f"{name} is not valid JSON ({error}): name a profile saved with -o."
        ) from error
    try:
        return profile_from_plain(data)
    except UsageError as error:
        raise UsageError(f"{name} cannot be read: {error}.") from error
