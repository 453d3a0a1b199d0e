"""Annotations of a file: when they are evaluated, and the expressions in quoted ones."""

from __future__ import annotations

import ast
from dataclasses import replace

from importcost.deferral.source.facts import Definition
from importcost.deferral.source.known import dynamic_subscript
from importcost.deferral.source.model import Span, UseKind
from importcost.deferral.source.parse import Parsed
from importcost.deferral.source.walk.names import Context, NameWalk


class AnnotationWalk(NameWalk):
    """Visits annotations, quoted or not, and the arguments of typing's own calls."""

    def _annotation(self, node: ast.expr, here: Context, holders: tuple[Definition, ...]) -> None:
        evaluated = UseKind.ANNOTATION_EVALUATED if here.function is None else UseKind.FUNCTION
        kind = UseKind.ANNOTATION if self._lazy else evaluated
        self.visit(node, replace(here, kind=kind, annotation=holders, strings=True))

    def _on_annassign(self, node: ast.AnnAssign, here: Context) -> None:
        """Visit `x: T = v`: a local annotation is never evaluated, others may be."""
        if node.value:
            self.visit(node.value, here)
        if node.value or not isinstance(node.target, ast.Name):
            self.visit(node.target, here)
        if here.scope.kind == "function":
            never = replace(here, kind=UseKind.ANNOTATION, annotation=(), strings=True)
            self.visit(node.annotation, never)
        else:
            self._annotation(node.annotation, here, here.definitions)

    def _on_constant(self, node: ast.Constant, here: Context) -> None:
        if here.strings and isinstance(node.value, str):
            self._quoted(node, node.value, here)

    def _quoted(self, node: ast.Constant, value: str, here: Context) -> None:
        """Visit the expression in a quoted annotation, at its own place in the file."""
        try:
            tree = ast.parse(value, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return  # a message, a shape or a unit, not a forward reference
        if here.kind is not UseKind.ANNOTATION_READ:
            here = replace(here, kind=UseKind.ANNOTATION)
        located = self._content(node, value, here)
        if located is None:
            here = replace(here, at=here.at or self._outer_span(node, here), base=None)
        else:
            here = replace(here, base=(Parsed.of(value, tree), located))
        self.visit(tree.body, here)

    def _outer_span(self, node: ast.expr, here: Context) -> Span:
        if here.base is None:
            return self._parsed.span(node)
        inner, offset = here.base
        span = inner.span(node)
        return Span(span.start + offset, span.end + offset)

    def _content(self, node: ast.Constant, value: str, here: Context) -> int | None:
        """Return the offset of a string's content if it is written without escapes."""
        if here.at is not None or here.fields is not None or value[:1].isspace():
            return None
        span = self._outer_span(node, here)
        raw = self._parsed.text[span.start : span.end]
        for quotes in (3, 1):
            head, tail = raw[:quotes], raw[len(raw) - quotes :]
            if head == tail and head[0] in "'\"" and raw[quotes : len(raw) - quotes] == value:
                return span.start + quotes
        return None

    def _on_subscript(self, node: ast.Subscript, here: Context) -> None:
        """Find the strings in a subscript that are types: not those of Literal and Annotated."""
        if not isinstance(node.ctx, ast.Load):
            self._mutation(node.value, here)
        if dynamic_subscript(node) and self.facts.dynamic is None:
            self.facts.dynamic = ("sys.modules[__name__]", node.lineno)
        self.visit(node.value, here)
        name = last_name(node.value)
        if here.strings and name == "Literal":
            self.visit(node.slice, replace(here, strings=False))
        elif here.strings and name == "Annotated" and isinstance(node.slice, ast.Tuple):
            self.visit(node.slice.elts[0], here)
            self._all(node.slice.elts[1:], replace(here, strings=False))
        elif _is_alias(name) and here.kind is UseKind.MODULE:
            # Optional["Decimal"] in an alias is resolved by its reader, in this module.
            strings = replace(here, strings=True)
            self._forward(node.slice, strings, UseKind.ANNOTATION_READ)
            self.visit(node.slice, here)
        else:
            self.visit(node.slice, here)

    def _forward(self, node: ast.expr, here: Context, kind: UseKind) -> None:
        """Visit only the strings in an expression, as forward references of this kind."""
        for child in ast.walk(node):
            if isinstance(child, ast.Constant) and isinstance(child.value, str):
                self._quoted(child, child.value, replace(here, kind=kind, annotation=()))

    def _typing_call(self, name: str, node: ast.Call, here: Context) -> None:
        """Visit the strings in typing's own calls as forward references."""
        if here.strings:
            return
        if name == "cast" and node.args:
            self._forward(node.args[0], here, UseKind.ANNOTATION)
        elif name == "TypeVar":
            for part in (*node.args[1:], *(word.value for word in node.keywords)):
                self._forward(part, here, UseKind.ANNOTATION)
        elif name in ("NamedTuple", "TypedDict", "NewType", "ForwardRef", "make_dataclass"):
            for part in node.args:
                self._forward(part, here, UseKind.ANNOTATION_READ)


def last_name(node: ast.expr) -> str:
    """Return the last part of a dotted name, or an empty string for any other expression."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_alias(name: str) -> bool:
    return name[:1].isupper() or name in ("list", "dict", "tuple", "set", "frozenset", "type")
