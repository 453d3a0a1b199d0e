"""A parsed text with exact offsets, which every style of rewriting uses."""

from __future__ import annotations

import ast
import bisect
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from importcost.deferral.source.model import Span
from importcost.deferral.source.names import FunctionNode
from importcost.deferral.source.parse import mask_lazy
from importcost.deferral.source.text import LINE_END, line_starts

AnyImport: TypeAlias = ast.Import | ast.ImportFrom

_JOINT = re.compile(r"(?:[ \t\f]|\\(?:\r\n|\r|\n))*;(?:[ \t\f]|\\(?:\r\n|\r|\n))*")
# A # in a string has its closing quote after it.
_ENDS_IN_COMMENT = re.compile(r"^[ \t\f]*#|#[^'\"]*$")
_BLANK_OR_COMMENT = re.compile(r"[ \t\f]*(?:#.*)?")


class CannotRewriteError(Exception):
    """The change cannot be written safely; the message is the reason, without a full stop."""


def parse_text(text: str) -> ast.Module:
    """Parse and compile `text`, `lazy` masked. Raises CannotRewriteError if that fails."""
    # An interpreter that knows `lazy` checks where it may appear.
    masked = text if sys.version_info >= (3, 15) else mask_lazy(text)[0]
    with warnings.catch_warnings():
        # The user's own invalid escapes are not our concern here.
        warnings.simplefilter("ignore")
        try:
            module = ast.parse(masked)
            compile(module, "<text>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            where = f" at line {line}" if line else ""
            reason = error.args[0] if error.args else type(error).__name__
            raise CannotRewriteError(f"does not compile{where}: {reason}") from error
    return module


@dataclass(frozen=True, slots=True)
class InsertionPoint:
    """The place of a statement: `block` is the list that holds it, at `index`, in `parent`."""

    parent: ast.AST
    block: Sequence[ast.stmt]
    index: int


@dataclass(frozen=True, slots=True)
class Tree:
    """A text, its syntax tree, and the way from the tree's positions to offsets.

    `newline` and `indent` are the file's own; `places` is keyed by `id(statement)`. `functions` are
    those outside any other function, in source order.
    """

    text: str
    module: ast.Module
    line_starts: tuple[int, ...]
    newline: str
    indent: str
    places: dict[int, InsertionPoint]
    functions: tuple[FunctionNode, ...]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a position of `ast`: lines from 1, columns in UTF-8 bytes."""
        start = self.line_starts[line - 1]
        piece = self.text[start : start + column]
        if piece.isascii():
            return start + column
        return start + len(piece.encode()[:column].decode(errors="ignore"))

    def span(self, node: ast.expr | ast.stmt | ast.alias) -> Span:
        """Return the span of `node`; decorators are not part of a definition."""
        # The parser sets both ends of every node that it makes.
        end_line, end_column = node.end_lineno or 0, node.end_col_offset or 0
        return Span(self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column))

    def start(self, statement: ast.stmt) -> int:
        """Return the start of a statement, at its first decorator if it has one."""
        decorators = getattr(statement, "decorator_list", [])
        if decorators:
            return self.text.rindex("@", 0, self.span(decorators[0]).start)
        return self.span(statement).start

    def line_start(self, position: int) -> int:
        """Return the start of the line that holds `position`."""
        cut = max(self.text.rfind("\n", 0, position), self.text.rfind("\r", 0, position))
        return cut + 1

    def line_end(self, position: int) -> int:
        """Return the end of the line that holds `position`, before its line ending."""
        found = LINE_END.search(self.text, position)
        return found.start() if found else len(self.text)

    def next_line(self, position: int) -> int:
        """Return the start of the line after that of `position` (or the end of the text)."""
        found = LINE_END.search(self.text, position)
        return found.end() if found else len(self.text)

    def line_before(self, line_start: int) -> str | None:
        """Return the line above the one that starts there, or None for the first line."""
        if line_start == 0:
            return None
        ending = 2 if self.text[:line_start].endswith("\r\n") else 1
        end = line_start - ending
        return self.text[self.line_start(end) : end]

    def prefix(self, position: int) -> str:
        """Return the text before `position` on its line."""
        return self.text[self.line_start(position) : position]

    def begins_line(self, position: int) -> bool:
        """Return True if a statement at `position` is the first on its logical line."""
        if self.prefix(position).strip(" \t\f"):
            return False
        above = self.line_before(self.line_start(position))
        return (
            above is None or not above.endswith("\\") or _ENDS_IN_COMMENT.search(above) is not None
        )

    def indent_at(self, position: int) -> str:
        """Return the indentation of the line of `position`; a form feed restarts it."""
        return self.prefix(position).rpartition("\f")[2]

    def above_comments(self, position: int) -> int:
        """Return the start of the line of `position`, or of the comments and blanks above."""
        start = self.line_start(position)
        while (above := self.line_before(start)) is not None:
            if not _BLANK_OR_COMMENT.fullmatch(above):
                break
            start = self.line_start(start - (2 if self.text[:start].endswith("\r\n") else 1))
        return start

    def own_comments(self, position: int) -> int:
        """Return the start of the line of `position`, or of the comments directly above.

        Comments with another indentation belong to another statement.
        """
        start, indent = self.line_start(position), self.indent_at(position)
        while (above := self.line_before(start)) is not None:
            if not above.startswith(f"{indent}#"):
                break
            start = self.line_start(start - (2 if self.text[:start].endswith("\r\n") else 1))
        return start

    def line_group(self, statement: ast.stmt) -> Sequence[ast.stmt]:
        """Return the statements that share a logical line with `;`, `statement` included."""
        place = self.places[id(statement)]
        first = last = place.index
        while first > 0 and self._joined(place.block[first - 1], place.block[first]):
            first -= 1
        while last + 1 < len(place.block) and self._joined(
            place.block[last], place.block[last + 1]
        ):
            last += 1
        return place.block[first : last + 1]

    def _joined(self, left: ast.stmt, right: ast.stmt) -> bool:
        between = self.text[self.span(left).end : self.start(right)]
        return _JOINT.fullmatch(between) is not None

    def outermost_function(self, position: int) -> FunctionNode | None:
        """Return the outermost function around `position`."""
        index = bisect.bisect_right(self.functions, position, key=self.start) - 1
        if index >= 0 and position < self.span(self.functions[index]).end:
            return self.functions[index]
        return None

    def statements(self) -> Iterator[ast.stmt]:
        """Yield every statement, in no particular order."""
        for place in self.places.values():
            statement = place.block[place.index]
            if isinstance(statement, ast.stmt):  # not the clauses of try and match
                yield statement

    def ancestors(self, statement: ast.stmt) -> Iterator[ast.AST]:
        """Yield the statements and handlers around `statement`, the nearest first."""
        node: ast.AST = statement
        while (place := self.places.get(id(node))) is not None:
            node = place.parent
            yield node


@lru_cache(maxsize=4)
def read_tree(text: str) -> Tree:
    """Parse `text`. Raises CannotRewriteError if it does not compile.

    A file is rewritten once for each change that is tried, so its tree is kept. Nobody changes it.
    """
    module = parse_text(text)
    starts = line_starts(text)
    ending = LINE_END.search(text)
    newline = ending.group() if ending else "\n"
    places: dict[int, InsertionPoint] = {}
    functions: list[FunctionNode] = []
    _walk(module, places, functions)
    functions.sort(key=lambda function: function.lineno)
    tree = Tree(text, module, starts, newline, "    ", places, tuple(functions))
    return replace(tree, indent=_indent_unit(tree))


def _walk(root: ast.AST, places: dict[int, InsertionPoint], functions: list[FunctionNode]) -> None:
    pending = [(root, False)]
    while pending:
        node, inside = pending.pop()
        is_function = isinstance(node, FunctionNode)
        if isinstance(node, FunctionNode) and not inside:
            functions.append(node)
        for field in ("body", "orelse", "handlers", "finalbody", "cases"):
            block = getattr(node, field, None)
            if not isinstance(block, list):
                continue
            for index, child in enumerate(block):
                places[id(child)] = InsertionPoint(node, block, index)
                pending.append((child, inside or is_function))


def _indent_unit(tree: Tree) -> str:
    for statement in tree.module.body:
        block = getattr(statement, "body", None)
        if isinstance(block, list) and block:
            start = tree.start(block[0])
            indent = tree.indent_at(start)
            if tree.begins_line(start) and indent:
                return indent
    return "    "


def bound_name(alias: ast.alias, statement: AnyImport) -> str:
    """Return the name that an alias binds: `a` for `import a.b`, `c` for `from a import c`."""
    if alias.asname:
        return alias.asname
    return alias.name.partition(".")[0] if isinstance(statement, ast.Import) else alias.name


def is_docstring(statement: ast.stmt) -> bool:
    """Return True if a statement is a string alone, like a docstring."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
