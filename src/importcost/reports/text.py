"""Words for a terminal: styling, figures, and text that fits its width."""

from __future__ import annotations

import re

from importcost.model.interval import Interval, dollar_digits

REPLACED = "\N{REPLACEMENT CHARACTER}"
# `::name` is read at the start of a line, the others anywhere.
_COMMAND = re.compile(r"(?<!\S)::(?=\s*[A-Za-z])|##(?=\w*\[)")
NARROWEST, MAX_WIDTH = 40, 110
"""The narrowest and the widest report, in columns."""


class Palette:
    """ANSI styling, or none at all."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, code: str) -> str:
        """Return `text` in an SGR code such as `1` (bold) or `31` (red)."""
        return f"\033[{code}m{text}\033[0m" if self._colour else text

    @property
    def is_plain(self) -> bool:
        """Return True if no colour is used."""
        return not self._colour


def milliseconds(value_ms: float) -> str:
    """Return `8.4 ms`, `840 ms`, `1,234 ms`: no more digits than are known."""
    return f"{value_ms:,.1f} ms" if abs(value_ms) < 10 else f"{value_ms:,.0f} ms"


def ms_of(value_us: float) -> str:
    """Return microseconds as `milliseconds` writes them."""
    return milliseconds(value_us / 1000)


def dollar_change(interval: Interval, sign: str = "$") -> str:
    """Return `+$1.20 (-$0.10 to +$2.50)`: a difference of US dollars with its interval.

    `sign` is how the dollar sign is written where the text goes.
    """
    low, value, high = (
        f"{'-' if amount < 0 else '+'}{sign}{dollar_digits(abs(amount))}"
        for amount in (interval.low, interval.value, interval.high)
    )
    return f"{value} ({low} to {high})"


def dollars(value: float) -> str:
    """Return an amount of US dollars with two decimals, more below ten cents."""
    return f"${dollar_digits(value)}" if value >= 0.1 else f"${value:.4f}"


def printable(text: str) -> str:
    """Return one line of `text` that a terminal and a CI server show and do not carry out.

    Names come from other people's code. What is not printable (controls, escapes, what turns the
    direction of writing) is replaced; commands of GitHub, Azure and TeamCity are parted.
    """
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else REPLACED for sign in text)
    if "::" in text or "##" in text:
        text = _COMMAND.sub(lambda found: found[0][0] + REPLACED + found[0][1], text)
    return text


def printable_lines(text: str) -> str:
    """Return `text` as `printable` does, keeping its line ends and tabs."""
    if text.isprintable():  # one line, as nearly all are: a page has thousands
        return printable(text)
    lines = (line.split("\t") for line in text.split("\n"))
    return "\n".join("\t".join(map(printable, parts)) for parts in lines)


def elide(text: str, room: int) -> str:
    """Return `text` in at most `room` characters, its middle replaced by an ellipsis."""
    text = printable(text)
    if len(text) <= room:
        return text
    keep = max(room - 1, 1)
    front = keep // 3
    return f"{text[:front]}…{text[len(text) - (keep - front) :]}"


def wrap(text: str, width: int) -> list[str]:
    """Break text at spaces into lines of at most `width` characters."""
    lines, line = [], ""
    for word in printable(" ".join(text.split())).split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line else lines
