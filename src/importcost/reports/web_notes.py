"""Sentences on a web app's readiness here, and on the same app as a handler."""

from __future__ import annotations

from importcost.billing.estimate import Estimate
from importcost.model.profile import Profile
from importcost.model.web import HandlerForm, WebInit
from importcost.reports.text import milliseconds, ms_of

_START_UP = {"mangum": "; start-up hooks (lifespan) then run in each request"}


def web_notes(profile: Profile, estimate: Estimate) -> tuple[str, ...]:
    """Return the sentences on a web app, none for a handler."""
    web = profile.web
    if web is None:
        return ()
    form = web.handler_form
    compared = () if form is None else (form_sentence(estimate, form),)
    return (readiness_sentence(web), *compared)


def readiness_sentence(web: WebInit) -> str:
    """Return the sentence on the starts of the server on this machine."""
    starts = len(web.ready_us)
    low, high = min(web.ready_us), max(web.ready_us)
    copies = f", {web.processes} processes" if web.processes > 1 else ""
    return (
        f"Ready here after {ms_of(web.init_us)} ({ms_of(low)} to {ms_of(high)} in {starts} timed"
        f" start{'s' * (starts != 1)}, wall time): `{web.command}`{copies} took connections after"
        f" {ms_of(web.listening_us)} and is ready with {web.check}."
    )


def form_sentence(estimate: Estimate, form: HandlerForm) -> str:
    """Return the sentence that compares the web app with the same app as a handler."""
    init = form.init_ms
    if init is None:
        return f"Not compared with a handler: {form.reason}."
    more = estimate.init_ms.value - init.value
    return (
        f"The same app as a handler behind {form.bridge}: {milliseconds(init.value)} of init"
        f" ({init.low:,.0f} to {init.high:,.0f} ms), {milliseconds(abs(more))}"
        f" {'less' if more > 0 else 'more'} than under the server{_START_UP.get(form.bridge, '')}."
    )
