"""Blank lines around removed statements: keep those of one side, not of both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from importcost.deferral.rewrite.edits import Edit
from importcost.deferral.rewrite.tree import Tree

_ENDING = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class _Gap:
    """Whole lines to remove, and the blank lines before, between and after them."""

    start: int
    removed: tuple[Edit, ...]
    end: int


def blank_line_edits(tree: Tree, edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits that keep the blank lines around removed lines from adding up.

    The longer run of blank lines stays; none stay at the start of the file. If another edit inserts
    text between them, or starts with blank lines of its own, that edit decides.
    """
    removed = sorted(edit for edit in edits if _whole_lines(tree, edit))
    others = [edit for edit in edits if not _whole_lines(tree, edit)]
    found: list[Edit] = []
    for gap in _gaps(tree, removed):
        found += _tidied(tree, gap, others)
    return found


def _whole_lines(tree: Tree, edit: Edit) -> bool:
    at_start = tree.line_start(edit.start) == edit.start
    at_end = tree.line_start(edit.end) == edit.end
    return edit.new == "" and edit.start < edit.end and at_start and at_end


def _gaps(tree: Tree, removed: Sequence[Edit]) -> Iterator[_Gap]:
    group: list[Edit] = []
    for edit in removed:
        if group and _after(tree, group[-1].end) < edit.start:
            yield _gap(tree, group)
            group = []
        group.append(edit)
    if group:
        yield _gap(tree, group)


def _gap(tree: Tree, group: Sequence[Edit]) -> _Gap:
    return _Gap(_before(tree, group[0].start), tuple(group), _after(tree, group[-1].end))


def _before(tree: Tree, position: int) -> int:
    """Return the start of the blank lines that end at a line's start."""
    while position:
        above = tree.line_start(position - (2 if tree.text[:position].endswith("\r\n") else 1))
        if tree.text[above : tree.line_end(above)].strip(" \t"):
            break
        position = above
    return position


def _after(tree: Tree, position: int) -> int:
    """Return the end of the blank lines that start at a line's start."""
    while position < len(tree.text):
        following = tree.next_line(position)
        if tree.text[position : tree.line_end(position)].strip(" \t"):
            break
        position = following
    return position


def _tidied(tree: Tree, gap: _Gap, others: Sequence[Edit]) -> Iterator[Edit]:
    first, last = gap.removed[0].start, gap.removed[-1].end
    added, own = 0, False
    for edit in others:
        if edit.start == gap.start and not edit.new.strip() and edit.start == edit.end:
            added += _lines(edit.new)
        elif edit.start == edit.end == last and edit.new[:1] in ("\r", "\n"):
            own = True  # its own blank lines replace those above
        elif gap.start <= edit.start < gap.end or gap.start < edit.end < gap.end:
            return
    for left, right in zip(gap.removed, gap.removed[1:], strict=False):
        yield from _deleted(left.end, right.start)
    before, after = _lines(tree.text[gap.start : first]), _lines(tree.text[last : gap.end])
    own = own or any(edit.start == gap.end and edit.new[:1] in ("\r", "\n") for edit in others)
    at_top = gap.start == 0
    if at_top or own or before + added < after:
        yield from _deleted(gap.start, first)
    if not own and (at_top or before + added >= after):
        yield from _deleted(last, gap.end)


def _lines(text: str) -> int:
    return len(_ENDING.findall(text))


def _deleted(start: int, end: int) -> list[Edit]:
    return [Edit(start, end, "")] if start < end else []
