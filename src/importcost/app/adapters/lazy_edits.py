"""Edits of a copy of the app's files that make Django's URL files and SQLAlchemy's engines wait.

Each returns the new text and the number of places that it changes, None if there is none.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from importcost.app.adapters.schema_edits import SchemaEdit, changed_text, offset_in, span_in
from importcost.app.adapters.schema_source import dotted_of, tree_or_none

ROUTING = frozenset(("path", "re_path"))
ENGINES = frozenset(("create_engine", "create_async_engine"))
_ENGINE_MODULES = ("sqlalchemy", "sqlmodel")
_LAZY_ENGINE = """class _ImportcostLazyEngine:
    def __init__(self, make):
        self._make, self._made = make, None

    def __getattr__(self, name):
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)


"""


def with_lazy_includes(source: str, sources: Mapping[str, str]) -> SchemaEdit | None:
    """Let Django import an included URL file when a request first has its prefix.

    `sources` are the app's own files: only URL files among them wait, because their `app_name` must
    be known. One with an empty prefix would be needed by the readiness check.
    """
    tree = tree_or_none(source)
    if tree is None or "include" not in source:
        return None
    places = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or dotted_of(node.func) not in ROUTING:
            continue
        if len(node.args) < 2 or not _text_of(node.args[0]):
            continue
        waiting = _waiting(node.args[1], sources)
        if waiting is not None:
            places.append((*span_in(source, node.args[1]), waiting))
    return changed_text(source, places)


def _waiting(view: ast.expr, sources: Mapping[str, str]) -> str | None:
    """Return what `include("shop.urls")` returns, with the module's name for the module."""
    if not isinstance(view, ast.Call) or dotted_of(view.func) != "include" or len(view.args) != 1:
        return None
    module = _text_of(view.args[0])
    space = {one.arg: _text_of(one.value) for one in view.keywords}
    if not module or space.keys() - {"namespace"} or None in space.values():
        return None
    found = _source_of_module(module, sources)
    tree = tree_or_none(found) if found is not None else None
    if found is None or tree is None or "i18n_patterns" in found:
        return None
    names = [
        _text_of(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and [dotted_of(one) for one in node.targets] == ["app_name"]
    ]
    if None in names or ("app_name" in found and not names):
        return None
    app_name = names[-1] if names else None
    return repr((module, app_name, space.get("namespace") or app_name))


def _source_of_module(module: str, sources: Mapping[str, str]) -> str | None:
    part = "/" + module.replace(".", "/")
    ends = (f"{part}.py", f"{part}/__init__.py")
    return next((text for file, text in sources.items() if file.endswith(ends)), None)


def with_lazy_engines(source: str) -> SchemaEdit | None:
    """Let SQLAlchemy's engines, with dialect and driver, be made when they are first used."""
    tree = tree_or_none(source)
    if tree is None:
        return None
    makers = {
        one.asname or one.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_ENGINE_MODULES)
        for one in node.names
        if one.name in ENGINES
    }
    places: list[tuple[int, int, str]] = []
    for node in tree.body:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        value, name = node.value, dotted_of(node.targets[0])
        is_engine = isinstance(value, ast.Call) and dotted_of(value.func) in makers
        if not is_engine or not name.isidentifier() or _is_listened_to(tree, name):
            continue
        first, last = span_in(source, value)
        made = f"_ImportcostLazyEngine(lambda: {source[first:last]})"
        start = offset_in(source, node.lineno, 0)
        definition = _LAZY_ENGINE if not places else ""
        places.append((start, last, definition + source[start:first] + made))
    return changed_text(source, places)


def _is_listened_to(tree: ast.Module, name: str) -> bool:
    """Return True if events are registered on an engine, which needs the engine itself."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    listening = [node for node in calls if dotted_of(node.func).endswith(("listen", "listens_for"))]
    return any(dotted_of(one).partition(".")[0] == name for node in listening for one in node.args)


def _text_of(node: ast.expr) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None
