"""Find out how a call treats an object that it is given."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from importcost.deferral.source.names import attribute_chain, parameters
from importcost.deferral.source.reach.reach import Reach
from importcost.deferral.source.reach.units import MentionedAs, NameMention, UnitFacts
from importcost.deferral.source.surroundings.aspects import covering
from importcost.deferral.source.surroundings.full_names import FullNames
from importcost.deferral.source.unchanged.file_uses import Uses, Variable
from importcost.deferral.source.unchanged.readers import known_readers
from importcost.deferral.source.unchanged.shapes import UNKNOWN, HeldAs, Shape, container


@dataclass(frozen=True, slots=True)
class Taken:
    """The parameters that get an object, with its shape there, and the shape in the result."""

    parameters: tuple[tuple[Variable, Shape | None], ...] = ()
    result: Shape | None = None


class CallReader:
    """Finds out what calls of own functions and of known ones do with their arguments."""

    def __init__(self, reach: Reach, names: FullNames, uses: Uses) -> None:
        self._reach = reach
        self._graph = reach.graph
        self._names = names
        self._uses = uses

    def taken(
        self, facts: UnitFacts, call: ast.Call, shape: Shape, place: int | str | None
    ) -> Taken | None:
        """Return what a call does with an argument, None if nothing is known.

        `place` is its position or its keyword, None if that is unknown.
        """
        own = self._own(facts, call)
        if own is not None:
            found = [
                self._parameters(each, shape, self._shifted(facts, call, each, place))
                for each in own
            ]
            if not all(self.is_plain(each) for each in own) or None in found:
                return None
            return Taken(tuple(pair for pairs in found if pairs for pair in pairs))
        return self._known(facts, call, shape)

    def _known(self, facts: UnitFacts, call: ast.Call, shape: Shape) -> Taken | None:
        """Return what a call of a function of the data file does."""
        readers = known_readers()
        name = self._names.of(facts, call.func) or ""
        if name in readers.copies:
            return Taken((), container(shape.inner, fresh=True))
        if name in readers.item_of:
            return Taken((), shape.inner)
        if name == "getattr":
            return Taken((), UNKNOWN)
        if covering(name, readers.reads):
            return Taken()
        if isinstance(call.func, ast.Attribute) and call.func.attr in readers.logs:
            return Taken()
        if _is_text_method(call.func):
            return Taken()
        if shape.kind is HeldAs.INSTANCE:
            known = readers.of_instance(shape.maker)
            if known is not None and known.handed_on:
                return Taken()
        return None

    def receivers(self, maker: str, method: str) -> list[Variable] | None:
        """Return the first parameters of an own class's method, None if that is unknown."""
        module, _, owner = maker.rpartition(".")
        code = self._graph.files.get(module)
        found = code.classes.get(owner) if code is not None else None
        if found is None or found.bases:
            return None
        units = found.methods.get(method)
        if not units:
            return None
        facts = [self._graph.facts(unit) for unit in units]
        if not all(each.first and self.is_plain(each) for each in facts):
            return None
        return [Variable(module, each.first or "", id(each.node)) for each in facts]

    def is_plain(self, facts: UnitFacts) -> bool:
        """Return True if a function is called with what its callers give, and is no generator."""
        parent = facts.parent or facts
        for decorator in facts.decorators:
            node = decorator.func if isinstance(decorator, ast.Call) else decorator
            if self._names.of(parent, node) not in known_readers().wraps:
                return False
        return not any(
            isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(facts.node)
        )

    def shown(self, call: ast.Call) -> str:
        """Return a call's name as a sentence shows it."""
        chain = attribute_chain(call.func)
        if chain:
            return f"{'.'.join(chain)}()"
        return f"{call.func.attr}()" if isinstance(call.func, ast.Attribute) else "a call"

    def _own(self, facts: UnitFacts, call: ast.Call) -> list[UnitFacts] | None:
        """Return the own functions that a call runs, None if it may run anything else."""
        chain = attribute_chain(call.func)
        if not chain:
            return None
        mention = NameMention(chain, MentionedAs.CALL, call.lineno)
        targets = self._reach.resolved(facts, mention)
        if not targets or any(isinstance(target, str) for target in targets):
            return None
        return [self._graph.facts(unit) for unit in self._graph.units_of(targets)]

    def _parameters(
        self, facts: UnitFacts, shape: Shape, place: int | str | None
    ) -> list[tuple[Variable, Shape | None]] | None:
        """Return the parameters that an argument may become, None if there is none."""
        arguments = getattr(facts.node, "args", None)
        if not isinstance(arguments, ast.arguments):
            return None
        names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
        found: list[str] = []
        starred = list(filter(None, (arguments.vararg, arguments.kwarg)))
        if isinstance(place, int):
            found = names[place : place + 1]
            starred = [arguments.vararg] if arguments.vararg is not None and not found else []
        elif isinstance(place, str):
            known = {one.arg for one in parameters(arguments)}
            found = [place] if place in known else []
            starred = [arguments.kwarg] if arguments.kwarg is not None and not found else []
        else:
            found = [*names, *(one.arg for one in arguments.kwonlyargs)]
        pairs = [(self._parameter(facts, name), shape) for name in found]
        whole = container(shape, fresh=True)
        rest = [(self._parameter(facts, one.arg), whole) for one in starred]
        return [*pairs, *rest] or None

    def _shifted(
        self, facts: UnitFacts, call: ast.Call, called: UnitFacts, place: int | str | None
    ) -> int | str | None:
        """Return the place of an argument among the parameters: a method's instance comes first."""
        if not isinstance(place, int) or called.owner is None:
            return place
        decorators = [attribute_chain(each) for each in called.decorators]
        is_static = ("staticmethod",) in decorators
        base = call.func.value if isinstance(call.func, ast.Attribute) else None
        owner = f"{called.unit.module}.{called.owner}"
        by_class = base is not None and self._names.of(facts, base) == owner
        is_class_method = ("classmethod",) in decorators
        return place if is_static or (by_class and not is_class_method) else place + 1

    @staticmethod
    def _parameter(facts: UnitFacts, name: str) -> Variable:
        return Variable(facts.unit.module, name, id(facts.node))


def _is_text_method(node: ast.expr) -> bool:
    """Return True for a method of a text in the source, such as `", ".join`."""
    if not isinstance(node, ast.Attribute) or node.attr not in known_readers().texts:
        return False
    return isinstance(node.value, (ast.Constant, ast.JoinedStr))
