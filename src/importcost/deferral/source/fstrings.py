"""Positions of names in an f-string: exact from Python 3.12 on, by counting before."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass

from importcost.deferral.source.model import Span
from importcost.deferral.source.parse import Parsed

_EXACT = sys.version_info >= (3, 12)
_UNCLEAR = "it is in an f-string whose text names it more than once"
_SHOWN = 'it is in an f-string that shows its own text ("=")'


@dataclass(frozen=True, slots=True)
class Fields:
    """The positions of the names in one f-string, by the id() of their node."""

    whole: Span
    places: dict[int, Span]
    shown: frozenset[int]

    def place(self, node: ast.Name) -> tuple[Span, str | None]:
        """Return a name's span, or the whole string's span and the reason why it is not exact."""
        span = self.places.get(id(node))
        if span is None:
            return self.whole, _UNCLEAR
        return span, _SHOWN if id(node) in self.shown else None


def fields_of(node: ast.JoinedStr, parsed: Parsed) -> Fields:
    """Locate every name in an f-string.

    Before Python 3.12 the positions in an f-string are those of a re-parsed copy. There, a name is
    located only if the text holds it exactly as often as the tree.
    """
    whole = parsed.span(node)
    names: dict[str, list[ast.Name]] = {}
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            names.setdefault(child.id, []).append(child)
    places: dict[int, Span] = {}
    for name, nodes in names.items():
        if _EXACT:
            places.update((id(child), parsed.span(child)) for child in nodes)
            continue
        text = parsed.text[whole.start : whole.end]
        found = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
        if len(found) == len(nodes):
            spans = (Span(whole.start + at, whole.start + at + len(name)) for at in found)
            places.update(zip(map(id, nodes), spans, strict=True))
    return Fields(whole, places, _shown(node))


def _shown(node: ast.JoinedStr) -> frozenset[int]:
    """Return the names in fields such as `{x=}`: editing them would change the printed text."""
    found: set[int] = set()
    for child in ast.walk(node):
        if not isinstance(child, ast.JoinedStr):
            continue
        for before, field in zip(child.values, child.values[1:], strict=False):
            if isinstance(field, ast.FormattedValue) and _ends_with_equals(before):
                found.update(id(name) for name in ast.walk(field) if isinstance(name, ast.Name))
    return frozenset(found)


def _ends_with_equals(node: ast.expr) -> bool:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    return re.search(r"\w[\])\w]*\s*=\s*$", node.value) is not None
