"""Find the statements that build schemas, in the source of the app's own files."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from importcost.model.schema_costs import SchemaKind

ROUTE_METHODS = frozenset(
    (
        *("get", "post", "put", "delete", "patch", "head", "options", "trace"),
        *("route", "api_route", "websocket"),
    )
)
_DJANGO = frozenset(("get_asgi_application", "get_wsgi_application", "setup"))
_MAPPED = frozenset(("DeclarativeBase", "DeclarativeBaseNoMeta", "SQLModel"))


def tree_or_none(source: str) -> ast.Module | None:
    """Return the tree of a file's text, None if it cannot be parsed."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def schema_statements(
    tree: ast.Module, models: frozenset[str], mapped: frozenset[str]
) -> Iterator[tuple[SchemaKind, ast.stmt, str]]:
    """Yield kind, statement and name of each top-level statement that builds a schema.

    `models` and `mapped` are the names of classes in all own files that are pydantic models and
    mapped classes.
    """
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            if node.name in mapped:
                yield SchemaKind.MAPPER, node, node.name
            elif node.name in models:
                yield SchemaKind.MODEL, node, node.name
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if any(is_route(one) for one in node.decorator_list):
                yield SchemaKind.ROUTE, node, node.name
        elif isinstance(node, ast.Expr | ast.Assign):
            name = last_called(node.value)
            if name == "include_router":
                yield SchemaKind.ROUTER, node, "include_router"
            elif name in _DJANGO:
                yield SchemaKind.DJANGO, node, name


def is_route(node: ast.expr) -> bool:
    """Return True if a decorator adds a route: `@app.get("/")`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ROUTE_METHODS
    )


def last_called(node: ast.expr) -> str:
    """Return the last name of what an expression calls, empty for other expressions."""
    if not isinstance(node, ast.Call):
        return ""
    return dotted_of(node.func).rpartition(".")[2]


def dotted_of(node: ast.expr) -> str:
    """Return a dotted name, empty for another expression."""
    if isinstance(node, ast.Subscript):
        return dotted_of(node.value)
    if isinstance(node, ast.Attribute):
        before = dotted_of(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def model_classes(trees: list[ast.Module]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of pydantic models and of mapped classes, by their bases in all files."""
    bases: dict[str, list[str]] = {}
    models, mapped = {"BaseModel"}, set(_MAPPED)
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pydantic"):
                found = (one for one in node.names if one.name in ("BaseModel", "BaseSettings"))
                models.update(one.asname or one.name for one in found)
            elif isinstance(node, ast.ClassDef):
                bases[node.name] = [dotted_of(one).rpartition(".")[2] for one in node.bases]
            elif isinstance(node, ast.Assign) and last_called(node.value) == "declarative_base":
                mapped.update(one.id for one in node.targets if isinstance(one, ast.Name))
    return _below(bases, models), _below(bases, mapped)


def _below(bases: dict[str, list[str]], roots: set[str]) -> frozenset[str]:
    """Return the classes that have one of `roots` above them."""
    found: set[str] = set()
    while True:
        more = {name for name, own in bases.items() if (roots | found).intersection(own)} - found
        if not more:
            return frozenset(found)
        found |= more
