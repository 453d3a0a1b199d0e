"""The answer to `importcost profile --adapter lwa`: for the terminal, and its part of the JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from importcost.model.profile import Profile, ProfileWarning, WarningCode
from importcost.model.results.web_adapter import RequestFigures, WebProfile
from importcost.model.tree import ImportTree
from importcost.reports.supplies import supply_lines
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, elide, milliseconds, ms_of, wrap

MAX_IMPORTS = 10
FIRST_ERROR = 400
"""HTTP status from which an answer is an error."""


def render_web(report: WebProfile, *, width: int, colour: bool) -> str:
    """Return the report as text: readiness, the costliest imports, and the requests."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    low, high = min(report.ready_us), max(report.ready_us)
    lines = [
        style(
            f"{report.app} under {report.server} is ready after {ms_of(report.init_us)} here", "1"
        ),
        (
            f"process start to {report.ready_when}: {ms_of(low)} to {ms_of(high)} in "
            f"{len(report.ready_us)} starts; not modelled on Lambda"
        ),
        "",
        *_imports(report.profile.tree, width),
    ]
    for one in report.requests:
        lines += ["", *_request(one, width)]
    supplies = supply_lines(report.profile, width)
    lines += ["", *supplies] if supplies else []
    return "\n".join(lines) + "\n"


def _imports(tree: ImportTree, width: int) -> Iterator[str]:
    nodes = sorted(
        range(len(tree.parents)), key=lambda node: tree.cumulative_us[node], reverse=True
    )[:MAX_IMPORTS]
    room = max(16, width - 16)
    yield "Most expensive imports of server and app (traced)"
    for node in nodes:
        figure = ms_of(tree.cumulative_us[node])
        yield f"  {elide(tree.name(node), room):<{room}} {figure:>11}"


def _request(one: RequestFigures, width: int) -> Iterator[str]:
    failed = [answer.error for answer in one.answers if answer.error]
    statuses = sorted({answer.status for answer in one.answers})
    yield (
        f"{one.request}: {', '.join(map(str, statuses))}, first byte {ms_of(one.first_byte_us)}, "
        f"last byte {ms_of(one.last_byte_us)}"
    )
    refused = [status for status in statuses if status >= FIRST_ERROR]
    if failed:
        yield from wrap(f"{len(failed)} of {len(one.answers)} not answered: {failed[0]}", width)
    elif refused:
        yield from wrap(
            f"This is the duration of an error, not of the request: correct --request, or find out "
            f"why the app answers {refused[0]}.",
            width,
        )
    elif one.is_streamed:
        yield "The response streams: its body comes in parts, with pauses between them."
    else:
        chunked = any(answer.is_chunked for answer in one.answers)
        how = "in chunks, but all at once" if chunked else "all at once"
        yield f"The response does not stream: its body comes {how}."


def with_web(text: str, report: WebProfile) -> str:
    """Return a profile's JSON with the web figures under `derived`, microseconds."""
    data = json.loads(text)
    data.setdefault("derived", {})["web"] = {
        "app": report.app,
        "server": report.server,
        "ready_us": list(report.ready_us),
        "init_us": report.init_us,
        "status": report.status,
        "ready_when": report.ready_when,
        "requests": [
            {
                "request": str(one.request),
                "first_byte_us": one.first_byte_us,
                "last_byte_us": one.last_byte_us,
                "streams": one.is_streamed,
                "answers": [
                    {
                        "status": answer.status,
                        "first_byte_us": answer.first_byte_us,
                        "first_body_us": answer.first_body_us,
                        "last_byte_us": answer.last_byte_us,
                        "body_bytes": answer.body_bytes,
                        "bursts": answer.bursts,
                        "error": answer.error,
                    }
                    for answer in one.answers
                ],
            }
            for one in report.requests
        ],
    }
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True) + "\n"


def with_readiness(report: WebProfile) -> Profile:
    """Return the app's profile with a warning that separates its readiness from the bill.

    The bill is modelled from the traced rows, as that of any log; time between them, the server's
    start and its polling are in the readiness only.
    """
    low, high = min(report.ready_us), max(report.ready_us)
    starts = len(report.ready_us)
    rows = report.profile.function_init.wall_us
    message = (
        f"{report.app} under {report.server} is ready after {_ms(report.init_us)} here (process"
        f" start to {report.ready_when}: {_ms(low)} to {_ms(high)} in {starts}"
        f" start{'s' * (starts != 1)}): this is what Lambda Web Adapter waits for, and it is not"
        f" modelled on Lambda. The bill here is another figure: Lambda's floor and the traced"
        f" import rows of server and app, {_ms(rows)}, without what the app does between them."
    )
    warning = ProfileWarning(WarningCode.RUNTIME_MISMATCH, message)
    return replace(report.profile, warnings=(warning, *report.profile.warnings))


def _ms(value_us: float) -> str:
    return milliseconds(value_us / 1000)
