"""Names that a file exports or lists: `__all__` and `__lazy_modules__`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exports:
    """The `names` of `__all__` with their line. `computed` is the line that cannot be resolved."""

    names: dict[str, int]
    computed: int | None

    def line_of(self, name: str) -> int | None:
        """Return the line that exports a name, or None."""
        if name in self.names:
            return self.names[name]
        return self.computed if not name.startswith("_") else None


def exports_of(tree: ast.Module) -> Exports:
    """Read every assignment to `__all__` at module level, `+=`, append and extend included."""
    names: dict[str, int] = {}
    computed: int | None = None
    for statement, value in _writes(tree, "__all__"):
        found = _strings(value)
        if found is None:
            computed = computed or statement.lineno
        else:
            names.update((name, statement.lineno) for name in found if name not in names)
    return Exports(names, computed)


def lazy_modules(tree: ast.Module) -> frozenset[str]:
    """Return the modules that `__lazy_modules__` lists."""
    found: set[str] = set()
    for _, value in _writes(tree, "__lazy_modules__"):
        found.update(_strings(value) or ())
    return frozenset(found)


def _writes(tree: ast.Module, name: str) -> Iterator[tuple[ast.stmt, ast.expr]]:
    """Yield the statements that write a list of names, with the values that they write."""
    stack: list[ast.AST] = list(reversed(tree.body))
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            continue
        value = _written(node, name)
        if value is not None and isinstance(node, ast.stmt):
            yield node, value
        stack.extend(ast.iter_child_nodes(node))


def _written(node: ast.AST, name: str) -> ast.expr | None:
    if isinstance(node, ast.Assign):
        return node.value if any(_is(target, name) for target in node.targets) else None
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        return node.value if _is(node.target, name) else None
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        if isinstance(call.func, ast.Attribute) and _is(call.func.value, name) and call.args:
            single = call.func.attr in ("append", "add", "remove")
            return ast.List(call.args, ast.Load()) if single else call.args[0]
    return None


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _strings(node: ast.expr) -> list[str] | None:
    """Return the strings of a literal container, None for anything computed."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _strings(node.left), _strings(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.func, ast.Name):
        known = node.func.id in ("list", "tuple", "set", "frozenset", "sorted")
        return _strings(node.args[0]) if known else None
    if not isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return None
    values = [part.value for part in node.elts if isinstance(part, ast.Constant)]
    texts = [value for value in values if isinstance(value, str)]
    return texts if len(texts) == len(node.elts) else None
