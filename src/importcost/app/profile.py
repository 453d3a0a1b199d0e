"""Use case: measure one handler and return its profile."""

from __future__ import annotations

from dataclasses import replace

from importcost.app.bench import Listener, ProfileRequest, open_bench
from importcost.app.suggest import analyse_bench
from importcost.model.profile import Profile


def profile_handler(request: ProfileRequest, listener: Listener) -> Profile:
    """Measure the handler that `request` names, and add what could be deferred (predicted).

    Raises UsageError for what cannot be carried out as asked, MeasurementError (HandlerError)
    where no measurement came about. Nothing is left behind in either case.
    """
    with open_bench(request, listener) as bench:
        measurement, profile = bench.profile(listener)
        _, analysis = analyse_bench(bench, measurement, profile, None)
    return replace(profile, advice=analysis.advice)
