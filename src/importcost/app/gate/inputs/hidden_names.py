"""Modules that a call names where no import statement does: lazy packages, logging, run texts."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_RUNNING = frozenset({"exec", "eval", "compile"})
_READING = frozenset(
    {
        *("open", "read", "read_text", "read_bytes", "readlines", "readline", "getlines"),
        *("get_data", "get_source", "getsource", "load_file", "fromfile", "read_binary"),
    }
)
"""Names of what reads a file."""
_PURE = frozenset(
    {
        *("compile", "join", "format", "dedent", "indent", "replace", "strip", "encode", "decode"),
        *("str", "repr", "parse", "unparse", "globals", "locals", "dict", "len", "chr"),
    }
)
"""Names of what makes a text of another one."""


def is_stub_attached(node: ast.Call) -> bool:
    """Return True for `lazy.attach_stub(__name__, __file__)`."""
    return _called(node) == "attach_stub"


def attached_modules(node: ast.Call) -> Iterator[str]:
    """Yield the submodules in `lazy.attach(__name__, ...)`; an empty one if they are computed."""
    is_own = bool(node.args) and getattr(node.args[0], "id", None) == "__name__"
    if _called(node) != "attach" or not is_own:
        return
    for value in (*node.args[1:], *(one.value for one in node.keywords)):
        parts: Iterable[ast.expr | None] = [value]
        if isinstance(value, ast.Constant) and value.value is None:
            continue
        if isinstance(value, ast.Dict):
            parts = value.keys
        elif isinstance(value, (ast.List, ast.Tuple, ast.Set)):
            parts = value.elts
        for one in parts:
            named = one.value if isinstance(one, ast.Constant) else ""
            yield named if isinstance(named, str) else ""


def is_literal_logging(node: ast.Call) -> bool:
    """Return True for `dictConfig({...})` with a literal: its texts say all that it imports."""
    if _called(node) != "dictConfig" or len(node.args) != 1:
        return False
    try:
        return isinstance(ast.literal_eval(node.args[0]), dict)
    except ValueError:
        return False


def run_texts(every: list[ast.AST]) -> frozenset[int]:
    """Return the nodes, by id(), of each exec, eval or compile that may run what a file holds."""
    is_reading = any(_last_name(one) in _READING for one in every)
    texts = {id(one.func): one.args[0] for one in every if isinstance(one, ast.Call) and one.args}
    found = set()
    for node in every:
        if not _is_builtin(node) or _last_name(node) not in _RUNNING:
            continue
        text = texts.get(id(node))
        if text is None:
            if is_reading and _last_name(node) != "compile":
                found.add(id(node))
        elif not isinstance(text, ast.Constant) and (is_reading or _asks_others(text)):
            found.add(id(node))
    return frozenset(found)


def _asks_others(text: ast.expr) -> bool:
    calls = (one for one in ast.walk(text) if isinstance(one, ast.Call))
    return any(_called(one) not in _PURE for one in calls)


def _is_builtin(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return getattr(node.value, "id", None) in ("builtins", "__builtins__")
    return isinstance(node, ast.Name)


def _called(node: ast.Call) -> str | None:
    return _last_name(node.func)


def _last_name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None
