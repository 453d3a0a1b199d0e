"""The layout of a new getter: blank lines around it, and a value that spans several lines."""

from __future__ import annotations

import ast
import io
import tokenize

from importcost.deferral.rewrite.edits import Edit
from importcost.deferral.rewrite.tree import Tree
from importcost.deferral.source.text import LINE_END

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def indented_value(tree: Tree, start: int, end: int) -> list[Edit]:
    """Return the edits that indent a value's further lines by one step.

    `start` and `end` are the offsets of the value. None if a string spans a line's end: its text
    would change.
    """
    text = LINE_END.sub("\n", tree.text[start:end])
    if "\n" not in text or _string_over_lines(text):
        return []
    edits = []
    position = tree.next_line(start)
    while position < end:
        if tree.text[position : tree.line_end(position)].strip():
            edits.append(Edit(position, position, tree.indent))
        position = tree.next_line(position)
    return edits


def _string_over_lines(text: str) -> bool:
    opened: list[int] = []  # the rows at which f-strings start, since Python 3.12
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            name = tokenize.tok_name[token.type]
            if name == "STRING" and token.start[0] != token.end[0]:
                return True
            if name.endswith("STRING_START"):
                opened.append(token.start[0])
            elif name.endswith("STRING_END") and opened.pop() != token.end[0]:
                return True
    except (tokenize.TokenError, SyntaxError):
        return True  # ambiguous lines stay as they are
    return False


def blank_lines_before(tree: Tree, start: int, *, forced: bool) -> tuple[int, str]:
    """Return the blank lines that are missing before the definition at `start`, and their place.

    They go above the comments directly above it, as in the file's other definitions. None are
    needed at the file's start. `forced` is True if other new lines come directly above.
    """
    if forced:
        return start, tree.newline * 2
    position = tree.own_comments(start)
    missing = 2 - _blank_lines_above(tree, position)
    commented = position < tree.line_start(start)
    if position == 0 or (commented and not _is_spaced(tree)):
        missing = 0
    return position if commented else start, tree.newline * missing


def blank_lines_after(tree: Tree, end: int) -> list[Edit]:
    """Return the edit that puts two blank lines after a definition, none at the file's end."""
    position = tree.next_line(end)
    missing = 0
    cursor = position
    while missing < 2 and cursor < len(tree.text):
        if tree.text[cursor : tree.line_end(cursor)].strip():
            break
        cursor = tree.next_line(cursor)
        missing += 1
    if cursor >= len(tree.text) or missing == 2:
        return []
    return [Edit(position, position, tree.newline * (2 - missing))]


def _blank_lines_above(tree: Tree, line_start: int) -> int:
    """Count the blank lines, two at most, above the line that starts there."""
    count = 0
    while count < 2 and (above := tree.line_before(line_start)) is not None and not above.strip():
        line_start -= len(above) + (2 if tree.text[:line_start].endswith("\r\n") else 1)
        count += 1
    return count


def _is_spaced(tree: Tree) -> bool:
    """Return True if most definitions of the module have two blank lines above them."""
    starts = [tree.start(item) for item in tree.module.body[1:] if isinstance(item, _DEFINITIONS)]
    spaced = [_blank_lines_above(tree, tree.own_comments(start)) == 2 for start in starts]
    return 2 * sum(spaced) >= len(spaced)
