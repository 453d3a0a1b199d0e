"""The functions, getters and annotations that need the moved imports."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from importcost.deferral.rewrite.getter import Getter
from importcost.deferral.rewrite.imports import MovedImport, NeededImport
from importcost.deferral.rewrite.remove import inner_comments, trailing_comment
from importcost.deferral.rewrite.tree import (
    AnyImport,
    CannotRewriteError,
    Tree,
    bound_name,
)
from importcost.deferral.source.model import ImportStatement, Use, UseKind
from importcost.deferral.source.names import FunctionNode
from importcost.model.advice import DeferStyle


@dataclass(frozen=True, slots=True)
class ChosenImport:
    """A statement to change, its place in the tree and the aliases to change."""

    found: ImportStatement
    node: AnyImport
    indexes: tuple[int, ...]
    style: DeferStyle

    def aliases(self) -> tuple[ast.alias, ...]:
        """Return the aliases to change."""
        return tuple(self.node.names[index] for index in self.indexes)

    def touched(self) -> set[tuple[int, int]]:
        """Return `(id(statement), alias index)` of each."""
        return {(id(self.node), index) for index in self.indexes}


@dataclass(slots=True)
class Needs:
    """The imports that each function, getter and the annotations need.

    `quoted` are offsets in annotations to quote; `quoted_getters` are objects whose annotation to
    quote.
    """

    functions: dict[int, tuple[FunctionNode, list[NeededImport]]] = field(default_factory=dict)
    getters: dict[str, list[NeededImport]] = field(default_factory=dict)
    typing: list[NeededImport] = field(default_factory=list)
    quoted: list[int] = field(default_factory=list)
    quoted_getters: set[str] = field(default_factory=set)


def find_needs(
    tree: Tree, moving: Sequence[ChosenImport], getters: Sequence[Getter], notes: list[str]
) -> Needs:
    """Sort every use of the moving imports by the place of its import.

    Lost comments and removed names are added to `notes`. Raises CannotRewriteError if a use runs
    while the module is imported.
    """
    needs = Needs()
    places = {place for item in moving for place in item.touched()}
    unheeded = _unheeded(moving)
    for item in moving:
        whole = all((id(item.node), index) in places for index in range(len(item.node.names)))
        comment = trailing_comment(tree, item.node) if whole else ""
        moved = MovedImport(item.node, item.aliases(), comment)
        _note_losses(tree, notes, item, moved)
        by_function: dict[int, tuple[FunctionNode, set[str]]] = {}
        by_getter: dict[str, set[str]] = {}
        typing: set[str] = set(moved.names()) if not item.found.uses else set()
        for use in item.found.uses:
            getter = next((getter for getter in getters if getter.holds(use.span)), None)
            if getter is not None:
                if _in_annotation(getter, use):
                    typing.add(use.name)
                    if use.kind is not UseKind.ANNOTATION:
                        needs.quoted_getters.add(getter.made.name)
                else:
                    by_getter.setdefault(getter.made.name, set()).add(use.name)
            elif use.kind is UseKind.FUNCTION and item.style is not DeferStyle.TYPE_CHECKING:
                function = _function_of(tree, use)
                by_function.setdefault(id(function), (function, set()))[1].add(use.name)
            elif use.kind in (UseKind.ANNOTATION, UseKind.ANNOTATION_EVALUATED):
                typing.add(use.name)
                if use.kind is UseKind.ANNOTATION_EVALUATED:
                    needs.quoted.append(use.span.start)
            else:
                raise CannotRewriteError(_why_not(use))
        if item.found.uses or item.style is DeferStyle.TYPE_CHECKING:
            mine = {use.span.start for use in item.found.uses if use.kind is UseKind.FUNCTION}
            elsewhere = unheeded - mine
            _record(needs, moved, by_function, by_getter, typing, elsewhere)
    return needs


def _unheeded(moving: Sequence[ChosenImport]) -> frozenset[int]:
    """Return the offsets of uses that several imports cover, or that only annotate.

    Bindings of the same name that stay are not among them: the name turns local, so all of its uses
    in the function need an import before them.
    """
    return frozenset(use.span.start for item in moving for use in item.found.uses)


def _record(
    needs: Needs,
    moved: MovedImport,
    by_function: dict[int, tuple[FunctionNode, set[str]]],
    by_getter: dict[str, set[str]],
    typing: Collection[str],
    elsewhere: frozenset[int],
) -> None:
    for key, (function, names) in by_function.items():
        needed = NeededImport(moved, frozenset(names), elsewhere)
        needs.functions.setdefault(key, (function, []))[1].append(needed)
    for name, names in by_getter.items():
        needs.getters.setdefault(name, []).append(NeededImport(moved, frozenset(names)))
    if typing:
        needs.typing.append(NeededImport(moved, frozenset(typing)))


def _in_annotation(getter: Getter, use: Use) -> bool:
    span = getter.made.annotation
    return span is not None and span.start <= use.span.start < span.end


def _function_of(tree: Tree, use: Use) -> FunctionNode:
    # Before Python 3.12 a use within an f-string may have no exact place, but its function has.
    position = use.function.end - 1 if use.function else use.span.start
    function = tree.outermost_function(position)
    if function is None:
        raise CannotRewriteError(f"the function that uses {use.name} at line {use.line} is gone")
    return function


def _why_not(use: Use) -> str:
    if use.kind is UseKind.FUNCTION:
        return f"{use.name} is used in a function at line {use.line}, not only in annotations"
    when = {
        UseKind.LAMBDA: "in a lambda, which cannot hold an import",
        UseKind.ANNOTATION_READ: "in an annotation that is read at run time",
    }.get(use.kind, "while the module is imported")
    return f"{use.name} is used {when}, at line {use.line}"


def _note_losses(tree: Tree, notes: list[str], item: ChosenImport, moved: MovedImport) -> None:
    line = item.found.line
    used = {use.name for use in item.found.uses}
    unused = [bound_name(alias, item.node) for alias in moved.aliases]
    unused = [name for name in unused if name not in used]
    if unused and item.style is not DeferStyle.TYPE_CHECKING:
        verb = "is" if len(unused) == 1 else "are"
        notes.append(f"{', '.join(unused)} of line {line} {verb} used nowhere and removed")
    lost = inner_comments(tree, item.node)
    if lost:
        notes.append(f"the import at line {line} loses its inner comments: {' '.join(lost)}")
