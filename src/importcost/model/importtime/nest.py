"""Nest rows, printed on completion, into the import tree, in preorder.

The depth column alone nests rows: a row of depth d owns the rows of depth d + 1 printed since the
last row that was no deeper than d. Three shapes look wrong but are right, and stay as they are: a
parent package printed inside its child, a name nested in itself or repeated, and a failed import
that looks like a success. Nothing here recurses: logs nest 3,000 deep.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from itertools import count
from operator import itemgetter, sub
from typing import TypeVar

from importcost.model.parsing.collection import collection_paused
from importcost.model.profile import Phase
from importcost.model.rows import ImporttimeLog, Marker, RowTable
from importcost.model.tree import NO_PARENT, ImportTree


def fits(children_us: int, inside_us: int, count: int) -> bool:
    """Return True if `count` children add up to a row's `cumulative - self`, within rounding.

    The sum ties a row to its children: CPython prints `cumulative` and `self = cumulative - time
    inside the children`, each rounded up to a microsecond. So `cumulative - self` equals the sum of
    the direct children's cumulative times, up to one microsecond per child and one for the row
    itself.
    """
    return -1 <= children_us - inside_us <= count + 1


_T = TypeVar("_T")

_NAMES_AT_A_TIME = 1000


@collection_paused()
def build_tree(
    log: ImporttimeLog, initial_phase: str = Phase.INTERPRETER_START.value
) -> ImportTree:
    """Nest a log's rows; figures stay as printed.

    A marker's label is the phase of the rows printed after it; rows before the first marker
    (all, if there is none) get `initial_phase`. A row belongs to the phase it was printed in,
    so one that was still loading at a marker counts as the later phase's. Rows whose parent
    never printed become roots at their place in time.
    """
    rows = log.rows
    order, parents = _preorder(rows, [marker.row for marker in log.markers])
    pick = _picker(order)
    names, ids = _intern(rows.names)
    phases, phase_ids = _phases(log.markers, initial_phase, len(rows))
    if len(phases) > 1:
        phase_ids = array("q", pick(phase_ids.tolist()))
    return ImportTree(
        names=names,
        name_ids=array("q", order if isinstance(ids, range) else pick(ids)),
        parents=parents,
        # From lists: an array would create every number again, out of order and so out of cache.
        self_us=array("q", pick(rows.self_us.tolist())),
        cumulative_us=array("q", pick(rows.cumulative_us.tolist())),
        phases=phases,
        phase_ids=phase_ids,
    )


def link_parents(rows: RowTable, marker_rows: Sequence[int] = ()) -> array[int]:
    """Return each row's parent row, in printed order; NO_PARENT for roots and orphans.

    `marker_rows` are the rows before which markers were printed. A row printed before a marker may
    belong to one printed after it (the marker was inside an import), unless the figures contradict:
    then its own parent never printed.
    """
    depths = rows.depth
    parents = array("q", [NO_PARENT]) * len(depths)
    open_rows: list[int] = []  # open_rows[d]: the row of depth d around the rows before it
    for row in range(len(depths) - 1, -1, -1):
        depth = depths[row]
        if depth < len(open_rows):
            del open_rows[depth:]
        elif depth > len(open_rows):
            open_rows.extend([NO_PARENT] * (depth - len(open_rows)))
        if depth:
            parents[row] = open_rows[depth - 1]
        open_rows.append(row)
    for marker_row in marker_rows:
        _cut_at_marker(rows, parents, marker_row)
    return parents


def orphan_groups(rows: RowTable, marker_rows: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first row and the size of each group of rows that lost the same parent."""
    depths = rows.depth
    if _is_whole(depths) and not _open_markers(depths, marker_rows):
        return []
    parents = link_parents(rows, marker_rows)
    groups: list[tuple[int, int]] = []
    waiting: list[int] = []  # groups that a later row may join, by rising depth
    for row, depth in enumerate(depths):
        while waiting and depths[groups[waiting[-1]][0]] > depth:
            waiting.pop()
        if depth == 0 or parents[row] != NO_PARENT:
            continue
        if waiting and depths[groups[waiting[-1]][0]] == depth:
            first, size = groups[waiting[-1]]
            groups[waiting[-1]] = (first, size + 1)
        else:
            waiting.append(len(groups))
            groups.append((row, 1))
    return groups


def _is_whole(depths: array[int]) -> bool:
    """Return True if every deep row is followed by its parent: no step up of more than one."""
    if not depths:
        return True
    return depths[-1] == 0 and max(map(sub, depths, depths[1:]), default=0) <= 1


def _open_markers(depths: array[int], marker_rows: Sequence[int]) -> bool:
    """Return True if a marker is at a place where rows wait for a parent."""
    return any(0 < row <= len(depths) and depths[row - 1] for row in marker_rows)


def _cut_at_marker(rows: RowTable, parents: array[int], marker_row: int) -> None:
    """Detach rows before a marker from parents after it whose figures contradict."""
    depths = rows.depth
    row = marker_row - 1
    limit = depths[row] + 1 if 0 <= row < len(depths) else 0
    crossing: dict[int, list[int]] = {}
    while row >= 0 and limit > 0:
        if depths[row] <= limit:
            limit = depths[row]
            if parents[row] >= marker_row:
                crossing.setdefault(parents[row], []).append(row)
        row -= 1
    for parent, before in crossing.items():
        sums = [rows.cumulative_us[child] for child in before]
        after = [
            rows.cumulative_us[child]
            for child in range(marker_row, parent)
            if parents[child] == parent
        ]
        inside = rows.cumulative_us[parent] - rows.self_us[parent]
        whole = fits(sum(sums) + sum(after), inside, len(sums) + len(after))
        if not whole and fits(sum(after), inside, len(after)):
            for child in before:
                parents[child] = NO_PARENT


def _preorder(rows: RowTable, marker_rows: Sequence[int]) -> tuple[Sequence[int], array[int]]:
    """Return the row at each preorder position, and the parent position of each position."""
    depths = rows.depth
    whole = None if _open_markers(depths, marker_rows) else _preorder_of_whole(depths)
    return whole or _preorder_of_linked(link_parents(rows, marker_rows))


def _preorder_of_whole(depths: array[int]) -> tuple[list[int], array[int]] | None:
    """One pass, for logs without orphans; None for others.

    Before row i of depth d come, in preorder, its d ancestors and every row printed before its
    subtree began. For a leaf that is i + d; a row with children got its position when the first row
    inside it was printed.
    """
    order = [0] * len(depths)
    parents = order.copy()  # a list is quicker to fill than an array
    positions = [NO_PARENT] * (max(depths, default=0) + 2)  # of the open row of depth d at d + 1
    previous = 0
    try:
        for row, depth in enumerate(depths):
            if depth < previous:
                if previous - depth != 1:
                    return None
                position = positions[depth + 1]
            else:
                position = row + depth
                if depth - previous == 1:  # the common case, without a slice
                    positions[depth] = position - 1
                elif depth > previous:
                    positions[previous + 1 : depth + 1] = range(row + previous, position)
            order[position] = row
            parents[position] = positions[depth]
            previous = depth
    except IndexError:  # fewer rows follow than the row needs ancestors
        return None
    return None if previous else (order, array("q", parents))


def _preorder_of_linked(links: array[int]) -> tuple[list[int], array[int]]:
    """The general way: subtree sizes first, then positions from the end backwards."""
    count = len(links)
    sizes = [1] * count
    for row, parent in enumerate(links):
        if parent != NO_PARENT:
            sizes[parent] += sizes[row]
    order = [0] * count
    parents = array("q", order)
    positions = [0] * count
    ends = [0] * count  # where the next earlier child of a row ends
    roots_end = count
    for row in range(count - 1, -1, -1):
        parent = links[row]
        end = roots_end if parent == NO_PARENT else ends[parent]
        position = end - sizes[row]
        if parent == NO_PARENT:
            roots_end = position
        else:
            ends[parent] = position
        positions[row], ends[row] = position, end
        order[position] = row
        parents[position] = NO_PARENT if parent == NO_PARENT else positions[parent]
    return order, parents


def _picker(order: Sequence[int]) -> Callable[[Sequence[_T]], Sequence[_T]]:
    """Return a function that puts a column in order."""
    if len(order) < 2:  # itemgetter of one index returns no sequence
        return lambda column: [column[row] for row in order]
    return itemgetter(*order)


def _intern(names: list[str]) -> tuple[tuple[str, ...], Sequence[int]]:
    """Return the distinct names, in order of appearance, and each row's index in them."""
    if _all_differ(names):
        return tuple(names), range(len(names))
    index = dict(zip(dict.fromkeys(names), count()))
    return tuple(index), list(map(index.__getitem__, names))


def _all_differ(names: list[str]) -> bool:
    """Return True if no name occurs twice; stop soon after the first that does.

    A set takes half the time of a dict, and grows faster by small sets than name by name.
    """
    seen: set[str] = set()
    for start in range(0, len(names), _NAMES_AT_A_TIME):
        seen.update(set(names[start : start + _NAMES_AT_A_TIME]))
        if len(seen) < min(start + _NAMES_AT_A_TIME, len(names)):
            return False
    return True


def _phases(
    markers: Sequence[Marker], initial_phase: str, count: int
) -> tuple[tuple[str, ...], array[int]]:
    """Return the phase labels in order of appearance and each row's phase."""
    ids = {initial_phase: 0}
    column = array("q")
    current = 0
    for marker in markers:
        column.extend(array("q", [current]) * (marker.row - len(column)))
        current = ids.setdefault(marker.label, len(ids))
    column.extend(array("q", [current]) * (count - len(column)))
    return tuple(ids), column
