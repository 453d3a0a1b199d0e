"""The forms of one web app side by side, in the terminal."""

from __future__ import annotations

from importcost.model.interval import Interval
from importcost.model.results.adapters import AdapterComparison, AdapterForm
from importcost.reports.terminal.projects.table import TextColumn, function_rows
from importcost.reports.text import Palette, ms_of, wrap

FIRST_FAILING = 400


def render_adapters(found: AdapterComparison, *, width: int, colour: bool) -> str:
    """Return the table of the forms, their parts, and what could not be measured."""
    style = Palette(colour=colour)
    kind = f", {found.kind.name}" if found.kind else ""
    lines = [
        style(f"{found.app} ({found.server}{kind}) in {len(found.forms)} forms", "1"),
        *wrap(
            f"Init is modelled on Lambda; what a form saves, and {found.request} right after init, "
            "are measured here.",
            width,
        ),
        "",
        *function_rows(form_columns(), found.forms, style, width),
    ]
    for form in found.measured:
        parts = ", ".join(f"{words} {ms:,} ms" for words, ms in form.parts)
        lines += ["", *wrap(f"{form.name}: {parts}.", width)]
    lines += ["", *(line for one in adapter_notes(found) for line in wrap(one, width))]
    return "\n".join([*lines, ""])


def form_columns() -> tuple[TextColumn[AdapterForm], ...]:
    """Return the columns of the table of forms."""
    return (
        TextColumn("form", lambda form: form.name, is_number=False),
        TextColumn("init on Lambda", lambda form: _ms(form.init_ms)),
        TextColumn("saves here (95 %)", saving_text),
        TextColumn("init here", lambda form: ms_of(form.local_us) if form.init_ms else "-"),
        TextColumn("first request", first_request_text),
        TextColumn("modules", lambda form: f"{form.modules:,}" if form.init_ms else "-"),
    )


def _ms(interval: Interval | None) -> str:
    if interval is None:
        return "not measured"
    return f"{interval.value:,.0f} ({interval.low:,.0f} to {interval.high:,.0f}) ms"


def saving_text(form: AdapterForm) -> str:
    """Return what a form takes off the first one's init here, negative if it adds."""
    saving = form.saving_us
    if saving is None:
        return "-"
    low, high = saving.low / 1000, saving.high / 1000
    return f"{saving.value / 1000:,.0f} ({low:,.0f} to {high:,.0f}) ms"


def first_request_text(form: AdapterForm) -> str:
    """Return the time and the status of the first request here."""
    first = form.first_request
    if first is None:
        return "-"
    if first.error is not None:
        return "failed"
    return f"{ms_of(first.wall_us)}{f', {first.status}' if first.status else ''}"


def adapter_notes(found: AdapterComparison) -> tuple[str, ...]:
    """Return the sentences on forms without figures, and on what the figures leave out."""
    notes = [f"{one.name} is not measured: {one.reason}." for one in found.forms if one.reason]
    notes += [
        f"{one.name} is not deployed: it was installed for this comparison."
        for one in found.measured
        if one.is_installed
    ]
    for one in found.measured:
        first = one.first_request
        if first is not None and first.error is not None:
            notes.append(f"The first request behind {one.name} failed: {first.error.rstrip('.')}.")
        elif first is not None and first.status >= FIRST_FAILING:
            notes.append(
                f"{found.request} is answered with {first.status} in the form {one.name}: that is "
                "the time of an error; name another request with --request."
            )
    if any(one.name == "mangum" for one in found.measured):
        notes.append(
            "Mangum runs start-up hooks (lifespan) in each request, the server once before it is "
            "ready."
        )
    notes.append(
        "The first request under the server comes after the adapter's readiness check, which has "
        "warmed it up; through a bridge it is the first of all."
    )
    return tuple(notes)
