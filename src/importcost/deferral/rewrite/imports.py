"""The text of moved imports, and their insertion into functions."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from importcost.deferral.rewrite.edits import Edit
from importcost.deferral.rewrite.head import lines_edit
from importcost.deferral.rewrite.place import Point, Wanted, points
from importcost.deferral.rewrite.split import split_edits
from importcost.deferral.rewrite.tree import (
    AnyImport,
    CannotRewriteError,
    Tree,
    bound_name,
    is_docstring,
)
from importcost.deferral.source.names import FunctionNode

LINE_LIMIT = 100


@dataclass(frozen=True, slots=True)
class MovedImport:
    """Aliases of one statement that move together, with their comment."""

    statement: AnyImport
    aliases: tuple[ast.alias, ...]
    comment: str = ""

    def names(self) -> tuple[str, ...]:
        """The names that it binds."""
        return tuple(bound_name(alias, self.statement) for alias in self.aliases)


@dataclass(frozen=True, slots=True)
class NeededImport:
    """A moved import as one place needs it: only `names` of those that it binds.

    `elsewhere` are offsets of uses that do not need it: another import covers them, or they are
    never evaluated.
    """

    moved: MovedImport
    names: frozenset[str]
    elsewhere: frozenset[int] = frozenset()

    def code(self) -> str:
        """Return the import as one line of code."""
        aliases = ", ".join(self._aliases())
        return f"{self._head()}{aliases}"

    def line(self, indent: str, unit: str, newline: str) -> str:
        """Return the import as a line with its ending, in parentheses beyond LINE_LIMIT."""
        code = self.code()
        is_from = isinstance(self.moved.statement, ast.ImportFrom)
        if is_from and len(f"{indent}{code}".expandtabs(4)) > LINE_LIMIT:
            inner = "".join(f"{indent}{unit}{name},{newline}" for name in self._aliases())
            code = f"{self._head()}({newline}{inner}{indent})"
        comment = f"  {self.moved.comment}" if self.moved.comment else ""
        return f"{indent}{code}{comment}{newline}"

    def _head(self) -> str:
        statement = self.moved.statement
        if isinstance(statement, ast.Import):
            return "import "
        return f"from {'.' * statement.level}{statement.module or ''} import "

    def _aliases(self) -> list[str]:
        return [
            f"{alias.name} as {alias.asname}" if alias.asname else alias.name
            for alias in self.moved.aliases
            if bound_name(alias, self.moved.statement) in self.names
        ]


def function_edits(
    tree: Tree, function: FunctionNode, needed: Sequence[NeededImport]
) -> list[Edit]:
    """Return the edits that put imports before their uses.

    Each goes to the start of the smallest branch that needs it, or before its first statement with
    a use if the branch may be left earlier (see `place`); after the docstring in any case. Raises
    CannotRewriteError if a local name would mean something else there.
    """
    _refuse_clashes(function, {name for need in needed for name in need.names})
    places: dict[int, tuple[Point, list[NeededImport]]] = {}
    for need in needed:
        for point in points(tree, function, Wanted(need.names, need.elsewhere)):
            part = replace(need, names=point.names)
            places.setdefault(id(point.suite[0]), (point, []))[1].append(part)
    edits = []
    for point, here in places.values():
        edits += _edits_at(tree, function, point, here)
    return edits


def _edits_at(
    tree: Tree, function: FunctionNode, point: Point, needed: Sequence[NeededImport]
) -> list[Edit]:
    first, body = point.suite[0], function.body
    only_docstring = first is body[0] and is_docstring(first) and len(body) == 1
    split, indent = split_edits(tree, first)
    lines = "".join(need.line(indent, tree.indent, tree.newline) for need in needed)
    if only_docstring:
        return [*split, lines_edit(tree, tree.next_line(tree.span(first).end), lines)]
    if split:
        *others, last = split
        return [*others, replace(last, new=f"{tree.newline}{lines}{indent}")]
    position = _line_for(tree, function, point)
    return [Edit(position, position, lines)]


def _line_for(tree: Tree, function: FunctionNode, point: Point) -> int:
    """Return the offset for whole lines that come before statements with lines of their own."""
    start, body = tree.start(point.suite[0]), function.body
    if len(body) > 1 and point.suite[0] is body[1] and is_docstring(body[0]):
        return tree.next_line(tree.span(body[0]).end)
    if not point.heads:
        return tree.own_comments(start)
    position = tree.above_comments(start)
    if tree.text[position : tree.line_end(position)].strip().startswith("# type:"):
        return tree.next_line(position)  # type checkers want it directly below the header
    return position


def _refuse_clashes(function: FunctionNode, names: Collection[str]) -> None:
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal):
            clash = set(node.names) & set(names)
        elif isinstance(node, ast.ClassDef):
            # A class body looks a name up in itself and then globally, never in the function.
            clash = _stored_in(node) & set(names)
        else:
            continue
        if clash:
            raise CannotRewriteError(
                f"{function.name}() binds {min(clash)} in a scope of its own at line {node.lineno}"
            )


def _stored_in(node: ast.ClassDef) -> set[str]:
    stored: set[str] = set()
    pending: list[ast.AST] = list(node.body)
    while pending:
        inner = pending.pop()
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            stored.add(inner.name)
            continue
        if isinstance(inner, ast.Lambda):
            continue
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            stored.add(inner.id)
        if isinstance(inner, ast.Import | ast.ImportFrom):
            stored.update(bound_name(alias, inner) for alias in inner.names)
        pending.extend(ast.iter_child_nodes(inner))
    return stored
