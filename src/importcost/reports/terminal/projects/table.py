"""A table of a project's functions in the terminal: a row each, as wide as its cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from importcost.reports.cells import cells, fit
from importcost.reports.text import Palette

R = TypeVar("R")
GAP = 2
LEAST_NAME = 14


@dataclass(frozen=True, slots=True)
class TextColumn(Generic[R]):  # before 3.11 a NamedTuple cannot be generic
    """A column: its title, the text of a row in it, and whether that is a figure."""

    title: str
    text: Callable[[R], str]
    is_number: bool = True


def function_rows(
    columns: Sequence[TextColumn[R]], rows: Sequence[R], style: Palette, width: int
) -> list[str]:
    """Return the lines of a table of at most `width` cells; names in the first column give way.

    Columns at the end are left out of a terminal that has no room for them.
    """
    if not rows:
        return []
    table = [[one.title for one in columns], *([one.text(row) for one in columns] for row in rows)]
    widths = [max(cells(row[at]) for row in table) for at in range(len(columns))]
    shown = len(columns)
    while shown > 2 and sum(widths[1:shown]) + GAP * (shown - 1) + LEAST_NAME > width:
        shown -= 1
    room = width - sum(widths[1:shown]) - GAP * (shown - 1)
    widths[0] = min(widths[0], max(LEAST_NAME, room))
    lines = []
    for row in table:
        parts = []
        for at in range(shown):
            text = fit(row[at], widths[at]) if row[at] else ""
            gap = " " * (widths[at] - cells(text))
            parts.append(gap + text if columns[at].is_number else text + gap)
        lines.append((" " * GAP).join(parts).rstrip())
    return [style(lines[0], "2"), *lines[1:]]
