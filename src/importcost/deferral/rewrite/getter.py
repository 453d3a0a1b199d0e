"""Turn a module-level object into a cached getter: the definition, and every use of it."""

from __future__ import annotations

import ast
import itertools
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
    """An object, the statement that makes it, and the name of its future getter.

    `maker` is the name of the cached function that a getter calls with the lock, "" if the getter
    is cached itself.
    """

    made: ModuleObject
    statement: ast.Assign | ast.AnnAssign
    name: str
    maker: str = ""

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
        maker = _free(f"_make_{name.lstrip('_').removeprefix('get_')}", taken)
        getters.append(Getter(made, statement, name, maker if made.is_locked else ""))
        taken.add(getters[-1].maker)
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
    public = f"{private}{stem}"
    return public if public not in taken else _free(f"_{stem}", taken)


def _free(name: str, taken: Collection[str]) -> str:
    """Return the name, or the first of `name_2`, `name_3` ... that is free."""
    numbered = (f"{name}_{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain((name,), numbered) if free not in taken)


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
    name, edits = _library_name(tree, getters, removed, ("functools", what))
    return f"@{name}{call}", edits


def _library_name(
    tree: Tree,
    getters: Sequence[Getter],
    removed: Collection[tuple[int, int]],
    wanted: tuple[str, str],
) -> tuple[str, list[Edit]]:
    """Return how the file calls a name of a module of the standard library.

    The edit imports the module if nothing above the first getter does.
    """
    module, what = wanted
    first = min(getter.made.span.start for getter in getters)
    stored = _stored_names(tree)
    imports = [bound for bound in module_imports(tree, removed) if bound.name not in stored]
    for bound in imports:
        if bound.what == f"{module}.{what}" and bound.end < first:
            return bound.name, []
    for bound in imports:
        if bound.what == module and bound.end < first:
            return f"{bound.name}.{what}", []
    others = {bound.name for bound in imports if bound.what != module}
    if module in stored | others:
        raise CannotRewriteError(f"the name {module} means something else in this file")
    return f"{module}.{what}", [import_line_edit(tree, f"import {module}")]


@dataclass(frozen=True, slots=True)
class GetterLock:
    """The lock that the getters of a file take: its name, and the line that makes it."""

    name: str
    code: str


def getter_lock(
    tree: Tree, getters: Sequence[Getter], removed: Collection[tuple[int, int]]
) -> tuple[GetterLock | None, list[Edit]]:
    """Return the lock that getters need if threads may call them, and the edit of its import.

    It is reentrant: one getter may call another. Raises CannotRewriteError if the name `threading`
    means something else.
    """
    if not any(getter.maker for getter in getters):
        return None, []
    kind, edits = _library_name(tree, getters, removed, ("threading", "RLock"))
    name = _free("_lock", _all_names(tree))
    return GetterLock(name, f"{name} = {kind}()"), edits


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


@dataclass(frozen=True, slots=True)
class GetterForm:
    """The form of the getters of a file: their decorator, and the lock of those that need one."""

    decorator: str
    lock: GetterLock | None = None


def definition_edits(
    tree: Tree,
    getter: Getter,
    needed: Sequence[NeededImport],
    form: GetterForm,
    *,
    quote: bool,
    first_of_run: bool,
    below: Collection[int] = (),
    above: str = "",
) -> list[Edit]:
    """Return the edits that turn the statement into a function; its value only gets indented.

    `needed` are the imports of its body and `quote` its annotation. `first_of_run` is True if no
    other getter comes directly above. `below` are offsets with new lines directly above them,
    `above` is a line of code to put above it.
    """
    statement = getter.statement
    start, end = tree.start(statement), tree.span(statement).end
    group = tree.line_group(statement)
    newline, indent = tree.newline, tree.indent_at(tree.start(group[0]))
    head = _definition_head(tree, getter, form, _arrow(tree, statement, quote=quote), indent)
    inner = indent + tree.indent
    head += "".join(need.line(inner, tree.indent, newline) for need in needed)
    index = next(index for index, item in enumerate(group) if item is statement)
    above = f"{above}{newline * 3}" if above else ""
    edits = []
    if first_of_run and not (indent or index):
        place, blank = blank_lines_before(tree, start, forced=start in below)
        if place == start:
            head = blank + above + head
        elif blank or above:  # replaces the comment's #: text inserted there stays above
            edits.append(Edit(place, place + 1, f"{blank}{above}#"))
    else:
        head = above + head
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


def _definition_head(tree: Tree, getter: Getter, form: GetterForm, arrow: str, indent: str) -> str:
    """Return the lines above the value: a getter that is cached, or one with a lock and a cache."""
    newline = tree.newline
    if form.lock is None or not getter.maker:
        lines = [form.decorator, f"def {getter.name}(){arrow}:"]
        return f"{newline}{indent}".join(lines) + newline
    unit = tree.indent
    above = [
        f"def {getter.name}(){arrow}:",
        f"{unit}with {form.lock.name}:",
        f"{unit}{unit}return {getter.maker}()",
    ]
    below = [form.decorator, f"def {getter.maker}(){arrow}:"]
    gap = [""] * (1 if indent else 2)
    joined = newline.join(line and f"{indent}{line}" for line in (*above, *gap, *below))
    return joined.removeprefix(indent) + newline


def lock_edit(tree: Tree, getter: Getter, lock: GetterLock) -> Edit | None:
    """Return the edit that makes the lock above the statement around the first getter.

    None if nothing is around it: the lock is made right above the getter then.
    """
    outer = [one for one in tree.ancestors(getter.statement) if isinstance(one, ast.stmt)]
    if not outer:
        return None
    position = tree.own_comments(tree.start(tree.line_group(outer[-1])[0]))
    return Edit(position, position, lock.code + tree.newline)


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
