"""Find the extent of the statement that each finding points at, in the file that it names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from importcost.deferral.source.model import Unreadable
from importcost.deferral.source.parse import Parsed, parse_as_is
from importcost.deferral.source.text import decode
from importcost.files.read import read_found
from importcost.gate.checks import Check, TextSpan

MAX_BYTES = 5_000_000
"""A source file beyond this is not parsed for a column."""
_Statement = tuple[ast.stmt, Parsed]


def with_spans(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks, findings at a statement of a Python file with its extent.

    Of several imports on a line, the one that imports the finding's module is taken. A file that
    cannot be read or parsed leaves its findings as they are.
    """
    read = cache(_statements)
    return tuple(_spanned(check, read(check.file)) if check.file else check for check in checks)


def _spanned(check: Check, found: tuple[_Statement, ...] | None) -> Check:
    if not found or check.line is None or not check.is_finding:
        return check
    line = check.line
    around = [one for one in found if one[0].lineno <= line <= (one[0].end_lineno or 0)]
    imports = [one for one in around if isinstance(one[0], (ast.Import, ast.ImportFrom))]
    if imports:
        chosen = max(imports, key=lambda one: _fit(one[0], check.imports or check.about or ""))
    else:
        # A compound statement spans all that is in it, which says less than its line.
        plain = [one for one in around if not hasattr(one[0], "body")]
        if not plain:
            return check
        chosen = max(plain, key=lambda one: (one[0].lineno, one[0].col_offset))
    return replace(check, span=_span(*chosen))


def _fit(statement: ast.stmt, module: str) -> int:
    """Return how well an import statement names a module; 0 if it does not."""
    return max((len(name) for name in _named(statement) if _is_in(module, name)), default=0)


def _is_in(module: str, name: str) -> bool:
    """Return True for a module that a dotted name means; a relative one by the end of it."""
    if name.startswith("."):
        return f".{module}.".endswith(f"{name}.")
    return module == name or module.startswith(f"{name}.")


def _named(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom):
        stem = f"{'.' if statement.level else ''}{statement.module or ''}"
        yield stem
        yield from (f"{stem.rstrip('.')}.{alias.name}" for alias in statement.names)


def _span(statement: ast.stmt, parsed: Parsed) -> TextSpan:
    found = parsed.span(statement)
    start_line, end_line = parsed.line_at(found.start), parsed.line_at(found.end)
    return TextSpan(
        start_line,
        found.start - parsed.starts[start_line - 1] + 1,
        end_line,
        found.end - parsed.starts[end_line - 1] + 1,
    )


def _statements(file: str) -> tuple[_Statement, ...] | None:
    """Return a file's statements, each with its file's text; None for a file that is not Python."""
    if not file.endswith(".py"):
        return None
    try:
        source = decode(file, read_found(file, MAX_BYTES))
    except OSError:
        return None
    parsed = source if isinstance(source, Unreadable) else parse_as_is(source)
    if isinstance(parsed, Unreadable):
        return None
    nodes = ast.walk(parsed.tree)
    return tuple((node, parsed) for node in nodes if isinstance(node, ast.stmt))
