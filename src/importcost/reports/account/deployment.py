"""The comparison of a deployed function's inits before and after a change."""

from __future__ import annotations

from importcost.model.codec import to_plain
from importcost.model.interval import Interval
from importcost.model.results.deployment import Came, DeploymentCheck, InitSide
from importcost.reports.account.terminal import day
from importcost.reports.json_text import json_text
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, milliseconds, wrap

_COLOURS = {Came.TRUE: "32", Came.PARTLY: "33", Came.NOT: "31", Came.OPEN: "33"}


def deployment_json(check: DeploymentCheck) -> str:
    """Return the check as JSON text."""
    return json_text(to_plain(check), indent=1) + "\n"


def render_deployment(check: DeploymentCheck, *, width: int, colour: bool) -> str:
    """Return the verdict, both sides, and the prediction beside what was measured."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    first, *more = wrap(_headline(check), width)
    lines = [style(first, _COLOURS[check.came]), *more, ""]
    lines += _side("before", check.before, width)
    lines += _side("since", check.after, width)
    lines += wrap(f"Saved of the median: {_interval(check.saved_ms)}, p {_p(check.p)}", width)
    if check.predicted_ms is not None:
        text = f"Predicted: {_interval(check.predicted_ms)}, by {check.predicted_from}"
        lines += wrap(text, width)
    for note in check.notes:
        lines += ["", *wrap(f"Note: {note}", width)]
    return "\n".join(lines)


def _headline(check: DeploymentCheck) -> str:
    since = f"since {day(check.changed_s)} UTC"
    if check.predicted_ms is not None:
        return f"The saving of {check.function} {check.came.value} {since}."
    said = {
        Came.TRUE: f"Init of {check.function} is shorter {since}.",
        Came.NOT: f"Init of {check.function} is not shorter {since}.",
    }
    return said.get(
        check.came, f"It is not decided whether init of {check.function} is shorter {since}."
    )


def _side(label: str, side: InitSide, width: int) -> list[str]:
    init = side.init_ms
    versions = f", version {', '.join(side.versions)}" if side.versions else ""
    failed = f", {side.failed:,} failed" if side.failed else ""
    text = (
        f"{label:<7} {side.cold_starts:,} cold starts: p50 {milliseconds(init.p50)},"
        f" p90 {milliseconds(init.p90)}, p99 {milliseconds(init.p99)},"
        f" longest {milliseconds(init.longest)}{versions}{failed}"
    )
    return wrap(text, width)


def _interval(interval: Interval) -> str:
    if interval.low == interval.high:
        return milliseconds(interval.value)
    return (
        f"{milliseconds(interval.value)} ({milliseconds(interval.low)} to"
        f" {milliseconds(interval.high)})"
    )


def _p(value: float) -> str:
    return "below 0.0001" if value < 0.0001 else f"{value:.4f}"
