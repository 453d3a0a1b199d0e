"""PEP 810: `lazy import`, if the grammar of Python 3.15 allows it.

As CPython 3.15.2 does it: the module and its packages are not in `sys.modules` until the bound name
is first read. `lazy from a import b, c` loads `a` and the submodule that was read, not the other.
It is a SyntaxError inside functions and classes, in every clause of `try`, for stars and for
`__future__`; `if`, `for`, `with` and `;` lines may hold it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from importcost.deferral.rewrite.edits import Edit
from importcost.deferral.rewrite.head import is_future
from importcost.deferral.rewrite.tree import AnyImport, CannotRewriteError, Tree

FIRST_LAZY = (3, 15)


def refuse_unlazy(tree: Tree, statement: AnyImport, what: str) -> None:
    """Raise CannotRewriteError if an import cannot be lazy by the grammar of PEP 810."""
    line = statement.lineno
    if is_future(statement) or statement.names[0].name == "*":
        raise CannotRewriteError(f"{what} does not apply to the import at line {line}")
    for around in tree.ancestors(statement):
        kind = type(around).__name__
        if kind.startswith("Try") or kind == "ExceptHandler":
            raise CannotRewriteError(f"{what} is not allowed inside try, at line {line}")
        if isinstance(around, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            raise CannotRewriteError(f"{what} is not allowed inside {around.name}, at line {line}")


def lazy_edits(
    tree: Tree,
    statement: AnyImport,
    lazy: Collection[int],
    removed: Collection[int],
    python: tuple[int, int],
) -> list[Edit]:
    """Return the edits that make the aliases `lazy` of a statement lazy.

    `removed` are aliases that another change takes out of it. If none stays eager, only the word
    `lazy` is added; else the statement is split, and `removed` goes with it. Raises
    CannotRewriteError below Python 3.15 and where the grammar forbids it.
    """
    if python < FIRST_LAZY:
        raise CannotRewriteError(
            f"lazy import needs Python 3.15, this function runs on {python[0]}.{python[1]}"
        )
    refuse_unlazy(tree, statement, "lazy import")
    span = tree.span(statement)
    eager = [i for i in range(len(statement.names)) if i not in lazy and i not in removed]
    if not eager:
        return [Edit(span.start, span.start, "lazy ")]
    pieces = [f"import {', '.join(_texts(tree, statement, eager))}"]
    pieces.append(f"lazy import {', '.join(_texts(tree, statement, lazy))}")
    alone = len(tree.line_group(statement)) == 1 and tree.begins_line(span.start)
    joint = tree.newline + tree.indent_at(span.start) if alone else "; "
    return [Edit(span.start, span.end, joint.join(pieces))]


def splits(statement: AnyImport, lazy: Collection[int], removed: Collection[int]) -> bool:
    """Return True if `lazy_edits` replaces the whole statement."""
    return bool(lazy) and len({*lazy, *removed}) < len(statement.names)


def _texts(tree: Tree, statement: AnyImport, indexes: Collection[int]) -> list[str]:
    spans = [tree.span(statement.names[index]) for index in sorted(indexes)]
    return [tree.text[span.start : span.end] for span in spans]
