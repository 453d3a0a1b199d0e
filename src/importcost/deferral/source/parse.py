"""Parse a file with exact offsets, including `lazy import` on interpreters that do not know it."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from bisect import bisect_right
from dataclasses import dataclass

from importcost.deferral.source.model import SourceText, Span, Unreadable
from importcost.deferral.source.text import LINE_END, line_starts

_LAZY = re.compile(r"(?:^|[\r\n;:])[ \t\f]*(lazy)([ \t]+)(import|from)\b")
_GENERATED = re.compile(
    r"@generated|\bdo not edit\b|\b(?:auto|automatically)[- ]?generated\b"
    r"|^[#!\s]*(?:(?:this )?(?:file|code|module) (?:is |was )?)?generated (?:by|from|with|using)\b",
    re.IGNORECASE,
)
_HEADER_LINES = 5


@dataclass(frozen=True, slots=True)
class Parsed:
    """A syntax tree over the text; `lazy` are the offsets at which a `lazy import` starts."""

    text: str
    tree: ast.Module
    starts: tuple[int, ...]
    ascii_only: bool
    lazy: frozenset[int]

    @classmethod
    def of(cls, text: str, tree: ast.Expression) -> Parsed:
        """Wrap an expression that was parsed by itself."""
        module = ast.Module([ast.Expr(tree.body)], [])
        return cls(text, module, line_starts(text), text.isascii(), frozenset())

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line (from 1) and a column in UTF-8 bytes (from 0)."""
        start = self.starts[line - 1]
        if self.ascii_only:
            return start + column
        # A character takes at least one byte, so `column` characters hold all that is needed.
        head = self.text[start : start + column].encode("utf-8", "surrogatepass")[:column]
        return start + len(head.decode("utf-8", "surrogatepass"))

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Return the span of a node (decorators come before a definition)."""
        assert node.end_lineno is not None  # noqa: S101 - ast.parse sets both
        assert node.end_col_offset is not None  # noqa: S101
        return Span(
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def line_at(self, offset: int) -> int:
        """Return the line, counted from 1, that holds an offset."""
        return bisect_right(self.starts, offset)


def parse(source: SourceText) -> Parsed | Unreadable:
    """Parse a file, or return the reason to leave it alone: a syntax error, a generated file."""
    generated = _generated(source.text)
    if generated:
        return Unreadable(
            source.path, f'is generated ("{generated}", line 1 to 5): change its generator'
        )
    return parse_as_is(source)


def parse_as_is(source: SourceText) -> Parsed | Unreadable:
    """Parse a file that is only read, a generated one too; else return why it is not Python."""
    masked, lazy = mask_lazy(source.text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are the user's to fix
            tree = ast.parse(masked, source.path)
    except SyntaxError as error:
        return Unreadable(source.path, _syntax_error(error))
    except (ValueError, RecursionError, MemoryError) as error:
        return Unreadable(source.path, f"cannot be parsed ({error}): simplify the file")
    return Parsed(source.text, tree, line_starts(source.text), source.text.isascii(), lazy)


def _generated(text: str) -> str | None:
    """Return the header comment that says that a program wrote this file."""
    for line in LINE_END.split(text, _HEADER_LINES)[:_HEADER_LINES]:
        comment = line.strip()
        if comment.startswith("#") and _GENERATED.search(comment):
            return comment.lstrip("#! ")[:80]
    return None


def mask_lazy(text: str) -> tuple[str, frozenset[int]]:
    """Turn `lazy import x` into `import x`, which every grammar accepts, at the same place.

    Return the text, with every offset kept, and the offsets of the lazy imports. A match inside a
    string changes only that string's content, never a position.
    """
    found = frozenset(match.start(1) for match in _LAZY.finditer(text))
    if not found:
        return text, found
    pieces: list[str] = []
    end = 0
    for match in _LAZY.finditer(text):
        keyword = match.group(3)
        pieces += [text[end : match.start(1)], keyword, " " * (match.end(2) - match.start(1))]
        end = match.end(3)
    return "".join((*pieces, text[end:])), found


def _syntax_error(error: SyntaxError) -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    where = f"line {error.lineno}" if error.lineno else "an unknown line"
    return (
        f"does not parse with the grammar of Python {version} at {where} ({error.msg}): correct"
        f" it, or run importcost on a newer Python if the file needs one"
    )
