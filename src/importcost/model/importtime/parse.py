"""Parse the text of `-X importtime` to rows, among any other text.

CPython prints per import (Python/import.c, `import_find_and_load`), on completion: `import time:
%9ld | %10ld | %*s%s`, self and cumulative in microseconds rounded up, two spaces per depth, name.
Anything may surround it: other output glued to it, prefixes of log services, other processes' rows.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from operator import itemgetter, sub

from importcost.model.importtime.logtext import text_pieces
from importcost.model.importtime.nest import orphan_groups
from importcost.model.importtime.other_processes import find_foreign_rows
from importcost.model.parsing.collection import collection_paused
from importcost.model.rows import (
    Disturbance,
    DisturbanceKind,
    ImporttimeLog,
    Marker,
    RowTable,
)

MARK = "importcost-mark"
"""First word of a marker line; the token and the label follow it."""

MAX_LISTED = 100
"""Disturbances of one kind that are listed one by one; the rest is one entry with a count."""

_HEADER_TEXT = "self [us] | cumulative | imported package"
_START = "import time: "
_FIGURES_WIDTH = 25  # "      199 |        199 | ", as CPython pads it
# Offsets of the figures' separators among those 25 characters.
_SEPARATORS = ((9, " "), (10, "|"), (11, " "), (22, " "), (23, "|"), (24, " "))
_figures_of = itemgetter(slice(_FIGURES_WIDTH))
_rest_of = itemgetter(slice(_FIGURES_WIDTH, None))
# By the width of the figures and the two spaces per depth after them.
_DEPTH_OF_WIDTH = {_FIGURES_WIDTH + 2 * depth: depth for depth in range(4096)}
# A second row or line, carriage return, escape, and other characters that `str.lstrip` strips.
_ODD_CHARACTERS = ":\n\r\x1b\t\v\f\x1c\x1d\x1e\x1f"
_CLEAN_LINES = re.compile(r"(?:import time: [ 0-9-]{9} \| [ 0-9]{10} \| [^\n]+\n)+")
# 18 digits always fit a 64-bit column.
_ROW = re.compile(r"import time:\s+(-?[0-9]{1,18}) \| +(-?[0-9]{1,18}) \| (.*)", re.DOTALL)
_CACHED = re.compile(r"import time:\s+cached +\| cached +\| (.*)", re.DOTALL)
_CUT_ROW = re.compile(r"import time: +-?[0-9]*(?: \|.*)?", re.DOTALL)
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
_JSON_MESSAGE = re.compile(r'"(?:message|log|msg)"\s*:\s*("(?:[^"\\]|\\.)*")')


@collection_paused()
def parse_importtime(data: bytes | str, *, marker_token: str | None = None) -> ImporttimeLog:
    """Parse a log; every input gives a result, with its problems in `disturbances`.

    Bytes may be UTF-8 or UTF-16 and end lines with LF or CRLF. With `marker_token`, lines that
    contain `importcost-mark TOKEN LABEL` become markers; without, they are ordinary output.
    Rows of child processes that wrote into the same stream go to `other_processes` where the
    figures tell them apart (see `importcost.model.importtime.other_processes`). Times are
    microseconds.
    """
    reader = _Reader(marker_token)
    for piece, bad_lines in text_pieces(data):
        for number in bad_lines:
            line = reader.line + number
            reader.odd.add(DisturbanceKind.UNDECODABLE, line, "bytes that are not text")
        reader.feed(piece)
    return _finish(reader)


class _Disturbances:
    """Collects disturbances; a log may have problems on a million lines, so lists are capped."""

    def __init__(self) -> None:
        self._found: dict[DisturbanceKind, list[Disturbance]] = {}
        self._unlisted: dict[DisturbanceKind, int] = {}

    def add(self, kind: DisturbanceKind, line: int, detail: str) -> None:
        found = self._found.setdefault(kind, [])
        if len(found) < MAX_LISTED:
            found.append(Disturbance(kind, line, detail))
        else:
            self._unlisted[kind] = self._unlisted.get(kind, 0) + 1

    def sorted(self) -> tuple[Disturbance, ...]:
        for kind, count in self._unlisted.items():
            last = self._found[kind][-1]
            self._found[kind][-1] = Disturbance(
                kind, last.line, f"{last.detail}; and {count} more like it"
            )
        everything = (one for found in self._found.values() for one in found)
        return tuple(sorted(everything, key=lambda one: one.line))


class _Reader:
    """Reads text piece by piece into columns; knows lines, not processes or nesting."""

    def __init__(self, marker_token: str | None) -> None:
        self.rows = RowTable()
        self.cached: list[str] = []
        self.markers: list[Marker] = []
        self.headers: list[int] = []
        self.header_lines: list[int] = []
        self.odd = _Disturbances()
        self.line = 1
        # Runs of rows on consecutive lines: the first row of each, and its line minus its row.
        self._run_rows = array("q")
        self._run_offsets = array("q")
        mark = None if marker_token is None else f"{MARK} {marker_token} "
        self._mark = mark
        starts = ["import time:"] if mark is None else ["import time:", re.escape(mark)]
        self._starts = re.compile("|".join(starts))

    def line_of(self, row: int) -> int:
        run = bisect_right(self._run_rows, row) - 1
        return row + self._run_offsets[run] if run >= 0 else self.line

    def feed(self, piece: str) -> None:
        if "\r" in piece:
            piece = piece.replace("\r\n", "\n")
        if self._take_clean(piece):
            return
        position = 0
        while position < len(piece):
            clean = _CLEAN_LINES.match(piece, position)
            end = clean.end() if clean else piece.find("\n", position) + 1 or len(piece)
            text = piece[position:end]
            if not (clean and self._take_clean(text)):
                for line in text.removesuffix("\n").split("\n"):
                    self._read_line(line)
                    self.line += 1
            position = end

    def _take_clean(self, text: str) -> bool:
        """Take a block of lines that hold one row each and nothing else; False if it has others.

        Works on columns, not lines: this is what keeps a million rows near the time of a bare
        regex loop. JSON is the one reader of many integers in C that the standard library has.
        """
        if not (text.startswith(_START) and text.endswith("\n")):
            return False
        lines = text[len(_START) : -1].split("\n" + _START)
        if not self._are_rows("".join(lines)):
            return False
        columns = _integers("".join(map(_figures_of, lines)), len(lines))
        if columns is None:
            return False
        # Without argument it is faster; if the text is ASCII, its only blanks are spaces.
        rests = map(_rest_of, lines)
        names = list(map(str.lstrip, rests) if text.isascii() else (r.lstrip(" ") for r in rests))
        widths = map(sub, map(len, lines), map(len, names))
        try:
            depths = list(map(_DEPTH_OF_WIDTH.__getitem__, widths))
        except KeyError:  # a name that starts with a space, or a very deep row
            return False
        if not all(names):
            return False
        rows = self.rows
        self._note_run()
        rows.names.extend(names)
        rows.self_us.extend(columns[0])
        rows.cumulative_us.extend(columns[1])
        rows.depth.fromlist(depths)
        self.line += len(lines)
        return True

    def _are_rows(self, lines: str) -> bool:
        """Return True if lines without their starts hold no other line, marker or decoration."""
        return not any(character in lines for character in _ODD_CHARACTERS) and (
            self._mark is None or self._mark not in lines
        )

    def _note_run(self) -> None:
        row = len(self.rows.names)
        offset = self.line - row
        if not self._run_offsets or self._run_offsets[-1] != offset:
            self._run_rows.append(row)
            self._run_offsets.append(offset)

    def _read_line(self, line: str) -> None:
        if "import time:" not in line and (self._mark is None or self._mark not in line):
            return
        text = line.rstrip("\r")
        if "\x1b" in text:
            text = _ANSI.sub("", text)
        for part in _json_messages(text) if '"' in text else (text,):
            self._read_text(part)

    def _read_text(self, text: str) -> None:
        """Read one line without its decoration: any number of rows and markers, glued."""
        starts = [match.start() for match in self._starts.finditer(text)]
        for start, end in zip(starts, [*starts[1:], len(text)], strict=False):
            part = text[start:end].rstrip("\r")
            if start and text[start - 1] == '"':  # a quoted field of a CSV export
                part = part.removesuffix('"')
            if self._mark is not None and part.startswith(self._mark):
                label = part.removeprefix(self._mark).strip()
                self.markers.append(Marker(label, len(self.rows.names)))
            else:
                self._read_part(part)

    def _read_part(self, part: str) -> None:
        """Read a part that starts with `import time:` and has it once."""
        if row := _ROW.fullmatch(part):
            self._take_row(int(row[1]), int(row[2]), row[3])
        elif _HEADER_TEXT in part:
            self.headers.append(len(self.rows.names))
            self.header_lines.append(self.line)
        elif cached := _CACHED.fullmatch(part):
            self.cached.append(cached[1].strip(" "))
        elif _CUT_ROW.fullmatch(part):
            self.odd.add(DisturbanceKind.BROKEN_ROW, self.line, part)

    def _take_row(self, self_us: int, cumulative_us: int, text: str) -> None:
        rows = self.rows
        depth = (len(text) - len(text.lstrip(" "))) // 2
        name = text[2 * depth :]
        if not name.strip():
            # `__import__("\nx")`: the figures are complete, so the parent's sums need the row.
            self.odd.add(DisturbanceKind.BROKEN_ROW, self.line, "a row without a name")
        self._note_run()
        rows.names.append(name)
        rows.self_us.append(self_us)
        rows.cumulative_us.append(cumulative_us)
        rows.depth.append(depth)


def _integers(figures: str, count: int) -> tuple[array[int], array[int]] | None:
    """Return the self and the cumulative times; None if the figures are not just those.

    `figures` are the rows' two numbers with their separators, 25 characters a row. As each
    row has both separators in place, one more in a number's place makes too many numbers.
    """
    if len(figures) != count * _FIGURES_WIDTH or "e" in figures:  # "true" would be 1
        return None
    for place, character in _SEPARATORS:
        if figures[place::_FIGURES_WIDTH] != character * count:
            return None
    try:
        numbers = array("q", json.loads(f"[{figures.replace('|', ',')}0]"))
    except (ValueError, TypeError):
        return None
    return (numbers[:-1:2], numbers[1::2]) if len(numbers) == 2 * count + 1 else None


def _json_messages(text: str) -> Iterator[str]:
    """Yield the lines of the messages in a line of a JSON log export, else the line itself."""
    messages = [_json_string(match[1]) for match in _JSON_MESSAGE.finditer(text)]
    if any("import time:" in message or MARK in message for message in messages):
        for message in messages:
            yield from (line.rstrip("\r") for line in message.split("\n"))
    else:
        yield text


def _json_string(literal: str) -> str:
    try:
        return str(json.loads(literal, strict=False))
    except ValueError:  # an invalid escape: not JSON after all
        return ""


def _finish(reader: _Reader) -> ImporttimeLog:
    rows, odd = reader.rows, reader.odd
    has_header = bool(reader.headers) and reader.headers[0] == 0
    if not has_header and len(rows):
        odd.add(DisturbanceKind.NO_HEADER, 1, "the log does not start with its header line")
    if len(rows) and min(rows.self_us) < 0:
        for row, self_us in enumerate(rows.self_us):
            if self_us < 0:
                odd.add(DisturbanceKind.NEGATIVE_SELF, reader.line_of(row), rows.names[row])
    for row, line in zip(reader.headers, reader.header_lines, strict=True):
        if row:
            odd.add(DisturbanceKind.OTHER_PROCESS, line, "a second header line")
    marker_rows = [marker.row for marker in reader.markers]
    foreign = find_foreign_rows(rows, [row for row in reader.headers if row], marker_rows)
    for finding in foreign.findings:
        odd.add(finding.kind, reader.line_of(finding.row), finding.detail)
    own, other = _split(rows, foreign.ranges)
    removed = _Removed(foreign.ranges)
    markers = tuple(
        Marker(marker.label, marker.row - removed.rows_before(marker.row))
        for marker in reader.markers
    )
    for row, count in orphan_groups(own, [marker.row for marker in markers]):
        line = reader.line_of(removed.original_row(row))
        detail = f"{count} rows at depth {own.depth[row]} whose parent never printed"
        odd.add(DisturbanceKind.MISSING_PARENT, line, detail)
    return ImporttimeLog(
        own, other, tuple(reader.cached), markers, odd.sorted(), has_header=has_header
    )


def _split(rows: RowTable, ranges: tuple[tuple[int, int], ...]) -> tuple[RowTable, RowTable]:
    """Return the measured process's rows and the others, by half-open row ranges."""
    if not ranges:
        return rows, RowTable()
    own, other = RowTable(), RowTable()
    position = 0
    for start, end in ranges:
        _append(own, rows, position, start)
        _append(other, rows, start, end)
        position = end
    _append(own, rows, position, len(rows))
    return own, other


def _append(target: RowTable, rows: RowTable, start: int, end: int) -> None:
    target.names.extend(rows.names[start:end])
    target.self_us.extend(rows.self_us[start:end])
    target.cumulative_us.extend(rows.cumulative_us[start:end])
    target.depth.extend(rows.depth[start:end])


class _Removed:
    """Converts row numbers between the whole log and the log without other processes' ranges."""

    def __init__(self, ranges: tuple[tuple[int, int], ...]) -> None:
        self._starts = [start for start, _ in ranges]
        self._ends = [end for _, end in ranges]
        self._before = [0, *accumulate(end - start for start, end in ranges)]
        self._own_starts = [
            start - before for start, before in zip(self._starts, self._before, strict=False)
        ]

    def rows_before(self, row: int) -> int:
        """Return the number of rows of the ranges that were printed before `row`."""
        count = bisect_right(self._starts, row)
        beyond = max(0, self._ends[count - 1] - row) if count else 0
        return self._before[count] - beyond

    def original_row(self, own_row: int) -> int:
        """Return where a row of the measured process is in the whole log."""
        return own_row + self._before[bisect_right(self._own_starts, own_row)]
