"""Detect a log of `-X importtime` that is cut off: rows print on completion, parents last."""

from __future__ import annotations

from importcost.model.rows import RowTable

_ROUNDING_US = 2
"""Each row's two figures are rounded separately, by up to a microsecond each."""


def breaks_off(rows: RowTable) -> bool:
    """Return True if a log ends inside an import, whose own row never printed.

    The rows after the last root then have no parent. Lines of one millisecond may be swapped on
    their way (CloudWatch), so a root's children may come after it. Their time is then missing
    before it, and such a log is complete.
    """
    last_root = _last_root(rows, len(rows))
    behind = range(last_root + 1, len(rows))
    if not behind:
        return False
    if last_root < 0:
        return True
    room_us = rows.cumulative_us[last_root] - rows.self_us[last_root]
    before = range(_last_root(rows, last_root) + 1, last_root)
    room_us -= sum(rows.cumulative_us[row] for row in before if rows.depth[row] == 1)
    own_us = sum(rows.self_us[row] for row in behind)
    return own_us > room_us + _ROUNDING_US * (len(before) + len(behind))


def _last_root(rows: RowTable, end: int) -> int:
    """Return the last row of depth 0 before `end`, -1 where there is none."""
    return next((row for row in range(end - 1, -1, -1) if rows.depth[row] == 0), -1)
