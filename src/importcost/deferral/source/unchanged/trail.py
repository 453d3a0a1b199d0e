"""The places that an object was followed to, and those that may change it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from importcost.deferral.source.reach.units import CodeUnit, UnitFacts
from importcost.deferral.source.unchanged.file_uses import Uses, Variable
from importcost.deferral.source.unchanged.readers import known_readers
from importcost.deferral.source.unchanged.shapes import Shape


@dataclass(frozen=True, slots=True)
class PossibleChange:
    """A place after which an object may be another one; `verb` says what the code does with it.

    `is_direct` is True if the place itself changes it, False if the object is handed on there to
    code that may change it at any time.
    """

    unit: CodeUnit
    line: int
    verb: str
    is_direct: bool
    node: ast.AST


@dataclass(frozen=True, slots=True)
class HeldPart:
    """An expression that has the object, or a part of it, as its value."""

    node: ast.expr
    facts: UnitFacts
    shape: Shape


class Trail:
    """The expressions whose value is an object, or a part of it; each is visited once."""

    def __init__(self, uses: Uses) -> None:
        self._uses = uses
        self.queue: list[HeldPart] = []
        self._seen: set[tuple[int, Shape]] = set()
        self._variables: set[tuple[Variable, Shape]] = set()
        self.changes: list[PossibleChange] = []

    def bind(self, variable: Variable, shape: Shape | None) -> None:
        """Follow all uses of a variable that holds the object."""
        if shape is None or (variable, shape) in self._variables:
            return
        self._variables.add((variable, shape))
        for use in self._uses.of.get(variable, ()):
            self.push(use.node, use.facts, shape)

    def bind_attribute(self, name: str, shape: Shape) -> None:
        """Follow every attribute of this name, whatever object has it."""
        for use in self._uses.attributes.get(name, ()):
            self.push(use.node, use.facts, shape)

    def push(self, node: ast.expr, facts: UnitFacts, shape: Shape | None) -> None:
        """Follow an expression whose value is the object, or a part of it."""
        if shape is not None and (id(node), shape) not in self._seen:
            self._seen.add((id(node), shape))
            self.queue.append(HeldPart(node, facts, shape))

    def change(self, held: HeldPart, verb: str = "changes", *, direct: bool = False) -> None:
        """Record that code may change the object, unless nobody who is given it does."""
        node, shape = held.node, held.shape
        known = known_readers().of_instance(shape.maker) if shape.maker else None
        if not direct and known is not None and known.handed_on:
            return
        self.changes.append(PossibleChange(held.facts.unit, node.lineno, verb, direct, node))
