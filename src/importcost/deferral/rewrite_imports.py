"""The text of moved imports, and where they go at the head of a function."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from importcost.deferral.edits import Edit
from importcost.deferral.rewrite_tree import (
    AnyImport,
    CannotRewriteError,
    Function,
    Tree,
    bound_name,
)

LINE_LIMIT = 100


@dataclass(frozen=True, slots=True)
class MovedImport:
    """Aliases of one statement that move together, and the comment that goes with them."""

    statement: AnyImport
    aliases: tuple[ast.alias, ...]
    comment: str = ""

    def names(self) -> tuple[str, ...]:
        """Return the names that it binds."""
        return tuple(bound_name(alias, self.statement) for alias in self.aliases)


@dataclass(frozen=True, slots=True)
class NeededImport:
    """A moved import as one place needs it: only `names` of what it binds."""

    moved: MovedImport
    names: frozenset[str]

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


def function_edit(tree: Tree, function: Function, needed: Sequence[NeededImport]) -> Edit:
    """Return the edit that puts imports at the head of a function, after its docstring.

    Raises CannotRewriteError where a local name would mean something else there.
    """
    names = {name for need in needed for name in need.names}
    _refuse_clashes(function, names)
    documented, first = _after_docstring(function)
    newline = tree.newline
    if first is None:
        end = tree.span(function.body[0]).end
        inline = "".join(f"; {need.code()}" for need in needed)
        return Edit(end, end, inline)
    start = tree.start(first)
    if not tree.begins_line(start):
        return Edit(start, start, "".join(f"{need.code()}; " for need in needed))
    indent = tree.indent_at(start)
    lines = "".join(need.line(indent, tree.indent, newline) for need in needed)
    if documented:
        position = tree.next_line(tree.span(function.body[0]).end)
    else:
        position = tree.above_comments(start)
        if tree.text[position : tree.line_end(position)].strip().startswith("# type:"):
            position = tree.next_line(position)  # checkers want it right below the header
    return Edit(position, position, lines)


def _after_docstring(function: Function) -> tuple[bool, ast.stmt | None]:
    first = function.body[0]
    if not is_docstring(first):
        return False, first
    return True, function.body[1] if len(function.body) > 1 else None


def is_docstring(statement: ast.stmt) -> bool:
    """Say whether a statement is a string alone, as a first statement's docstring is."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _refuse_clashes(function: Function, names: Collection[str]) -> None:
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
