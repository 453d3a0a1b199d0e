"""Nest the rows of a log that is not whole or not in order, without counting any time twice.

A row's cumulative figure is authoritative, also where its children are not in the log: what they
lack becomes a node of its own, `NOT_IN_LOG`. The rows that belong to a row are the last ones
before it, as far as they fit into its figures: an earlier row that does not fit belongs to a row
that is missing. Log services swap lines, so a child may also come after its parent: a row that
nothing after it claims goes to the nearest row whose figures have room for it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from importcost.model.parsing.collection import collection_paused
from importcost.model.rows import RowTable
from importcost.model.tree import NO_PARENT, NOT_IN_LOG, ImportTree

_SEARCH_STEPS = 2_000_000


@dataclass(frozen=True, slots=True)
class PartialTree:
    """The tree of a log; microseconds.

    `depths` are the printed ones of the nodes, -1 for what is not in the log. If the log is out of
    order (`is_ordered` False), roots may overlap: `proven_us` bounds what nodes took together.
    `orphans` counts the rows whose parent is not in the log.
    """

    tree: ImportTree
    depths: array[int]
    is_ordered: bool
    orphans: int


@collection_paused()
def nest_partial(rows: RowTable, phase: str) -> PartialTree:
    """Return the tree of any rows, in any order; each node is in the one phase."""
    nesting = _Nesting(rows)
    placed = nesting.place_displaced()
    is_ordered = not (placed or nesting.contradicts)
    if not is_ordered and nesting.has_all_rows():
        nesting.tells_missing = False
    order = nesting.preorder()
    return PartialTree(
        tree=nesting.tree(order, phase),
        depths=array("q", [rows.depth[row] if row >= 0 else -1 for row, _ in order]),
        is_ordered=is_ordered,
        orphans=len(nesting.orphans) - placed,
    )


def proven_us(partial: PartialTree, nodes: Sequence[int]) -> int:
    """Return the least time that nodes took together, whatever their order; microseconds.

    Rows of one depth never overlap, and neither do their cumulative times and the self times of
    the rows above them.
    """
    tree, depths = partial.tree, partial.depths
    levels = max((depths[node] for node in nodes), default=-1) + 1
    cumulative, own = [0] * levels, [0] * levels
    for node in nodes:
        if depths[node] >= 0:
            cumulative[depths[node]] += max(0, tree.cumulative_us[node])
            own[depths[node]] += max(0, tree.self_us[node])
    most = above = 0
    for level in range(levels):
        most = max(most, above + cumulative[level])
        above += own[level]
    return most


class _Nesting:
    """Finds each row's parent; rows are numbered as printed."""

    def __init__(self, rows: RowTable) -> None:
        self._rows = rows
        count = len(rows)
        self.parents = [NO_PARENT] * count
        # Threads make self times negative and nesting false.
        self.tells_missing = count > 0 and min(rows.self_us) >= 0
        self.room = [
            max(0, max(0, time) - max(0, own))
            for own, time in zip(rows.self_us, rows.cumulative_us, strict=True)
        ]
        self._children = [0] * count
        self.contradicts = False
        self.orphans = self._stack()

    def _fits(self, row: int, parent: int) -> bool:
        # Both figures are rounded up: a microsecond for each child and one for the row.
        slack = self._children[parent] + 2
        return max(0, self._rows.cumulative_us[row]) <= self.room[parent] + slack

    def _attach(self, row: int, parent: int) -> None:
        self.parents[row] = parent
        self.room[parent] -= max(0, self._rows.cumulative_us[row])
        self._children[parent] += 1

    def _stack(self) -> list[int]:
        """Give each row the rows before it that are deeper and fit; return those left over."""
        depths = self._rows.depth
        waiting: list[int] = []
        for row, depth in enumerate(depths):
            while waiting and depths[waiting[-1]] > depth:
                if not self._fits(waiting[-1], row):
                    self.contradicts = True
                    break
                self._attach(waiting.pop(), row)
            waiting.append(row)
        return [row for row in waiting if depths[row]]

    def place_displaced(self) -> int:
        """Give rows left over to the nearest row with room for them; return how many."""
        if not self.orphans:
            return 0
        depths = self._rows.depth
        open_rows = [row for row, room in enumerate(self.room) if room > self._children[row] + 1]
        steps, placed = _SEARCH_STEPS, 0
        for row in sorted(self.orphans, key=lambda row: -self._rows.cumulative_us[row]):
            steps -= len(open_rows)
            if steps < 0:
                break
            found = [
                parent
                for parent in open_rows
                if depths[parent] < depths[row]
                and self._fits(row, parent)
                and not self._is_inside(parent, row)
            ]
            if found:
                # The parent itself is one level up; another is only an ancestor.
                best = min(found, key=lambda one: (depths[row] - depths[one] != 1, abs(one - row)))
                self._attach(row, best)
                placed += 1
        return placed

    def has_all_rows(self) -> bool:
        """Return True if the roots' figures are those of the rows alone: none is missing."""
        rows = self._rows
        roots = sum(
            us for us, depth in zip(rows.cumulative_us, rows.depth, strict=True) if not depth
        )
        return sum(rows.self_us) >= roots

    def _is_inside(self, row: int, ancestor: int) -> bool:
        while row not in (NO_PARENT, ancestor):
            row = self.parents[row]
        return row == ancestor

    def tree(self, order: Sequence[tuple[int, int]], phase: str) -> ImportTree:
        """Return the tree, with a node for what each row's children lack."""
        rows = self._rows
        names: dict[str, int] = {}
        name_ids, parents, own, whole = (array("q") for _ in range(4))
        for row, parent in order:
            parents.append(parent)
            is_missing = row < 0
            name = NOT_IN_LOG if is_missing else rows.names[row]
            name_ids.append(names.setdefault(name, len(names)))
            own.append(self.room[~row] if is_missing else rows.self_us[row])
            whole.append(self.room[~row] if is_missing else rows.cumulative_us[row])
        phase_ids = array("q", [0]) * len(parents)
        return ImportTree(tuple(names), name_ids, parents, own, whole, (phase,), phase_ids)

    def preorder(self) -> list[tuple[int, int]]:
        """Return (row, position of its parent) in preorder; ~row for what a row lacks."""
        count = len(self.parents)
        children: list[list[int]] = [[] for _ in range(count)]
        roots: list[int] = []
        for row, parent in enumerate(self.parents):
            (roots if parent == NO_PARENT else children[parent]).append(row)
        found: list[tuple[int, int]] = []
        stack = [(row, NO_PARENT) for row in reversed(roots)]
        while stack:
            row, parent = stack.pop()
            position = len(found)
            found.append((row, parent))
            if row < 0:
                continue
            if self.room[row] > self._children[row] + 1 and self.tells_missing:
                stack.append((~row, position))
            stack += [(child, position) for child in reversed(children[row])]
        return found
