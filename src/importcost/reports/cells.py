"""Text measured in the cells of a fixed-width font: wide East Asian characters take two."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

from importcost.reports.text import printable

ELLIPSIS = "…"


def cells(text: str) -> int:
    """Return how many cells `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_sign_cells(sign) for sign in text)


def fit(text: str, room: int) -> str:
    """Return printable `text` in at most `room` cells (at least 1), its middle elided.

    The end distinguishes modules of one package, so it gets two thirds of the room.
    """
    text = printable(text)
    if cells(text) <= room:
        return text
    keep = max(room - 1, 0)
    front = _take(text, keep // 3)
    back = _take(text[::-1], keep - cells(front))[::-1]
    return f"{front}{ELLIPSIS}{back}"


def _sign_cells(sign: str) -> int:
    if combining(sign):
        return 0
    return 2 if east_asian_width(sign) in "WF" else 1


def _take(text: str, room: int) -> str:
    used = 0
    for at, sign in enumerate(text):
        used += _sign_cells(sign)
        if used > room:
            return text[:at]
    return text
