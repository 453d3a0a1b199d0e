"""The terminal's words on each event, before and after the change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from importcost.model.advice import Advice
from importcost.model.results.aws_calls import CallSummary
from importcost.model.results.events import EventOutcome
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, elide, printable, wrap


def render_events(
    outcomes: Sequence[EventOutcome], advice: Advice | None, *, width: int, colour: bool
) -> str:
    """Return a line or two for each event: its answer, and which suggestions it needs."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    lines = [style("Events", "1")]
    seen = set()
    for outcome in outcomes:
        if outcome.name in seen:
            continue
        seen.add(outcome.name)
        call = outcome.original
        word = "fails in the unchanged handler" if call.failed else "answers"
        lines.append(f"  {outcome.name} {word}: {elide(call.answer, width - 40)}")
        if not outcome.is_repeatable:
            text = "two calls of the unchanged handler differ, so answers are not compared"
            lines += ["    " + line for line in wrap(text, width - 4)]
        if outcome.recorded is not None:
            said = "; ".join(_recorded(outcome.recorded))
            lines += ["    " + line for line in wrap(said, width - 4)]
        used = (
            [one.code for one in advice.findings if outcome.name in one.triggered_by]
            if advice
            else []
        )
        needs = "needs " + "; ".join(used) if used else "loads nothing of what is deferred"
        lines += ["    " + line for line in wrap(needs, width - 4)]
    return "\n".join(lines) + "\n"


def _recorded(calls: CallSummary) -> Iterator[str]:
    """Yield clauses on the AWS calls that the unchanged handler made."""
    if not calls.compared and not calls.varying:
        yield "makes no AWS call"
    else:
        names = [name if count == 1 else f"{name} ({count})" for name, count in calls.names]
        noun = "AWS call" if calls.compared == 1 else "AWS calls"
        yield f"{calls.compared:,} {noun} compared: {printable(', '.join(names))}"
    if calls.varying:
        yield f"{calls.varying:,} more not compared: they differ from one launch to the next"
    if calls.unanswered:
        yield f"the endpoint does not implement {printable(', '.join(calls.unanswered))}"
    if calls.supplied:
        yield f"made for it to find: {printable(', '.join(calls.supplied))}"
    if calls.unrecorded:
        yield f"not recorded: {printable(', '.join(calls.unrecorded))}"
