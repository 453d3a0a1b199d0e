"""Call the original and the changed handler with the user's events, and compare the results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importcost.app.profile.bench import Bench
from importcost.errors import HandlerError, TimedOutError, UsageError, remedy, words
from importcost.measure.session import Session, Subject
from importcost.model.profile import RunKind, Target
from importcost.model.results.events import EventOutcome, Invocation, VariantKey
from importcost.parameters import Parameter

UNCHANGED_CALLS = 2
"""One call to compare with, and one to see whether the answer is the same each time."""


@dataclass(frozen=True, slots=True)
class HandlerEvent:
    """One event, named after its file; with its folder if two files have one name."""

    name: str
    value: Any


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
        return HandlerEvent(name, json.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise UsageError(f"The event {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"The event {path} is not valid JSON: {error}.") from error


@dataclass(frozen=True, slots=True)
class UnchangedCall:
    """Two calls of the unchanged handler with one event."""

    first: Invocation
    is_repeatable: bool


def call_unchanged(bench: Bench, event: HandlerEvent) -> UnchangedCall:
    """Call the unchanged handler twice with the event.

    Raises HandlerError, in words about the event, if such a call never ends or ends the
    interpreter.
    """
    try:
        first, second = (_invoke(bench, bench.subject, event) for _ in range(UNCHANGED_CALLS))
    except HandlerError as error:
        raise HandlerError(
            f"{event.name} cannot be compared, since calling the unchanged handler with it "
            f"{_ended_how(error, bench.request.timeout_s)}",
            remedy(
                "leave that event out", words("raise ", Parameter.TIMEOUT, " if it is only slow")
            ),
            traceback_text=error.traceback_text,
        ) from error
    return UnchangedCall(first, first.answer == second.answer)


def judge_event(
    bench: Bench,
    event: HandlerEvent,
    baseline: UnchangedCall,
    variants: Mapping[VariantKey, Subject],
) -> EventOutcome:
    """Call each variant once with the event and compare it with the unchanged handler's answer.

    A variant that fails to start, or does not return, counts as a different answer.
    """
    first = baseline.first
    differing: dict[VariantKey, str] = {}
    loaded: dict[VariantKey, frozenset[str]] = {}
    wall_ms: dict[VariantKey, float] = {}
    for key, subject in variants.items():
        try:
            found = _invoke(bench, subject, event)
        except HandlerError as error:
            how = _ended_how(error, bench.request.timeout_s)
            differing[key] = f"calling the changed handler with {event.name} {how}"
            continue
        loaded[key], wall_ms[key] = found.loaded, found.wall_ms
        if found.answer != first.answer and (
            baseline.is_repeatable or found.failed != first.failed
        ):
            differing[key] = _difference(event, first, found)
    return EventOutcome(event.name, first, baseline.is_repeatable, differing, loaded, wall_ms)


def _ended_how(error: HandlerError, timeout_s: float) -> str:
    """Describe a call that ended without an answer: the handler's import has worked before."""
    if isinstance(error, TimedOutError):
        return f"did not end within {timeout_s:g} s"
    lines = [line.strip() for line in error.traceback_text.splitlines() if line.strip()]
    return f"ended the interpreter ({lines[-1]})" if lines else "ended the interpreter"


def _invoke(bench: Bench, subject: Subject, event: HandlerEvent) -> Invocation:
    session = Session(bench.runner, subject)
    found = session.launch_probe(RunKind.INVOKE, event=event.value)["invocation"]
    error = found["error"]
    answer = found["result"] if error is None else f"{error['type']}: {error['message']}"
    return Invocation(
        answer=answer,
        failed=error is not None,
        loaded=frozenset(found["loaded"]),
        wall_ms=found["span"]["wall_ns"] / 1e6,
    )


def _difference(event: HandlerEvent, before: Invocation, after: Invocation) -> str:
    return (
        f"the answer to {event.name} changes from {_short(before.answer)} to {_short(after.answer)}"
    )


def _short(text: str, room: int = 80) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
