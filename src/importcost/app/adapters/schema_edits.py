"""Edits of a copy of the app's files that build fewer schemas at init, to be measured.

Each returns the new text and the number of places that it changes, None if there is none.
"""

from __future__ import annotations

import ast

from importcost.app.adapters.schema_source import dotted_of, is_route, tree_or_none

SchemaEdit = tuple[str, int]

_LAZY = """

def _importcost_add_routers():
{body}


class _ImportcostLazyRouters:
    def __init__(self, app):
        self.app = app
        self.is_ready = False

    def __getattr__(self, name):
        return getattr(self.app, name)

    async def __call__(self, scope, receive, send):
        if not self.is_ready and scope["type"] != "lifespan" and scope["path"] != {checked!r}:
            self.is_ready = True
            _importcost_add_routers()
        await self.app(scope, receive, send)


{app} = _ImportcostLazyRouters({app})
"""


def with_deferred_build(source: str) -> SchemaEdit | None:
    """Let the models that derive from BaseModel itself build their schemas when first used."""
    tree = tree_or_none(source)
    if tree is None:
        return None
    roots = _base_models(tree)
    classes = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and roots.intersection(map(dotted_of, node.bases))
    ]
    places = [place for node in classes if (place := _config_place(source, node)) is not None]
    return _inserted(source, places)


def _base_models(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "pydantic":
            found.update(one.asname or one.name for one in node.names if one.name == "BaseModel")
        elif isinstance(node, ast.Import):
            names = (one.asname or one.name for one in node.names if one.name == "pydantic")
            found.update(f"{name}.BaseModel" for name in names)
    return found


def _config_place(source: str, node: ast.ClassDef) -> tuple[int, str] | None:
    """Return where a model's configuration gets the setting, as an offset, and the text."""
    for one in node.body:
        if isinstance(one, ast.ClassDef) and one.name == "Config":
            return None  # configured in the way of pydantic 1
        if not isinstance(one, ast.Assign | ast.AnnAssign):
            continue
        targets = one.targets if isinstance(one, ast.Assign) else [one.target]
        if any(dotted_of(target) == "model_config" for target in targets):
            return _in_config(source, one.value)
    first = node.body[0]
    if first.lineno == node.lineno:
        return None
    line = min([first.lineno, *(one.lineno for one in getattr(first, "decorator_list", []))])
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    indent = " " * first.col_offset
    setting = f'{indent}model_config = {{"defer_build": True}}\n'
    if is_text:
        offset = offset_in(source, first.end_lineno or first.lineno, 0)
        end = source.find("\n", offset)
        return (len(source), "\n" + setting) if end < 0 else (end + 1, setting)
    return offset_in(source, line, 0), setting


def _in_config(source: str, value: ast.expr | None) -> tuple[int, str] | None:
    if isinstance(value, ast.Call) and not any(one.arg == "defer_build" for one in value.keywords):
        end = offset_in(source, value.func.end_lineno or 0, value.func.end_col_offset or 0)
        rest = ", " if value.args or value.keywords else ""
        return source.index("(", end) + 1, f"defer_build=True{rest}"
    if isinstance(value, ast.Dict):
        return offset_in(source, value.lineno, value.col_offset) + 1, '"defer_build": True, '
    return None


def without_response_models(source: str) -> SchemaEdit | None:
    """Let FastAPI's routes answer without a response model: nothing is built or validated."""
    tree = tree_or_none(source)
    if tree is None or "fastapi" not in source:
        return None
    places = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in node.decorator_list:
            if not isinstance(call, ast.Call) or not is_route(call):
                continue
            given = [one for one in call.keywords if one.arg == "response_model"]
            is_websocket = isinstance(call.func, ast.Attribute) and call.func.attr == "websocket"
            if is_websocket or any(one.arg is None for one in call.keywords):
                continue
            if given:
                places.append(_replaced(source, given[0].value))
            elif node.returns is not None:
                end = offset_in(source, call.end_lineno or 0, call.end_col_offset or 0) - 1
                comma = "" if source[:end].rstrip()[-1] in ",(" else ", "
                places.append((end, end, f"{comma}response_model=None"))
    return changed_text(source, places)


def with_lazy_routers(source: str, app: str, checked: str) -> SchemaEdit | None:
    """Import and include the app's routers when a request first comes that is not the check.

    `checked` is the path of the readiness check. Imports move if only the routers need them.
    """
    tree = tree_or_none(source)
    if tree is None:
        return None
    included = [
        node
        for node in tree.body
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and dotted_of(node.value.func) == f"{app}.include_router"
    ]
    if not included:
        return None
    within = {id(one) for node in included for one in ast.walk(node)}
    elsewhere = {
        one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and id(one) not in within
    }
    used = {
        one.id for node in included for one in ast.walk(node) if isinstance(one, ast.Name)
    } - elsewhere
    imports = [
        node
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom) and _binds_only(node, used)
    ]
    if not imports:
        return None
    moved = [*imports, *included]
    body = "\n".join("    " + ast.unparse(node) for node in moved)
    lines = source.splitlines(keepends=True)
    for node in moved:
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        lines[first:last] = ["\n"] * (last - first)
    text = "".join(lines) + _LAZY.format(body=body, checked=checked, app=app)
    return (text, len(included)) if tree_or_none(text) is not None else None


def _binds_only(node: ast.Import | ast.ImportFrom, used: set[str]) -> bool:
    names = {one.asname or one.name.partition(".")[0] for one in node.names}
    return bool(names) and names <= used


def offset_in(source: str, line: int, column: int) -> int:
    """Return the index of a place in the text; ast counts columns in bytes of UTF-8."""
    lines = source.splitlines(keepends=True)
    before = sum(map(len, lines[: line - 1]))
    if line > len(lines):
        return len(source)
    return before + len(lines[line - 1].encode()[:column].decode())


def span_in(source: str, node: ast.expr) -> tuple[int, int]:
    """Return the indices in the text at which an expression begins and ends."""
    first = offset_in(source, node.lineno, node.col_offset)
    return first, offset_in(source, node.end_lineno or 0, node.end_col_offset or 0)


def _replaced(source: str, value: ast.expr) -> tuple[int, int, str]:
    return (*span_in(source, value), "None")


def _inserted(source: str, places: list[tuple[int, str]]) -> SchemaEdit | None:
    return changed_text(source, [(at, at, text) for at, text in places])


def changed_text(source: str, places: list[tuple[int, int, str]]) -> SchemaEdit | None:
    """Return the text with each place from one offset to another replaced, if it still parses."""
    text = source
    for first, last, part in sorted(places, reverse=True):
        text = text[:first] + part + text[last:]
    return (text, len(places)) if places and tree_or_none(text) is not None else None
