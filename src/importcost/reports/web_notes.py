"""Sentences on a web app's readiness here, and on the same app as a handler."""

from __future__ import annotations

from pathlib import Path

from importcost.billing.estimate import Estimate
from importcost.model.profile import Profile
from importcost.model.schema_costs import (
    SchemaCosts,
    SchemaKind,
    SchemaRemedy,
    SchemaRemedyKind,
)
from importcost.model.web import HandlerForm, WebInit
from importcost.reports.text import milliseconds, ms_of

SHOWN = 4
_HAZARDS = {
    SchemaRemedyKind.DEFER_BUILD: "an error in a schema shows when it is first used",
    SchemaRemedyKind.NO_RESPONSE_MODEL: "answers are no longer validated, filtered or documented",
    SchemaRemedyKind.LAZY_ROUTERS: "the routers' start-up hooks do not run",
    SchemaRemedyKind.LAZY_INCLUDES: (
        "an error in a URL file shows at the first request with its prefix, and reverse() imports"
        " them all"
    ),
    SchemaRemedyKind.LAZY_ENGINES: (
        "a wrong address or a missing driver shows at the first query, and inspect(engine) needs"
        " the engine itself"
    ),
}
_START_UP = {"mangum": "; start-up hooks (lifespan) then run in each request"}


def web_notes(profile: Profile, estimate: Estimate) -> tuple[str, ...]:
    """Return the sentences on a web app, none for a handler."""
    web = profile.web
    if web is None:
        return ()
    form = web.handler_form
    compared = () if form is None else (form_sentence(estimate, form),)
    return (readiness_sentence(web), *compared, *schema_notes(web.schemas))


def schema_notes(costs: SchemaCosts | None) -> tuple[str, ...]:
    """Return the sentences on building schemas and on each remedy, none if not asked for."""
    if costs is None:
        return ()
    if not costs.statements and not costs.remedies:
        return ("No top-level statement of the app's own files builds a schema.",)
    return (
        *(_of_kind(costs, kind) for kind in SchemaKind if costs.total_us(kind)),
        *(_remedy_sentence(one, costs.request) for one in costs.remedies),
    )


def _of_kind(costs: SchemaCosts, kind: SchemaKind) -> str:
    own = [one for one in costs.statements if one.kind is kind]
    shown = ", ".join(
        f"{one.name} {ms_of(one.own_us)} ({Path(one.file).name}:{one.line})" for one in own[:SHOWN]
    )
    more = f" and {len(own) - SHOWN} more" if len(own) > SHOWN else ""
    plural = "s" if len(own) != 1 and kind is not SchemaKind.DJANGO else ""
    return (
        f"Building schemas: {len(own)} {kind.value}{plural} take{'s' * (len(own) == 1)}"
        f" {ms_of(costs.total_us(kind))} here: {shown}{more}."
    )


def _remedy_sentence(one: SchemaRemedy, request: str) -> str:
    where = f"{one.kind.value} (in {one.places} place{'s' * (one.places != 1)})"
    saving = one.saving_us
    if one.reason is not None or saving is None:
        return f"Tried on a copy and not claimed: {where}: {one.reason}."
    low, high = ms_of(saving.low), ms_of(saving.high)
    claimed = (
        f"Tried on a copy: {where} saves {ms_of(saving.value)} of init here ({low} to {high},"
        f" {one.pairs} pairs)"
    )
    return f"{_claim(one, claimed, request)} Its hazard: {_HAZARDS[one.kind]}."


def _claim(one: SchemaRemedy, claimed: str, request: str) -> str:
    """Return the claim with what the first request then pays."""
    extra = one.first_extra_us
    if extra is None:
        return (
            f"{claimed}; what the first request then pays is not known, because {request} is not"
            " answered well: name another one with --request."
        )
    longer = f"{ms_of(extra.value)} ({ms_of(extra.low)} to {ms_of(extra.high)})"
    if extra.low > 0:
        return (
            f"{claimed}; {request} right after init, {ms_of(one.first_us)} without it, then takes"
            f" {longer} longer."
        )
    return f"{claimed}; that {request} right after init then takes longer does not show: {longer}."


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
