"""Made-up events for a handler that was given none: by what its source says of its trigger."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from importlib import resources
from typing import Any

from importcost.app.defer.events import HandlerEvent

MOST_MATCHING = 2
"""Made-up events of triggers, after the empty one."""
MIN_SIGNS = 2
"""Fewer names in common say nothing: a body and headers are in many files."""
_DEFAULT = "a made-up HTTP API event"


def synthetic_events(sources: Iterable[str], *, is_quick: bool = False) -> tuple[HandlerEvent, ...]:
    """Return an empty event and those of the likeliest triggers, the likeliest first.

    `sources` are the texts of the function's own files. With `is_quick` it is the likeliest alone.
    """
    text = resources.files("importcost.deferral").joinpath("data", "synthetic-events.json")
    known: list[dict[str, Any]] = json.loads(text.read_text(encoding="utf-8"))["events"]
    names = set().union(*map(_names, sources))
    scores = {one["name"]: len(names.intersection(one["signs"])) for one in known}
    likely = sorted(
        (one for one in known if scores[one["name"]] >= MIN_SIGNS),
        key=lambda one: -scores[one["name"]],
    )
    chosen = likely[:MOST_MATCHING] or [one for one in known if one["name"] == _DEFAULT]
    empty = [one for one in known if not one["signs"]]
    events = chosen[:1] if is_quick else [*empty, *chosen]
    return tuple(HandlerEvent(one["name"], one["event"], is_made_up=True) for one in events)


def _names(source: str) -> set[str]:
    """Return the texts and attribute names of a file: the keys that it may read of an event."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, (ast.Attribute, ast.Name)):
            found.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return found
