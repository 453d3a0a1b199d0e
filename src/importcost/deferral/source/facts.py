"""The facts that one walk over a file collects: uses, bindings, definitions, dynamic code."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from importcost.deferral.source.model import Span, UseKind
from importcost.deferral.source.names import FunctionNode

Definition = FunctionNode | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A read of a name that comes from the module's scope.

    `chain` are the attributes read from it. `role` is how it is used ("callee", "value", "base",
    "decorator", "harmless", "annotation"). `holders` are the definitions whose annotation contains
    it, None outside annotations. `statement` is the index of the top-level statement around it.
    `awkward` is the reason why the name cannot become a call in place.
    """

    name: str
    span: Span
    line: int
    kind: UseKind
    function: FunctionNode | None
    chain: tuple[str, ...] = ()
    role: str = "value"
    holders: tuple[Definition, ...] | None = None
    statement: int = -1
    main_only: bool = False
    class_conflict: bool = False
    awkward: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """Code at module level that sets or deletes a name; `what` is one word for it."""

    name: str
    line: int
    what: str
    node: ast.AST
    top: bool
    """True if it is a statement of the module's own body."""


@dataclass(frozen=True, slots=True)
class ImportSite:
    """An import statement that runs while the module is imported, and the statements around it."""

    node: ast.Import | ast.ImportFrom
    inside: tuple[ast.AST, ...]
    statement: int
    """The index of the top-level statement around it."""


@dataclass(frozen=True, slots=True)
class MethodCall:
    """A call `root.attribute(...)` whose receiver is not known to be a module."""

    root: str
    attribute: str
    line: int
    kind: UseKind
    function: FunctionNode | None
    statement: int
    main_only: bool


@dataclass(slots=True)
class Facts:
    """Everything that the walk over one file collected."""

    occurrences: list[Occurrence] = field(default_factory=list)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    imports: list[ImportSite] = field(default_factory=list)
    local_imports: list[tuple[FunctionNode, ImportSite]] = field(default_factory=list)
    """Imports that run only with a function, each with its outermost function."""
    globals_: dict[str, int] = field(default_factory=dict)
    """Names declared `global` anywhere, with the line."""
    dynamic: tuple[str, int] | None = None
    """Code that reaches names without naming them (`globals()`), with its line."""
    stars: list[int] = field(default_factory=list)
    """The lines of star imports that run while the module is imported."""
    reader: tuple[str, int] | None = None
    """Code that reads annotations at run time (`get_type_hints`), with its line."""
    method_calls: list[MethodCall] = field(default_factory=list)
    mutated: dict[str, list[Occurrence]] = field(default_factory=dict)
    """Module names whose object is changed: `x.y = 1`, `x[0] = 1`, `x.append(1)`."""
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    functions: dict[str, FunctionNode] = field(default_factory=dict)
    methods: dict[str, list[FunctionNode]] = field(default_factory=dict)
    holders: dict[int, tuple[Definition, ...]] = field(default_factory=dict)
    """For each definition's id(), the definitions around it."""
