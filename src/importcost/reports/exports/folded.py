"""Folded stacks, `a;b;c 123` in microseconds of self time, for flamegraph.pl and its kin."""

from __future__ import annotations

from importcost.billing.estimate import Estimate
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.reports.exports.frames import build_frames
from importcost.reports.exports.names import clean


def render_folded(
    profile: Profile,
    estimate: Estimate,  # noqa: ARG001 - the table's
    facts: ProfileFacts,  # noqa: ARG001 - the table's
) -> str:
    """Return one line for every stack that has time of its own, equal stacks added up."""
    frames = build_frames(profile)
    stack: list[str] = []
    weights: dict[str, int] = {}
    for frame, depth in enumerate(frames.depths):
        del stack[depth:]
        # A semicolon parts frames, and the format knows no escape for one in a name.
        stack.append(clean(frames.names[frame]).replace(";", ":"))
        if frames.self_us[frame]:
            line = ";".join(stack)
            weights[line] = weights.get(line, 0) + frames.self_us[frame]
    return "".join(f"{line} {weight}\n" for line, weight in weights.items())
