"""The calls that only make a value of their arguments: it does not matter when they run."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Collection, Iterator
from functools import cache
from importlib import resources
from typing import Any

Named = Callable[[ast.expr], "str | None"]
"""Returns the absolute dotted name of an expression, as far as the source shows it."""


def maker_calls(value: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that run when a value is computed: those inside a lambda do not."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def only_makes(node: ast.Call, name: str | None, own: Collection[str], *, in_body: bool) -> bool:
    """Return True for a call that makes a value of its arguments, by the dotted name it has.

    `own` are the top-level names of the function's own modules. `in_body` allows what a module's
    body may do besides, such as getting its logger. An own function or class is never one.
    """
    table = _table()
    func = node.func
    if isinstance(func, ast.Name) and (name is None or name == func.id):
        return func.id in table["builtins"]
    plain = (name or "").replace("()", "").replace("[]", "")
    top = plain.partition(".")[0]
    if top in own:
        return (
            isinstance(func, ast.Attribute) and func.attr in table["methods"] and "()" in str(name)
        )
    if _covers(table["names"], plain) or (in_body and _covers(table["only_in_bodies"], plain)):
        return True
    if _is_class(plain) and "." in plain and top not in sys.stdlib_module_names:
        return True
    return isinstance(func, ast.Attribute) and func.attr in table["methods"]


def _covers(names: Collection[str], name: str) -> bool:
    """Return True if a name, or a package that it lies in, is listed."""
    while name:
        if name in names:
            return True
        name = name.rpartition(".")[0]
    return False


def _is_class(name: str) -> bool:
    """Return True for a name that is written as a class: a library's class makes its object."""
    last = name.rpartition(".")[2]
    return last[:1].isupper() and not last.isupper()


def sets_only(node: ast.Call) -> bool:
    """Return True for a statement's call that only sets something of the module's own object."""
    return isinstance(node.func, ast.Attribute) and node.func.attr in _table()["settings"]


@cache
def _table() -> dict[str, frozenset[str]]:
    text = resources.files("importcost.deferral").joinpath("data", "makers.json")
    data: dict[str, Any] = json.loads(text.read_text(encoding="utf-8"))
    return {key: frozenset(value) for key, value in data.items() if isinstance(value, list)}
