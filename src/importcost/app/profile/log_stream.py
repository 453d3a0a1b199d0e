"""Choose one cold start's lines of a log that holds several log streams."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from importcost.errors import UsageError, remedy, words
from importcost.model.cloudwatch.events import LogEvent, log_events
from importcost.parameters import Parameter

_NAMES_A_STREAM = re.compile(r"\d{4}/\d{2}/\d{2}/[^\s\[]{0,200}\[[^\]\s]{1,200}\][0-9a-f]{4}")
_ROW_START = "import time:"
_INIT_STARTS = ("INIT_START Runtime Version", '"platform.initStart"')
_LISTED = 10


def one_cold_start(decoded: str, name: str, wanted: str | None) -> str:
    """Return the lines of one cold start; `wanted` is any part of its stream's name.

    A log stream belongs to one execution environment, which starts once. Events of other streams
    and what tools print before a message are left out. Raises UsageError, with the names, if
    several streams have rows and none is chosen, if the choice fits none or several, or if the
    log holds several cold starts without the names of their streams.
    """
    if not names_streams(decoded):
        _check_nameless(decoded, name, wanted)
        return _unwrapped(decoded)
    streams = _by_stream(log_events(decoded))
    with_rows = [one for one, lines in streams.items() if _rows(lines)]
    if wanted is None and len(with_rows) < 2:
        if len(streams) == 1 and not decoded.startswith("EVENTS\t"):
            return _unwrapped(decoded)  # its own lines, for messages that count them
        return "\n".join(streams[with_rows[0]]) + "\n" if with_rows else decoded
    if not with_rows:
        raise UsageError(
            f"{name} has import rows of no log stream",
            remedy("export the log of a function that runs with PYTHONPROFILEIMPORTTIME=1"),
        )
    chosen = [one for one in with_rows if wanted is not None and wanted in one]
    if len(chosen) == 1:
        return "\n".join(streams[chosen[0]]) + "\n"
    counts = {one: _rows(streams[one]) for one in (chosen or with_rows)}
    raise _ask(name, wanted, counts, fits=bool(chosen))


def _unwrapped(decoded: str) -> str:
    """Return a log whose rows are texts of JSON or CSV as lines, any other as it is."""
    at = decoded.find(_ROW_START)
    if at < 0 or '"' not in decoded[decoded.rfind("\n", 0, at) + 1 : at]:
        return decoded
    texts = (event.message or (event.fields or {}).get("message") for event in log_events(decoded))
    return "".join(text.rstrip("\r\n") + "\n" for text in texts if isinstance(text, str) and text)


def names_streams(text: str) -> bool:
    """Return True if lines of a log carry the names of Lambda's log streams."""
    return _NAMES_A_STREAM.search(text) is not None


def _by_stream(events: Iterable[LogEvent]) -> dict[str, list[str]]:
    """Return the messages of each stream, in order; a line without a name continues one."""
    streams: dict[str, list[str]] = {}
    current = None
    for event in events:
        if event.stream is not None:
            current = f"{event.group}: {event.stream}" if event.group else event.stream
        if current is not None:
            message = event.message if event.fields is None else json.dumps(event.fields)
            streams.setdefault(current, []).append(message)
    return streams


def _rows(lines: Iterable[str]) -> int:
    return sum(_ROW_START in line for line in lines)


def _ask(name: str, wanted: str | None, counts: dict[str, int], *, fits: bool) -> UsageError:
    listed = [f"{stream} ({rows:,} rows)" for stream, rows in list(counts.items())[:_LISTED]]
    more = f" and {len(counts) - _LISTED} more" if len(counts) > _LISTED else ""
    holds = f"{name} holds the import rows of {len(counts)} log streams, each a cold start"
    if wanted is not None:
        number = "several log streams" if fits else "no log stream with import rows"
        holds = f"{wanted} fits {number} of {name}"
    # The whole name may be long: its end tells streams apart.
    example = next(iter(counts)).rpartition("]")[2][:12]
    way = words(
        "choose one of ", ", ".join(listed) + more, " with ", Parameter.LOG_STREAM.of(example)
    )
    return UsageError(holds, remedy(way))


def _check_nameless(text: str, name: str, wanted: str | None) -> None:
    if wanted is not None:
        raise UsageError(
            f"{name} names no log streams",
            remedy(
                words("leave ", Parameter.LOG_STREAM, " out"),
                "export the log with `aws logs tail --format detailed`",
            ),
        )
    starts = sum(text.count(mark) for mark in _INIT_STARTS)
    headers = text.count("self [us] | cumulative | imported package")
    if starts > 1 and headers > 1:
        raise UsageError(
            f"{name} holds {starts} cold starts without the names of their log streams",
            remedy(
                "export one log stream",
                words(
                    "export them with `aws logs tail --format detailed` and choose one with ",
                    Parameter.LOG_STREAM.named(),
                ),
            ),
        )
