"""The handlers that `check --since` took, in sentences, and as data."""

from __future__ import annotations

from typing import Any

from importcost.gate.selection import SinceSelection
from importcost.reports.gate.text import one_line

MAX_TAKEN = 20
"""Handlers that are named with their reason; the others are counted."""


def selection_lines(selection: SinceSelection) -> list[str]:
    """Return a sentence with the counts, then a line for each handler that was taken."""
    taken, total = len(selection.taken), len(selection.taken) + len(selection.left_out)
    files = "1 file" if selection.changed == 1 else f"{selection.changed:,} files"
    first = (
        f"Since {one_line(selection.ref)} ({selection.commit[:12]}) {files} changed: {taken:,} of "
        f"{total:,} handlers measured, {len(selection.left_out):,} left out."
    )
    lines = [first]
    for one in selection.taken[:MAX_TAKEN]:
        reason, *rest = one.reasons
        more = f"; and {len(rest)} more" if rest else ""
        lines.append(f"{one_line(one.name)}: {one_line(reason)}{more}")
    if taken > MAX_TAKEN:
        lines.append(f"{taken - MAX_TAKEN:,} more, which --json names")
    if selection.gone:
        named = ", ".join(map(one_line, selection.gone[:MAX_TAKEN]))
        others = len(selection.gone) - MAX_TAKEN
        lines.append(f"No longer there: {named}{f' and {others:,} more' if others > 0 else ''}")
    return lines


def selection_data(selection: SinceSelection) -> dict[str, Any]:
    """Return the selection as JSON has it."""
    return {
        "ref": selection.ref,
        "commit": selection.commit,
        "changed_files": selection.changed,
        "taken": [{"handler": one.name, "reasons": list(one.reasons)} for one in selection.taken],
        "left_out": list(selection.left_out),
        "gone": list(selection.gone),
    }
