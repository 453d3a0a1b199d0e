"""The head of a module: docstring, `__future__`, leading imports, and insertions there."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from importcost.deferral.rewrite.edits import Edit
from importcost.deferral.rewrite.tree import AnyImport, Tree, bound_name, is_docstring


@dataclass(frozen=True, slots=True)
class BoundImport:
    """A name and what it is: `functools` or, by a from-import, `functools.cache`.

    `end` is the offset at which its statement ends.
    """

    what: str
    name: str
    end: int


def leading_imports(tree: Tree) -> list[AnyImport]:
    """Return the imports that follow only the docstring and other imports."""
    found: list[AnyImport] = []
    for index, statement in enumerate(tree.module.body):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found.append(statement)
        elif not (index == 0 and is_docstring(statement)):
            break
    return found


def is_lazy(tree: Tree, statement: AnyImport) -> bool:
    """Return True if an import is a `lazy import` already."""
    start = tree.start(statement)
    return re.match(r"lazy\b", tree.text[start : start + 5]) is not None


def is_future(statement: ast.stmt) -> bool:
    """Return True if a statement is a `from __future__ import`."""
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def after_preamble(tree: Tree) -> tuple[int, bool]:
    """Return where the first line of code may be, and True if that is a place within a line.

    That is after the docstring and `__future__` imports, or before the first statement.
    """
    body = tree.module.body
    last = None
    for index, statement in enumerate(body):
        if (index == 0 and is_docstring(statement)) or is_future(statement):
            last = index
        else:
            break
    if last is None:
        return (tree.line_start(tree.start(body[0])) if body else 0), False
    if last + 1 < len(body):
        following = tree.start(body[last + 1])
        if not tree.begins_line(following):
            return following, True
    return tree.next_line(tree.span(body[last]).end), False


def after_imports(tree: Tree) -> int:
    """Return the start of the line after the last leading import (or after the preamble)."""
    leading = leading_imports(tree)
    if not leading:
        position, inline = after_preamble(tree)
        return tree.line_start(position) if inline else position
    return tree.next_line(tree.span(tree.line_group(leading[-1])[-1]).end)


def lines_edit(tree: Tree, position: int, lines: str) -> Edit:
    """Insert whole lines at a line start; at the end of a text without final newline, after it."""
    if position and tree.text[position - 1] not in "\r\n":
        return Edit(position, position, tree.newline + lines.removesuffix(tree.newline))
    return Edit(position, position, lines)


def import_line_edit(tree: Tree, code: str) -> Edit:
    """Insert an import of the standard library as the first of the leading imports."""
    for statement in leading_imports(tree):
        if is_future(statement):
            continue
        start = tree.start(statement)
        if tree.begins_line(start) and not tree.prefix(start):
            return Edit(start, start, code + tree.newline)
        break
    position, inline = after_preamble(tree)
    if inline:
        return Edit(position, position, f"{code}; ")
    return lines_edit(tree, position, code + tree.newline)


def module_imports(tree: Tree, removed: Collection[tuple[int, int]]) -> Iterator[BoundImport]:
    """Yield the imports at module level that stay.

    `removed` holds `(id(statement), alias index)`.
    """
    for statement in tree.module.body:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        for index, alias in enumerate(statement.names):
            if (id(statement), index) in removed:
                continue
            name = bound_name(alias, statement)
            end = tree.span(statement).end
            if isinstance(statement, ast.Import):
                yield BoundImport(alias.name, name, end)
            elif statement.level == 0:
                yield BoundImport(f"{statement.module}.{alias.name}", name, end)
