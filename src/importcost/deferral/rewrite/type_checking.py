"""Imports that only annotations need: the `if TYPE_CHECKING:` block, and quoted annotations."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from importcost.deferral.rewrite.edits import Edit
from importcost.deferral.rewrite.head import (
    after_imports,
    import_line_edit,
    is_lazy,
    leading_imports,
    lines_edit,
    module_imports,
)
from importcost.deferral.rewrite.imports import LINE_LIMIT, NeededImport
from importcost.deferral.rewrite.tree import CannotRewriteError, Tree
from importcost.deferral.source.model import Span
from importcost.deferral.source.names import FunctionNode
from importcost.deferral.source.type_flags import TypeFlags, type_flags

_FLAGS = ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING")
_FOLD = re.compile(r"[ \t\f]*\\?(?:\r\n|\r|\n)[ \t\f]*")


def type_checking_edits(
    tree: Tree,
    needed: Sequence[NeededImport],
    touched: Collection[tuple[int, int]],
    spaced: Collection[int] = (),
) -> list[Edit]:
    """Return the edits that put imports under the module's `if TYPE_CHECKING:`.

    An existing block is extended; else one is made after the leading imports, and its flag is
    imported. `touched` are the aliases that any change moves or makes lazy, as in `module_imports`;
    `spaced` are offsets before which another edit leaves blank lines.
    """
    flags = type_flags(tree.module)
    block = _block(tree, flags)
    used = _uses_by_checkers(tree, flags)
    inside, above = _split(tree, block, needed, used)
    edits = []
    if block is not None:
        edits += _extended(tree, block, inside, used)
    return edits + (_new_block(tree, above, touched, spaced) if above else [])


def _new_block(
    tree: Tree,
    needed: Sequence[NeededImport],
    touched: Collection[tuple[int, int]],
    spaced: Collection[int],
) -> list[Edit]:
    edits = []
    flag = _flag(tree, touched)
    if flag is None:
        flag = "TYPE_CHECKING"
        edits.append(_flag_import(tree, touched))
    newline = tree.newline
    lines = "".join(need.line(tree.indent, tree.indent, newline) for need in needed)
    position = after_imports(tree)
    above = tree.line_before(position)
    head = "" if above is None or not above.strip() else newline
    spare = position in spaced or not _line_at(tree, position).strip()
    tail = "" if spare else newline
    text = f"{head}if {flag}:{newline}{lines}{tail}"
    return [*edits, lines_edit(tree, position, text)]


def _line_at(tree: Tree, position: int) -> str:
    return tree.text[position : tree.line_end(position)]


def _block(tree: Tree, flags: TypeFlags) -> ast.If | None:
    """Return the module's first `if TYPE_CHECKING:`."""
    for statement in tree.module.body:
        if isinstance(statement, ast.If) and flags.is_flag(statement.test):
            return statement
    return None


def _uses_by_checkers(tree: Tree, flags: TypeFlags) -> list[tuple[int, str]]:
    """Return the names, with their offsets, that a type checker looks up on its way down a file.

    Those are in blocks that never run. Names in functions are looked up last.
    """
    found: list[tuple[int, str]] = []
    pending: list[tuple[ast.AST, bool]] = [(tree.module, False)]
    while pending:
        node, never = pending.pop()
        if isinstance(node, ast.Name) and never:
            found.append((tree.span(node).start, node.id))
        elif isinstance(node, ast.If):
            for part, skipped in (
                (node.body, flags.never_runs(node.test)),
                (node.orelse, flags.always_runs(node.test)),
            ):
                pending += [(child, never or skipped) for child in part]
        elif isinstance(node, FunctionNode):
            pending += [(child, never) for child in (*node.decorator_list, node.args)]
        else:
            pending += [(child, never) for child in ast.iter_child_nodes(node)]
    return sorted(found)


def _split(
    tree: Tree,
    block: ast.If | None,
    needed: Sequence[NeededImport],
    used: Sequence[tuple[int, str]],
) -> tuple[list[NeededImport], list[NeededImport]]:
    """Return the imports that the block may hold, and those that are used above it."""
    if block is None:
        return [], list(needed)
    start = tree.start(block)
    late = {id(need) for need in needed if (_first_use(need, used) or start) < start}
    return (
        [need for need in needed if id(need) not in late],
        [need for need in needed if id(need) in late],
    )


def _first_use(need: NeededImport, used: Sequence[tuple[int, str]]) -> int | None:
    return next((at for at, name in used if name in need.names), None)


def _extended(
    tree: Tree,
    block: ast.If,
    needed: Sequence[NeededImport],
    used: Sequence[tuple[int, str]],
) -> list[Edit]:
    """Return the edits that put imports into the block: above a use in it, else at its end."""
    edits: list[Edit] = []
    before: dict[int, list[NeededImport]] = {}
    for need in needed:
        first = _first_use(need, used)
        at = len(block.body)
        if first is not None and first < tree.span(block.body[-1]).end:
            at = next(n for n, child in enumerate(block.body) if first < tree.span(child).end)
        present = {ast.unparse(statement) for statement in block.body[:at]}
        if need.code() not in present:
            before.setdefault(at, []).append(need)
    for at, here in before.items():
        if at == len(block.body):
            edits.append(_appended(tree, block, here))
        else:
            edits.append(_above(tree, block.body[at], here))
    return edits


def _appended(tree: Tree, block: ast.If, needed: Sequence[NeededImport]) -> Edit:
    last = tree.span(block.body[-1]).end
    first = tree.start(block.body[0])
    if not tree.begins_line(first):
        return Edit(last, last, "".join(f"; {need.code()}" for need in needed))
    indent = tree.indent_at(first)
    lines = "".join(need.line(indent, tree.indent, tree.newline) for need in needed)
    return lines_edit(tree, tree.next_line(last), lines)


def _above(tree: Tree, statement: ast.stmt, needed: Sequence[NeededImport]) -> Edit:
    start = tree.start(statement)
    if not tree.begins_line(start):
        return Edit(start, start, "".join(f"{need.code()}; " for need in needed))
    indent = tree.indent_at(start)
    lines = "".join(need.line(indent, tree.indent, tree.newline) for need in needed)
    position = tree.own_comments(start)
    return Edit(position, position, lines)


def _flag(tree: Tree, touched: Collection[tuple[int, int]]) -> str | None:
    leading = {id(statement) for statement in leading_imports(tree)}
    later = {
        (id(statement), index)
        for statement in tree.module.body
        if isinstance(statement, ast.Import | ast.ImportFrom) and id(statement) not in leading
        for index in range(len(statement.names))
    }
    for bound in module_imports(tree, {*touched, *later}):
        if bound.what in _FLAGS:
            return bound.name
    return None


def _flag_import(tree: Tree, touched: Collection[tuple[int, int]]) -> Edit:
    for statement in leading_imports(tree):
        if not isinstance(statement, ast.ImportFrom) or statement.names[0].name == "*":
            continue
        changes = is_lazy(tree, statement) or any(
            (id(statement), index) in touched for index in range(len(statement.names))
        )
        start, last = tree.start(statement), tree.span(statement.names[-1])
        own_line = not tree.prefix(last.start).strip(" \t\f")
        joint = f",{tree.newline}{tree.prefix(last.start)}" if own_line else ", "
        addition = f"{joint}TYPE_CHECKING"
        length = tree.line_end(last.end) - tree.line_start(last.end) + len(addition)
        plain = (statement.module, statement.level) == ("typing", 0) and tree.begins_line(start)
        if plain and not changes and length <= LINE_LIMIT:
            return Edit(last.end, last.end, addition)
    return import_line_edit(tree, "from typing import TYPE_CHECKING")


def quote_edits(tree: Tree, positions: Sequence[int]) -> list[Edit]:
    """Return the edits that quote the whole annotations around the positions.

    Raises CannotRewriteError if there is no annotation there, or quoting it is not safe.
    """
    spans = sorted(set(_annotation_spans(tree)))
    edits: dict[Span, Edit] = {}
    for position in positions:
        holding = [span for span in spans if span.start <= position < span.end]
        if not holding:
            raise CannotRewriteError(
                f"the annotation at line {line_of(tree, position)} was not found"
            )
        edits[holding[0]] = Edit(holding[0].start, holding[0].end, quoted(tree, holding[0]))
    return list(edits.values())


def line_of(tree: Tree, position: int) -> int:
    """Return the line, from 1, of an offset."""
    return sum(1 for start in tree.line_starts if start <= position)


def quoted(tree: Tree, span: Span) -> str:
    """Return an annotation's text as one string literal on one line.

    Raises CannotRewriteError if it holds a comment, a backslash or both kinds of quotes.
    """
    text = tree.text[span.start : span.end]
    line = line_of(tree, span.start)
    if text.startswith("*"):
        raise CannotRewriteError(f"the starred annotation at line {line} cannot be quoted")
    if re.search(r"[\r\n]", text):
        if "#" in text or '"""' in text or "'''" in text:
            raise CannotRewriteError(f"the annotation at line {line} holds a comment or long text")
        text = re.sub(r"(?<=[\[(]) | (?=[\])])", "", _FOLD.sub(" ", text))
    if "\\" in text or ('"' in text and "'" in text):
        raise CannotRewriteError(
            f"the annotation at line {line} holds both kinds of quotes or a backslash"
        )
    quote = "'" if '"' in text else '"'
    return f"{quote}{text}{quote}"


def _annotation_spans(tree: Tree) -> Iterator[Span]:
    for node in ast.walk(tree.module):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            yield tree.span(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield tree.span(node.returns)
