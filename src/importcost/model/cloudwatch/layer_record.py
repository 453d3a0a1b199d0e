"""Read the lines that importcost's layer writes, one a cold start, in any export of a log.

`probe/layer/record.py` writes them: JSON under zlib and the URL's base64, none of whose characters
an export changes.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from importcost.model.cloudwatch.events import LogEvent, log_events
from importcost.model.rows import RowTable
from importcost.model.tree import NOT_IN_LOG

LAYER_MARK = "importcost-init: "
KNOWN_VERSION = 1
_LINE = re.compile(LAYER_MARK + r"(?:error=(?P<error>\w+)|(?P<data>[A-Za-z0-9_-]+=*))")
_MOST_BYTES = 64 * 2**20
_MOST_US = 10**12
_ERRORS = (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, zlib.error)


@dataclass(frozen=True, slots=True)
class InitSpan:
    """A part of init: wall time, and CPU time of the importing thread; microseconds."""

    wall_us: int
    cpu_us: int


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """One cold start, measured where it ran.

    `rows` are in the order in which imports ended; the first `border` of them ended before the
    handler's module was looked for, whose own row is the next root, `handler_row` (None if it was
    never loaded). Rows that the line had no room for are rows named `NOT_IN_LOG` or missing in the
    figures of the row above them; `left_out` counts them. `spans` are interpreter start, the
    runtime before the handler, the handler's module, and the runtime after it. `is_whole` is False
    if init failed. `thread_modules` and `thread_us` are imports of other threads, which are not in
    the rows. `stream` and `timestamp` are those of the log.
    """

    python_version: str
    machine: str
    memory_mb: int | None
    kind: str | None
    on_lambda: bool
    is_whole: bool
    spans: tuple[InitSpan, InitSpan, InitSpan, InitSpan]
    rows: RowTable
    border: int
    handler_row: int | None
    left_out: int
    thread_modules: tuple[str, ...]
    thread_count: int
    thread_us: int
    stream: str | None = None
    timestamp: str | None = None

    @property
    def init_us(self) -> int:
        """Return the wall time of the whole init, without the layer's own loading."""
        return sum(span.wall_us for span in self.spans)


@dataclass(frozen=True, slots=True)
class LayerLines:
    """The layer's lines of a log: records in its order, and why others have none."""

    records: tuple[LayerRecord, ...]
    problems: tuple[str, ...]


def layer_lines(text: str) -> LayerLines:
    """Return what the layer's lines in an export of a log say; never raises for malformed ones."""
    records: list[LayerRecord] = []
    problems: list[str] = []
    for found, event in _found(text):
        if found["error"]:
            problems.append(f"the layer could not write it ({found['error']})")
            continue
        try:
            records.append(_record(_unpacked(found["data"]), event))
        except _NewerLayerError as error:
            problems.append(str(error))
        except _ERRORS:
            problems.append("the line was cut or changed")
    return LayerLines(tuple(records), tuple(problems))


class _NewerLayerError(Exception):
    """The line is that of a later version of the layer."""


def _found(text: str) -> Iterator[tuple[re.Match[str], LogEvent | None]]:
    """Yield each of the layer's lines once, with its event where the form of the log is known."""
    if LAYER_MARK not in text:
        return
    any_event = False
    for event in log_events(text):
        shown = event.message if event.fields is None else json.dumps(event.fields)
        for found in _LINE.finditer(shown):
            any_event = True
            yield found, event
    if not any_event:
        for found in _LINE.finditer(text):
            yield found, None


def _unpacked(data: str) -> Any:
    packed = base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
    reader = zlib.decompressobj()
    text = reader.decompress(packed, _MOST_BYTES)
    if not reader.eof:
        raise ValueError("cut, or too long")
    return json.loads(text)


def _record(data: Any, event: LogEvent | None) -> LayerRecord:
    if int(data["version"]) > KNOWN_VERSION:
        raise _NewerLayerError("a later version of the layer wrote it: update importcost")
    names = [str(name) for name in data["rows"]]
    depths = [_whole(depth, len(names)) for depth in data["depths"]]
    own = [_whole(us, _MOST_US) for us in data["self_us"]]
    lost = [tuple(_whole(value, _MOST_US, least=-1) for value in entry) for entry in data["lost"]]
    if not len(names) == len(depths) == len(own):
        raise ValueError("columns of different lengths")
    border = _whole(data["border"], len(names))
    rows, border = _table(names, depths, own, lost, border)
    roots = (row for row in range(border, len(rows)) if rows.depth[row] == 0)
    span_of = [InitSpan(_whole(us[0], _MOST_US), _whole(us[2], _MOST_US)) for us in data["spans"]]
    first, second, third, fourth = span_of
    count, thread_us = (_whole(value, _MOST_US) for value in data["threads"])
    memory, kind = data["memory_mb"], data["kind"]
    return LayerRecord(
        python_version=str(data["python"]),
        machine=str(data["machine"]),
        memory_mb=None if memory is None else _whole(memory, 10**6),
        kind=None if kind is None else str(kind),
        on_lambda=data["on_lambda"] is True,
        is_whole=data["whole"] is True,
        spans=(first, second, third, fourth),
        rows=rows,
        border=border,
        handler_row=next(roots, None),
        left_out=sum(entry[2] for entry in lost),
        thread_modules=tuple(str(name) for name in data["thread_names"]),
        thread_count=count,
        thread_us=thread_us,
        stream=event.stream if event else None,
        timestamp=event.timestamp if event else None,
    )


def _whole(value: Any, most: int, *, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError("a number that the layer does not write")
    return value


def _table(
    names: list[str],
    depths: list[int],
    own: list[int],
    lost: list[tuple[int, ...]],
    border: int,
) -> tuple[RowTable, int]:
    """Return the rows with their cumulative times, what is missing below a row included."""
    missing = {owner: us for owner, _, _, us in lost if owner >= 0}
    before = sum(us for owner, after, _, us in lost if owner < 0 and not after)
    behind = sum(us for owner, after, _, us in lost if owner < 0 and after)
    table = RowTable()
    if before:
        _append(table, NOT_IN_LOG, 0, before, before)
    waiting: list[int] = []
    for row, (name, depth, us) in enumerate(zip(names, depths, own, strict=True)):
        cumulative = us + missing.get(row, 0)
        while waiting and table.depth[waiting[-1]] > depth:
            cumulative += table.cumulative_us[waiting.pop()]
        waiting.append(len(table))
        _append(table, name, depth, us, cumulative)
    if behind:
        _append(table, NOT_IN_LOG, 0, behind, behind)
    return table, border + bool(before)


def _append(table: RowTable, name: str, depth: int, own_us: int, cumulative_us: int) -> None:
    table.names.append(name)
    table.depth.extend(array("q", [depth]))
    table.self_us.extend(array("q", [own_us]))
    table.cumulative_us.extend(array("q", [cumulative_us]))
