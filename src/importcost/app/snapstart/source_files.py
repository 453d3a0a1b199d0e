"""Read the function's own modules, as far as they are there and parse."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from importcost.files.read import text_found
from importcost.model.profile import Target
from importcost.snapstart.modules import Project, SourceModule, parse_module

MAX_MODULES = 500
NO_SOURCES: Mapping[str, str] = {}


def read_project(
    target: Target, files: Mapping[str, str], sources: Mapping[str, str] = NO_SOURCES
) -> Project:
    """Read the function's own modules: those that the run loaded, else what the handler imports.

    `sources` are texts by file that need not be on this machine. Files that are not there or do
    not parse are left out.
    """
    wanted = dict(files) or {target.module: target.handler_file}
    modules: dict[str, SourceModule] = {}
    while wanted and len(modules) < MAX_MODULES:
        name, file = wanted.popitem()
        module = _read(name, file, sources)
        if module is None or name in modules:
            continue
        modules[name] = module
        if not files:
            wanted.update(_own_imports(target, module))
    return Project(dict(sorted(modules.items())))


def _read(name: str, file: str, sources: Mapping[str, str]) -> SourceModule | None:
    try:
        return parse_module(name, file, sources.get(file) or text_found(file))
    except (OSError, SyntaxError, ValueError):
        return None


def _own_imports(target: Target, module: SourceModule) -> dict[str, str]:
    found = {}
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in [*names, *(module.bindings.values())]:
                for candidate in (name, name.rpartition(".")[0]):
                    base = Path(target.task_root, *candidate.split("."))
                    if candidate and base.with_suffix(".py").is_file():
                        found[candidate] = str(base.with_suffix(".py"))
    return found
