"""Priming before a snapshot: its saving of the first request, its leavings, and its hook."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from importcost.model.interval import Interval
from importcost.model.ranks.signed_ranks import hodges_lehmann, signed_rank_test
from importcost.model.results.network import NetworkAttempt
from importcost.model.stats import median
from importcost.snapstart.model import (
    STATEFUL,
    GlobalName,
    HazardKind,
    Held,
    ObservedCall,
    Severity,
    SnapshotHazard,
)
from importcost.snapstart.modules import Project
from importcost.snapstart.writes import global_writes

SURE_P = 0.01


class PrimingVerdict(str, Enum):
    """The effect of priming on the first request after a restore."""

    SAVES = "saves"
    COSTS = "costs"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class PrimingTimes:
    """Times of interleaved pairs, microseconds: the first request, plain and primed, in order.

    `calls_us` are the calls before the snapshot, which are a part of init.
    """

    plain_us: tuple[int, ...]
    primed_us: tuple[int, ...]
    calls_us: tuple[int, ...]

    @property
    def differences_us(self) -> tuple[int, ...]:
        """The saving in each pair."""
        return tuple(a - b for a, b in zip(self.plain_us, self.primed_us, strict=True))

    @property
    def saving_us(self) -> Interval:
        """The saving of a first request: the medians' difference, so never above the request.

        The interval is that of the signed-rank test, widened where it leaves the value out, and it
        ends at the request as well.
        """
        plain, primed = self.first_us
        shift = hodges_lehmann([float(one) for one in self.differences_us])
        saving = plain - primed
        return Interval(
            min(shift.low, saving), saving, max(min(shift.high, plain), saving), shift.confidence
        )

    @property
    def p_value(self) -> float:
        """The signed-rank test's: how likely such pairs are if priming changes nothing."""
        return signed_rank_test([float(one) for one in self.differences_us]).p_value

    @property
    def verdict(self) -> PrimingVerdict:
        """The decision of the signed-rank test at p < 0.01."""
        value = self.saving_us.value
        shift = hodges_lehmann([float(one) for one in self.differences_us]).value
        if self.p_value >= SURE_P or value * shift <= 0:  # two measures that disagree show nothing
            return PrimingVerdict.NOT_SHOWN
        return PrimingVerdict.SAVES if value > 0 else PrimingVerdict.COSTS

    @property
    def first_us(self) -> tuple[float, float]:
        """The median first request, plain and primed."""
        return median([float(a) for a in self.plain_us]), median([float(b) for b in self.primed_us])


@dataclass(frozen=True, slots=True)
class PrimedState:
    """The changes of one traced priming. `before`, `after` and `at_snapshot` hold the globals.

    `caches` are functions whose caches grew, with their entries; `loaded` are top-level modules
    that only the call loads. `consumes_random` is True if it drew from random's shared generator.
    """

    events: tuple[ObservedCall, ...]
    before: Held
    after: Held
    at_snapshot: Held
    caches: tuple[tuple[str, int], ...]
    loaded: tuple[str, ...]
    consumes_random: bool


@dataclass(frozen=True, slots=True)
class PrimingReport:
    """The effect of an invocation before the snapshot on the first request after a restore.

    `event` names what was sent. `kept` are globals that the call filled and the snapshot keeps.
    `attempts` are requests to other machines, which were refused; `mocked` are AWS calls that the
    mock answered. `findings` are hazards of the primed snapshot. `hook` is code to add.
    """

    event: str
    times: PrimingTimes
    loaded: tuple[str, ...]
    kept: tuple[str, ...]
    caches: tuple[tuple[str, int], ...]
    attempts: tuple[NetworkAttempt, ...]
    mocked: tuple[str, ...]
    findings: tuple[SnapshotHazard, ...]
    hook: str

    @property
    def is_clean(self) -> bool:
        """Return True if priming leaves no hazard."""
        return all(item.severity is not Severity.HAZARD for item in self.findings)


_WHY = {
    HazardKind.CLOCK: "priming keeps the time of the snapshot",
    HazardKind.CREDENTIALS: "priming keeps credentials that expire while the snapshot lives on",
    HazardKind.CONNECTION: "priming leaves it open: the other side is gone after a restore",
    HazardKind.TEMPORARY_FILE: "priming leaves it: every restored environment has the same file",
    HazardKind.ENVIRONMENT: "priming keeps a value that another environment has otherwise",
}
_ALIKE = "priming keeps it: every restored environment has the same value"
_CLEARED = "a before-snapshot hook closes or clears it after priming"


def priming_findings(project: Project, state: PrimedState) -> tuple[SnapshotHazard, ...]:
    """Return what priming leaves in the snapshot that must not be there, in file order."""
    found = {
        (item.file, item.line, item.kind): item
        for event in state.events
        for item in _of_event(project, state, event)
    }
    if state.consumes_random:
        note = _finding(
            HazardKind.RANDOM,
            Severity.NOTE,
            ("", 0, ""),
            "random",
            (),
            "priming draws from random's shared generator: its state is part of the snapshot, so "
            "call random.seed() in a restore hook",
        )
        found["", 0, HazardKind.RANDOM] = note
    return tuple(sorted(found.values(), key=lambda item: (item.file, item.line, item.kind.value)))


def _of_event(
    project: Project, state: PrimedState, event: ObservedCall
) -> Iterator[SnapshotHazard]:
    modules = {module.file: module for module in project.modules.values()}
    _, file, line = event.frames[0]
    module = modules.get(file)
    code = module.line(line) if module is not None else ""
    place = (file, line, code)
    if event.kind in STATEFUL:
        was_open, is_open = event.is_open or (False, False)
        if was_open:
            severity = Severity.HAZARD if is_open else Severity.ACCEPTED
            reason = _WHY[event.kind] if is_open else _CLEARED
            yield _finding(event.kind, severity, place, event.label, (), reason)
        return
    names = [
        name
        for _, own, where in event.frames
        if own in modules
        for name in global_writes(project, modules[own], where)
        if _changed(state, name)
    ]
    if names:
        cleared = all(_is_cleared(state, name) for name in names)
        severity = Severity.ACCEPTED if cleared else Severity.HAZARD
        reason = _CLEARED if cleared else _WHY.get(event.kind, _ALIKE)
        yield _finding(
            event.kind, severity, place, event.label, tuple(dict.fromkeys(names)), reason
        )
    elif event.kind is HazardKind.CREDENTIALS:
        yield _finding(
            event.kind,
            Severity.NOTE,
            place,
            event.label,
            (),
            "priming reads credentials: a client that is kept holds them; botocore renews a role's "
            "own, not those that code hands over",
        )


def _finding(
    kind: HazardKind,
    severity: Severity,
    place: tuple[str, int, str],
    label: str,
    names: tuple[GlobalName, ...],
    reason: str,
) -> SnapshotHazard:
    file, line, code = place
    return SnapshotHazard(kind, severity, file, line, code, label, names, ("priming",), reason)


def _value_of(held: Held, name: GlobalName) -> object:
    return held.get(name.module, {}).get(name.name)


def _changed(state: PrimedState, name: GlobalName) -> bool:
    return _value_of(state.before, name) != _value_of(state.after, name)


def _is_cleared(state: PrimedState, name: GlobalName) -> bool:
    return _value_of(state.after, name) != _value_of(state.at_snapshot, name)


def kept_globals(state: PrimedState) -> tuple[str, ...]:
    """Return the globals that the call filled or changed, and the snapshot keeps."""
    names = [
        GlobalName(module, name)
        for module, values in state.after.items()
        for name in values
        if module in state.before
    ]
    return tuple(
        str(name)
        for name in sorted(names)
        if _changed(state, name) and not _is_cleared(state, name)
    )


def priming_hook(function: str, event: Any, context: Sequence[str]) -> str:
    """Return the hook that calls the handler with the event before the snapshot.

    `context` are the attributes of the context that the handler reads: the hook supplies them.
    """
    told = "None"
    imports = ["from snapshot_restore_py import register_before_snapshot"]
    if context:
        imports.insert(0, "from types import SimpleNamespace")
        values = ", ".join(f"{name}={_CONTEXT.get(name, 'None')}" for name in context)
        told = f"SimpleNamespace({values})"
    lines = [
        *imports,
        "",
        "",
        "@register_before_snapshot",
        "def prime_before_snapshot():",
        f"    {function}({_literal(event)}, {told})",
    ]
    return "\n".join(lines) + "\n"


def _literal(event: Any) -> str:
    return repr(json.loads(json.dumps(event)))


_CONTEXT: Mapping[str, str] = {
    "aws_request_id": '"priming"',
    "function_name": '"priming"',
    "function_version": '"$LATEST"',
    "invoked_function_arn": '"arn:aws:lambda:us-east-1:123456789012:function:priming"',
    "log_group_name": '"/aws/lambda/priming"',
    "log_stream_name": '"priming"',
    "memory_limit_in_mb": '"128"',
    "get_remaining_time_in_millis": "lambda: 60_000",
}
