"""Own functions and classes that only make a value, and values that only such calls make."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from importcost.deferral.source.own_state.makers import maker_calls, only_makes
from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import ClassFacts, FileCode, UnitFacts
from importcost.deferral.source.surroundings.full_names import FullNames

_BEYOND = (
    ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom, ast.Await, ast.Delete, ast.AsyncFor,
    ast.AsyncWith, ast.Import, ast.ImportFrom,
)  # fmt: skip
_CONTAINERS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_AT_CREATION = frozenset(("__new__", "__init_subclass__", "__del__", "__set_name__"))
_SETUP = ("__init__", "__post_init__")


class PlainCalls:
    """Judges the calls in values; own functions and classes are judged by their bodies, once."""

    def __init__(self, graph: CallGraph, names: FullNames) -> None:
        self._graph = graph
        self._names = names
        self._own = frozenset(name.partition(".")[0] for name in graph.files)
        self._known: dict[str, bool] = {}

    def other_call(self, facts: UnitFacts, value: ast.AST, *, in_body: bool) -> ast.Call | None:
        """Return the first call in a value that may do more than make one; None if none does.

        `facts` are those of the unit that computes it. `in_body` allows what a module's body may do
        besides.
        """
        for node in maker_calls(value):
            name = self._names.of(facts, node.func)
            if only_makes(node, name, self._own, in_body=in_body):
                continue
            if name is None or not self._is_plain(name):
                return node
        return None

    def is_own(self, name: str | None) -> bool:
        """Return True for a name of the function's own modules."""
        return name is not None and name.partition(".")[0] in self._own

    def _is_plain(self, name: str) -> bool:
        """Return True for an own function or class whose body only makes a value."""
        if name not in self._known:
            self._known[name] = True  # a function that calls itself adds nothing
            self._known[name] = self._judge(name)
        return self._known[name]

    def _judge(self, name: str) -> bool:
        module, _, last = name.rpartition(".")
        code = self._graph.files.get(module)
        if code is None:
            return False
        unit = code.body.functions.get(last)
        if unit is not None:
            facts = code.units[unit]
            return not facts.decorators and self._makes(facts)
        found = code.classes.get(last)
        return found is not None and self._class_makes(found, code)

    def _class_makes(self, found: ClassFacts, code: FileCode) -> bool:
        if found.makers or _AT_CREATION & found.methods.keys():
            return False
        for base in found.bases:
            name = self._names.chain(code.body, base)
            if self.is_own(name) and not self._is_plain(str(name)):
                return False
        units = [unit for method in _SETUP for unit in found.methods.get(method, ())]
        return all(self._makes(code.units[unit]) for unit in units)

    def _makes(self, facts: UnitFacts) -> bool:
        node = facts.node
        body = node.body if isinstance(node.body, list) else [ast.Expr(node.body)]
        for statement in body:
            if any(isinstance(each, _BEYOND) for each in ast.walk(statement)):
                return False
            if not all(_is_inside(each, facts) for each in _stored(statement)):
                return False
        fresh = _fresh(body)
        return all(self._is_harmless(facts, each, fresh) for each in body)

    def _is_harmless(self, facts: UnitFacts, statement: ast.stmt, fresh: Collection[str]) -> bool:
        """Return True if the calls of a statement make values, or fill containers made here."""
        for node in maker_calls(statement):
            func = node.func
            if isinstance(func, ast.Attribute) and ast.unparse(func.value) in fresh:
                continue
            name = self._names.of(facts, func)
            if not only_makes(node, name, self._own, in_body=False) and not (
                name is not None and self._is_plain(name)
            ):
                return False
        return True


def _fresh(body: Sequence[ast.stmt]) -> set[str]:
    """Return the variables and attributes that are containers written out in this function."""
    found: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign) and isinstance(node.value, _CONTAINERS):
                found.update(ast.unparse(one) for one in node.targets)
    return found


def _stored(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the attributes and items that a statement changes."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign):
            yield from (one for one in node.targets if not isinstance(one, ast.Name))
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)) and not isinstance(
            node.target, ast.Name
        ):
            yield node.target


def _is_inside(target: ast.expr, facts: UnitFacts) -> bool:
    """Return True for `self.x = ...`, an item of it, and parts of the function's own variables."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(isinstance(one, ast.Name) or _is_inside(one, facts) for one in target.elts)
    while isinstance(target, (ast.Attribute, ast.Subscript, ast.Starred)):
        if isinstance(target, ast.Attribute) and target.attr in ("__dict__", "__class__"):
            return False
        target = target.value
    return isinstance(target, ast.Name) and (target.id == facts.first or target.id in facts.bound)
