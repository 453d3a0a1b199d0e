"""The shape of the value that an expression of the function's own files has."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from importcost.deferral.source.names import COMPREHENSIONS
from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import UnitFacts
from importcost.deferral.source.surroundings.aspects import covering
from importcost.deferral.source.surroundings.full_names import (
    FullNames,
    assigned_values,
    looped_values,
)
from importcost.deferral.source.unchanged.file_uses import Uses, Variable
from importcost.deferral.source.unchanged.readers import known_readers
from importcost.deferral.source.unchanged.shapes import (
    UNKNOWN,
    HeldAs,
    Shape,
    container,
    joined,
)

_DEPTH = 8
_CONTAINERS = frozenset(("dict", "list", "set", "tuple", "frozenset"))


class ValueShapes:
    """Finds what of a value can change."""

    def __init__(self, graph: CallGraph, names: FullNames, uses: Uses) -> None:
        self._graph = graph
        self._names = names
        self._uses = uses

    def of_variable(self, variable: Variable, depth: int = 0) -> Shape | None:
        """Return the shape of what a module-level variable may hold, over all assignments."""
        body = self._graph.files[variable.module].body
        name = variable.name
        code = self._graph.files[variable.module]
        if name in body.functions or name in code.classes or name in body.targets:
            return None  # code, or what an import brings
        values = assigned_values(body, name)
        loops = looped_values(body, name)
        if depth > _DEPTH or not (values or loops):
            return UNKNOWN
        shapes = [self.of(body, value, depth + 1) for value in values]
        held = [self.of(body, value, depth + 1) for value in loops]
        return joined([*shapes, *(shape.inner for shape in held if shape is not None)])

    def of(self, facts: UnitFacts, node: ast.expr, depth: int = 0) -> Shape | None:
        """Return the shape of an expression in a unit."""
        if depth > _DEPTH:
            return UNKNOWN
        if isinstance(node, (ast.Constant, ast.JoinedStr, ast.Compare)):
            return None
        if isinstance(node, (ast.BoolOp, ast.IfExp, ast.BinOp, ast.UnaryOp)):
            return self._joined(facts, _operands(node), depth)
        if isinstance(node, ast.Call):
            return self._call(facts, node, depth)
        if isinstance(node, ast.Subscript):
            return self._item(facts, node, depth)
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._named(facts, node, depth)
        return self._display(facts, node, depth)

    def _display(self, facts: UnitFacts, node: ast.expr, depth: int) -> Shape | None:
        """Return the shape of a dictionary, list, set or tuple that is written out."""
        if isinstance(node, ast.Dict):
            return self._dictionary(facts, node, depth)
        if isinstance(node, (ast.List, ast.Set)):
            return container(self._items(facts, node.elts, depth))
        if isinstance(node, ast.Tuple):
            return container(self._items(facts, node.elts, depth), fresh=True)
        if isinstance(node, COMPREHENSIONS):
            kept = node.value if isinstance(node, ast.DictComp) else node.elt
            return container(self.of(facts, kept, depth + 1))
        return UNKNOWN

    def _joined(self, facts: UnitFacts, nodes: Iterable[ast.expr], depth: int) -> Shape | None:
        return joined(self.of(facts, node, depth + 1) for node in nodes)

    def _items(self, facts: UnitFacts, nodes: list[ast.expr], depth: int) -> Shape | None:
        found: list[Shape | None] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                shape = self.of(facts, node.value, depth + 1)
                found.append(shape.inner if shape is not None else None)
            else:
                found.append(self.of(facts, node, depth + 1))
        return joined(found)

    def _dictionary(self, facts: UnitFacts, node: ast.Dict, depth: int) -> Shape | None:
        found: list[Shape | None] = []
        keyed: list[tuple[object, Shape | None]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            shape = self.of(facts, value, depth + 1)
            if key is None:
                shape = shape.inner if shape is not None else None
                keyed = []  # it may replace any of them
            elif isinstance(key, ast.Constant):
                keyed.append((key.value, shape))
            found.append(shape)
        return container(joined(found), keyed=keyed)

    def _call(self, facts: UnitFacts, node: ast.Call, depth: int) -> Shape | None:
        readers = known_readers()
        name = self._names.of(facts, node.func) or ""
        if name in _CONTAINERS:
            return self._made_container(facts, node, name, depth)
        if covering(name, readers.fixed):
            return None
        if name in readers.plain:
            return container(None)
        if name in readers.loads:
            return container(UNKNOWN)
        inner = self._own_function(node)
        if inner is not None:
            return self._returned(inner, depth)
        if isinstance(node.func, ast.Attribute):
            held = self.of(facts, node.func.value, depth + 1)
            if held is None and node.func.attr in readers.texts:
                return container(None) if "split" in node.func.attr else None
            if held is not None and held.kind is HeldAs.CONTAINER:
                return _from_container(held, node.func.attr)
            if held is not None and held.kind is HeldAs.INSTANCE:
                return _from_instance(held, node.func.attr)
        return Shape(HeldAs.INSTANCE, maker=name)

    def _made_container(
        self, facts: UnitFacts, node: ast.Call, name: str, depth: int
    ) -> Shape | None:
        shapes = [self.of(facts, word.value, depth + 1) for word in node.keywords]
        for argument in node.args:
            shape = self.of(facts, argument, depth + 1)
            inner = shape.inner if shape is not None else None
            shapes.append(UNKNOWN if inner is not None and name == "dict" else inner)
        return container(joined(shapes), fresh=name in ("tuple", "frozenset"))

    def _own_function(self, node: ast.Call) -> UnitFacts | None:
        variable = self._uses.names.get(id(node.func))
        if variable is None or variable.scope is not None:
            return None
        unit = self._graph.files[variable.module].body.functions.get(variable.name)
        return self._graph.facts(unit) if unit is not None else None

    def _returned(self, inner: UnitFacts, depth: int) -> Shape | None:
        """Return the shape of what an own function returns."""
        returned = [
            each.value
            for each in ast.walk(inner.node)
            if isinstance(each, ast.Return) and each.value is not None
        ]
        if inner.decorators or len(returned) != 1:
            return UNKNOWN
        return self.of(inner, returned[0], depth + 2)

    def _item(self, facts: UnitFacts, node: ast.Subscript, depth: int) -> Shape | None:
        if self._names.of(facts, node.value) in ("os.environ", "os.environb"):
            return None
        held = self.of(facts, node.value, depth + 1)
        if held is None:
            return None
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return held.at(key) if isinstance(node.slice, ast.Constant) else held.inner

    def _named(self, facts: UnitFacts, node: ast.Name | ast.Attribute, depth: int) -> Shape | None:
        variable = self._uses.names.get(id(node))
        if variable is not None and variable.scope is None:
            return self.of_variable(variable, depth + 1)
        if variable is not None:
            values = assigned_values(facts, variable.name)
            if len(values) == 1 and variable.scope == id(facts.node):
                return self.of(facts, values[0], depth + 1)
            return UNKNOWN
        name = self._names.of(facts, node) or ""
        if isinstance(node, ast.Attribute):
            held = self.of(facts, node.value, depth + 1)
            if held is None:
                return None
            if held.kind is HeldAs.INSTANCE:
                known = known_readers().of_instance(held.maker)
                if known is not None and node.attr.endswith("_name"):
                    return None
            return UNKNOWN
        return None if name and "(" not in name else UNKNOWN


def _operands(node: ast.BoolOp | ast.IfExp | ast.BinOp | ast.UnaryOp) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return [node.left, node.right] if isinstance(node, ast.BinOp) else [node.operand]


def _from_container(held: Shape, method: str) -> Shape | None:
    """Return the shape of what a method of a container returns."""
    kind = known_readers().methods.get(method)
    if kind == "pairs":
        return container(container(held.inner))
    if kind == "item":
        return held.inner
    return container(held.inner if kind == "copy" else None) if kind else UNKNOWN


def _from_instance(held: Shape, method: str) -> Shape:
    """Return the shape of what a method of an instance returns."""
    known = known_readers().of_instance(held.maker)
    if known is not None and method in known.makes:
        return Shape(HeldAs.INSTANCE, maker=known.makes[method])
    return held if known is not None and known.keeps_kind(method) else UNKNOWN
