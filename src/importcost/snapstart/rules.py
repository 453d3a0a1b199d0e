"""A platform's rules around a snapshot: the limits of init and hooks, and a failed hook's end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from importcost.billing.figures.datafiles import child, load_limits, number, read_json, text_field

_FILE = "snapshots.json"


@dataclass(frozen=True, slots=True)
class SnapshotRules:
    """One platform's rules, in seconds; infinite where the platform has no such limit.

    `before_s` is for init with the hooks before the snapshot, `after_s` for those after a restore,
    `each_s` for one hook. `ends_before` and `ends_after` are clauses: the end of a failed hook.
    """

    name: str
    before_s: float
    after_s: float
    each_s: float
    ends_before: str
    ends_after: str


def lambda_rules(timeout_s: float) -> SnapshotRules:
    """Return Lambda's rules for a function's own timeout."""
    return _rules("lambda", load_limits().ahead_init_limit_s(timeout_s))


def adapter_rules(timeout_s: float) -> SnapshotRules:
    """Return those of Lambda with Lambda Web Adapter."""
    return _rules("lwa", load_limits().ahead_init_limit_s(timeout_s))


def agentcore_rules() -> SnapshotRules:
    """Return those of Bedrock AgentCore Runtime V2."""
    return _rules("agentcore", None)


def _rules(name: str, before_s: float | None) -> SnapshotRules:
    place = f"{_FILE}: `{name}`"
    entry = child(read_json(_FILE), name, _FILE)
    return SnapshotRules(
        name=name,
        before_s=number(entry, "init_s", place) if before_s is None else before_s,
        after_s=_limit(entry, "after_s", place),
        each_s=_limit(entry, "hook_s", place),
        ends_before=text_field(entry, "ends_before", place),
        ends_after=text_field(entry, "ends_after", place),
    )


def _limit(entry: Mapping[str, Any], key: str, place: str) -> float:
    return number(entry, key, place) if entry.get(key) is not None else math.inf
