"""The part of a web app's report that a handler's does not have: readiness here, and requests."""

from __future__ import annotations

from collections.abc import Iterator

from importcost.billing.estimate import Estimate
from importcost.model.profile import Profile
from importcost.model.web import RequestFigures
from importcost.reports.text import ms_of, wrap
from importcost.reports.web_notes import web_notes

FIRST_ERROR = 400
"""HTTP status from which an answer is an error."""


def web_lines(profile: Profile, estimate: Estimate, width: int) -> list[str]:
    """Return the lines on readiness, the handler form and requests; none for a handler."""
    web = profile.web
    if web is None:
        return []
    lines = [line for note in web_notes(profile, estimate) for line in wrap(note, width)]
    for one in web.requests:
        lines += ["", *_request(one, width)]
    return lines


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
