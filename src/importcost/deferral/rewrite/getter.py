"""Turn a module-level object into a cached getter: the definition, and every use of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from importcost.deferral.rewrite.edits import Edit
from importcost.deferral.rewrite.head import import_line_edit, module_imports
from importcost.deferral.rewrite.imports import NeededImport
from importcost.deferral.rewrite.layout import (
    blank_lines_after,
    blank_lines_before,
    indented_value,
)
from importcost.deferral.rewrite.tree import CannotRewriteError, Tree
from importcost.deferral.rewrite.type_checking import quoted
from importcost.deferral.source.model import ModuleObject, Span, UseKind

_UP_TO_EQUALS = re.compile(r"(?:[^=#]|#[^\r\n]*)*=[ \t\f]*")
_FINAL = re.compile(r"(?:typing\.|typing_extensions\.|t\.)?Final(?:\[(?P<inner>.*)\])?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Getter:
    """An object, the statement that makes it, and the name of its future getter."""

    made: ModuleObject
    statement: ast.Assign | ast.AnnAssign
    name: str

    def holds(self, span: Span) -> bool:
        """Return True if a span lies in the statement."""
        return self.made.span.start <= span.start and span.end <= self.made.span.end


def plan_getters(tree: Tree, objects: Sequence[ModuleObject]) -> list[Getter]:
    """Find the objects' statements and choose names for their getters that clash with no other.

    Raises CannotRewriteError if one is missing or cannot be a function's result.
    """
    if not objects:
        return []
    taken = _all_names(tree)
    by_start = {
        tree.start(statement): statement
        for statement in tree.statements()
        if isinstance(statement, ast.Assign | ast.AnnAssign)
    }
    getters = []
    for made in objects:
        statement = by_start.get(made.span.start)
        if statement is None or statement.value is None:
            raise CannotRewriteError(f"{made.name} is not assigned at line {made.line} any more")
        _refuse_odd(tree, made, statement)
        name = _free_name(made.name, taken)
        taken.add(name)
        getters.append(Getter(made, statement, name))
    return getters


def _refuse_odd(tree: Tree, made: ModuleObject, statement: ast.Assign | ast.AnnAssign) -> None:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    single = len(targets) == 1 and isinstance(targets[0], ast.Name)
    if not single or targets[0].id != made.name:  # type: ignore[attr-defined]
        raise CannotRewriteError(f"line {made.line} assigns more than {made.name}")
    if made.name.startswith("__"):
        raise CannotRewriteError(f"{made.name} has a meaning outside of this file")
    inner = list(ast.walk(statement.value)) if statement.value else []
    if any(isinstance(node, ast.Await | ast.Yield | ast.YieldFrom) for node in inner):
        raise CannotRewriteError(f"the value of {made.name} awaits or yields")
    if any(isinstance(node, ast.NamedExpr) for node in inner):
        raise CannotRewriteError(f"the value of {made.name} assigns a name with :=")
    if not all(isinstance(around, ast.Module | ast.If) for around in tree.ancestors(statement)):
        raise CannotRewriteError(f"{made.name} is made inside another statement")
    if not tree.begins_line(tree.start(tree.line_group(statement)[0])):
        raise CannotRewriteError(f"{made.name} is on the line of a compound statement")


def _free_name(name: str, taken: Collection[str]) -> str:
    base = name.lower() if name.isupper() else name
    private = "_" if base.startswith("_") else ""
    stem = f"get_{base.lstrip('_')}"
    candidates = [f"{private}{stem}", f"_{stem}"]
    number = 2
    while candidates[0] in taken:
        candidates.pop(0)
        if not candidates:
            candidates.append(f"_{stem}_{number}")
            number += 1
    return candidates[0]


def _all_names(tree: Tree) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree.module):
        for field in ("id", "name", "arg", "asname", "rest"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                names.add(value)
        if isinstance(node, ast.Global | ast.Nonlocal):
            names.update(node.names)
    return names


def cache_decorator(
    tree: Tree,
    getters: Sequence[Getter],
    removed: Collection[tuple[int, int]],
    python: tuple[int, int],
) -> tuple[str, list[Edit]]:
    """Return the decorator's text, and the edit that imports functools if it is missing.

    Only an import above the first getter counts. Raises CannotRewriteError if the name `functools`
    means something else.
    """
    what, call = ("cache", "") if python >= (3, 9) else ("lru_cache", "(maxsize=None)")
    first = min(getter.made.span.start for getter in getters)
    stored = _stored_names(tree)
    imports = [bound for bound in module_imports(tree, removed) if bound.name not in stored]
    for bound in imports:
        if bound.what == f"functools.{what}" and bound.end < first:
            return f"@{bound.name}{call}", []
    for bound in imports:
        if bound.what == "functools" and bound.end < first:
            return f"@{bound.name}.{what}{call}", []
    others = {bound.name for bound in imports if bound.what != "functools"}
    if "functools" in stored | others:
        raise CannotRewriteError("the name functools means something else in this file")
    return f"@functools.{what}{call}", [import_line_edit(tree, "import functools")]


def _stored_names(tree: Tree) -> set[str]:
    return {
        node.id
        for node in ast.walk(tree.module)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    } | {
        node.name
        for node in tree.module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


def definition_edits(
    tree: Tree,
    getter: Getter,
    needed: Sequence[NeededImport],
    decorator: str,
    *,
    quote: bool,
    first_of_run: bool,
    below: Collection[int] = (),
) -> list[Edit]:
    """Return the edits that turn the statement into a function; its value only gets indented.

    `needed` are the imports of its body and `quote` its annotation. `first_of_run` is True if no
    other getter comes directly above. `below` are offsets with new lines directly above them.
    """
    statement = getter.statement
    start, end = tree.start(statement), tree.span(statement).end
    group = tree.line_group(statement)
    newline, indent = tree.newline, tree.indent_at(tree.start(group[0]))
    arrow = _arrow(tree, statement, quote=quote)
    head = f"{decorator}{newline}{indent}def {getter.name}(){arrow}:{newline}"
    inner = indent + tree.indent
    head += "".join(need.line(inner, tree.indent, newline) for need in needed)
    index = next(index for index, item in enumerate(group) if item is statement)
    edits = []
    if first_of_run and not (indent or index):
        place, blank = blank_lines_before(tree, start, forced=start in below)
        if place == start:
            head = blank + head
        elif blank:  # replaces the comment's #: text inserted there stays above
            edits.append(Edit(place, place + 1, f"{blank}#"))
    value = _value_start(tree, statement)
    edits.append(Edit(start, value, f"{head}{inner}return "))
    edits += indented_value(tree, value, end)
    joint = newline + indent if indent else newline * 3
    if index:
        edits.append(Edit(tree.span(group[index - 1]).end, start, joint))
    if index + 1 < len(group):
        edits.append(Edit(end, tree.start(group[index + 1]), joint))
    elif not indent:
        edits += blank_lines_after(tree, end)
    return edits


def _arrow(tree: Tree, statement: ast.Assign | ast.AnnAssign, *, quote: bool) -> str:
    if isinstance(statement, ast.Assign):
        return ""
    span = tree.span(statement.annotation)
    text = tree.text[span.start : span.end]
    final = _FINAL.fullmatch(text)
    if final is not None:
        inner = final.group("inner")
        if inner is None:
            return ""
        start = span.start + final.start("inner")
        span, text = Span(start, start + len(inner)), inner
    if text.rpartition(".")[2] == "TypeAlias":
        raise CannotRewriteError(f"line {statement.lineno} is a type alias")
    if quote or re.search(r"[\r\n]", text):
        return f" -> {quoted(tree, span)}"
    return f" -> {text}"


def _value_start(tree: Tree, statement: ast.Assign | ast.AnnAssign) -> int:
    if isinstance(statement, ast.AnnAssign):
        position = tree.span(statement.annotation).end
    else:
        position = tree.span(statement.targets[0]).end
    found = _UP_TO_EQUALS.match(tree.text, position)
    if found is None:  # an assignment with a value has an equals sign
        raise CannotRewriteError(f"the value at line {statement.lineno} was not found")
    return found.end()


def use_edits(tree: Tree, getter: Getter, getters: Sequence[Getter]) -> list[Edit]:
    """Return the edits that call the getter wherever the object was used.

    Raises CannotRewriteError if a use runs on import, or is not at its expected place (before
    Python 3.12, positions within f-strings are not exact).
    """
    edits = []
    for use in getter.made.uses:
        text = tree.text[use.span.start : use.span.end]
        if text != getter.made.name:
            raise CannotRewriteError(
                f"the use of {getter.made.name} at line {use.line} was not found in the text"
            )
        deferred = use.kind in (UseKind.FUNCTION, UseKind.LAMBDA)
        if not deferred and not any(other.holds(use.span) for other in getters):
            raise CannotRewriteError(
                f"{getter.made.name} is used while the module is imported, at line {use.line}"
            )
        edits.append(Edit(use.span.start, use.span.end, f"{getter.name}()"))
    return edits
