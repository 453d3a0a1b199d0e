"""Find code that may change the objects that a moved value reads before it would be computed."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from importcost.deferral.source.reach.reach import Reach
from importcost.deferral.source.reach.units import CodeUnit, UnitFacts
from importcost.deferral.source.surroundings.full_names import FullNames, assigned_values
from importcost.deferral.source.surroundings.order import InitOrder
from importcost.deferral.source.unchanged.calls import CallReader
from importcost.deferral.source.unchanged.class_parts import ClassParts
from importcost.deferral.source.unchanged.file_uses import Uses, Variable, uses_of, variable_of
from importcost.deferral.source.unchanged.flows import ObjectFlow
from importcost.deferral.source.unchanged.shapes import UNKNOWN, HeldAs, Shape
from importcost.deferral.source.unchanged.trail import PossibleChange
from importcost.deferral.source.unchanged.values import ValueShapes

_DYNAMIC = frozenset(("globals", "eval", "exec"))
_ALL_MODULES = frozenset(f"sys.modules.{method}" for method in ("values", "items", "copy"))


@dataclass(frozen=True, slots=True)
class Moved:
    """The code that would run later: lines of a module's body, and whole modules."""

    module: str
    first: int
    last: int
    modules: frozenset[str] = frozenset()

    def holds(self, unit: CodeUnit, line: int) -> bool:
        """Return True if a line of a module's body is part of it."""
        if unit.name:
            return False
        is_here = unit.module == self.module and self.first <= line <= self.last
        return is_here or unit.module in self.modules


class HeldObjects:
    """Follows the objects of module-level variables, each once."""

    def __init__(self, reach: Reach, names: FullNames, order: InitOrder) -> None:
        self._reach = reach
        self._names = names
        self._order = order
        self._changes: dict[Variable, list[PossibleChange]] = {}

    @cached_property
    def _uses(self) -> Uses:
        return uses_of(self._reach.graph)

    @cached_property
    def _values(self) -> ValueShapes:
        return ValueShapes(self._reach.graph, self._names, self._uses)

    @cached_property
    def _classes(self) -> ClassParts:
        return ClassParts(self._reach.graph, self._values)

    @cached_property
    def _calls(self) -> CallReader:
        return CallReader(self._reach, self._names, self._uses)

    def first_change(
        self, names: Iterable[str], moved: Moved
    ) -> tuple[Variable, PossibleChange] | None:
        """Return what may change one of some objects before moved code reads it, or None.

        `names` are dotted names of variables that the code reads.
        """
        found = (variable_of(self._reach.graph, name) for name in sorted(names))
        for variable in self._with_parts(filter(None, found)):
            for part, changes in self._each(variable):
                for change in changes:
                    if self._counts(change, moved):
                        return part, change
        return None

    def _each(self, variable: Variable) -> Iterator[tuple[Variable, list[PossibleChange]]]:
        """Yield a variable, and the attributes of the class behind it, with their changes."""
        yield variable, self._of(variable)
        for part, shape in self._classes.of(variable):
            if part not in self._changes:
                name = part.name.rpartition(".")[2]
                flow = ObjectFlow(self._uses, self._calls, self._reach.is_entry)
                self._changes[part] = flow.follow_attribute(name, shape)
            yield part, self._changes[part]

    def _with_parts(self, variables: Iterable[Variable]) -> Iterator[Variable]:
        """Yield variables, and those whose objects their own objects are made of."""
        queue = list(dict.fromkeys(variables))
        seen = set(queue)
        for variable in queue:  # grows while it is read
            yield variable
            body = self._reach.graph.files[variable.module].body
            for value in assigned_values(body, variable.name):
                new = [part for part in self._parts(value) if part not in seen]
                seen.update(new)
                queue += new

    def _parts(self, value: ast.expr) -> Iterator[Variable]:
        """Yield the variables whose objects a value may hold on to."""
        for node in ast.walk(value):
            variable = self._uses.names.get(id(node))
            if variable is None or variable.scope is not None:
                continue
            shape = self._values.of_variable(variable)
            around = self._uses.around.get(id(node))
            is_whole = not isinstance(around, (ast.Subscript, ast.Attribute))
            if isinstance(around, ast.keyword) and around.arg is None:
                is_whole = False
            if shape is not None and (is_whole or shape.kind is not HeldAs.CONTAINER):
                yield variable

    def _of(self, variable: Variable) -> list[PossibleChange]:
        """Return every place that may change what a variable holds."""
        if variable not in self._changes:
            shape = self._values.of_variable(variable)
            found: list[PossibleChange] = []
            if shape is not None:
                found = [*self._followed(variable, shape), *self._by_module(variable.module)]
                found += self._by_table(variable.module)
            self._changes[variable] = found
        return self._changes[variable]

    def _followed(self, variable: Variable, shape: Shape) -> list[PossibleChange]:
        """Return the places that may change an object.

        If some code changes it, then it may hold more than its literal shows.
        """
        found = ObjectFlow(self._uses, self._calls, self._reach.is_entry).follow(variable, shape)
        if shape.kind is HeldAs.CONTAINER and any(change.is_direct for change in found):
            more = Shape(HeldAs.CONTAINER, UNKNOWN)
            found = ObjectFlow(self._uses, self._calls, self._reach.is_entry).follow(variable, more)
        return found

    def _by_module(self, module: str) -> Iterator[PossibleChange]:
        """Yield the places that reach every variable of a module, such as `vars(settings)`."""
        for use in self._uses.modules.get(module, ()):
            if not isinstance(self._uses.around.get(id(use.node)), ast.Expr):
                verb = f"uses {module} as a value, with"
                unit, line = use.facts.unit, use.node.lineno
                yield PossibleChange(unit, line, verb, False, use.node)
        for facts in self._reach.graph.files[module].units.values():
            for mention in facts.mentions:
                if mention.chain[0] in _DYNAMIC and len(mention.chain) == 1:
                    verb = f"calls {mention.chain[0]}(), with"
                    yield PossibleChange(facts.unit, mention.line, verb, False, facts.node)

    def _by_table(self, module: str) -> Iterator[PossibleChange]:
        """Yield the places that find a module by its name while they run."""
        for key, unit, line, node in self._looked_up:
            if _may_name(key, module):
                verb = f"finds {module} by its name, with"
                yield PossibleChange(unit, line, verb, False, node)

    @cached_property
    def _looked_up(self) -> list[tuple[str, CodeUnit, int, ast.AST]]:
        """The names of modules that code looks up, with the places."""
        found: list[tuple[str, CodeUnit, int, ast.AST]] = []
        for facts in self._reach.graph.units():
            found += [
                ("*", facts.unit, mention.line, facts.node)
                for mention in facts.mentions
                if self._names.chain(facts, mention.chain) in _ALL_MODULES
            ]
            for node in facts.nodes:
                key = _module_key(self._names, facts, node)
                if key is not None:
                    found.append((key, facts.unit, getattr(node, "lineno", 0), node))
        return found

    @cached_property
    def _callers(self) -> Mapping[CodeUnit, list[tuple[object, int]]]:
        """Callers of each unit, and code that mentions it, with the line."""
        found: dict[CodeUnit, list[tuple[object, int]]] = {}
        for caller, edges in self._reach.graph.edges.items():
            for edge in edges:
                if isinstance(edge.target, CodeUnit):
                    found.setdefault(edge.target, []).append((caller, edge.line))
        return found

    def _counts(self, change: PossibleChange, moved: Moved) -> bool:
        """Return True if a place may run before moved code does, but not before it did."""
        unit, line = change.unit, change.line
        if moved.holds(unit, line) or self._is_only_for(unit, moved):
            return False
        if not change.is_direct:
            return self._reach.ever_runs(unit)
        if self._reach.after_init(unit):
            return True
        if not unit.name and unit.module == moved.module:
            return line > moved.last
        return self._order.runs_after(unit, line, moved.module, moved.last)

    def _is_only_for(self, unit: CodeUnit, moved: Moved) -> bool:
        """Return True for a function that nothing but moved code calls."""
        if not unit.name or self._reach.after_init(unit):
            return False
        calls = self._callers.get(unit, ())
        return bool(calls) and all(
            isinstance(caller, CodeUnit) and moved.holds(caller, line) for caller, line in calls
        )


def _module_key(names: FullNames, facts: UnitFacts, node: ast.AST) -> str | None:
    """Return the name of a module that code looks up: `sys.modules["conf"]`, `import_module`."""
    key: ast.expr | None = None
    if isinstance(node, ast.Subscript) and names.of(facts, node.value) == "sys.modules":
        key = node.slice
    elif isinstance(node, ast.Call) and node.args:
        called = names.of(facts, node.func)
        if called in ("importlib.import_module", "__import__", "sys.modules.get"):
            key = node.args[0]
    if isinstance(key, ast.Name) and key.id == "__name__":
        return facts.unit.module
    if isinstance(key, ast.Constant):
        return key.value if isinstance(key.value, str) else None
    return None if key is None else f"{_known_start(key)}*"


def _known_start(node: ast.expr) -> str:
    """Return the text that a computed text starts with: `plugins.` of `f"plugins.{name}"`."""
    if isinstance(node, ast.JoinedStr) and node.values:
        return _known_start(node.values[0])
    if isinstance(node, ast.BinOp):
        return _known_start(node.left)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if is_text and isinstance(node, ast.Constant) else ""


def _may_name(key: str, module: str) -> bool:
    """Return True if a name that code looks up, or its start and "*", may be a module's."""
    if key.endswith("*"):
        return module.startswith(key[:-1])
    return key.endswith(module.rpartition(".")[2])


def moved_value(module: str, value: ast.expr) -> Moved:
    """Return the lines of a module-level value."""
    return Moved(module, value.lineno, value.end_lineno or value.lineno)


def moved_import(module: str, line: int, modules: Collection[str]) -> Moved:
    """Return an import's line, with the modules that it loads."""
    return Moved(module, line, line, frozenset(modules))
