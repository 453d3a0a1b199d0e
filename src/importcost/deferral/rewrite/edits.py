"""Replace pieces of a text by their offsets, so that everything else survives byte for byte."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Put `new` in place of `text[start:end]`; an insertion has `start == end`."""

    start: int
    end: int
    new: str


class OverlapError(ValueError):
    """Two edits touch the same text, so applying both is ambiguous."""


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with all edits made at once; offsets are those of the original text.

    Insertions at one place keep their given order, and come before a replacement that starts there.
    The same replacement given twice counts once. Raises OverlapError if edits overlap or lie
    outside the text.
    """
    parts: list[str] = []
    position = 0
    for edit in _in_order(edits):
        if edit.start < position or edit.end < edit.start or edit.end > len(text):
            raise OverlapError(f"an edit at offset {edit.start} overlaps another one")
        parts += (text[position : edit.start], edit.new)
        position = edit.end
    parts.append(text[position:])
    return "".join(parts)


def _in_order(edits: Iterable[Edit]) -> list[Edit]:
    seen: set[Edit] = set()
    kept = []
    for edit in edits:
        replaces = edit.end > edit.start
        if not (replaces and edit in seen):
            kept.append(edit)
        seen.add(edit)
    return sorted(kept, key=lambda edit: (edit.start, edit.end > edit.start))
