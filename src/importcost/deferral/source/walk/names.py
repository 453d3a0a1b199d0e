"""Names of a file: their bindings, their reads, and changes made through them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from importcost.deferral.source.facts import Binding, Definition, Facts, MethodCall, Occurrence
from importcost.deferral.source.fstrings import Fields
from importcost.deferral.source.known import dynamic_builtin, dynamic_name, reads_annotations
from importcost.deferral.source.model import Span, UseKind
from importcost.deferral.source.names import FunctionNode, Origin, Scope, mangled
from importcost.deferral.source.parse import Parsed
from importcost.deferral.source.type_flags import type_flags

_MUTATORS = frozenset(
    (
        "append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "remove",
        "discard", "clear", "sort", "reverse", "appendleft", "extendleft", "subtract",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of the node that the walk is at."""

    scope: Scope
    kind: UseKind = UseKind.MODULE
    function: FunctionNode | None = None
    definitions: tuple[Definition, ...] = ()
    inside: tuple[ast.AST, ...] = ()
    statement: int = -1
    main_only: bool = False
    typing_only: bool = False
    annotation: tuple[Definition, ...] | None = None
    strings: bool = False
    """True if a string here is a quoted annotation."""
    awkward: str | None = None
    fields: Fields | None = None
    at: Span | None = None
    """The position of everything here, if single names cannot be located."""
    base: tuple[Parsed, int] | None = None
    """The text of a quoted annotation and its offset in the file."""


class NameWalk:
    """The walk's state, and what every part of it does with names.

    The subclasses hold `visit` and the visitors of statements and annotations.
    """

    def __init__(self, parsed: Parsed, lazy_annotations: bool) -> None:
        self.facts = Facts()
        self._parsed = parsed
        self._flags = type_flags(parsed.tree)
        self._lazy = lazy_annotations

    def visit(self, node: ast.AST, here: Context, role: str = "value") -> None:
        """Visit a node and everything below it; `role` is how its value is used."""
        raise NotImplementedError

    def _all(self, nodes: Iterable[ast.AST], here: Context) -> None:
        for node in nodes:
            self.visit(node, here)

    def _chain(self, node: ast.Name | ast.Attribute, here: Context, role: str) -> None:
        """Record a name and the attributes read from it; a store into one is a mutation."""
        attributes: list[str] = []
        value: ast.expr = node
        while isinstance(value, ast.Attribute):
            attributes.append(value.attr)
            value = value.value
        self._suspect(node, attributes)
        if not isinstance(value, ast.Name):
            self.visit(value, here)
            return
        if not isinstance(value.ctx, ast.Load):
            self._bind(value.id, value, here, "deleted" if _is_del(value) else "assigned")
            return
        found = self._occurrence(value, here, tuple(reversed(attributes)), role)
        if found:
            self.facts.occurrences.append(found)
            if isinstance(node.ctx, (ast.Store, ast.Del)):
                self.facts.mutated.setdefault(found.name, []).append(found)

    def _occurrence(
        self, node: ast.Name, here: Context, chain: tuple[str, ...], role: str
    ) -> Occurrence | None:
        origin = here.scope.origin(node.id)
        if origin is Origin.LOCAL:
            return None
        span, awkward = self._place(node, here)
        kind = UseKind.ANNOTATION if here.typing_only else here.kind
        return Occurrence(
            name=mangled(node.id, here.scope.private),
            span=span,
            line=self._parsed.line_at(span.start) if here.base or here.at else node.lineno,
            kind=kind,
            function=here.function if kind is UseKind.FUNCTION else None,
            chain=chain,
            role="annotation" if here.annotation is not None else role,
            holders=here.annotation,
            statement=here.statement,
            main_only=here.main_only,
            class_conflict=origin is Origin.CLASS_OR_MODULE,
            awkward=awkward or here.awkward,
        )

    def _place(self, node: ast.Name, here: Context) -> tuple[Span, str | None]:
        """Return a name's position, and the reason if it is not exact."""
        if here.fields is not None:
            return here.fields.place(node)
        if here.at is not None:
            return here.at, "it is in a concatenated string"
        if here.base is None:
            return self._parsed.span(node), None
        inner, offset = here.base
        span = inner.span(node)
        return Span(span.start + offset, span.end + offset), None

    def _suspect(self, node: ast.Name | ast.Attribute, attributes: list[str]) -> None:
        name = node.id if isinstance(node, ast.Name) else node.attr
        bare = isinstance(node, ast.Name) and dynamic_builtin(node)
        if self.facts.dynamic is None and (bare or dynamic_name(name)):
            self.facts.dynamic = (name, node.lineno)
        if self.facts.reader is None and reads_annotations(node):
            self.facts.reader = (attributes[0] if attributes else name, node.lineno)

    def _bind(self, name: str, node: ast.AST, here: Context, what: str) -> None:
        """Record a binding of a name of the module."""
        name = mangled(name, here.scope.private)
        if here.typing_only:
            return
        if here.scope.kind != "module" and name not in here.scope.bound.global_:
            return
        line = getattr(node, "lineno", 0)
        binding = Binding(name, line, what, node, not here.inside)
        self.facts.bindings.setdefault(name, []).append(binding)

    def _mutation(self, node: ast.expr, here: Context) -> None:
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        if isinstance(node, ast.Name):
            found = self._occurrence(node, here, (), "value")
            if found:
                self.facts.mutated.setdefault(found.name, []).append(found)

    def _method_call(self, func: ast.expr, here: Context) -> None:
        if not isinstance(func, ast.Attribute):
            return
        root: ast.expr = func.value
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        name = ""
        if isinstance(root, ast.Name):
            local = here.scope.origin(root.id) is Origin.LOCAL
            name = root.id if not local or root.id in ("self", "cls") else "<local>"
            if not local and func.attr in _MUTATORS:
                self._mutation(root, here)
        self.facts.method_calls.append(
            MethodCall(
                name,
                func.attr,
                func.lineno,
                here.kind,
                here.function,
                here.statement,
                here.main_only,
            )
        )


def _is_del(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Del)
