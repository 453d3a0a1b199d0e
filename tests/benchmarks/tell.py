"""The line by which a benchmark tells the table of results what it measured.

    tell(ratio=1.1, answered={"hello": (1.86, "1.76 to 1.90 s")})

prints one line of JSON behind a mark. A script tells each figure as soon as it knows it, so that
what was told counts even if the script is stopped later. Names within names are joined by dots:
`answered.hello`. A figure is a number, or a number and words about it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MARK = "told-figures: "


class Told(NamedTuple):
    """A figure that a script told: its number, and words about it that may be empty."""

    value: float
    words: str


def tell(**figures: Any) -> None:
    """Print the figures as a line that `read_told` finds."""
    print(MARK + json.dumps(figures), flush=True)


def read_told(line: str) -> dict[str, Told]:
    """Return the figures in a line of a script's output by name, none if it is not marked.

    Raises ValueError for a marked line that holds anything but figures.
    """
    if not line.startswith(MARK):
        return {}
    try:
        figures = json.loads(line.removeprefix(MARK))
    except ValueError:
        figures = None
    if not isinstance(figures, dict):
        raise ValueError(f"not figures by name: {line[:100]}")  # noqa: TRY004
    return dict(_flat(figures, ""))


def _flat(figures: Mapping[str, Any], above: str) -> Iterator[tuple[str, Told]]:
    for name, figure in figures.items():
        if isinstance(figure, dict):
            yield from _flat(figure, f"{above}{name}.")
        else:
            yield f"{above}{name}", _told(figure, f"{above}{name}")


def _told(figure: Any, name: str) -> Told:
    value, words = figure if isinstance(figure, list) and len(figure) == 2 else (figure, "")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not isinstance(words, str):
        raise ValueError(f"{name} is neither a number nor a number with words: {figure!r}")
    return Told(value, words)
