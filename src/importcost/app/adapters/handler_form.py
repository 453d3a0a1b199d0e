"""Use case: measure a web app once more as a handler, behind a package that bridges to it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from importcost.app.adapters.bridges import APIG_WSGI, MANGUM, Bridge, as_handler, has_bridge
from importcost.app.bill.place import bill
from importcost.app.profile.bench import Bench, start_bench
from importcost.app.profile.extra_packages import Extra, with_asked
from importcost.app.profile.request import Listener
from importcost.billing.figures.platforms import LAMBDA
from importcost.errors import Audience, HandlerError, MeasurementError, worded
from importcost.measure.assemble import assemble
from importcost.measure.plan import QUICK, Plan
from importcost.measure.session import Progress, Subject, measure
from importcost.model.profile import Profile
from importcost.model.web import AppKind, HandlerForm

FORM_RUNS = 9
"""Launches of the handler form: three or four of them are timed."""
ASGI_SERVERS = frozenset(("uvicorn", "hypercorn", "daphne", "granian", "fastapi"))
LABEL = "Measuring the same app as a handler"


def with_handler_form(bench: Bench, profile: Profile, listener: Listener) -> Profile:
    """Return a web app's profile with its handler form, or with the reason for none.

    A profile of a handler, or one that is not to be compared, is returned as it is.
    """
    is_on_lambda = profile.settings.platform == LAMBDA
    if profile.web is None or not bench.request.compares_forms or not is_on_lambda:
        return profile
    form = _form(bench, bridge_of(profile), listener)
    return replace(profile, web=replace(profile.web, handler_form=form))


def bridge_of(profile: Profile) -> Bridge:
    """Return the bridge for the kind of app that a web app's profile found."""
    web = profile.web
    is_asgi = web is not None and (
        web.kind is AppKind.ASGI
        if web.kind is not None
        else any(name in web.command.lower() for name in ASGI_SERVERS)
    )
    return MANGUM if is_asgi else APIG_WSGI


def _form(bench: Bench, bridge: Bridge, listener: Listener) -> HandlerForm:
    try:
        with _bridged(bench, bridge, listener) as opened:
            subject = as_handler(opened, bridge)
            return _measured(opened, subject, bridge, listener)
    except HandlerError as error:
        lines = [line for line in error.traceback_text.strip().splitlines() if line.strip()]
        why = f": {lines[-1].strip()}" if lines else ""
        return HandlerForm(bridge.package, reason=f"the app behind {bridge.package} fails{why}")
    except MeasurementError as error:
        return HandlerForm(bridge.package, reason=worded(error, Audience.OPTIONS).rstrip("."))
    except OSError as error:
        return HandlerForm(bridge.package, reason=f"its file cannot be read ({error.strerror})")


@contextmanager
def _bridged(bench: Bench, bridge: Bridge, listener: Listener) -> Iterator[Bench]:
    """Open a bench that has the bridge; what is deployed goes before what is installed.

    Raises MeasurementError if it cannot be installed.
    """
    if has_bridge(bench, bridge):
        yield bench
        return
    if not bench.request.installs:
        raise MeasurementError(f"{bridge.package} is not deployed, and nothing may be installed.")
    target = bench.prepared.place.install_target()
    added = with_asked((bridge.package,), target, listener.detail)
    extra = Extra(
        (*bench.extra.folders, *added.folders), bench.extra.packages, bench.extra.placeholders
    )
    with start_bench(bench.prepared, bench.request, extra, listener) as opened:
        yield opened


def _measured(opened: Bench, subject: Subject, bridge: Bridge, listener: Listener) -> HandlerForm:
    def told(progress: Progress) -> None:
        listener.progress(replace(progress, label=LABEL, runs=()))

    plan = Plan(min(opened.request.runs or FORM_RUNS, FORM_RUNS), QUICK)
    order = random.Random()  # noqa: S311 - order of runs, not a secret
    found = assemble(measure(opened.runner, subject, plan, told, order), subject, opened.provenance)
    estimate = bill(found, opened.handler).estimate
    return HandlerForm(bridge.package, estimate.init_ms, round(found.function_init.local_us))
