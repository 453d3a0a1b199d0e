"""The lines of log groups that tell of inits, by Logs Insights: many groups in one query."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from importcost.account.door import AccountDoor
from importcost.account.troubles import GoneError, RefusedError, ThrottledError, wanted
from importcost.errors import Trouble, remedy

GROUPS_PER_QUERY = 50
ROWS_PER_QUERY = 10_000
"""Limits of StartQuery: log groups by name, and rows of a result."""
DOLLARS_PER_GB = 0.005
"""Of scanned log, us-east-1, read 2026-11 (AWS price list); other regions take up to 0.009."""
QUERY = (
    "fields @timestamp, @log, @logStream, @message"
    r" | filter @message like /Init Duration: |Restore Duration: |Status: timeout"
    r"|initDurationMs|restoreDurationMs|platform\.initReport|platform\.initStart|^INIT_START"
    r"|\"status\":\s*\"timeout\"/"
    f" | sort @timestamp asc | limit {ROWS_PER_QUERY}"
)
"""The lines of cold starts, restores, failed inits and timeouts, in text and in JSON."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.3, 5.0
PATIENCE_S = 900.0
"""For one query, its turn included: Lambda accounts run at most a hundred at once."""
NO_GROUP = "It has no log group: it may not write one, or the group was deleted."
_ENDED_BADLY = frozenset({"Failed", "Cancelled", "Timeout", "Unknown"})
_NAMED_GROUP = re.compile(r"[Ll]og group '?([\w./#-]+)'? does not exist")


class Window(NamedTuple):
    """The time that is read: seconds since 1970, both ends included."""

    since_s: int
    until_s: int


class GroupLines(NamedTuple):
    """Items of log groups, each group's in order of time, and why a group has none.

    An item has Insights' fields `@timestamp`, `@logStream` and `@message`. `unfit` are groups that
    Insights does not take.
    """

    items: Mapping[str, Sequence[Mapping[str, Any]]]
    problems: Mapping[str, str]
    unfit: tuple[str, ...] = ()


def lines_by_query(
    door: AccountDoor, region: str, groups: Sequence[str], window: Window
) -> GroupLines:
    """Return the lines of at most 50 groups. Raises AccountError if no group could be asked.

    A group that does not exist is left out with the reason; a result with as many rows as a query
    may return is asked for again in two halves of the window.
    """
    try:
        rows = _rows(door, region, groups, window)
    except GoneError as error:
        return _without_gone(door, region, groups, window, error)
    except RefusedError as error:
        if error.code not in ("InvalidParameterException", "ValidationException"):
            raise
        if len(groups) == 1:
            return GroupLines({}, {}, tuple(groups))
        return _halves(door, region, groups, window)
    items: dict[str, list[Mapping[str, Any]]] = {group: [] for group in groups}
    for row in rows:
        name = str(row.get("@log", "")).rpartition(":")[2]
        if name in items:
            items[name].append(row)
    return GroupLines(items, {})


def _without_gone(
    door: AccountDoor, region: str, groups: Sequence[str], window: Window, error: GoneError
) -> GroupLines:
    """Ask again without the groups that do not exist: AWS names one, or none."""
    named = [name for name in _NAMED_GROUP.findall(error.said) if name in groups]
    if not named and len(groups) > 1:
        return _halves(door, region, groups, window)
    gone = dict.fromkeys(named or groups, NO_GROUP)
    left = [group for group in groups if group not in gone]
    if not left:
        return GroupLines({}, gone)
    rest = lines_by_query(door, region, left, window)
    return GroupLines(rest.items, {**gone, **rest.problems}, rest.unfit)


def _halves(door: AccountDoor, region: str, groups: Sequence[str], window: Window) -> GroupLines:
    """Ask for two halves of the groups: one of them is what Insights does not take."""
    middle = len(groups) // 2
    first, second = (
        lines_by_query(door, region, part, window) for part in (groups[:middle], groups[middle:])
    )
    return GroupLines(
        {**first.items, **second.items},
        {**first.problems, **second.problems},
        first.unfit + second.unfit,
    )


def _rows(
    door: AccountDoor, region: str, groups: Sequence[str], window: Window
) -> list[dict[str, Any]]:
    rows = _result(door, region, groups, window)
    if len(rows) < ROWS_PER_QUERY or window.since_s >= window.until_s:
        return rows
    # Both halves have the second in the middle: whether an end is exact to it is not documented.
    middle = (window.since_s + window.until_s) // 2
    if middle == window.since_s:
        return rows
    early = _rows(door, region, groups, Window(window.since_s, middle))
    known = {row.get("@ptr") for row in early} - {None}
    late = _rows(door, region, groups, Window(middle, window.until_s))
    return early + [row for row in late if row.get("@ptr") not in known]


def _result(
    door: AccountDoor, region: str, groups: Sequence[str], window: Window
) -> list[dict[str, Any]]:
    """Start one query, wait for its end and return its rows."""
    give_up = time.monotonic() + PATIENCE_S
    query = _start(door, region, groups, window, give_up)
    pause = FIRST_PAUSE_S
    while True:
        door.pause(pause)
        answer = door.ask("logs", "GetQueryResults", region, "the result of a query", queryId=query)
        status = str(answer.get("status", "Unknown"))
        if status == "Complete":
            return [
                {str(one.get("field")): one.get("value") for one in row}
                for row in answer.get("results") or ()
            ]
        if status in _ENDED_BADLY or time.monotonic() > give_up:
            raise RefusedError(
                Trouble(
                    f"A query of {len(groups)} log groups in {region} ended as {status}",
                    remedy("ask for a shorter time with --since", "run it once more"),
                ),
                status,
            )
        pause = min(LONGEST_PAUSE_S, 2 * pause)


def _start(
    door: AccountDoor, region: str, groups: Sequence[str], window: Window, give_up: float
) -> str:
    """Return the id of a started query; waits while as many run as AWS allows."""
    pause = 2 * FIRST_PAUSE_S
    while True:
        try:
            answer = door.ask(
                "logs",
                "StartQuery",
                region,
                f"one of {len(groups)} log groups",
                logGroupNames=list(groups),
                startTime=window.since_s,
                endTime=window.until_s,
                queryString=QUERY,
                limit=ROWS_PER_QUERY,
            )
        except ThrottledError:
            if time.monotonic() > give_up:
                raise
            door.pause(pause)
            pause = min(LONGEST_PAUSE_S, 2 * pause)
            continue
        return str(wanted(answer, "queryId", "StartQuery", region))
