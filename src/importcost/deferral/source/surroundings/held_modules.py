"""The modules and classes that an expression may stand for, whatever way code gets at them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from importcost.deferral.source.reach.units import UnitFacts
from importcost.deferral.source.surroundings.full_names import (
    FullNames,
    assigned_values,
    looped_values,
)

ANYTHING = "*"
"""Stands for any module: its name is computed."""

_DEPTH = 8
_IMPORTERS = frozenset(
    (
        "importlib.import_module", "importlib.__import__", "__import__", "pkgutil.resolve_name",
        "sys.modules.get", "sys.modules.pop", "sys.modules.__getitem__",
        "pydoc.locate", "django.utils.module_loading.import_string", "werkzeug.utils.import_string",
    )
)  # fmt: skip
_SAME = frozenset(("__dict__", "__class__"))
"""Attributes by which code changes the object that has them."""


class HeldModules:
    """Names what expressions hold: `sys.modules["ssl"]`, `getattr(requests, "sessions")`."""

    def __init__(self, names: FullNames) -> None:
        self._names = names
        # Names that are assigned from each other again and again have more ways than can be walked.
        self._known: dict[tuple[int, str, int], list[str]] = {}

    def of(self, facts: UnitFacts, node: ast.expr, depth: int = 0) -> list[str]:
        """Return the dotted names that an expression in a unit may stand for, `ANYTHING` for any.

        Only names that imports bring, and what such a name's object holds. Empty for everything
        else, such as parameters and objects that a call makes.
        """
        if depth > _DEPTH:
            return []
        if isinstance(node, ast.Attribute):
            bases = self.of(facts, node.value, depth + 1)
            if node.attr == "__class__":
                bases = bases or self._class_of(facts, node.value)
            return [_inside(base, node.attr) for base in bases]
        if isinstance(node, ast.Subscript):
            if self._names.of(facts, node.value) == "sys.modules":
                return [constant_text(node.slice) or ANYTHING]
            text = constant_text(node.slice) if is_namespace(node.value) else None
            bases = self.of(facts, node.value, depth + 1)
            bases += self._elements(facts, node.value, depth)
            return [_inside(base, text) if text else base for base in bases]
        if isinstance(node, ast.Call):
            return self._called(facts, node, depth)
        if isinstance(node, (ast.IfExp, ast.BoolOp)):
            parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            return [name for part in parts for name in self.of(facts, part, depth + 1)]
        return self._named(facts, node.id, depth) if isinstance(node, ast.Name) else []

    def _elements(self, facts: UnitFacts, node: ast.expr, depth: int) -> list[str]:
        """Return what the elements of a table stand for that a name is assigned."""
        found: list[str] = []
        scope: UnitFacts | None = facts if isinstance(node, ast.Name) else None
        while scope is not None and isinstance(node, ast.Name):
            for value in assigned_values(scope, node.id):
                parts = value.values if isinstance(value, ast.Dict) else _in_sequence(value)
                found += [name for part in parts for name in self.of(scope, part, depth + 1)]
            scope = scope.parent if node.id not in scope.bound else None
        return found

    def _called(self, facts: UnitFacts, node: ast.Call, depth: int) -> list[str]:
        name = self._names.of(facts, node.func)
        if name is None or not node.args:
            return []
        first = node.args[0]
        if name == "operator.attrgetter()" and isinstance(node.func, ast.Call):
            text = constant_text(node.func.args[0]) if len(node.func.args) == 1 else None
            bases = self.of(facts, first, depth + 1)
            return [_inside(base, text) if text else base for base in bases]
        if name in _IMPORTERS:
            text = constant_text(first)
            return [text.replace(":", ".") if text else ANYTHING]
        if name in ("vars", "importlib.reload"):
            return self.of(facts, first, depth + 1)
        if name == "type" and len(node.args) == 1:
            return self._class_of(facts, first)
        if name == "getattr":
            bases = self.of(facts, first, depth + 1)
            text = constant_text(node.args[1]) if len(node.args) > 1 else None
            return [_inside(base, text) if text else base for base in bases]
        return []

    def _class_of(self, facts: UnitFacts, node: ast.expr) -> list[str]:
        """Return the class of what one call of an imported class made."""
        name = self._names.of(facts, node) or ""
        made = name.removesuffix("()")
        return [made] if name != made and "(" not in made and "." in made else []

    def _named(self, facts: UnitFacts, name: str, depth: int) -> list[str]:
        scope: UnitFacts | None = facts
        while scope is not None:
            if name in scope.targets:
                full = self._names.of(scope, ast.Name(name, ast.Load()))
                return [full] if full and "(" not in full and "[" not in full else []
            if name in scope.bound:
                key = (id(scope), name, depth)
                if key not in self._known:
                    values = self._values(scope, name)
                    found = (one for value in values for one in self.of(scope, value, depth + 1))
                    self._known[key] = list(dict.fromkeys(found))
                return self._known[key]
            scope = scope.parent
        return []

    def _values(self, scope: UnitFacts, name: str) -> Iterator[ast.expr]:
        """Yield what a name is assigned, and the elements that a loop gives it."""
        yield from assigned_values(scope, name)
        for source in looped_values(scope, name):
            yield from _in_sequence(source)
            around: UnitFacts | None = scope
            while around is not None and isinstance(source, ast.Name):
                for value in assigned_values(around, source.id):
                    yield from _in_sequence(value)
                around = around.parent if source.id not in around.bound else None


def _in_sequence(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else []


def is_namespace(node: ast.expr) -> bool:
    """Return True for `x.__dict__` and `vars(x)`, whose items are attributes of x."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "vars"
    return isinstance(node, ast.Attribute) and node.attr == "__dict__"


def constant_text(node: ast.expr) -> str | None:
    """Return the text of a constant, None for any other expression."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def _inside(base: str, attribute: str) -> str:
    return base if base == ANYTHING or attribute in _SAME else f"{base}.{attribute}"
