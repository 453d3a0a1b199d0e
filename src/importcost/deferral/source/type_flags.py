"""Conditions that only type checkers take for true: `TYPE_CHECKING`, however it is imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass

FLAG = "TYPE_CHECKING"
_TYPING = ("typing", "typing_extensions")


@dataclass(frozen=True, slots=True)
class TypeFlags:
    """The ways in which a file says TYPE_CHECKING: names, and modules that have it."""

    names: frozenset[str]
    modules: frozenset[str]

    def is_flag(self, test: ast.expr) -> bool:
        """Return True if an expression is TYPE_CHECKING itself."""
        if isinstance(test, ast.Attribute):
            owner = test.value
            named = isinstance(owner, ast.Name) and owner.id in self.modules
            return named and test.attr == FLAG
        return isinstance(test, ast.Name) and test.id in self.names

    def never_runs(self, test: ast.expr) -> bool:
        """Return True if the body of an `if` with this test never runs."""
        if isinstance(test, ast.Constant):
            return not test.value
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return any(self.never_runs(value) for value in test.values)
        return self.is_flag(test)

    def always_runs(self, test: ast.expr) -> bool:
        """Return True if the `else` of an `if` with this test never runs."""
        is_not = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        return is_not and self.is_flag(test.operand)  # type: ignore[attr-defined]


def type_flags(tree: ast.Module) -> TypeFlags:
    """Return how a file names TYPE_CHECKING; a value of its own, unless it is False, counts not."""
    names, modules, own = {FLAG}, set(_TYPING), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names if alias.name == FLAG}
        elif isinstance(node, ast.Import):
            found = [alias for alias in node.names if alias.name in _TYPING]
            modules |= {alias.asname for alias in found if alias.asname}
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            value = node.value
            if not isinstance(value, ast.Constant) or value.value:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                own |= {one.id for one in targets if isinstance(one, ast.Name)}
    return TypeFlags(frozenset(names - own), frozenset(modules - own))
