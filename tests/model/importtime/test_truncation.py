"""A log that breaks off inside an import says so, one whose lines changed places does not."""

from __future__ import annotations

import random

import pytest

from importcost.model.importtime.truncation import breaks_off
from importcost.model.rows import RowTable

Row = tuple[str, int, int, int]


def whole_log(seed: int, roots: int = 6) -> list[Row]:
    """Return rows as printed: children above their parent, name, self, cumulative, depth."""
    rng = random.Random(seed)
    rows: list[Row] = []

    def load(depth: int) -> int:
        below = sum(load(depth + 1) for _ in range(rng.randint(0, 3) if depth < 4 else 0))
        own = rng.randint(50, 5_000)
        rows.append((f"m{len(rows)}", own, own + below, depth))
        return own + below

    for _ in range(roots):
        load(0)
    return rows


def table(rows: list[Row]) -> RowTable:
    found = RowTable()
    for name, own, cumulative, depth in rows:
        found.names.append(name)
        found.self_us.append(own)
        found.cumulative_us.append(cumulative)
        found.depth.append(depth)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_a_log_cut_at_any_row_is_told_apart_from_a_whole_one(seed: int) -> None:
    rows = whole_log(seed)
    for end in range(1, len(rows) + 1):
        assert breaks_off(table(rows[:end])) == (rows[end - 1][3] > 0), end


@pytest.mark.parametrize("seed", range(40))
def test_lines_that_changed_places_at_the_end_are_no_cut(seed: int) -> None:
    rows = whole_log(seed)
    children = next(n for n, row in enumerate(reversed(rows[:-1])) if row[3] == 0)
    for moved in range(1, min(children, 4) + 1):
        swapped = [*rows[: -1 - moved], rows[-1], *rows[-1 - moved : -1]]
        assert not breaks_off(table(swapped)), moved


def test_figures_that_are_rounded_apart_are_no_cut() -> None:
    rows = [("a.b", 99, 99, 1), ("a", 100, 200, 0), ("c.d", 51, 51, 1), ("c", 100, 150, 0)]
    assert not breaks_off(table([*rows[:2], rows[3], rows[2]]))


def test_no_rows_are_no_cut_and_no_root_is_one() -> None:
    assert not breaks_off(table([]))
    assert breaks_off(table([("numpy.core", 10, 10, 1)]))
