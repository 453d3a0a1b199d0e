"""Read what the source of a web app's module says: its kind of app, and how it is made."""

from __future__ import annotations

import ast
import json
from collections import deque
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from importcost.files.read import read_found, text_found
from importcost.model.profile import Target
from importcost.model.web import AppKind

MOST_FILES = 200
"""Own modules that are read to find the framework, nearest first."""


@cache
def server_facts() -> Mapping[str, Any]:
    """Return the dated file of servers and frameworks."""
    text = resources.files("importcost.targets").joinpath("data", "web-servers.json")
    facts: dict[str, Any] = json.loads(text.read_text(encoding="utf-8"))
    return facts


def kind_by_source(target: Target) -> AppKind | None:
    """Return the kind of app that a module makes, by the framework that it imports.

    The module's own imports decide, then those of the modules of the task root that it imports,
    nearest first. An `async def` of the app's name is an ASGI app; without an import, a mention of
    an ASGI framework in the module's text counts. None if no framework shows.
    """
    root = Path(target.task_root)
    waiting = deque([(Path(target.handler_file), target.module)])
    known = {target.handler_file}
    while waiting and len(known) <= MOST_FILES:
        file, module = waiting.popleft()
        tree = _parsed(file)
        if tree is None:
            continue
        if module == target.module and _is_async(tree, target.function or "app"):
            return AppKind.ASGI
        names = list(_imported(tree, module, is_package=file.name == "__init__.py"))
        kind = _framework_of(names)
        if kind is not None:
            return kind
        for name in names:
            found = _own_file(root, name)
            if found is not None and str(found) not in known:
                known.add(str(found))
                waiting.append((found, _module_of(root, found)))
    return AppKind.ASGI if _mentions_asgi(Path(target.handler_file)) else None


def _mentions_asgi(file: Path) -> bool:
    try:
        text = text_found(file, errors="replace").lower()
    except OSError:
        return False
    return any(word in text for word in ("asgi_application", *server_facts()["frameworks"]["asgi"]))


def makes_app(target: Target) -> bool:
    """Return True if the app's name is a plain function that needs no arguments: it makes one."""
    tree = _parsed(Path(target.handler_file))
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef) and node.name == target.function:
            given = node.args
            needed = len(given.posonlyargs) + len(given.args) - len(given.defaults)
            is_free = not needed and not any(one is None for one in given.kw_defaults)
            return is_free and not node.decorator_list
    return False


def _parsed(file: Path) -> ast.Module | None:
    try:
        return ast.parse(read_found(file))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # measuring it reports the error


def _is_async(tree: ast.Module, name: str) -> bool:
    return any(isinstance(node, ast.AsyncFunctionDef) and node.name == name for node in tree.body)


def _imported(tree: ast.Module, module: str, *, is_package: bool) -> Iterator[str]:
    """Yield the absolute dotted names that a module imports, names of modules among them."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if package else []
            above = parts[: len(parts) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names)


def _framework_of(names: list[str]) -> AppKind | None:
    """Return the kind by the first framework, the longest name of it: falcon.asgi is not falcon."""
    kinds = {
        name: AppKind(kind) for kind, all_of in server_facts()["frameworks"].items()
        for name in all_of
    }  # fmt: skip
    found = [
        known for name in names for known in kinds if name == known or name.startswith(known + ".")
    ]
    return kinds[max(found, key=lambda one: one.count("."))] if found else None


def _own_file(root: Path, name: str) -> Path | None:
    if not name or not all(part.isidentifier() for part in name.split(".")):
        return None
    base = root.joinpath(*name.split("."))
    for file in (base.with_name(base.name + ".py"), base / "__init__.py"):
        if file.is_file():
            return file
    return None


def _module_of(root: Path, file: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
