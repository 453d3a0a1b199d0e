"""Whether a log of `-X importtime` breaks off: rows print on completion, so parents come last."""

from __future__ import annotations

from importcost.model.rows import RowTable

_ROUNDING_US = 2
"""Each row's two figures are rounded apart from each other, by up to a microsecond each."""


def breaks_off(rows: RowTable) -> bool:
    """Tell whether a log ends inside an import, whose own row never printed.

    The rows behind the last root are then nobody's. Lines of one millisecond may have changed
    places on their way (CloudWatch), so that a root's children stand behind it: their time is
    missing in front of it, and such a log is whole.
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
