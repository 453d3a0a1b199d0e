"""Give a statement its own line if it shares one with a header or with others."""

from __future__ import annotations

import ast

from importcost.deferral.rewrite.edits import Edit
from importcost.deferral.rewrite.tree import CannotRewriteError, Tree


def split_edits(tree: Tree, statement: ast.stmt) -> tuple[list[Edit], str]:
    """Return the edits that make `statement` begin a line, and that line's indentation.

    The last edit is the one directly before the statement; there is none if it begins a line
    already. Text after it on the line, comments too, stays after it. Raises CannotRewriteError if
    the header of its block is not found.
    """
    group = tree.line_group(statement)
    head, index = tree.start(group[0]), group.index(statement)
    edits = []
    blanks = _blanks_start(tree, head)
    if not tree.begins_line(head) and tree.text[blanks - 1 : blanks] == ":":
        indent = _header_indent(tree, group[0]) + tree.indent
        edits.append(Edit(blanks, head, tree.newline + indent))
    else:  # it begins a line, maybe below a comment that ends in a backslash
        indent = tree.indent_at(head)
    if index:
        end = tree.span(group[index - 1]).end
        edits.append(Edit(end, tree.start(statement), tree.newline + indent))
    return edits, indent


def _blanks_start(tree: Tree, position: int) -> int:
    """Return the start of the blanks and continued line ends before `position`."""
    while True:
        position = tree.line_start(position) + len(tree.prefix(position).rstrip(" \t\f"))
        above = tree.line_before(position) if position == tree.line_start(position) else None
        if above is None or not above.endswith("\\"):
            return position
        position = tree.text.rindex("\\", 0, position)


def _header_indent(tree: Tree, statement: ast.stmt) -> str:
    parent = tree.places[id(statement)].parent
    if isinstance(parent, ast.match_case):
        pattern = parent.pattern
        start = tree.offset(pattern.lineno, pattern.col_offset)
        return tree.indent_at(tree.text.rindex("case", 0, start))
    if isinstance(parent, ast.stmt):
        return tree.indent_at(tree.start(parent))
    raise CannotRewriteError(f"the header above line {statement.lineno} was not found")
