"""The folders that a file adds to the search path of modules, where its source says which."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ADDING = frozenset({"append", "insert", "extend"})
_SAME = frozenset({"abspath", "realpath", "normpath", "fspath", "str", "Path", "PurePath"})
_SAME_METHODS = frozenset({"resolve", "absolute", "as_posix", "expanduser", "__str__"})
TASK_ROOT = "/var/task"


@dataclass(frozen=True, slots=True)
class AddedFolder:
    """A folder that becomes part of the search path. `path` is None if the source does not say.

    A relative path starts in the working folder, which is the task root. `nodes` are the mentions
    of the search path that this explains.
    """

    path: str | None
    line: int
    nodes: tuple[ast.AST, ...]


class FolderReader:
    """Evaluates paths of one file that are made of `__file__`, constants and path functions."""

    def __init__(self, nodes: list[ast.AST], file: Path) -> None:
        self._file = str(file)
        self._assigned: dict[str, list[ast.expr]] = {}
        for node in nodes:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._assigned.setdefault(target.id, []).append(node.value)
        self._names = {
            alias.asname or alias.name
            for node in nodes
            if isinstance(node, ast.ImportFrom) and node.module == "sys"
            for alias in node.names
            if alias.name == "path"
        }

    def is_search_path(self, node: ast.AST) -> bool:
        """Return True for `sys.path`, or the name under which a file imports it."""
        if isinstance(node, ast.Attribute) and node.attr == "path":
            return isinstance(node.value, ast.Name) and node.value.id in ("sys", "_sys")
        return isinstance(node, ast.Name) and node.id in self._names

    def added(self, node: ast.AST) -> Iterator[AddedFolder]:
        """Yield the folders that a call or an assignment adds to the search path."""
        if isinstance(node, ast.Compare):  # `if folder not in sys.path` adds nothing
            explained = tuple(one for one in node.comparators if self.is_search_path(one))
            if explained:
                yield AddedFolder("", node.lineno, explained)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from self._by_call(node, node.func)
        elif isinstance(node, ast.AugAssign) and self.is_search_path(node.target):
            yield from self._each(node.value, node.lineno, (node.target,))

    def _by_call(self, node: ast.Call, func: ast.Attribute) -> Iterator[AddedFolder]:
        if func.attr == "addsitedir" and node.args:
            yield AddedFolder(self.value(node.args[0]), node.lineno, (func,))
        elif func.attr in _ADDING and node.args and self.is_search_path(func.value):
            if func.attr == "extend":
                yield from self._each(node.args[0], node.lineno, (func.value,))
            else:
                path = self.value(node.args[-1])
                yield AddedFolder(path, node.lineno, (func.value,))

    def _each(
        self, value: ast.expr, line: int, nodes: tuple[ast.AST, ...]
    ) -> Iterator[AddedFolder]:
        if isinstance(value, (ast.List, ast.Tuple)):
            for one in value.elts:
                yield AddedFolder(self.value(one), line, nodes)
        else:
            yield AddedFolder(None, line, nodes)

    def value(self, node: ast.expr, depth: int = 0) -> str | None:
        """Return the path that an expression means, None if the source does not say."""
        if depth > 20:
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            if node.id == "__file__":
                return self._file
            values = self._assigned.get(node.id, [])
            return self.value(values[0], depth + 1) if len(values) == 1 else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._joined([node.left, node.right], depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
            return None if left is None or right is None else os.path.normpath(left + right)
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            return self._above(self.value(node.value, depth + 1), 1)
        if isinstance(node, ast.Subscript):
            return self._parents(node, depth)
        return self._call(node, depth) if isinstance(node, ast.Call) else None

    def _parents(self, node: ast.Subscript, depth: int) -> str | None:
        index = node.slice
        if not (isinstance(node.value, ast.Attribute) and node.value.attr == "parents"):
            return None
        if not (isinstance(index, ast.Constant) and isinstance(index.value, int)):
            return None
        return self._above(self.value(node.value.value, depth + 1), index.value + 1)

    def _call(self, node: ast.Call, depth: int) -> str | None:
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", None)
        if name in _SAME and len(node.args) == 1:
            return _plain(self.value(node.args[0], depth + 1), name)
        if name == "dirname" and len(node.args) == 1:
            return self._above(self.value(node.args[0], depth + 1), 1)
        if name == "join":
            return self._joined(node.args, depth)
        if isinstance(func, ast.Attribute) and name in _SAME_METHODS and not node.args:
            return _plain(self.value(func.value, depth + 1), name)
        if isinstance(func, ast.Attribute) and name == "joinpath":
            return self._joined([func.value, *node.args], depth)
        return None

    def _joined(self, nodes: list[ast.expr], depth: int) -> str | None:
        parts = [self.value(one, depth + 1) for one in nodes]
        known = [one for one in parts if one is not None]
        return os.path.normpath(os.path.join(*known)) if len(known) == len(parts) > 0 else None  # noqa: PTH118

    @staticmethod
    def _above(path: str | None, levels: int) -> str | None:
        for _ in range(levels):
            path = None if path is None else os.path.dirname(path)  # noqa: PTH120
        return path


def _plain(path: str | None, function: str) -> str | None:
    if path is None:
        return None
    return os.path.realpath(path) if function in ("realpath", "resolve") else os.path.normpath(path)
