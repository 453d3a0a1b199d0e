"""Follow an object through the code: every place that may change it, or lose sight of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from importcost.deferral.source.names import (
    COMPREHENSIONS,
    FUNCTIONS,
    attribute_chain,
    parameters,
)
from importcost.deferral.source.reach.units import UnitFacts
from importcost.deferral.source.unchanged.calls import CallReader
from importcost.deferral.source.unchanged.file_uses import Uses, Variable, VariableUse
from importcost.deferral.source.unchanged.members import MemberUses
from importcost.deferral.source.unchanged.shapes import HeldAs, Shape, container
from importcost.deferral.source.unchanged.trail import HeldPart, PossibleChange, Trail

_TESTS = (ast.If, ast.While, ast.Assert)
_IGNORED = (ast.Expr, ast.Compare, ast.FormattedValue, ast.JoinedStr, ast.UnaryOp, ast.Slice)


class ObjectFlow:
    """Follows one object from its variable to all that may change it."""

    def __init__(
        self, uses: Uses, calls: CallReader, is_entry: Callable[[UnitFacts], bool]
    ) -> None:
        self._uses = uses
        self._calls = calls
        self._is_entry = is_entry
        self._trail = Trail(uses)
        members = MemberUses(uses, calls, self._trail)
        self._judges: tuple[
            tuple[type | tuple[type, ...], Callable[[HeldPart, Any], None]], ...
        ] = (
            (ast.Attribute, members.attribute),
            (ast.Subscript, members.subscript),
            (ast.Call, self._argument),
            (ast.keyword, self._keyword),
            ((ast.For, ast.AsyncFor, ast.comprehension), self._loop),
            ((ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign), self._assigned),
            ((ast.Return, ast.Lambda), self._returned),
            (ast.arguments, self._default),
            (ast.expr, self._expression),
        )

    def follow(self, variable: Variable, shape: Shape) -> list[PossibleChange]:
        """Return the places that may change what a variable holds."""
        self._trail.bind(variable, shape)
        return self._changes()

    def follow_attribute(self, name: str, shape: Shape) -> list[PossibleChange]:
        """Return the places that may change what an attribute of this name holds."""
        self._trail.bind_attribute(name, shape)
        return self._changes()

    def _changes(self) -> list[PossibleChange]:
        while self._trail.queue:
            self._use(self._trail.queue.pop())
        return self._trail.changes

    def _use(self, held: HeldPart) -> None:
        """Judge what the code around an expression does with its value."""
        parent = self._uses.around.get(id(held.node))
        for kinds, judge in self._judges:
            if isinstance(parent, kinds):
                judge(held, parent)
                return
        is_tested = isinstance(parent, _TESTS) and parent.test is held.node
        if not is_tested and not isinstance(parent, _IGNORED):
            self._trail.change(held, "hands on")

    def _expression(self, held: HeldPart, parent: ast.expr) -> None:
        """Follow a value into the expression that it is a part of."""
        shape, facts = held.shape, held.facts
        if isinstance(parent, _IGNORED):
            return
        if isinstance(parent, (ast.BoolOp, ast.IfExp)):
            is_test = isinstance(parent, ast.IfExp) and parent.test is held.node
            self._trail.push(parent, facts, None if is_test else shape)
        elif isinstance(parent, ast.BinOp):
            is_text = isinstance(parent.left, (ast.Constant, ast.JoinedStr))
            whole = container(shape.inner, fresh=True)
            self._trail.push(parent, facts, None if is_text else whole)
        elif isinstance(parent, ast.Starred):
            self._starred(held, parent)
        elif isinstance(parent, ast.Dict):
            is_key = any(key is held.node for key in parent.keys)
            index = -1 if is_key else [id(value) for value in parent.values].index(id(held.node))
            is_copied = not is_key and parent.keys[index] is None
            items = shape.inner if is_copied else shape
            self._trail.push(parent, facts, None if is_key else container(items, fresh=True))
        elif isinstance(parent, (ast.List, ast.Tuple, ast.Set, *COMPREHENSIONS)):
            self._trail.push(parent, facts, container(shape, fresh=True))
        else:
            self._trail.change(held, "hands on")

    def _starred(self, held: HeldPart, parent: ast.Starred) -> None:
        around = self._uses.around.get(id(parent))
        items = held.shape.inner
        if isinstance(around, ast.Call):
            self._given(held, around, items, None)
        elif isinstance(around, (ast.List, ast.Tuple, ast.Set)):
            self._trail.push(around, held.facts, container(items, fresh=True))
        else:
            self._trail.change(held, "hands on")

    def _keyword(self, held: HeldPart, parent: ast.keyword) -> None:
        around = self._uses.around.get(id(parent))
        if not isinstance(around, ast.Call):
            self._trail.change(held, "hands on")
        elif parent.arg is None:  # **options: a copy, whose values are handed on
            self._given(held, around, held.shape.inner, None)
        else:
            self._given(held, around, held.shape, parent.arg)

    def _argument(self, held: HeldPart, call: ast.Call) -> None:
        if call.func is held.node:
            receivers = self._calls.receivers(held.shape.maker, "__call__")
            if held.shape.kind is not HeldAs.INSTANCE or receivers is None:
                self._trail.change(held, "calls", direct=True)
            for variable in receivers or ():
                self._trail.bind(variable, held.shape)
            return
        position = next(at for at, one in enumerate(call.args) if one is held.node)
        is_sure = not any(isinstance(one, ast.Starred) for one in call.args[:position])
        self._given(held, call, held.shape, position if is_sure else None)

    def _given(
        self, held: HeldPart, call: ast.Call, shape: Shape | None, place: int | str | None
    ) -> None:
        """Follow an object that a call is given: by position, by name, or somewhere (None)."""
        if shape is None:
            return
        found = self._calls.taken(held.facts, call, shape, place)
        if found is None:
            self._trail.change(held, f"hands to {self._calls.shown(call)}")
            return
        for variable, inner in found.parameters:
            self._trail.bind(variable, inner)
        self._trail.push(call, held.facts, found.result)

    def _loop(self, held: HeldPart, parent: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        if parent.iter is held.node:
            self._target(held, parent.target, held.shape.inner)

    def _assigned(
        self, held: HeldPart, parent: ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.AugAssign
    ) -> None:
        shape: Shape | None = held.shape
        if isinstance(parent, ast.AugAssign):
            if parent.target is held.node:
                if not held.shape.fresh:
                    self._trail.change(held, direct=True)
                return
            shape = container(held.shape.inner, fresh=True)
        for target in parent.targets if isinstance(parent, ast.Assign) else [parent.target]:
            if isinstance(target, ast.Subscript) and target.slice is held.node:
                continue
            self._target(held, target, shape)
        if isinstance(parent, ast.NamedExpr):
            self._trail.push(parent, held.facts, shape)

    def _target(self, held: HeldPart, target: ast.expr, shape: Shape | None) -> None:
        """Follow what a target of an assignment or a loop is bound to."""
        if shape is None:
            return
        variable = self._uses.names.get(id(target))
        if isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._target(held, element, shape.inner)
        elif isinstance(target, ast.Starred):
            self._target(held, target.value, container(shape, fresh=True))
        elif variable is not None and id(target) not in self._uses.in_class:
            self._trail.bind(variable, shape)
        else:
            self._trail.change(held, "keeps")

    def _default(self, held: HeldPart, parent: ast.arguments) -> None:
        """Follow a default value into all parameters that may have it."""
        function = self._uses.around.get(id(parent))
        for parameter in parameters(parent) if function is not None else ():
            variable = Variable(held.facts.unit.module, parameter.arg, id(function))
            self._trail.bind(variable, held.shape)

    def _returned(self, held: HeldPart, parent: ast.AST) -> None:
        """Follow a value that a function returns to all calls of the function."""
        facts = held.facts
        if not isinstance(parent, ast.Return) or not isinstance(facts.node, FUNCTIONS):
            self._trail.change(held, "hands out")
            return
        is_property = [attribute_chain(one) for one in facts.decorators] == [("property",)]
        is_known = is_property or self._calls.is_plain(facts)
        callers = list(self._callers(facts, is_property=is_property)) if is_known else [None]
        # Lambda turns the answer of the handler into text.
        if None in callers and not (is_known and self._is_entry(facts)):
            self._trail.change(held, "hands out")
            return
        for call in filter(None, callers):
            self._trail.push(call.node, call.facts, held.shape)

    def _callers(self, facts: UnitFacts, *, is_property: bool) -> Iterator[VariableUse | None]:
        """Yield each call of a function; None for another use of it."""
        parent = facts.parent
        name = facts.unit.name.rpartition(".")[2]
        is_inner = parent is not None and parent.unit.name
        scope = id(parent.node) if parent is not None and is_inner else None
        if facts.owner is not None:
            uses = self._uses.attributes.get(name, [])
            if name.startswith("__"):
                yield None
        else:
            uses = self._uses.of.get(Variable(facts.unit.module, name, scope), [])
        for use in uses:
            call = self._uses.around.get(id(use.node))
            if is_property:
                yield use
            elif isinstance(call, ast.Call) and call.func is use.node:
                yield VariableUse(call, use.facts)
            else:
                yield None
