"""Find out how a call treats an object that it is given."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from importcost.deferral.source.names import attribute_chain, parameters
from importcost.deferral.source.reach.reach import Reach
from importcost.deferral.source.reach.units import CodeUnit, MentionedAs, NameMention, UnitFacts
from importcost.deferral.source.surroundings.aspects import covering
from importcost.deferral.source.surroundings.full_names import FullNames
from importcost.deferral.source.unchanged.file_uses import Uses, Variable, variable_of
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
        if self._names.of(facts, call.func) == "functools.partial" and place != 0:
            return self._by_partial(facts, call, shape, place)
        own = self._own(facts, call)
        if own is None:
            return self._known(facts, call, shape)
        return self._by_own(facts, call, own, shape, place)

    def _by_own(
        self,
        facts: UnitFacts,
        call: ast.Call,
        own: list[UnitFacts],
        shape: Shape,
        place: int | str | None,
    ) -> Taken | None:
        """Return what own functions do with an argument of a call that runs one of them."""
        found = [
            self._parameters(each, shape, self._shifted(facts, call, each, place)) for each in own
        ]
        if not all(self.is_plain(each) for each in own) or None in found:
            return None
        return Taken(tuple(pair for pairs in found if pairs for pair in pairs))

    def _by_partial(
        self, facts: UnitFacts, call: ast.Call, shape: Shape, place: int | str | None
    ) -> Taken | None:
        """Return what an own function does with what a partial object gives it whenever called.

        None if code may take it out of the partial object, which has it in `args` or `keywords`.
        """
        if place is None or any(isinstance(each, ast.Starred) for each in call.args):
            return None
        if self._uses.attributes.get("args") or self._uses.attributes.get("keywords"):
            return None
        later = ast.copy_location(ast.Call(call.args[0], call.args[1:], call.keywords), call)
        own = self._own(facts, later)
        at = place - 1 if isinstance(place, int) else place
        return self._by_own(facts, later, own, shape, at) if own else None

    def _known(self, facts: UnitFacts, call: ast.Call, shape: Shape) -> Taken | None:
        """Return what a call of a function of the data file does."""
        readers = known_readers()
        name = self._names.of(facts, call.func) or ""
        if name == "type" and len(call.args) > 1:
            return None  # a new class keeps what it is given
        found = _rearranged(name, shape)
        if found is not None:
            return None if _has_key(call) else found
        if covering(name, readers.reads) or self._logs(facts, call):
            return Taken()
        if _is_text_method(call.func):
            return Taken()
        if shape.kind is HeldAs.INSTANCE:
            known = readers.of_instance(shape.maker)
            if known is not None and known.handed_on:
                return Taken()
        return None

    def _logs(self, facts: UnitFacts, call: ast.Call) -> bool:
        """Return True for a method of a logger that writes a record."""
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in known_readers().logs:
            return False
        base = call.func.value
        names = (self._names.of(facts, base) or "", *attribute_chain(base)[-1:])
        return any("log" in name.lower() for name in names)

    def receivers(self, maker: str, method: str) -> list[Variable] | None:
        """Return the first parameters of an own class's method, None if that is unknown."""
        units = self._methods(maker, method)
        if not units:
            return None
        facts = [self._graph.facts(unit) for unit in units]
        if not all(each.first and self.is_plain(each) for each in facts):
            return None
        return [Variable(each.unit.module, each.first or "", id(each.node)) for each in facts]

    def _methods(self, maker: str, method: str) -> list[CodeUnit]:
        """Return a method of an own class, or of the first of its own bases that has it."""
        module, _, owner = maker.rpartition(".")
        code = self._graph.files.get(module)
        queue = [(code, owner)] if code is not None else []
        seen: set[tuple[str, str]] = set()
        for place, name in queue:  # grows while it is read
            found = place.classes.get(name)
            if found is None or (place.module, name) in seen:
                return []
            seen.add((place.module, name))
            if method in found.methods:
                return found.methods[method]
            for base in found.bases:
                variable = variable_of(self._graph, f"{place.module}.{base[0]}")
                if len(base) > 1 or variable is None:
                    return []
                queue.append((self._graph.files[variable.module], variable.name))
        return []

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


def _rearranged(name: str, shape: Shape) -> Taken | None:
    """Return what a call gives back that makes another container of the same items."""
    readers = known_readers()
    if name in readers.copies:
        return Taken((), container(shape.inner, fresh=True))
    if name in readers.groups:
        return Taken((), container(container(shape.inner, fresh=True), fresh=True))
    if name in readers.tables:
        return Taken((), container(UNKNOWN if shape.inner is not None else None, fresh=True))
    if name in readers.item_of:
        return Taken((), shape.inner)
    return Taken((), UNKNOWN) if name == "getattr" else None


def _has_key(call: ast.Call) -> bool:
    """Return True if a call hands each item to a function that may change it."""
    for word in call.keywords:
        is_quiet = isinstance(word.value, ast.Constant) or _only_picks(word.value)
        if word.arg == "key" and not is_quiet:
            return True
    return False


def _only_picks(node: ast.expr) -> bool:
    """Return True for `lambda row: row["n"]`, `len` and the like."""
    if isinstance(node, ast.Lambda):
        parts = ast.walk(node.body)
        return not any(isinstance(part, (ast.Call, ast.NamedExpr)) for part in parts)
    is_getter = isinstance(node, ast.Call) and attribute_chain(node.func)[-1:] in (
        ("itemgetter",),
        ("attrgetter",),
    )
    return is_getter or attribute_chain(node) in (("len",), ("str",), ("int",), ("str", "lower"))
