"""Call the original and the changed handler with the user's events, and compare the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from importcost.app.profile.bench import Bench
from importcost.app.profile.request import Listener
from importcost.errors import HandlerError, TimedOutError, UsageError, remedy, words
from importcost.files.read import read_named
from importcost.measure.recording.compare import (
    ExpectedCalls,
    call_differences,
    call_summary,
    expected_calls,
    hider,
)
from importcost.measure.recording.resources import NeededResource, missing_resources
from importcost.measure.session import Session, Subject
from importcost.model.parsing.json_text import parse_json
from importcost.model.profile import RunKind, Target
from importcost.model.results.events import EventOutcome, Invocation, VariantKey
from importcost.parameters import Parameter

MOST_SUPPLIES = 3
"""Further calls to find out which AWS resources the handler needs, if any are missing."""
UNCHANGED_CALLS = 2
"""One call to compare with, and one to see whether the answer is the same each time."""


@dataclass(frozen=True, slots=True)
class HandlerEvent:
    """One event, named after its file; with its folder if two files have one name.

    `is_made_up` is True for one that importcost brings: it may be left out.
    """

    name: str
    value: Any
    is_made_up: bool = False


def load_events(paths: Sequence[str], target: Target) -> tuple[HandlerEvent, ...]:
    """Read the events. Raises UsageError for a file that is not JSON, or without a function."""
    if paths and target.function is None:
        raise UsageError(
            f"--event calls the handler, and {target.handler_file} alone does not say which "
            "function that is: write FILE.py:function."
        )
    chosen = list(dict.fromkeys(Path(path) for path in paths))
    names = [path.name for path in chosen]
    return tuple(
        _load(path, path.name if names.count(path.name) == 1 else path.as_posix())
        for path in chosen
    )


def _load(path: Path, name: str) -> HandlerEvent:
    try:
        return HandlerEvent(name, parse_json(read_named(path).decode("utf-8-sig")))
    except OSError as error:
        raise UsageError(f"The event {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"The event {path} is not valid JSON: {error}.") from error


@dataclass(frozen=True, slots=True)
class UnchangedCall:
    """Two or more calls of the unchanged handler with one event.

    `resources` are what its AWS calls were to find; `launches` counts those that found it out, too.
    """

    calls: tuple[Invocation, ...]
    resources: tuple[NeededResource, ...] = ()
    launches: int = UNCHANGED_CALLS

    @property
    def first(self) -> Invocation:
        """Return the call that others are compared with."""
        return self.calls[0]

    @property
    def is_repeatable(self) -> bool:
        """Return True if all calls gave the same answer."""
        return all(call.answer == self.first.answer for call in self.calls)

    @property
    def expected(self) -> ExpectedCalls | None:
        """Return the AWS calls to expect, None if they were not recorded."""
        recordings = [call.recording for call in self.calls if call.recording is not None]
        return expected_calls(recordings) if recordings else None


@dataclass(frozen=True, slots=True)
class CalledEvents:
    """The events that the unchanged handler answered; `launches` counts the failed ones, too."""

    calls: tuple[tuple[HandlerEvent, UnchangedCall], ...] = ()
    launches: int = 0

    def threads_seen(self, in_init: int) -> str:
        """Return a clause on the threads that were started, "" if none were.

        `in_init` is the number of those that init starts.
        """
        if in_init:
            return "init starts threads"
        for event, unchanged in self.calls:
            if any(call.threads for call in unchanged.calls):
                return f"a call with {event.name} starts threads"
        return ""


def call_all_unchanged(
    bench: Bench, events: Sequence[HandlerEvent], listener: Listener
) -> CalledEvents:
    """Call the unchanged handler with each event; one that was made up is left out if that fails.

    Raises HandlerError if another one cannot be called.
    """
    calls: list[tuple[HandlerEvent, UnchangedCall]] = []
    launches = 0
    for event in events:
        unchanged = _call_or_leave(bench, event, listener)
        launches += unchanged.launches if unchanged else UNCHANGED_CALLS
        if unchanged:
            calls.append((event, unchanged))
    return CalledEvents(tuple(calls), launches)


def _call_or_leave(bench: Bench, event: HandlerEvent, listener: Listener) -> UnchangedCall | None:
    try:
        return call_unchanged(bench, event)
    except HandlerError as error:
        if not event.is_made_up:
            raise
        listener.note(f"Left out: {error.trouble.what}.")
        return None


def call_unchanged(bench: Bench, event: HandlerEvent) -> UnchangedCall:
    """Call the unchanged handler twice with the event.

    Raises HandlerError, in words about the event, if such a call never ends or ends the
    interpreter.
    """
    resources: tuple[NeededResource, ...] = ()
    try:
        first = _invoke(bench, bench.subject, event)
        launches = UNCHANGED_CALLS
        for _ in range(MOST_SUPPLIES):
            new = _newly_missed(first, resources)
            if not new:
                break
            resources += new
            launches += 1
            first = _invoke(bench, bench.subject, event, resources)
        second = _invoke(bench, bench.subject, event, resources)
    except HandlerError as error:
        raise HandlerError(
            f"{event.name} cannot be compared, since calling the unchanged handler with it "
            f"{_ended_how(error, bench.request.timeout_s)}",
            remedy(
                "leave that event out", words("raise ", Parameter.TIMEOUT, " if it is only slow")
            ),
            traceback_text=error.traceback_text,
        ) from error
    return UnchangedCall((first, second), resources, launches)


def _newly_missed(
    call: Invocation, known: tuple[NeededResource, ...]
) -> tuple[NeededResource, ...]:
    """Return the resources that a recorded call missed and that were not made for it."""
    if call.recording is None:
        return ()
    names = {(one.service, one.name, one.region) for one in known}
    return tuple(
        one
        for one in missing_resources(call.recording)
        if (one.service, one.name, one.region) not in names
    )


def judge_event(
    bench: Bench,
    event: HandlerEvent,
    baseline: UnchangedCall,
    variants: Mapping[VariantKey, Subject],
) -> EventOutcome:
    """Call each variant once with the event and compare it with the unchanged handler's answer.

    A variant that fails to start, or does not return, counts as a different answer. Where AWS calls
    are recorded, they are compared as well.
    """
    differing: dict[VariantKey, str] = {}
    loaded: dict[VariantKey, frozenset[str]] = {}
    wall_ms: dict[VariantKey, float] = {}
    for key, subject in variants.items():
        try:
            found = _invoke(bench, subject, event, baseline.resources)
            failure = _difference(bench, event, baseline, found)
            if failure is not None and bench.recorder is not None:
                # Values of the clock may be the same twice by chance: look at both once more.
                again = _invoke(bench, bench.subject, event, baseline.resources)
                baseline = replace(baseline, calls=(*baseline.calls, again))
                found = _invoke(bench, subject, event, baseline.resources)
                failure = _difference(bench, event, baseline, found)
        except HandlerError as error:
            how = _ended_how(error, bench.request.timeout_s)
            differing[key] = f"calling the changed handler with {event.name} {how}"
            continue
        loaded[key], wall_ms[key] = found.loaded, found.wall_ms
        if failure is not None:
            differing[key] = failure
    return EventOutcome(
        event.name,
        baseline.first,
        baseline.is_repeatable,
        differing,
        loaded,
        wall_ms,
        call_summary(baseline.expected, baseline.first.recording, baseline.resources),
    )


def _ended_how(error: HandlerError, timeout_s: float) -> str:
    """Describe a call that ended without an answer: the handler's import has worked before."""
    if isinstance(error, TimedOutError):
        return f"did not end within {timeout_s:g} s"
    lines = [line.strip() for line in error.traceback_text.splitlines() if line.strip()]
    return f"ended the interpreter ({lines[-1]})" if lines else "ended the interpreter"


def _invoke(
    bench: Bench,
    subject: Subject,
    event: HandlerEvent,
    resources: tuple[NeededResource, ...] = (),
) -> Invocation:
    session = Session(bench.runner, subject)
    recorder = bench.recorder
    extra: dict[str, Any] = {}
    if recorder is not None:
        recorder.begin(resources)
        extra["recording"] = recorder.launch_spec()
    result = session.launch_probe(RunKind.INVOKE, event=event.value, **extra)
    found = result["invocation"]
    error = found["error"]
    answer = found["result"] if error is None else f"{error['type']}: {error['message']}"
    return Invocation(
        answer=answer,
        failed=error is not None,
        loaded=frozenset(found["loaded"]),
        wall_ms=found["span"]["wall_ns"] / 1e6,
        recording=recorder.recording(found["unrecorded"]) if recorder is not None else None,
        threads=result["threads"],
    )


def _difference(
    bench: Bench, event: HandlerEvent, baseline: UnchangedCall, after: Invocation
) -> str | None:
    """Return a clause on how the changed handler's answer or calls differ, None if they do not."""
    before = baseline.first
    # A call of AWS that differs is the cause where the answer does, too.
    if baseline.expected is not None and after.recording is not None:
        hide = hider(bench.environment)
        found = call_differences(baseline.expected, after.recording, hide)
        if found:
            return f"with {event.name}, {found[0]}"
    if after.answer != before.answer and (baseline.is_repeatable or after.failed != before.failed):
        return (
            f"the answer to {event.name} changes from {_short(before.answer)} "
            f"to {_short(after.answer)}"
        )
    return None


def _short(text: str, room: int = 80) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
