"""The time that a command reads, as users write it."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from importcost.account.log_queries import Window
from importcost.errors import UsageError

_SPAN = re.compile(r"(\d{1,4})\s*(m|h|d|w)")
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
LONGEST_DAYS = 455
"""CloudWatch keeps metrics for 455 days."""


def since_of(text: str, now_s: int) -> int:
    """Return the beginning that `14d`, `12h`, `2026-11-01` or `2026-11-01T08:30` names.

    A span counts back from `now_s`, a date without a zone is UTC; seconds since 1970. Raises
    UsageError.
    """
    found = _SPAN.fullmatch(text.strip())
    since = now_s - int(found.group(1)) * _SECONDS[found.group(2)] if found else moment_of(text)
    if since >= now_s:
        raise UsageError(f"{text} is not in the past: name a span such as 14d, or an earlier date.")
    if now_s - since > LONGEST_DAYS * 86_400:
        raise UsageError(f"{text} is too long ago: CloudWatch keeps {LONGEST_DAYS} days.")
    return since


def moment_of(text: str) -> int:
    """Return a date or a time as seconds since 1970; without a zone it is UTC.

    Raises UsageError.
    """
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(
            f"{text} is not a time: write a span such as 14d or 12h, or a date such as 2026-11-01."
        ) from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=timezone.utc)
    return int(found.timestamp())


def window_of(since: str, now_s: int) -> Window:
    """Return the window from `since` until now. Raises UsageError."""
    return Window(since_of(since, now_s), now_s)
