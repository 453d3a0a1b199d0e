"""Traps of PEP 810: imports that Python 3.15 accepts as lazy, and that then do something else.

As CPython 3.15.2 does it: `lazy from a import b` looks `b` up in a's namespace and passes over the
`__getattr__` of `a`; `lazy import a.b.c` loads `a` when `a` is read, `a.b` when `a.b` is, and
`a.b.c` not before `a.b.c` is spelled out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection

from importcost.deferral.source.imports import absolute_name
from importcost.deferral.source.model import ImportStatement, SourceFile
from importcost.deferral.source.names import bound_in

ReadModule = Callable[[str], str | None]
"""Returns the source of a module by its dotted name, None if it has none that can be read."""

_HOOK = "__getattr__"


def lazy_trap(
    statement: ImportStatement, file: SourceFile, read: ReadModule, loaded: Collection[str]
) -> str | None:
    """Return the reason why an import must not become lazy on Python 3.15, None if it may.

    `loaded` are the names of all modules that init loads: a submodule needs no `__getattr__`. The
    reason is a clause without its full stop.
    """
    node = ast.parse(statement.code).body[0]
    if isinstance(node, ast.ImportFrom):
        return _by_hook(absolute_name(node, file.package), node, read, loaded)
    if isinstance(node, ast.Import) and not node.names[0].asname:
        return _by_levels(node.names[0].name, statement, file)
    return None


def _by_hook(
    module: str, node: ast.ImportFrom, read: ReadModule, loaded: Collection[str]
) -> str | None:
    wanted = [one.name for one in node.names if f"{module}.{one.name}" not in loaded]
    text = read(module) if wanted else None
    if text is None or _HOOK not in text:
        return None
    try:
        bound = bound_in(ast.parse(text).body).names
    except (SyntaxError, ValueError, RecursionError):
        return None
    made = [name for name in wanted if name not in bound]
    if _HOOK not in bound or not made:
        return None
    names = ", ".join(made)
    return f"__getattr__ of {module} makes {names}, and a lazy from-import passes over it"


def _by_levels(module: str, statement: ImportStatement, file: SourceFile) -> str | None:
    """Refuse `lazy import a.b` if a use of `a` does not spell `a.b`: it would not load `a.b`."""
    parts = module.split(".")
    if len(parts) == 1:
        return None
    spelled = re.compile(r"\s*\.\s*".join(map(re.escape, parts)) + r"\b")
    for use in statement.uses:
        if use.name == parts[0] and not spelled.match(file.source.text, use.span.start):
            return (
                f"line {use.line} reads {parts[0]} without {'.'.join(parts[1:])}, which a lazy "
                "import would then not load"
            )
    return None
