"""Decide which paths code names: those that the working directory completes, and own folders."""

from __future__ import annotations

import ast
import posixpath
from pathlib import Path

from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import UnitFacts
from importcost.deferral.source.surroundings.aspects import covering, surroundings
from importcost.deferral.source.surroundings.full_names import FullNames, assigned

BY_PATH = ("folder", "umask")
"""Aspects that a call reads only if it is given a path that is not absolute."""

_DEPTH = 4
_SAME = frozenset(
    (
        "os.path.abspath", "os.path.normpath", "os.fspath", "str", "pathlib.Path",
        "pathlib.Path().resolve", "pathlib.Path().absolute",
    )
)  # fmt: skip
"""Calls that give the path that they are given, if it is absolute and no link."""


def takes_relative_path(names: FullNames, facts: UnitFacts, node: ast.Call) -> bool:
    """Return True if a call may be given a path that the working directory completes."""
    values = [*node.args, *(word.value for word in node.keywords)]
    name = names.of(facts, node.func) or ""
    paths = any(covering(name, surroundings().aspects[aspect].read_by) for aspect in BY_PATH)
    return any(_is_relative(facts, value, sure=paths) for value in values)


def _is_relative(facts: UnitFacts, value: ast.expr, *, sure: bool, depth: int = 0) -> bool:
    """Return True if an argument may be a relative path.

    `sure` says that the call takes a path, so that any text may be one.
    """
    if depth > _DEPTH:
        return True
    texts = [
        child.value
        for child in ast.walk(value)
        if isinstance(child, ast.Constant) and isinstance(child.value, str)
    ]
    names = {child.id for child in ast.walk(value) if isinstance(child, ast.Name)}
    if "__file__" in names or any(text.startswith(("/", "s3://", "http")) for text in texts):
        return False
    if isinstance(value, ast.Constant):
        text = value.value
        return isinstance(text, str) and (sure or "/" in text or "." in text)
    if isinstance(value, ast.Name):
        scope: UnitFacts | None = facts
        while scope is not None:
            inner = assigned(scope, value.id)
            if inner is not None:
                return _is_relative(scope, inner, sure=sure, depth=depth + 1)
            scope = scope.parent
    return True


def names_in_own_folder(
    graph: CallGraph, names: FullNames, facts: UnitFacts, value: ast.expr
) -> frozenset[str]:
    """Return the top-level names to import that are in a folder beside the code.

    The folder is found by `__file__`. Empty if it is another one, or if nothing is there.
    """
    path = _FromFile(names, graph.files[facts.unit.module].path).path(facts, value)
    if path is None:
        return frozenset()
    try:
        return frozenset(each.name.partition(".")[0] for each in Path(path).iterdir())
    except OSError:
        return frozenset()


class _FromFile:
    """Computes paths from a file's own."""

    def __init__(self, names: FullNames, file: str) -> None:
        self._names = names
        self._file = file

    def path(self, facts: UnitFacts, value: ast.expr, depth: int = 0) -> str | None:
        """Return the path that an expression computes from `__file__`, None for another."""
        if depth > 2 * _DEPTH:
            return None
        if isinstance(value, ast.Name):
            return self._named(facts, value.id, depth)
        if isinstance(value, ast.Attribute) and value.attr == "parent":
            return _above(self.path(facts, value.value, depth + 1))
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div):
            return _joined(self.path(facts, value.left, depth + 1), [value.right])
        return self._called(facts, value, depth) if isinstance(value, ast.Call) else None

    def _named(self, facts: UnitFacts, name: str, depth: int) -> str | None:
        scope: UnitFacts | None = facts
        while scope is not None:
            inner = assigned(scope, name)
            if inner is not None:
                return self.path(scope, inner, depth + 1)
            if name in scope.bound:
                return None
            scope = scope.parent
        return self._file if name == "__file__" and posixpath.isabs(self._file) else None

    def _called(self, facts: UnitFacts, call: ast.Call, depth: int) -> str | None:
        name = self._names.of(facts, call.func)
        inside = call.args[0] if call.args else None
        if inside is None and isinstance(call.func, ast.Attribute):
            inside = call.func.value  # path.resolve()
        first = self.path(facts, inside, depth + 1) if inside is not None else None
        if name == "os.path.dirname":
            return _above(first)
        if name == "os.path.join":
            return _joined(first, call.args[1:])
        return first if name in _SAME and len(call.args) <= 1 else None


def _above(path: str | None) -> str | None:
    return posixpath.dirname(path) if path is not None else None


def _joined(path: str | None, parts: list[ast.expr]) -> str | None:
    """Return a path with constant parts after it."""
    texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
    if path is None or not all(isinstance(text, str) for text in texts):
        return None
    return posixpath.normpath(posixpath.join(path, *map(str, texts)))
