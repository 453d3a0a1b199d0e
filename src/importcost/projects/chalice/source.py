"""Find a Chalice app's Lambda functions in its source: what its decorators register."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from importcost.projects.functions import SourceLine
from importcost.projects.handlers import module_file
from importcost.projects.python_text import called_name, constant_argument, parsed_source

API_HANDLER = "api_handler"
_OWN_FUNCTION = frozenset(
    {
        "authorizer",
        "lambda_function",
        "on_cw_event",
        "on_dynamodb_record",
        "on_kinesis_record",
        "on_s3_event",
        "on_sns_message",
        "on_sqs_message",
        "schedule",
    }
)
_WEBSOCKET = {
    "on_ws_connect": "websocket_connect",
    "on_ws_disconnect": "websocket_disconnect",
    "on_ws_message": "websocket_message",
}


@dataclass(frozen=True, slots=True)
class ChaliceHandler:
    """One Lambda function: its name among the app's resources, its handler and its line."""

    name: str
    handler: str
    declared: SourceLine
    is_api: bool = False


@dataclass(slots=True)
class ChaliceSource:
    """The handlers of an app, in the order of its source, and what could not be followed."""

    handlers: list[ChaliceHandler] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def chalice_handlers(folder: Path) -> ChaliceSource:
    """Return the functions that the app.py in a folder makes, those of its blueprints included.

    Raises UsageError for a source that cannot be read or parsed.
    """
    found = ChaliceSource()
    file = folder / "app.py"
    tree = parsed_source(file)
    found.handlers += _registered(tree, "app", file, "app")
    places = _imported(tree)
    for call in _blueprint_calls(tree):
        module, name = _blueprint(call.args[0] if call.args else None, places)
        source = module_file(folder, tuple(module.split("."))) if module else None
        if source is None or name is None:
            where = SourceLine(str(file), call.lineno)
            found.notes.append(f"{where}: the blueprint that is registered here is not followed.")
            continue
        prefix = constant_argument(call, "name_prefix") or ""
        below = _registered(parsed_source(source), name, source, str(module))
        found.handlers += [
            one if one.is_api else replace(one, name=prefix + one.name) for one in below
        ]
    found.handlers = _once(found.handlers)
    return found


def _once(handlers: list[ChaliceHandler]) -> list[ChaliceHandler]:
    """Return the handlers without those of a name that was there before: one API, one function."""
    first: dict[str, ChaliceHandler] = {}
    for one in handlers:
        first.setdefault(one.name, one)
    return list(first.values())


def _registered(tree: ast.Module, owner: str, file: Path, module: str) -> Iterator[ChaliceHandler]:
    """Yield what the decorators of one object, an app or a blueprint, register in a module."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in node.decorator_list:
            name = called_name(decorator)
            if name is None or name.rpartition(".")[0] != owner:
                continue
            kind = name.rpartition(".")[2]
            where = SourceLine(str(file), node.lineno)
            if kind == "route":
                yield ChaliceHandler(API_HANDLER, "app.app", where, is_api=True)
            elif kind in _WEBSOCKET:
                yield ChaliceHandler(_WEBSOCKET[kind], f"{module}.{node.name}", where)
            elif kind in _OWN_FUNCTION:
                given = constant_argument(decorator, "name")
                yield ChaliceHandler(given or node.name, f"{module}.{node.name}", where)


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return the dotted place of each name that a module imports at its top."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = alias.name if alias.asname else name
    return found


def _blueprint_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_name(node) == "app.register_blueprint":
            yield node


def _blueprint(node: ast.expr | None, places: dict[str, str]) -> tuple[str | None, str | None]:
    """Return the module and the name of a blueprint that is registered."""
    if node is None:
        return None, None
    first, _, rest = ast.unparse(node).partition(".")
    dotted = ".".join(filter(None, [places.get(first, ""), rest]))
    module, _, name = dotted.rpartition(".")
    return (module, name) if module and name.isidentifier() else (None, None)
