"""Absolute dotted names of expressions, followed through variables and files of the function."""

from __future__ import annotations

import ast

from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import FileCode, MentionedAs, NameValues, UnitFacts

_DEPTH = 8
FollowedVariable = tuple[int, str]
"""The identity of a scope, and a name in it."""
_PARTS = frozenset(("get", "setdefault", "values", "items", "__getitem__"))
"""Methods that give what an object holds."""


class FullNames:
    """Names expressions: `env["X"]` is `os.environ[]` after `from os import environ as env`."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph

    def of(self, facts: UnitFacts, node: ast.expr, depth: int = 0) -> str | None:
        """Return the dotted name of an expression in a unit, None if it has none.

        A call appends "()" and a subscript "[]". A variable that is assigned once stands for its
        value.
        """
        if depth > _DEPTH:
            return None
        if isinstance(node, ast.Call):
            name = self.of(facts, node.func, depth + 1)
            return f"{name}()" if name else None
        if isinstance(node, ast.Subscript):
            name = self.of(facts, node.value, depth + 1)
            return f"{name}[]" if name else None
        if isinstance(node, ast.Attribute):
            name = self.of(facts, node.value, depth + 1)
            if name is None or name == facts.first:
                return self._kept(facts, node.attr, depth + 1)
            return self._own(f"{name}.{node.attr}", depth + 1)
        return self._name(facts, node.id, depth) if isinstance(node, ast.Name) else None

    def chain(self, facts: UnitFacts, names: tuple[str, ...], depth: int = 0) -> str | None:
        """Return the dotted name of a chain of names, as `of` does for an expression."""
        if not names or names[0] in ("", "<lambda>"):
            return None
        node: ast.expr = ast.Name(names[0], ast.Load())
        for name in names[1:]:
            node = ast.Attribute(node, name, ast.Load())
        return self.of(facts, node, depth)

    def own(
        self,
        facts: UnitFacts,
        node: ast.expr,
        depth: int = 0,
        seen: set[FollowedVariable] | None = None,
    ) -> str | None:
        """Return the dotted name of the own module's variable at the start of an expression.

        It is not followed to its value: `settings.TABLE` for `TABLE["x"]`. A function's own
        variable stands for what it is assigned: `table = TABLE`.
        `seen` are those that were followed.
        """
        names: list[str] = []
        while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
            if isinstance(node, ast.Call) and _is_vars(node):
                node = node.args[0]
                continue
            if isinstance(node, ast.Attribute):
                names.append(node.attr)
            node = node.func if isinstance(node, ast.Call) else node.value
        if not isinstance(node, ast.Name):
            return None
        scope: UnitFacts | None = facts
        while scope is not None:
            if node.id in scope.targets:
                return self._variable(".".join((scope.targets[node.id], *reversed(names))))
            if node.id in scope.bound:
                if scope.parent is None:
                    return f"{scope.unit.module}.{node.id}"
                return self._alias(scope, node.id, depth + 1, set() if seen is None else seen)
            scope = scope.parent
        return None

    def _alias(
        self, scope: UnitFacts, name: str, depth: int, seen: set[FollowedVariable]
    ) -> str | None:
        """Return the first variable of a module that a function's variable may stand for."""
        # Of `e = e[1:]`, written ten times, each would be followed to all of them.
        if depth >= _DEPTH or (id(scope), name) in seen:
            return None
        seen.add((id(scope), name))
        values = [*assigned_values(scope, name), *looped_values(scope, name)]
        found = (self.own(scope, value, depth, seen) for value in values if _is_part(value))
        return next(filter(None, found), None)

    def _variable(self, dotted: str) -> str | None:
        """Return the module and the first name after it, if the module is the function's."""
        parts = dotted.split(".")
        for size in range(len(parts) - 1, 0, -1):
            if ".".join(parts[:size]) in self._graph.files:
                return ".".join(parts[: size + 1])
        return None

    def _name(self, facts: UnitFacts, name: str, depth: int) -> str | None:
        scope: UnitFacts | None = facts
        while scope is not None:
            if name == scope.first:
                return name if scope is facts else None
            if name in scope.targets:
                return self._own(scope.targets[name], depth + 1)
            value = assigned(scope, name)
            if value is not None:
                return self.of(scope, value, depth + 1)
            if name in scope.bound:
                return None if scope.parent is not None else f"{scope.unit.module}.{name}"
            scope = scope.parent
        return name

    def _own(self, dotted: str, depth: int) -> str | None:
        """Follow a name of one of the function's files to the value that it stands for."""
        parts = dotted.split(".")
        for size in range(len(parts) - 1, 0, -1):
            code = self._graph.files.get(".".join(parts[:size]))
            if code is not None and depth <= _DEPTH:
                return self._in_file(code, parts[size:], dotted, depth)
        return dotted

    def _in_file(self, code: FileCode, names: list[str], dotted: str, depth: int) -> str | None:
        value = assigned(code.body, names[0])
        start = self.of(code.body, value, depth + 1) if value is not None else None
        if names[0] in code.body.targets:
            start = self._own(code.body.targets[names[0]], depth + 1)
        return ".".join((start, *names[1:])) if start else dotted

    def _kept(self, facts: UnitFacts, attribute: str, depth: int) -> str | None:
        """Return what an attribute holds that is assigned once: `self.env = os.environ`."""
        code = self._graph.files[facts.unit.module]
        kept = code.attributes.get(attribute, ())
        if len(kept) != 1 or depth > _DEPTH:
            return None
        unit, mention = kept[0]
        if attribute in mention.chain:
            return None
        name = self.chain(self._graph.facts(unit), mention.chain, depth + 1)
        is_made = name is not None and mention.kind is MentionedAs.CALL
        return f"{name}()" if is_made else name


def assigned(scope: UnitFacts, name: str) -> ast.expr | None:
    """Return the value of a name that a unit assigns once."""
    values = assigned_values(scope, name)
    return values[0] if len(values) == 1 else None


def assigned_values(scope: UnitFacts, name: str) -> list[ast.expr]:
    """Return every value that a unit assigns to a name, in source order."""
    return _values_of(scope).assigned.get(name, [])


def looped_values(scope: UnitFacts, name: str) -> list[ast.expr]:
    """Return what the loops of a unit go through whose variable is a name."""
    return _values_of(scope).looped.get(name, [])


def _values_of(scope: UnitFacts) -> NameValues:
    """Return the values of all names of a unit: one pass for the many names that are asked for."""
    if scope.values is None:
        scope.values = values = NameValues()
        for node in scope.nodes:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                for name in dict.fromkeys(_targets(node)):
                    values.assigned.setdefault(name, []).append(node.value)
            elif isinstance(node, (ast.For, ast.AsyncFor)):
                parts = ast.walk(node.target)
                for name in dict.fromkeys(each.id for each in parts if isinstance(each, ast.Name)):
                    values.looped.setdefault(name, []).append(node.iter)
    return scope.values


def _is_vars(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "vars" and len(node.args) == 1


def _is_part(node: ast.expr) -> bool:
    """Return True for a name, and for what gives a part of an object rather than a copy."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in _PARTS
    return isinstance(node, (ast.Name, ast.Attribute, ast.Subscript))


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]
