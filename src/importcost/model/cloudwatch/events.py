"""Split exports of CloudWatch logs into single events, with their stream and function.

The forms are plain text (console, `aws logs tail`, `--output text`, `sam logs`), JSON of the CLI
(`events`), JSON and CSV of Logs Insights (messages, or the `@initDuration` fields), and lines of
JSON with or without a prefix. The form is detected from the text itself.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

_STREAM = r"\d{4}/\d{2}/\d{2}/[^\s\[]{0,200}\[[^\]\s]{1,200}\][0-9a-f]{4,64}"
_GROUP = r"/aws/lambda/[\w-]{1,140}"
_TIME = r"\[?\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\]?"
_PREFIX = re.compile(
    rf"(?:(?:EVENTS|{_TIME}|(?P<stream>{_STREAM})|(?P<group>{_GROUP})|\d{{10,60}})[\s,|]+)*"
)
_TEXT_OUTPUT = re.compile(r"EVENTS\t\d+\t\d+\t(?P<stream>\S+)\t")
_TIME_AFTER = re.compile(r"\t\d{10,20}$")
_CONTINUES = re.compile(
    r"\s*(?:Billed Duration|Duration|Init Duration|Memory Size|Max Memory Used|Restore Duration"
    r"|Billed Restore Duration|Phase|Status|Error Type):"
)
_REPORTS = ("REPORT", "INIT_REPORT")
_MESSAGE_KEYS = ("@message", "message", "Message")
_STREAM_KEYS = ("logStreamName", "@logStream", "logStream", "log_stream")
_GROUP_KEYS = ("@log", "logGroupName", "logGroup", "log_group", "logGroupIdentifier")
_EXPORT_KEYS = (*_STREAM_KEYS, *_GROUP_KEYS, "ingestionTime", "eventId", "@ptr")
"""Only an export has these beside a message; a record that the function logged has not."""
_TIME_KEYS = ("@timestamp", "timestamp")
_DERIVED = "@duration"
_BYTES_PER_MB = 1_000_000.0
"""Logs Insights gives memory in bytes, with factors of a thousand."""

_LONGEST_FIELD = 2**24
_LONGEST_RECORD = 200
"""Lines of one record that is spread out."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One logged event. `number` counts events, or lines of a text, from 1.

    `fields` are those of a JSON record (`type`, `record`), None for a line of text. `group` is the
    function's name from its log group. `prefix` is the text before the message in its line.
    """

    number: int
    message: str
    fields: Mapping[str, Any] | None
    stream: str | None
    group: str | None
    timestamp: str | None
    prefix: str = ""


def log_events(text: str) -> Iterator[LogEvent]:
    """Yield the events of an export in any of the forms above; never raises for malformed ones."""
    text = text.removeprefix("\ufeff")
    start = text.lstrip()[:1]
    if start in ("{", "["):
        document = _document(text)
        if document is not None:
            yield from _document_events(document)
            return
    first = text.lstrip().partition("\n")[0]
    if _is_csv_header(first):
        yield from _csv_events(text.lstrip())
        return
    yield from _text_events(text)


def _document(text: str) -> Any:
    """Return a text that is one JSON document, or None for any other (such as lines of JSON)."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _document_events(document: Any) -> Iterator[LogEvent]:
    items: Any = document
    group = None
    if isinstance(document, dict):
        group = _first(document, _GROUP_KEYS)
        items = next(
            (
                document[key]
                for key in ("events", "results", "logEvents")
                if isinstance(document.get(key), list)
            ),
            [document],
        )
    if not isinstance(items, list):
        return
    for number, item in enumerate(items, 1):
        if isinstance(item, list):  # Insights: a list of {field, value}
            item = {
                str(one.get("field")): one.get("value") for one in item if isinstance(one, dict)
            }
        if isinstance(item, dict):
            yield item_event(number, item, group)
        elif isinstance(item, str):
            yield _line_event(number, item, None)


def item_event(number: int, item: Mapping[str, Any], group: str | None) -> LogEvent:
    """Return the event of one item: of Insights, of filter-log-events, or a record itself.

    `number` is its place from 1, `group` the log group if the item does not name it.
    """
    if isinstance(item.get("type"), str) and "record" in item:
        record = item["record"]
        if isinstance(record, str) and item["type"] in ("function", "extension"):
            # An extension that subscribes to logs gets what the function wrote like this.
            line, time = record.rstrip("\r\n"), _first(item, ("time",))
            return LogEvent(number, line, None, None, _function(group), time)
        return LogEvent(number, "", item, None, _function(group), _first(item, ("time",)))
    stream = _first(item, _STREAM_KEYS)
    name = _function(_first(item, _GROUP_KEYS) or group)
    timestamp = _first(item, _TIME_KEYS)
    message = next((item[key] for key in _MESSAGE_KEYS if item.get(key)), None)
    if isinstance(message, dict):
        return LogEvent(number, "", message, stream, name, timestamp)
    if isinstance(message, str):
        found = _line_event(number, message, stream)
        group = name or found.group
        return LogEvent(number, found.message, found.fields, found.stream, group, timestamp)
    fields = _derived(item)
    return LogEvent(number, "", fields, stream, name, timestamp)


def _derived(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the report that Insights' own fields make; without figures, an empty record."""
    if not item.get(_DERIVED) and not item.get("@initDuration"):
        return {}
    if item.get("@type") not in (None, "", "REPORT"):
        return {}
    metrics = {
        name: _number(item.get(key))
        for name, key in (
            ("durationMs", _DERIVED),
            ("billedDurationMs", "@billedDuration"),
            ("initDurationMs", "@initDuration"),
            ("memorySizeMB", "@memorySize"),
            ("maxMemoryUsedMB", "@maxMemoryUsed"),
        )
    }
    if metrics["durationMs"] is None:
        metrics["durationMs"] = 0.0  # a query may ask for the init alone
    for name in ("memorySizeMB", "maxMemoryUsedMB"):
        value = metrics[name]
        # No function has more than 10,240 MB, and none has less than that many bytes.
        if value is not None and value > 100_000:
            metrics[name] = value / _BYTES_PER_MB
    kept = {name: value for name, value in metrics.items() if value is not None}
    record = {"requestId": item.get("@requestId"), "metrics": kept}
    return {"type": "platform.report", "record": record}


def _is_csv_header(line: str) -> bool:
    names = [name.strip().strip('"').strip() for name in line.split(",")]
    wanted = {*_MESSAGE_KEYS, "@initDuration", _DERIVED}
    return len(line) < 2_000 and bool(wanted & set(names)) and "RequestId" not in line


def _csv_events(text: str) -> Iterator[LogEvent]:
    # A message contains line ends, and may be longer than the csv module allows by default.
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        # NUL would end the reading on older Pythons.
        rows = csv.DictReader(io.StringIO(text.replace("\0", ""), newline=""))
        for number, row in enumerate(rows, 1):
            named = {str(key).strip(): value for key, value in row.items() if key is not None}
            yield item_event(number, named, None)
    except csv.Error:
        return
    finally:
        csv.field_size_limit(before)


def _text_events(text: str) -> Iterator[LogEvent]:
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        number, line = at + 1, lines[at]
        at += 1
        event = _line_event(number, line, None)
        if event.message.startswith(_REPORTS):
            first = at
            while at < len(lines) and _CONTINUES.match(lines[at]):  # as copied from a console
                at += 1
            if at > first:
                whole = "\t".join([event.message, *map(str.strip, lines[first:at])])
                event = replace(event, message=whole)
        elif event.message.strip() == "{":  # `aws logs tail --format json` spreads records out
            last = min(len(lines), at + _LONGEST_RECORD)
            end = next((n for n in range(at, last) if lines[n].rstrip() == "}"), None)
            if end is not None:
                fields = _fields("\n".join(["{", *lines[at : end + 1]]))
                event = replace(event, message="", fields=fields)
                at = end + 1 if fields is not None else at
        yield event


def _line_event(number: int, line: str, stream: str | None) -> LogEvent:
    """Return a line without the prefixes that tools put before the message."""
    found = _TEXT_OUTPUT.match(line)
    if found is None:
        found = _PREFIX.match(line)
    message, named, before = line, {}, ""
    if found is not None:
        before, message, named = line[: found.end()], line[found.end() :], found.groupdict()
    if line.startswith("EVENTS\t"):  # the time comes after the message
        message = _TIME_AFTER.sub("", message)
    fields = _fields(message) if message.startswith("{") else None
    if fields is not None and _is_item(fields):
        item = item_event(number, fields, named.get("group"))
        return replace(item, stream=item.stream or stream or named.get("stream"), prefix=before)
    group = _function(named.get("group"))
    shown = "" if fields else message
    return LogEvent(number, shown, fields, stream or named.get("stream"), group, None, before)


def _is_item(fields: Mapping[str, Any]) -> bool:
    """Return True for an event of an export, or a line as extensions get it."""
    has_message = any(isinstance(fields.get(key), str) for key in _MESSAGE_KEYS)
    is_export = not fields.keys().isdisjoint(_EXPORT_KEYS)
    if has_message and (is_export or isinstance(fields.get("timestamp"), int)):
        return True
    return fields.get("type") in ("function", "extension") and isinstance(fields.get("record"), str)


def _fields(text: str) -> Mapping[str, Any] | None:
    """Return the JSON object that a text starts with, or None."""
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _first(item: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = item.get(key)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return str(value)
    return None


def _function(group: str | None) -> str | None:
    """Return the function's name in a log group such as `123456789012:/aws/lambda/orders`."""
    if group is None:
        return None
    _, found, name = group.rpartition("/aws/lambda/")
    return name.rstrip(":*") if found and name else group


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (OverflowError, TypeError, ValueError):
        return None
    return found if found == found and abs(found) != float("inf") else None
