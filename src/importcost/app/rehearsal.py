"""Opens a bench on which init has run once: what it lacked was found out and supplied first.

The first launch is the graph run, which a profile needs anyway. Where it fails for want of a module
or a variable, further launches find out what all is missing; they change nothing of what timed runs
do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from importcost.app.bench import (
    Bench,
    Listener,
    ProfileRequest,
    open_bench,
    open_prepared,
    start,
    without_tracing,
)
from importcost.errors import HandlerError
from importcost.measure.diagnosis import Needs, diagnose, may_lack_something
from importcost.measure.lacking import missing_modules, placeholder_failed, unset_variables
from importcost.measure.session import Rehearsed, Session, rehearse
from importcost.model.supplies import NO_SUPPLIES, Supplies
from importcost.targets.known_modules import distribution_of

T = TypeVar("T")


@contextlib.contextmanager
def open_rehearsed(request: ProfileRequest, listener: Listener) -> Iterator[Bench]:
    """Open a bench as `open_bench` does, launch the target once, and supply what init lacks.

    Raises HandlerError where init fails even so, or lacks what may not be supplied; the message
    names all that it lacks.
    """
    request = without_tracing(request, listener)
    supplies = NO_SUPPLIES
    with open_prepared(request, listener) as prepared:
        while True:
            with start(prepared, request, supplies, listener) as bench:
                found = _settle(bench, listener)
                if isinstance(found, Rehearsed):
                    yield replace(bench, rehearsed=found)
                    return
            supplies = found


def on_bench(request: ProfileRequest, listener: Listener, work: Callable[[Bench], T]) -> T:
    """Do `work` on a bench; where init fails, once more with what it lacks. Raises as it does.

    For work that launches the target in a way of its own, and needs no graph run where it does
    well.
    """
    with open_bench(request, listener) as bench:
        try:
            return work(bench)
        except HandlerError as error:
            failed = error
    with open_rehearsed(request, listener) as bench:
        if bench.provenance.supplies == NO_SUPPLIES:
            raise failed
        return work(bench)


def explained(bench: Bench, error: HandlerError) -> HandlerError:
    """Return the error of a failed launch, all that init lacks named where that is its cause."""
    try:
        _settle(bench, None)
    except HandlerError as found:
        return found
    return error


def _settle(bench: Bench, listener: Listener | None) -> Rehearsed | Supplies:
    """Launch the target; return what is to be supplied where that would help."""
    session = Session(bench.runner, bench.subject)
    before = bench.provenance.supplies
    try:
        return rehearse(session, listener.progress if listener else lambda _progress: None)
    except HandlerError as error:
        result = session.last.result if session.last else None
        if not before.placeholders and not may_lack_something(result, bench.runner.layout):
            raise
        needs = diagnose(session, bench.runner.layout, before.placeholders)
        supplies = _supplies_for(bench, needs, error)
        if supplies == before:
            raise
    if listener is not None:
        listener.note(_note(supplies))
    return supplies


def _supplies_for(bench: Bench, needs: Needs, error: HandlerError) -> Supplies:
    """Return what to supply. Raises HandlerError, worded, where it may not or would not help."""
    target, before = bench.subject.target, bench.provenance.supplies
    if needs.modules:
        raise HandlerError(_missing(bench, needs), error.traceback_text)
    if not needs.placeholders:
        raise error
    if not bench.request.placeholders:
        raise HandlerError(unset_variables(needs.placeholders, target), error.traceback_text)
    if needs.failure is not None:
        words = placeholder_failed(needs.failure, needs.placeholders, target)
        raise HandlerError(words, needs.failure.traceback)
    return Supplies(before.packages, needs.placeholders)


def _missing(bench: Bench, needs: Needs) -> str:
    beyond = bench.subject.beyond
    for module in needs.modules:
        if beyond.lacks_runtime(module.name):
            words = beyond.explain(module.name, bench.subject.target.handler_file)
            return words or ""
    folders = bench.prepared.interpreter.search_path
    found = {one.name: distribution_of(one, folders) for one in needs.modules}
    known = {name: distribution for name, distribution in found.items() if distribution}
    target = bench.subject.target
    return missing_modules(needs.modules, known, target, bench.prepared.deployed.requirements)


def _note(supplies: Supplies) -> str:
    names = [one.name for one in supplies.placeholders]
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    plural = "s" if len(names) > 1 else ""
    return (
        f"Setting placeholder{plural} for {len(names)} variable{plural} that init reads: {shown}."
    )
