"""The sum that ties a row to its children: what tells whose child a row is.

CPython prints `cumulative` and `self = cumulative - time inside the children`, each rounded up
to a microsecond. So `cumulative - self` equals the sum of the direct children's cumulative
times, but for less than one microsecond a child and one for the row itself.
"""

from __future__ import annotations


def fits(children_us: int, inside_us: int, count: int) -> bool:
    """Tell whether `count` children add up to a row's `cumulative - self`, within rounding."""
    return -1 <= children_us - inside_us <= count + 1
