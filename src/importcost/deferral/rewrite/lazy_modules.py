"""PEP 810 for code that older versions run too: names listed in `__lazy_modules__`.

As CPython 3.15.2 does it: the list is read when an import statement runs, so it must come above;
any container works. It holds the full name of the module that a statement asks for: `a` for `from a
import b` (if `b` is a module, `a.b` has no effect), `a.b` for `import a.b` (there `a` has none) and
the package for `from . import b`. Inside functions, classes and `try`, and for stars, listed
modules are loaded at once.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from importcost.deferral.rewrite.edits import Edit
from importcost.deferral.rewrite.head import after_preamble, is_future, lines_edit
from importcost.deferral.rewrite.imports import LINE_LIMIT
from importcost.deferral.rewrite.lazy import refuse_unlazy
from importcost.deferral.rewrite.tree import AnyImport, CannotRewriteError, Tree
from importcost.deferral.source.model import SourceFile
from importcost.model.advice import VerdictKind

LISTING = "__lazy_modules__"


def qualified_name(statement: AnyImport, index: int, package: str) -> str:
    """Return the absolute name of an import in `__lazy_modules__`.

    `package` is what `from .` refers to. Raises CannotRewriteError beyond the top-level package.
    """
    if isinstance(statement, ast.Import):
        return statement.names[index].name
    if statement.level == 0:
        return statement.module or ""
    parts = package.split(".") if package else []
    if statement.level > len(parts):
        raise CannotRewriteError(f"the relative import at line {statement.lineno} has no package")
    base = parts[: len(parts) - statement.level + 1]
    return ".".join([*base, *([statement.module] if statement.module else [])])


def lazy_modules_edits(tree: Tree, named: Sequence[tuple[AnyImport, str]]) -> list[Edit]:
    """Return the edit that lists the names: a new list, or an addition to the module's own.

    Raises CannotRewriteError if the imports or the list do not allow it.
    """
    for statement, _ in named:
        refuse_unlazy(tree, statement, LISTING)
    names = sorted({name for _, name in named})
    existing = _existing(tree)
    if existing is None:
        return [_new_list(tree, names)]
    first = min(tree.start(statement) for statement, _ in named)
    if tree.start(existing) > first:
        raise CannotRewriteError(
            f"{LISTING} at line {existing.lineno} comes below the import that it should name"
        )
    return _extended(tree, existing, names)


def _existing(tree: Tree) -> ast.Assign | ast.AnnAssign | None:
    stores = [
        node
        for node in ast.walk(tree.module)
        if isinstance(node, ast.Name) and node.id == LISTING and isinstance(node.ctx, ast.Store)
    ]
    if not stores:
        return None
    for statement in tree.module.body:
        plain = isinstance(statement, ast.Assign) and statement.targets == stores
        annotated = isinstance(statement, ast.AnnAssign) and [statement.target] == stores
        if (plain or annotated) and isinstance(statement, ast.Assign | ast.AnnAssign):
            return statement
    raise CannotRewriteError(f"{LISTING} is not one plain list at line {stores[0].lineno}")


def _new_list(tree: Tree, names: Sequence[str]) -> Edit:
    items = [f'"{name}"' for name in names]
    code = f"{LISTING} = [{', '.join(items)}]"
    newline = tree.newline
    position, inline = after_preamble(tree)
    if inline:
        return Edit(position, position, f"{code}; ")
    if len(code) > LINE_LIMIT:
        lines = "".join(f"{tree.indent}{item},{newline}" for item in items)
        code = f"{LISTING} = [{newline}{lines}]"
    # After a docstring the blank line that follows it stays below: one more goes above.
    above = tree.line_before(position)
    head = newline if position and above is not None and above.strip() else ""
    head = "" if above is not None and above.lstrip().startswith("#") else head
    return lines_edit(tree, position, f"{head}{code}{newline}")


def _extended(tree: Tree, existing: ast.Assign | ast.AnnAssign, names: Sequence[str]) -> list[Edit]:
    value = existing.value
    if not isinstance(value, ast.List | ast.Tuple | ast.Set):
        raise CannotRewriteError(f"{LISTING} at line {existing.lineno} is not a literal list")
    if not all(isinstance(item, ast.Constant) for item in value.elts):
        raise CannotRewriteError(f"{LISTING} at line {existing.lineno} is computed")
    present = {item.value for item in value.elts if isinstance(item, ast.Constant)}
    fresh = [name for name in names if name not in present]
    if not fresh:
        return []
    if not value.elts:
        inside = tree.span(value).start + 1
        comma = "," if isinstance(value, ast.Tuple) else ""
        return [Edit(inside, inside, ", ".join(f'"{name}"' for name in fresh) + comma)]
    last = tree.span(value.elts[-1])
    quote = tree.text[last.start] if tree.text[last.start] in "'\"" else '"'
    own_line = not tree.prefix(last.start).strip(" \t\f")
    joint = f",{tree.newline}{tree.prefix(last.start)}" if own_line else ", "
    return [Edit(last.end, last.end, "".join(f"{joint}{quote}{n}{quote}" for n in fresh))]


def refuse_others(tree: Tree, file: SourceFile, listed: Sequence[tuple[AnyImport, int]]) -> None:
    """Raise CannotRewriteError if listing modules would make another import lazy.

    `listed` are statements with the index of an alias. `__lazy_modules__` names modules: a second
    import of the same module, present for its side effects, would become lazy too.
    """
    names = {qualified_name(node, index, file.package) for node, index in listed}
    touched = {(id(node), index) for node, index in listed}
    fixed = {
        other.span.start: other.line
        for other in file.imports
        if other.verdict.kind in (VerdictKind.NOT_DEFERRABLE, VerdictKind.UNUSED)
    }
    for node in tree.module.body:
        line = fixed.get(tree.start(node))
        if line is None or not isinstance(node, ast.Import | ast.ImportFrom) or is_future(node):
            continue
        indexes = range(len(node.names)) if isinstance(node, ast.Import) else [0]
        for index in indexes:
            name = qualified_name(node, index, file.package)
            if (id(node), index) not in touched and name in names:
                raise CannotRewriteError(
                    f"line {line} imports {name} too, and has to stay as it is"
                )
