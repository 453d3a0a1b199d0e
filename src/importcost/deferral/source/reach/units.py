"""The units of code of a file, each with the names that it mentions: one file's part of the graph.

A unit is a function, a lambda, or what runs while the module is imported (its body, class bodies
and decorators included).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from importcost.deferral.source.facts import ImportSite
from importcost.deferral.source.imports import imports_of, loaded_by
from importcost.deferral.source.model import Span
from importcost.deferral.source.names import FunctionNode


@dataclass(frozen=True, slots=True, eq=False)
class CodeUnit:
    """A function, a lambda or a module's body; `name` is its qualified name, "" for the body.

    There is one for each piece of code, so units are compared by identity.
    """

    module: str
    name: str
    line: int
    span: Span

    @property
    def words(self) -> str:
        """Return the unit's name as a message shows it."""
        return self.name or f"the body of {self.module}"


class MentionedAs(Enum):
    """The way in which code mentions a function."""

    CALL = "called"
    ARGUMENT = "passed to a call"
    VALUE = "kept or returned"


@dataclass(frozen=True, slots=True)
class NameMention:
    """A chain of names in a unit: `("self", "close")`. An empty first name is any expression."""

    chain: tuple[str, ...]
    kind: MentionedAs
    line: int
    in_class: str | None = None
    """The class whose body mentions it."""


@dataclass(slots=True)
class NameValues:
    """The values that a unit assigns to its names, and what its loops take them from, by name."""

    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    looped: dict[str, list[ast.expr]] = field(default_factory=dict)


@dataclass(slots=True)
class UnitFacts:
    """The content of one unit. `owner` is the class of which it is a method."""

    unit: CodeUnit
    node: FunctionNode | ast.Lambda | ast.Module
    parent: UnitFacts | None
    owner: str | None
    mentions: list[NameMention] = field(default_factory=list)
    protocols: set[str] = field(default_factory=set)
    """Special methods that its syntax calls: `__enter__` of a `with`."""
    functions: dict[str, CodeUnit] = field(default_factory=dict)
    """The functions defined directly in it, by name."""
    bound: set[str] = field(default_factory=set)
    """The names that it binds itself."""
    targets: dict[str, str] = field(default_factory=dict)
    """The names that its imports bind, with the dotted names that they stand for."""
    loads: dict[str, int] = field(default_factory=dict)
    """The modules that its imports load, packages included, with the line of the first."""
    first: str | None = None
    """Its first parameter, the instance in a method."""
    decorators: list[ast.expr] = field(default_factory=list)
    nodes: list[ast.AST] = field(default_factory=list)
    """Calls, assignments, `with` and `del` statements that run in it, in source order."""
    values: NameValues | None = None
    """The values of its names, once somebody asked for one (`assigned_values`)."""

    def add_import(self, node: ast.Import | ast.ImportFrom, package: str) -> None:
        """Record the names and modules of an import statement."""
        for item in imports_of([ImportSite(node, (), 0)], package):
            self.targets.update(item.targets)
            for module in sorted(each for name in item.imported for each in loaded_by(name)):
                self.loads.setdefault(module, node.lineno)


@dataclass(slots=True)
class ClassFacts:
    """A class: its bases and its class-level names, with the units that they may run."""

    name: str
    line: int
    bases: list[tuple[str, ...]]
    names: set[str] = field(default_factory=set)
    """The names that its body binds."""
    makers: list[NameMention] = field(default_factory=list)
    """Its metaclass and decorators: calling the class runs them, or what they made of it."""
    methods: dict[str, list[CodeUnit]] = field(default_factory=dict)
    inside: CodeUnit | None = None
    """The function that defines it, None at module level."""


@dataclass(slots=True)
class FileCode:
    """All units and classes of one file."""

    module: str
    package: str
    path: str
    body: UnitFacts
    units: dict[CodeUnit, UnitFacts] = field(default_factory=dict)
    classes: dict[str, ClassFacts] = field(default_factory=dict)
    values: dict[str, list[NameMention]] = field(default_factory=dict)
    """The names that the value of a module-level variable mentions, by variable."""
    attributes: dict[str, list[tuple[CodeUnit, NameMention]]] = field(default_factory=dict)
    """The names that values assigned to an attribute or a class-level name mention."""
    is_dynamic: bool = False
    """True if it looks up attributes or names that are computed."""

    def units_at(self, span: Span) -> Iterator[UnitFacts]:
        """Yield the functions and lambdas around a position, the innermost first."""
        around = [
            facts
            for unit, facts in self.units.items()
            if unit.name and unit.span.start <= span.start and span.end <= unit.span.end
        ]
        yield from sorted(around, key=lambda facts: facts.unit.span.start, reverse=True)
