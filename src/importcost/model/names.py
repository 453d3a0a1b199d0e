"""The name of a profiled function in reports."""

from __future__ import annotations

from importcost.model.profile import Profile


def profiled_name(profile: Profile) -> str | None:
    """Return the handler string, `main:app under uvicorn` for a web app, None for a log."""
    if profile.web is not None:
        return f"{profile.web.app} under {profile.web.server}"
    return profile.target.handler if profile.target else None
