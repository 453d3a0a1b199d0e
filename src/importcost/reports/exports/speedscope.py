"""The speedscope file: an evented profile with one frame a name.

The format is https://www.speedscope.app/file-format-schema.json.
"""

from __future__ import annotations

from typing import Any

from importcost.billing.estimate import Estimate
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.reports.exports.facts import module_texts
from importcost.reports.exports.frames import NO_NODE, Frames, build_frames
from importcost.reports.exports.names import clean
from importcost.reports.json_text import json_text

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def render_speedscope(
    profile: Profile,
    estimate: Estimate,  # noqa: ARG001 - the table's
    facts: ProfileFacts,
) -> str:
    """Return a speedscope document; times are microseconds from the cold start's begin."""
    frames = build_frames(profile)
    shared, ids = _shared_frames(profile, facts, frames)
    events = [
        {"type": "O" if opens else "C", "frame": ids[frame], "at": at}
        for opens, frame, at in frames.events()
    ]
    name = clean(frames.names[0])
    document = {
        "$schema": SCHEMA,
        "exporter": f"importcost {profile.importcost_version}",
        "name": name,
        "activeProfileIndex": 0,
        "shared": {"frames": shared},
        "profiles": [
            {
                "type": "evented",
                "name": name,
                "unit": "microseconds",
                "startValue": 0,
                "endValue": frames.total_us[0],
                "events": events,
            }
        ],
    }
    return json_text(document, is_compact=True) + "\n"


def _shared_frames(
    profile: Profile, facts: ProfileFacts, frames: Frames
) -> tuple[list[dict[str, Any]], list[int]]:
    """Return speedscope's frames and the id of each of ours; one name is one frame there.

    Phases stay apart from modules of the same name.
    """
    texts, tree = module_texts(profile, facts), profile.tree
    ids: dict[tuple[bool, str], int] = {}
    shared: list[dict[str, Any]] = []
    result = []
    for name, node in zip(frames.names, frames.nodes, strict=True):
        key = (node == NO_NODE, name)
        if key not in ids:
            ids[key] = len(shared)
            file = texts[tree.name_ids[node]].file if node != NO_NODE else ""
            shown = {"name": clean(name)}
            shared.append({**shown, "file": clean(file)} if file else shown)
        result.append(ids[key])
    return shared, result
