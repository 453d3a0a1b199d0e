"""Read when requests arrived, and how long they took, from a log or a list of times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from importcost.model.cloudwatch.events import LogEvent, log_events
from importcost.model.cloudwatch.report import Report, report_of_line, report_of_record
from importcost.model.parsing.collection import collection_paused

_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?")
_EPOCH = re.compile(r"(?<![\d.])\d{10}(?:\.\d+)?(?![\d.])|(?<![\d.])\d{13}(?![\d.])")
_EPOCH_MS = 1e11
"""Numbers above it are milliseconds: as seconds they would lie in the year 5138."""


@dataclass(frozen=True, slots=True)
class RequestTimes:
    """Arrivals in order: seconds since 1970 and, if the file has them, milliseconds of service.

    `cold` is the number of requests with an Init Duration or a restore, None if the file does not
    tell. `without_time` is the number of lines that had no readable time.
    """

    times: tuple[float, ...]
    durations_ms: tuple[float, ...] | None
    cold: int | None
    without_time: int


@collection_paused()
def read_request_times(text: str) -> RequestTimes:
    """Return the arrivals of a CloudWatch log with REPORT lines, or of a list of times.

    A REPORT is logged when its request ends, so its arrival is that less the init and the duration.
    Times are ISO 8601 (UTC without an offset) or seconds or milliseconds since 1970, one a line.
    """
    found = list(_reports(text))
    if found:
        dated = [(at, report) for at, report in found if at is not None]
        dated.sort(key=_arrival)
        return RequestTimes(
            times=tuple(_arrival(pair) for pair in dated),
            durations_ms=tuple(report.duration or 0.0 for _, report in dated),
            cold=sum(_start_ms(report) > 0 for _, report in dated),
            without_time=len(found) - len(dated),
        )
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    times = [_time_of(line) for line in lines]
    known = sorted(time for time in times if time is not None)
    return RequestTimes(tuple(known), None, None, len(times) - len(known))


def _reports(text: str) -> Iterator[tuple[float | None, Report]]:
    """Yield each report once, with the time at which it was logged, in seconds."""
    seen = set()
    for event in log_events(text):
        report = _report(event)
        if report is None:
            continue
        key = (report.request_id, report.duration, report.billed, report.init)
        if report.request_id and key in seen:
            continue
        seen.add(key)
        stamp = event.timestamp
        if stamp is None and event.fields is not None:
            time = event.fields.get("time")
            stamp = time if isinstance(time, str) else None
        yield _time_of(event.prefix if stamp is None else stamp), report


def _report(event: LogEvent) -> Report | None:
    if event.fields is None:
        return report_of_line(event.message)
    record = event.fields.get("record")
    if event.fields.get("type") != "platform.report" or not isinstance(record, dict):
        return None
    return report_of_record(record)


def _start_ms(report: Report) -> float:
    return (report.init or 0.0) + (report.restore or 0.0)


def _arrival(logged: tuple[float, Report]) -> float:
    at, report = logged
    return at - ((report.duration or 0.0) + _start_ms(report)) / 1000


def _time_of(text: str) -> float | None:
    """Return the seconds since 1970 of the first time in a text, or None."""
    found = _STAMP.search(text)
    if found is not None:
        stamp = found.group().replace(",", ".").replace(" ", "T").replace("Z", "+00:00")
        day, fraction = re.sub(r"\.\d+", "", stamp), re.search(r"\.\d+", stamp)
        try:
            at = datetime.fromisoformat(re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", day))
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
        return at.timestamp() + (float(fraction.group()) if fraction else 0.0)
    number = _EPOCH.search(text)
    if number is None:
        return None
    value = float(number.group())
    return value / 1000 if value > _EPOCH_MS else value
