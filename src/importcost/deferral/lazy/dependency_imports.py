"""The imports of a dependency's own file that can wait, without editing the file.

Before Python 3.15 a module can wait, bound to its name and without having run its code; what
`from X import name` binds cannot, because the name is read from X at once. Python 3.15 can let both
wait (PEP 810).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from importcost.deferral.lazy.traps import ReadModule, lazy_trap
from importcost.deferral.rewrite.lazy import FIRST_LAZY
from importcost.deferral.source.imports import absolute_name
from importcost.deferral.source.model import ImportStatement, SourceFile, UseKind
from importcost.model.advice import DeferStyle, DeferVerdict, VerdictKind

_MOVABLE = (VerdictKind.DEFERRABLE, VerdictKind.ANNOTATIONS_ONLY)
_AT_ONCE = (UseKind.MODULE, UseKind.ANNOTATION_EVALUATED, UseKind.ANNOTATION_READ)


def dependency_verdict(
    statement: ImportStatement,
    file: SourceFile,
    loads: Collection[str],
    read: ReadModule,
    python: tuple[int, int],
) -> DeferVerdict:
    """Return whether an import of a dependency's file can wait, with the reason.

    `loads` are the modules that the statement was seen to import, `read` returns the source of any
    module, and `python` is the version that runs the function.
    """
    verdict = statement.verdict
    if verdict.kind is VerdictKind.NEEDS_GETTER or verdict.kind in _MOVABLE:
        for use in statement.uses:
            if use.kind in _AT_ONCE:
                reason = f"line {use.line} reads {use.name} when the file is imported"
                return DeferVerdict(VerdictKind.NOT_DEFERRABLE, reason, use.line)
    if verdict.kind not in _MOVABLE:
        return DeferVerdict(VerdictKind.NOT_DEFERRABLE, verdict.reason, verdict.line)
    refusal = _refusal(statement, file, loads, read, python)
    if refusal is not None:
        return DeferVerdict(VerdictKind.NOT_DEFERRABLE, refusal, statement.line)
    style = DeferStyle.LAZY_DEPENDENCY
    return DeferVerdict(VerdictKind.DEFERRABLE, verdict.reason, verdict.line, style=style)


def waiting_names(
    statement: ImportStatement, file: SourceFile, loads: Collection[str], python: tuple[int, int]
) -> frozenset[str]:
    """Return the modules that the generated module has to name for an import to wait.

    Python 3.15 knows a from-import by the module behind `from`; before, the submodules that it
    loads wait, each by its own name.
    """
    if python >= FIRST_LAZY:
        return frozenset({_asked(statement, file)})
    return frozenset(_modules_bound(statement, file)) & frozenset(loads)


def _refusal(
    statement: ImportStatement,
    file: SourceFile,
    loads: Collection[str],
    read: ReadModule,
    python: tuple[int, int],
) -> str | None:
    if python >= FIRST_LAZY:
        asked = _asked(statement, file)
        for other in file.imports:
            if other.verdict.kind not in _MOVABLE and _asked(other, file) == asked:
                return f"line {other.line} imports {asked} as well, and has to stay"
        return lazy_trap(statement, file, read, loads)
    names = waiting_names(statement, file, loads, python)
    if not names:
        return "a from-import reads its names at once, so it cannot wait before Python 3.15"
    for name in sorted(names):
        if read(name) is None:
            return f"{name} has no Python source here, so its code cannot be held back"
    return None


def _asked(statement: ImportStatement, file: SourceFile) -> str:
    node = _node(statement)
    return node.names[0].name if isinstance(node, ast.Import) else absolute_name(node, file.package)


def _modules_bound(statement: ImportStatement, file: SourceFile) -> Iterator[str]:
    """Yield the names that are modules if the statement loads a module of that name."""
    node = _node(statement)
    if isinstance(node, ast.Import):
        yield node.names[0].name
        return
    base = absolute_name(node, file.package)
    for alias in node.names:
        yield f"{base}.{alias.name}" if base else alias.name


def _node(statement: ImportStatement) -> ast.Import | ast.ImportFrom:
    node = ast.parse(statement.code).body[0]
    assert isinstance(node, ast.Import | ast.ImportFrom)  # noqa: S101 - it is an import's code
    return node
