"""The lines of one log group that tell of inits, by FilterLogEvents: where Insights is not."""

from __future__ import annotations

from typing import Any

from importcost.account.door import AccountDoor
from importcost.account.log_queries import Window

PATTERN = (
    '?"Init Duration" ?"Restore Duration" ?"Status: timeout" ?initDurationMs ?restoreDurationMs'
    ' ?"platform.initReport" ?"platform.initStart" ?"INIT_START" ?"\\"timeout\\""'
)
"""Any of the words; the same lines as Insights' query, and a few more."""
LINES_PER_PAGE = 10_000
MOST_PAGES = 2_000
"""A page may be empty while the next has lines: this many are read before one gives up."""


def lines_by_page(
    door: AccountDoor, region: str, group: str, window: Window, pattern: str = PATTERN
) -> tuple[list[dict[str, Any]], bool]:
    """Return the lines that fit, in order of time, and True if these are all.

    Raises AccountError.
    """
    found: list[dict[str, Any]] = []
    following: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        answer = door.ask(
            "logs",
            "FilterLogEvents",
            region,
            f"the log group {group}",
            logGroupName=group,
            startTime=window.since_s * 1_000,
            endTime=window.until_s * 1_000 + 999,
            filterPattern=pattern,
            limit=LINES_PER_PAGE,
            **following,
        )
        found += answer.get("events") or ()
        token = answer.get("nextToken")
        if not token or token == following.get("nextToken"):
            return sorted(found, key=_time), True
        following = {"nextToken": token}
    return sorted(found, key=_time), False


def _time(item: dict[str, Any]) -> int:
    return int(item.get("timestamp") or 0)
