"""The trace of Perfetto and chrome://tracing, in the JSON Trace Event Format.

Begin and end events, not complete ones: those nest by time alone, and an import of no measured
time would slip out of the module that made it.
"""

from __future__ import annotations

from typing import Any

from importcost.billing.estimate import Estimate
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.reports.exports.facts import ModuleText, module_texts
from importcost.reports.exports.frames import NO_NODE, Frames, build_frames
from importcost.reports.exports.names import clean
from importcost.reports.json_text import json_text

PID = TID = 1


def render_trace(
    profile: Profile,
    estimate: Estimate,  # noqa: ARG001 - the table's
    facts: ProfileFacts,
) -> str:
    """Return a trace document; `ts` is microseconds from the cold start's begin."""
    frames, texts = build_frames(profile), module_texts(profile, facts)
    place = {"pid": PID, "tid": TID}
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "args": {"name": "importcost"}, **place},
        {"ph": "M", "name": "thread_name", "args": {"name": "init, CPU time"}, **place},
    ]
    for opens, frame, at in frames.events():
        if opens:
            events.append({"ph": "B", "ts": at, **_begin(profile, frames, frame, texts), **place})
        else:
            # speedscope ends nothing without the name of what began.
            events.append({"ph": "E", "ts": at, "name": clean(frames.names[frame]), **place})
    document = {
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {
            "exporter": f"importcost {profile.importcost_version}",
            "created_at": profile.created_at,
        },
    }
    return json_text(document, is_compact=True) + "\n"


def _begin(profile: Profile, frames: Frames, frame: int, texts: list[ModuleText]) -> dict[str, Any]:
    node = frames.nodes[frame]
    args: dict[str, Any] = {"self_us": frames.self_us[frame]}
    if node == NO_NODE:
        return {"name": clean(frames.names[frame]), "cat": "phase", "args": args}
    fact = texts[profile.tree.name_ids[node]]
    args["distribution"] = clean(fact.distribution)
    if fact.from_runtime:
        args["from_runtime"] = True
    if fact.imported_at:
        args["imported_at"] = clean(fact.imported_at)
    return {"name": clean(frames.names[frame]), "cat": "import", "args": args}
