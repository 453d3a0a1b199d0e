"""Defer imports in one file: all chosen changes at once, as edits of the user's own text."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from importcost.deferral.rewrite.blank import blank_line_edits
from importcost.deferral.rewrite.check import check_result
from importcost.deferral.rewrite.edits import Edit, OverlapError, apply_edits
from importcost.deferral.rewrite.getter import (
    Getter,
    GetterForm,
    cache_decorator,
    definition_edits,
    getter_lock,
    lock_edit,
    plan_getters,
    use_edits,
)
from importcost.deferral.rewrite.head import is_future
from importcost.deferral.rewrite.imports import function_edits
from importcost.deferral.rewrite.lazy import lazy_edits, splits
from importcost.deferral.rewrite.lazy_modules import (
    lazy_modules_edits,
    qualified_name,
    refuse_others,
)
from importcost.deferral.rewrite.needs import ChosenImport, Needs, find_needs
from importcost.deferral.rewrite.remove import removal_edits
from importcost.deferral.rewrite.tree import (
    AnyImport,
    CannotRewriteError,
    Tree,
    read_tree,
)
from importcost.deferral.rewrite.type_checking import quote_edits, type_checking_edits
from importcost.deferral.source.model import (
    ImportStatement,
    ModuleObject,
    SourceFile,
)
from importcost.model.advice import DeferStyle, VerdictKind

_MOVING = (DeferStyle.FUNCTION, DeferStyle.GETTER, DeferStyle.TYPE_CHECKING)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to defer, and the style in which to defer it.

    An import with style GETTER moves, and the objects that its verdict names become getters. An
    object with style GETTER becomes a getter, with those that its verdict names, without any import
    moving.
    """

    statement: ImportStatement | ModuleObject
    style: DeferStyle


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The file's new text, with notes for its reader."""

    text: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The reason why nothing was rewritten; a sentence without its full stop."""

    reason: str


def rewrite(
    file: SourceFile, changes: Sequence[Change], python: tuple[int, int]
) -> Rewritten | Refused:
    """Apply all `changes` to one file together; the result compiles, or it is refused.

    `python` is the version that the function runs on. Text that no change concerns keeps every
    byte.
    """
    try:
        tree = read_tree(file.source.text)
        plan = _plan(tree, file, changes)
        if not (plan.imports or plan.getters):
            return Rewritten(tree.text, tuple(plan.notes))
        text = apply_edits(tree.text, _edits(tree, file, plan, python))
        check_result(tree.module, text, plan.getters)
    except (CannotRewriteError, OverlapError) as error:
        return Refused(str(error))
    return Rewritten(text, tuple(plan.notes))


@dataclass(slots=True)
class _Plan:
    """The planned changes; `notes` grow while the plan is made."""

    imports: list[ChosenImport] = field(default_factory=list)
    getters: list[Getter] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def of_style(self, *styles: DeferStyle) -> list[ChosenImport]:
        return [item for item in self.imports if item.style in styles]


def _plan(tree: Tree, file: SourceFile, changes: Sequence[Change]) -> _Plan:
    plan = _Plan()
    nodes = {
        tree.start(node): node
        for node in tree.statements()
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    chosen: dict[object, DeferStyle] = {}
    objects: dict[str, ModuleObject] = {}
    known = {made.name: made for made in file.objects}
    for change in changes:
        statement = change.statement
        _refuse_verdict(statement)
        if isinstance(statement, ModuleObject):
            if change.style is not DeferStyle.GETTER:
                raise CannotRewriteError(f"{statement.name} can only become a getter")
            objects |= _together(statement, known)
            continue
        if statement.verdict.kind is VerdictKind.ALREADY_LAZY:
            plan.notes.append(f"line {statement.line} is lazy already")
            continue
        key = (statement.span, statement.alias_index)
        if chosen.setdefault(key, change.style) is not change.style:
            raise CannotRewriteError(
                f"two styles are asked for the import at line {statement.line}"
            )
        if change.style is DeferStyle.GETTER:
            objects |= _together(statement, known)
        item = _locate(nodes, statement, change.style)
        if item not in plan.imports:
            plan.imports.append(item)
    plan.imports.sort(key=lambda item: (item.found.span, item.indexes))
    plan.getters = plan_getters(tree, sorted(objects.values(), key=lambda made: made.span))
    return plan


def _together(
    statement: ImportStatement | ModuleObject, known: Mapping[str, ModuleObject]
) -> dict[str, ModuleObject]:
    """Return the objects that have to become getters together, by name."""
    found = {name: known[name] for name in statement.verdict.objects if name in known}
    if isinstance(statement, ModuleObject):
        found[statement.name] = statement
    for made in found.values():
        if made.verdict.kind is VerdictKind.NOT_DEFERRABLE:
            raise CannotRewriteError(f"{made.name} has to stay: {made.verdict.reason}")
    return found


def _refuse_verdict(statement: ImportStatement | ModuleObject) -> None:
    if statement.verdict.kind is VerdictKind.NOT_DEFERRABLE:
        raise CannotRewriteError(f"line {statement.line}: {statement.verdict.reason}")


def _locate(nodes: dict[int, AnyImport], found: ImportStatement, style: DeferStyle) -> ChosenImport:
    node = nodes.get(found.span.start)
    if node is None:
        raise CannotRewriteError(f"there is no import at line {found.line} any more")
    if is_future(node) or node.names[0].name == "*":
        raise CannotRewriteError(f"the import at line {found.line} has to stay in its place")
    if isinstance(node, ast.Import):
        index = found.alias_index or 0
        if index >= len(node.names):
            raise CannotRewriteError(f"the import at line {found.line} is another one now")
        return ChosenImport(found, node, (index,), style)
    return ChosenImport(found, node, tuple(range(len(node.names))), style)


def _edits(tree: Tree, file: SourceFile, plan: _Plan, python: tuple[int, int]) -> list[Edit]:
    needs = find_needs(tree, plan.of_style(*_MOVING), plan.getters, plan.notes)
    touched = {place for item in plan.imports for place in item.touched()}
    edits = _getter_edits(tree, plan, needs, python)
    if needs.typing:
        spaced = {getter.made.span.start for getter in plan.getters}
        spaced |= {
            edit.start
            for edit in edits
            if edit.start < edit.end and edit.new.startswith(tree.newline)
        }
        edits += type_checking_edits(tree, needs.typing, touched, spaced)
    if needs.quoted:
        edits += quote_edits(tree, needs.quoted)
    for function, needed in needs.functions.values():
        edits += function_edits(tree, function, needed)
    listed = plan.of_style(DeferStyle.LAZY_MODULES)
    if listed:
        refuse_others(tree, file, [(item.node, item.indexes[0]) for item in listed])
        named = [
            (item.node, qualified_name(item.node, item.indexes[0], file.package)) for item in listed
        ]
        edits += lazy_modules_edits(tree, named)
    edits += _statement_edits(tree, plan, python)
    return edits + blank_line_edits(tree, edits)


def _statement_edits(tree: Tree, plan: _Plan, python: tuple[int, int]) -> list[Edit]:
    removed: dict[int, set[int]] = {}
    lazy: dict[int, set[int]] = {}
    nodes: dict[int, AnyImport] = {}
    for item in plan.imports:
        nodes[id(item.node)] = item.node
        if item.style in _MOVING:
            removed.setdefault(id(item.node), set()).update(item.indexes)
        elif item.style is DeferStyle.LAZY:
            lazy.setdefault(id(item.node), set()).update(item.indexes)
    edits = []
    for key, indexes in lazy.items():
        gone = removed.get(key, set())
        edits += lazy_edits(tree, nodes[key], indexes, gone, python)
        if splits(nodes[key], indexes, gone):
            removed.pop(key, None)
    return edits + removal_edits(tree, removed, list(nodes.values()))


def _getter_edits(tree: Tree, plan: _Plan, needs: Needs, python: tuple[int, int]) -> list[Edit]:
    if not plan.getters:
        return []
    moving = {place for item in plan.of_style(*_MOVING) for place in item.touched()}
    decorator, edits = cache_decorator(tree, plan.getters, moving, python)
    lock, imported = getter_lock(tree, plan.getters, moving)
    edits += imported
    below = {edit.end for edit in edits}
    made = lock_edit(tree, plan.getters[0], lock) if lock else None
    edits += [made] if made else []
    line = lock.code if lock and not made else ""
    above: ast.stmt | None = None
    for getter in plan.getters:
        place = tree.places[id(getter.statement)]
        before = place.block[place.index - 1] if place.index else None
        edits += definition_edits(
            tree,
            getter,
            needs.getters.get(getter.made.name, ()),
            GetterForm(decorator, lock),
            quote=getter.made.name in needs.quoted_getters,
            first_of_run=above is None or before is not above,
            below=below,
            above=line if getter is plan.getters[0] else "",
        )
        edits += use_edits(tree, getter, plan.getters)
        above = getter.statement
        plan.notes.append(f"{getter.made.name} at line {getter.made.line} becomes {getter.name}()")
    return edits
