"""Formats of paths, intervals and states of bytecode in reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importcost.model.graph import RUNTIME_IMPORTER, BytecodeState, ImportEdge
from importcost.model.interval import Interval
from importcost.model.profile import Profile, Target

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import IntervalData


START_COMMAND = "(start command)"
COMPILED_IMPORTER = "a compiled module"
BYTECODE_ORDER = tuple(BytecodeState)


def short_path(file: str, target: Target | None) -> str:
    """Return the part of a path that tells a reader where the file is.

    Below the task root or a layer: relative to it. Elsewhere: what follows site-packages or
    the standard library's folder. A page that is passed on need not tell the writer's folders.
    """
    path = file.replace("\\", "/")
    roots = (target.task_root, *target.layers) if target else ()
    parts = path.split("/")
    for marker in ("site-packages", "dist-packages"):
        if marker in parts:
            at = len(parts) - parts[::-1].index(marker)
            return "/".join(parts[at:])
    for root in roots:
        prefix = root.replace("\\", "/").rstrip("/") + "/"
        if path.startswith(prefix):
            return path[len(prefix) :]
    for at, part in enumerate(parts[:-1]):
        if part.startswith("python3") and at and parts[at - 1] == "lib":
            return "/".join(parts[at:])
    return "/".join(parts[-3:])


def importer_word(profile: Profile, edge: ImportEdge) -> str:
    """Return the importer of an edge; what nothing imports, a web app's start command does.

    A target that is no handler has no runtime: importcost imports it, and its modules without a
    known importer are imported by compiled ones, which leave no trace of the statement.
    """
    plain = profile.target.plain if profile.target else None
    if plain is not None and edge.importer == RUNTIME_IMPORTER:
        is_target = profile.target is not None and edge.imported == profile.target.module
        return plain.label if is_target else COMPILED_IMPORTER
    is_command = profile.web is not None and edge.importer == RUNTIME_IMPORTER
    return START_COMMAND if is_command else edge.importer


def interval_or_none(interval: Interval | None) -> IntervalData | None:
    """Return an interval as a JSON value, None for one that does not exist."""
    return None if interval is None else interval_json(interval)


def interval_json(interval: Interval) -> IntervalData:
    """Return an interval as a JSON value."""
    return {
        "low": interval.low,
        "value": interval.value,
        "high": interval.high,
        "confidence": interval.confidence,
    }
