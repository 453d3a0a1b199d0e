"""The inits of a function, from the lines of its log that AWS gave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from importcost.model.cloudwatch.events import item_event
from importcost.model.cloudwatch.logs import LambdaLog, read_log_events
from importcost.model.results.account import FunctionLog, LoggedFailure, LoggedInit

_STREAM_FUNCTION = re.compile(r"\d{4}/\d{2}/\d{2}/[\w-]+\[")
_STREAM_VERSION = re.compile(r"\d{4}/\d{2}/\d{2}/[\w-]*\[([^\]]+)\]")


def logs_of_group(
    group: str, items: Sequence[Mapping[str, Any]], functions: Sequence[str]
) -> dict[str, FunctionLog]:
    """Return the log of each of the functions that write to a group, which is mostly one.

    In a group that functions share, a line belongs to the one that its stream names.
    """
    read = read_log_events(item_event(at, item, group) for at, item in enumerate(items, 1))
    if len(functions) == 1 and not any(_STREAM_FUNCTION.match(_stream(item)) for item in items):
        return {functions[0]: _log(read, None)}
    return {name: _log(read, name) for name in functions}


def _stream(item: Mapping[str, Any]) -> str:
    return str(item.get("@logStream") or item.get("logStreamName") or "")


def _log(read: LambdaLog, name: str | None) -> FunctionLog:
    """Return what belongs to one function, or all of it without a name."""
    cold = [one for one in read.cold_starts if name in (None, one.function)]
    return FunctionLog(
        inits=tuple(
            LoggedInit(
                one.init_ms, one.kind, one.memory_mb, _seconds(one.timestamp), _version(one.stream)
            )
            for one in cold
        ),
        restores_ms=tuple(one.restore_ms for one in read.restores if name in (None, one.function)),
        failed=tuple(
            LoggedFailure(one.init_ms, one.phase, one.status, _seconds(one.timestamp))
            for one in read.failed
            if name in (None, one.function)
        ),
        timeouts=sum(count for who, count in read.timeouts.items() if name in (None, who)),
        runtime=_last(one.runtime for one in cold),
    )


def _last(values: Iterable[str | None]) -> str | None:
    known = [value for value in values if value]
    return known[-1] if known else None


def _version(stream: str | None) -> str | None:
    """Return the function's version that a stream such as `2026/11/30/[7]abc` names."""
    found = _STREAM_VERSION.match(stream or "")
    return found.group(1) if found else None


def _seconds(text: str | None) -> float | None:
    """Return a time as FilterLogEvents (ms) or Insights (UTC text) writes it."""
    if not text:
        return None
    try:
        return int(text) / 1_000
    except ValueError:
        pass
    except OverflowError:
        return None
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()
