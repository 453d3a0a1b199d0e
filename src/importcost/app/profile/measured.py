"""Use case: measure one handler and return its profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from importcost.app.adapters.handler_form import with_handler_form
from importcost.app.adapters.schemas import with_schemas
from importcost.app.bill.place import Billed, bill
from importcost.app.defer.events import CalledEvents
from importcost.app.defer.rewriting import with_fixes
from importcost.app.defer.suggestions import analyse_measured, read_measured
from importcost.app.profile.around.wrapper_cost import refuse_nothing_wrapped, with_wrapper_cost
from importcost.app.profile.beyond import tell_deprecated
from importcost.app.profile.cold_disk import with_cold_disk
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.model.profile import Profile
from importcost.secrecy import with_strings, without_literals


def measure_billed(request: ProfileRequest, listener: Listener) -> Billed:
    """Measure the handler that `request` names, and add what could be deferred (predicted).

    Raises UsageError for what cannot be carried out as asked, MeasurementError (HandlerError)
    where no measurement came about. Nothing is left behind in either case.
    """
    with open_rehearsed(request, listener) as bench:
        refuse_nothing_wrapped(bench)
        measurement, profile = bench.profile(listener)
        tell_deprecated(measurement.starts, listener)
        profile = with_handler_form(bench, profile, listener)
        profile = with_schemas(bench, measurement, profile, listener)
        profile = with_cold_disk(bench, measurement.graph, profile, listener)
        profile = with_wrapper_cost(bench, profile, listener)
        billed = bill(profile, bench.handler)
        threads = CalledEvents().threads_seen(measurement.threads)
        analysis = analyse_measured(measurement, billed, read_measured(profile, threads), None)
    root = Path(bench.subject.target.task_root)
    advice = analysis.advice
    advice = with_fixes(advice, advice.best_set, analysis.findings, analysis.edits, root)
    # Advice quotes the function's own source, which may hold a password.
    advice = with_strings(advice, without_literals)
    return replace(billed, profile=replace(profile, advice=advice))


def profile_handler(request: ProfileRequest, listener: Listener) -> Profile:
    """Measure a handler and return its profile alone; see `measure_billed`."""
    return measure_billed(request, listener).profile
