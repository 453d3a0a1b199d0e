"""Expected durations in words, no more exact than what is known of them."""

from __future__ import annotations

from math import ceil

MINUTE_S = 60


def about_time(seconds: float) -> str:
    """Return `about 40 s` or `about 3 min`: rounded up, to whole tens of seconds from 10 on."""
    if seconds <= 10:
        return f"about {max(1, ceil(seconds))} s"
    tens = ceil(seconds / 10) * 10
    if tens <= 1.5 * MINUTE_S:
        return f"about {tens} s"
    return f"about {ceil(seconds / MINUTE_S)} min"
