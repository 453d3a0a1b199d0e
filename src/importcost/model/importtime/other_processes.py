"""Find the rows of a log that other processes wrote: child interpreters and forked copies.

A child interpreter started with the same flag prints its own header, a forked copy none. Their rows
are recognised by the sum in `importcost.model.importtime.nest`: a parent's figures do not include
another process's imports. If the figures are ambiguous, the rows stay with the measured process,
and the finding says so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import not_

from importcost.model.importtime.nest import fits
from importcost.model.rows import DisturbanceKind, RowTable

CHECKED_IN_FULL = 200_000
"""Logs up to this many rows are checked row by row; longer ones only if their sums are off."""

_MAX_FORKS = 32
_SEARCH_STEPS = 2_000_000
_STEPS_A_ROW = 40

_Waiting = dict[int, tuple[int, int]]
"""Sum and count of the cumulative times of rows whose parent has not printed yet, by depth."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding about other processes, at a row (counted from 0 in the whole log)."""

    kind: DisturbanceKind
    row: int
    detail: str


@dataclass(frozen=True, slots=True)
class ForeignRows:
    """Half-open row ranges that other processes wrote, in order, without overlap."""

    ranges: tuple[tuple[int, int], ...]
    findings: tuple[Finding, ...]


def find_foreign_rows(
    rows: RowTable, headers: Sequence[int], markers: Sequence[int]
) -> ForeignRows:
    """Find other processes' rows.

    `headers` are the rows before which a second or later header was printed, `markers` those before
    which a marker was, both ascending.
    """
    ranges, findings = _find_children(rows, headers, markers)
    if len(rows) > CHECKED_IN_FULL and not headers and _sums_hold(rows):
        return ForeignRows((), ())
    # Threads break the same sums, but only threads cause negative self times.
    if len(rows) and min(rows.self_us) >= 0:
        forks, more = _find_forks(rows, ranges, markers)
        return ForeignRows(tuple(_merged(ranges + forks)), (*findings, *more))
    return ForeignRows(tuple(_merged(ranges)), tuple(findings))


def _sums_hold(rows: RowTable) -> bool:
    """Return True if all self times add up to the roots' cumulative times, within rounding."""
    roots = sum(compress(rows.cumulative_us, map(not_, rows.depth)))
    return -len(rows) <= sum(rows.self_us) - roots <= len(rows)


def _merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _alive_before(ranges: Sequence[tuple[int, int]], row: int) -> list[int]:
    """Return the rows before `row` that are in none of the ranges."""
    alive: list[int] = []
    position = 0
    for start, end in _merged(ranges):
        alive.extend(range(position, min(start, row)))
        position = max(position, end)
    alive.extend(range(position, row))
    return alive


# Child interpreters --------------------------------------------------------------------------


def _find_children(
    rows: RowTable, headers: Sequence[int], markers: Sequence[int]
) -> tuple[list[tuple[int, int]], list[Finding]]:
    ranges: list[tuple[int, int]] = []
    findings: list[Finding] = []
    search = _Search(rows, headers)
    by_names = _NameSearch(rows, markers)
    before = _Before(rows)
    for number, header in enumerate(headers):
        if ranges and header < ranges[-1][1]:
            continue  # a child of the child
        before.take_until(header)
        if before.waiting:
            found = search.end_of_child(number, before.waiting)
            # The measured process prints the markers, so it was back by the next one.
            fallback = next((row for row in markers if row >= header), len(rows))
            end, certain = (fallback, False) if found is None else (found, True)
        else:
            end, certain = by_names.end_of_child(header, before)
        if end > header:
            ranges.append((header, end))
            before.skip_to(end)
        if not certain:
            detail = "the figures do not show where the child process's rows end"
            findings.append(Finding(DisturbanceKind.OTHER_PROCESS, header, detail))
    return ranges, findings


class _Before:
    """The measured process's rows before a header: their names, and those that wait.

    It only goes forward, so that all headers together take as long as the rows.
    """

    def __init__(self, rows: RowTable) -> None:
        self._rows = rows
        self._at = 0
        self._names = _Once()
        self.waiting: _Waiting = {}
        """The rows that wait for their parent, by rising depth."""

    def take_until(self, row: int) -> None:
        """Take the rows up to this one."""
        depths, cumulative_us = self._rows.depth, self._rows.cumulative_us
        for number in range(self._at, row):
            depth = depths[number]
            while self.waiting and next(reversed(self.waiting)) > depth:
                self.waiting.popitem()
            if depth:
                total, count = self.waiting.get(depth, (0, 0))
                self.waiting[depth] = (total + cumulative_us[number], count + 1)
        self._names.add(self._rows.names[self._at : row])
        self._at = max(self._at, row)

    def skip_to(self, row: int) -> None:
        """Leave out the rows up to this one: another process wrote them."""
        self._at = row

    def has_loaded(self, names: Iterable[str]) -> bool:
        """Return True if one of the names was loaded, once."""
        return any(name in self._names for name in names)


class _Once:
    """Names that occur once: failed imports print theirs again and again."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._seen: set[str] = set()
        self._again: set[str] = set()
        self.add(names)

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            (self._again if name in self._seen else self._seen).add(name)

    def __contains__(self, name: str) -> bool:
        return name in self._seen and name not in self._again

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen - self._again)


class _Search:
    """Finds the row from which on the sums are the measured process's again.

    The search is bounded: after `_SEARCH_STEPS` rows in all it gives up.
    """

    def __init__(self, rows: RowTable, headers: Sequence[int]) -> None:
        self._rows = rows
        self._headers = headers
        self._steps = _SEARCH_STEPS

    def end_of_child(self, number: int, waiting: _Waiting, level: int = 0) -> int | None:
        """Return the end of the child of a header, given the rows that wait before; or None."""
        start = header = self._headers[number]
        while start < len(self._rows) and self._steps >= 0:
            end = _next_root(self._rows, start)
            inner = bisect_right(self._headers, max(start, header))
            if inner < len(self._headers) and self._headers[inner] < end:
                if start > header and self._goes_on(start, inner, waiting, level):
                    return start
            elif self._adds_up(start, end, waiting):
                return start
            elif not self._adds_up(start, end, {}):
                # The rows fit neither process alone: the child died during an import somewhere in
                # here.
                for middle in range(start + 1, end):
                    if self._adds_up(middle, end, waiting):
                        return middle
            start = end
        return None

    def _goes_on(self, start: int, inner: int, waiting: _Waiting, level: int) -> bool:
        """Return True if the rows up to the next header are the measured process's.

        Then that header is its next child's, and the sums must hold after that child as well.
        """
        sums = self._nest(start, self._headers[inner], waiting)
        if sums is None:
            return False
        sums.pop(0, None)
        if not sums or level >= _MAX_FORKS:
            return True
        return self.end_of_child(inner, sums, level + 1) is not None

    def _adds_up(self, start: int, end: int, waiting: _Waiting) -> bool:
        """Return True if the rows nest after those that wait, and include the deepest of them."""
        sums = self._nest(start, end, waiting)
        return sums is not None and (not waiting or max(sums) < max(waiting))

    def _nest(self, start: int, end: int, waiting: _Waiting) -> _Waiting | None:
        """Return the rows that wait after these; None if a sum is wrong or a parent is missing."""
        rows = self._rows
        sums = dict(waiting)
        for row in range(start, end):
            self._steps -= 1
            depth = rows.depth[row]
            if self._steps < 0 or (sums and max(sums) > depth + 1):
                return None
            total, count = sums.pop(depth + 1, (0, 0))
            if not fits(total, rows.cumulative_us[row] - rows.self_us[row], count):
                return None
            total, count = sums.get(depth, (0, 0))
            sums[depth] = (total + rows.cumulative_us[row], count + 1)
        return sums


def _next_root(rows: RowTable, start: int) -> int:
    """Return the end of the segment that the next row of depth 0 closes, or the log's."""
    try:
        return rows.depth.index(0, start) + 1
    except ValueError:
        return len(rows)


class _NameSearch:
    """Decides by names if no row waits for its parent, so that all sums hold either way.

    The search is bounded: all headers together may look at so many rows for each row of the log.
    """

    def __init__(self, rows: RowTable, markers: Sequence[int]) -> None:
        self._rows = rows
        self._markers = markers
        self._steps = _STEPS_A_ROW * len(rows)

    def end_of_child(self, header: int, before: _Before) -> tuple[int, bool]:
        """Return the end of a child's rows, and whether it is certain.

        A process loads a module once. So the child's rows extend at least to the last root with a
        name that the measured process had loaded, and at most to the first with a name that the
        child itself had loaded.
        """
        rows = self._rows
        following = bisect_right(self._markers, header)
        stop = self._markers[following] if following < len(self._markers) else len(rows)
        seen: set[str] = set()
        least = most = start = header
        while start < stop:
            end = min(_next_root(rows, start), stop)
            self._steps -= end - start
            if self._steps < 0:
                return least, False
            names = rows.names[start:end]
            if not seen.isdisjoint(names) and start > least:
                break
            seen.update(_Once(names))
            if before.has_loaded(names):
                least = end
            most = start = end
        return least, least == most


# Forked copies -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Node:
    """A row whose sums do not hold, with its children: all are positions among live rows."""

    position: int
    start: int
    children: tuple[int, ...]


def _find_forks(
    rows: RowTable, taken: Sequence[tuple[int, int]], markers: Sequence[int]
) -> tuple[list[tuple[int, int]], list[Finding]]:
    ranges: list[tuple[int, int]] = []
    findings: list[Finding] = []
    while True:
        alive = _alive_before([*taken, *ranges], len(rows))
        found, undecided = _next_fork(rows, alive, markers)
        if found is None:
            return ranges, findings + undecided
        if len(ranges) == _MAX_FORKS:
            detail = f"more than {_MAX_FORKS} forked copies wrote rows: the other ones are kept"
            return ranges, [*findings, Finding(DisturbanceKind.FORKED, found[0], detail)]
        ranges.append(found)
        detail = f"{found[1] - found[0]} rows that a forked copy wrote"
        findings.append(Finding(DisturbanceKind.FORKED, found[0], detail))


def _next_fork(
    rows: RowTable, alive: Sequence[int], markers: Sequence[int]
) -> tuple[tuple[int, int] | None, list[Finding]]:
    """Return the first range that a forked copy certainly wrote, else the unexplained excess.

    Rows that miss children together with rows that have too many mean that rows are lost or out of
    order (log services shuffle lines of the same millisecond); then no excess proves a fork.
    """
    wrong = _wrong_sums(rows, alive)
    short = [position for position, excess in wrong if excess < 0]
    copies = _namesakes(rows, alive, short)
    tries = _MAX_FORKS  # each looks at the whole log
    for position, copy in copies.items():
        found = _copy_of_parent(rows, alive, _node_at(rows, alive, position), copy)
        if found is not None and tries > 0:
            tries -= 1
            if _mends(rows, alive, found, wrong):
                return found, []
    undecided: list[Finding] = []
    for position, excess in wrong:
        if excess < 0:
            continue
        node = _node_at(rows, alive, position)
        if _marker_explains(rows, alive, node, markers):
            continue
        found = None if short or tries <= 0 else _foreign_children(rows, alive, node)
        if found is not None:
            tries -= 1
            if _mends(rows, alive, found, wrong):
                return found, []
        undecided.append(_unexplained(rows, alive[position], excess, shuffled=bool(short)))
    return None, undecided


def _namesakes(rows: RowTable, alive: Sequence[int], positions: Sequence[int]) -> dict[int, int]:
    """Return, for each position, the last one before it of the same name and depth, if any."""
    wanted = set(positions)
    latest: dict[tuple[int, str], int] = {}
    found: dict[int, int] = {}
    if not wanted:
        return found
    for position, row in enumerate(alive):
        key = (rows.depth[row], rows.names[row])
        if position in wanted and key in latest:
            found[position] = latest[key]
        latest[key] = position
    return found


def _mends(
    rows: RowTable,
    alive: Sequence[int],
    range_: tuple[int, int],
    wrong: Sequence[tuple[int, int]],
) -> bool:
    """Return True if fewer sums are wrong without the range."""
    start, end = range_
    rest = [row for row in alive if not start <= row < end]
    return len(_wrong_sums(rows, rest)) < len(wrong)


def _unexplained(rows: RowTable, row: int, excess: int, *, shuffled: bool) -> Finding:
    what = f"{rows.names[row]}: the rows under it take {excess} us more than its own figures"
    if shuffled:
        detail = f"{what}, others miss some: rows are lost or out of order"
        return Finding(DisturbanceKind.MISSING_PARENT, row, detail)
    detail = f"{what}: a forked copy or a thread wrote some of them, all are kept"
    return Finding(DisturbanceKind.FORKED, row, detail)


def _wrong_sums(rows: RowTable, alive: Sequence[int]) -> list[tuple[int, int]]:
    """Return (position, children's sum minus the row's own) of every row that does not fit."""
    depth_of, self_of, cumulative_of = rows.depth, rows.self_us, rows.cumulative_us
    sums = [0] * (max(depth_of, default=0) + 2)
    counts = [0] * len(sums)
    wrong = []
    previous = 0
    for position, row in enumerate(alive):
        depth, cumulative = depth_of[row], cumulative_of[row]
        below = depth + 1
        excess = sums[below] - cumulative + self_of[row]
        if not -1 <= excess <= counts[below] + 1:
            wrong.append((position, excess))
        if previous > depth:
            # Deeper than the children: rows without a parent.
            width = previous - depth
            sums[below : previous + 1] = counts[below : previous + 1] = [0] * width
        sums[depth] += cumulative
        counts[depth] += 1
        previous = depth
    return wrong


def _node_at(rows: RowTable, alive: Sequence[int], position: int) -> _Node:
    depth = rows.depth[alive[position]]
    children = []
    start = position
    while start > 0 and rows.depth[alive[start - 1]] > depth:
        start -= 1
        if rows.depth[alive[start]] == depth + 1:
            children.append(start)
    return _Node(position, start, tuple(reversed(children)))


def _inside(rows: RowTable, row: int) -> int:
    return rows.cumulative_us[row] - rows.self_us[row]


def _marker_explains(
    rows: RowTable, alive: Sequence[int], node: _Node, markers: Sequence[int]
) -> bool:
    """Return True if the sum holds without the children before some marker inside the node."""
    inside = _inside(rows, alive[node.position])
    first, last = alive[node.start], alive[node.position]
    for marker in markers:
        if first < marker <= last:
            after = [child for child in node.children if alive[child] >= marker]
            total = sum(rows.cumulative_us[alive[child]] for child in after)
            if fits(total, inside, len(after)):
                return True
    return False


def _foreign_children(rows: RowTable, alive: Sequence[int], node: _Node) -> tuple[int, int] | None:
    """Return the row range of the one run of children that the parent's figures do not include.

    None if no run or more than one explains the excess. Threads leave a run at the start too (the
    sum so far is lost when they overlap): it counts only if one of its modules was loaded again
    afterwards, which a single process does not do.
    """
    run = _only_run(
        [rows.cumulative_us[alive[child]] for child in node.children],
        _inside(rows, alive[node.position]),
    )
    if run is None:
        return None
    first, last = run
    start = node.children[first - 1] + 1 if first else node.start
    end = node.children[last - 1] + 1
    if first == 0 and last < len(node.children):
        names = {rows.names[alive[position]] for position in range(start, end)}
        rest = (rows.names[alive[position]] for position in range(end, node.position))
        if names.isdisjoint(rest):
            return None
    return alive[start], alive[end - 1] + 1


def _only_run(times: Sequence[int], inside: int) -> tuple[int, int] | None:
    """Return the only slice of children without which the sum holds."""
    total = sum(times)
    found: tuple[int, int] | None = None
    end = 0
    window = 0
    for start in range(len(times)):
        if end < start:
            end, window = start, 0
        # Extend the window while unclaimed time remains.
        while end < len(times) and total - window - inside > len(times) - (end - start) + 1:
            window += times[end]
            end += 1
        if end > start and fits(total - window, inside, len(times) - (end - start)):
            if found is not None:
                return None
            found = (start, end)
        window -= times[start] if end > start else 0
    return found


def _copy_of_parent(
    rows: RowTable, alive: Sequence[int], node: _Node, copy_position: int
) -> tuple[int, int] | None:
    """Return the rows of a copy that went on to print the parent's row itself.

    The copy's row of the same name includes the children from before the fork; the parent's own
    row, printed later, lacks exactly those.
    """
    inside = _inside(rows, alive[node.position])
    copy = _node_at(rows, alive, copy_position)
    total = sum(rows.cumulative_us[alive[child]] for child in node.children)
    for count, child in enumerate(copy.children, start=1):
        total += rows.cumulative_us[alive[child]]
        if fits(total, inside, count + len(node.children)):
            return alive[child] + 1, alive[node.start - 1] + 1
    return None
