"""A plain folder as a project: each Python file with a function that looks like a handler."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from importcost.files.read import read_found
from importcost.projects.functions import (
    CodeForm,
    DeployedProject,
    FunctionCode,
    ProjectFunction,
    ReadOptions,
    SourceLine,
)

HANDLER_NAMES = ("lambda_handler", "handler")
SKIPPED_FOLDERS = frozenset(
    {
        "node_modules",
        "site-packages",
        "__pycache__",
        "tests",
        "test",
        "venv",
        "env",
        "build",
        "dist",
        "cdk.out",
    }
)
MAX_SOURCES = 20_000
MAX_SOURCE_BYTES = 1_000_000
_FIRST = frozenset({"event", "_event", "evt"})
_SECOND = frozenset({"context", "_context", "ctx", "_ctx", "_"})
_PLAIN_STEMS = frozenset({"handler", "app", "main", "lambda_function", "index", "function"})


def read_folder(folder: Path, _options: ReadOptions) -> DeployedProject:
    """Return the handlers that the sources of a folder define.

    The task root of each is left to `resolve_target`, which sees what the file imports.
    """
    functions: dict[str, ProjectFunction] = {}
    here = folder.resolve()
    for file in python_sources(here):
        found = handler_in(file)
        if found is None:
            continue
        name = _name_of(file.relative_to(here), functions)
        functions[name] = ProjectFunction(
            name=name,
            declared=SourceLine(str(file), found[1]),
            handler=f"{file}:{found[0]}",
            code=FunctionCode(CodeForm.FOLDER, str(file.parent)),
        )
    return DeployedProject(str(folder), str(folder.resolve()), "folder", tuple(functions.values()))


def python_sources(folder: Path) -> Iterator[Path]:
    """Yield the Python files of a folder that may hold handlers, in a fixed order."""
    seen = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if _may_hold_sources(Path(place), one))
        for name in sorted(files):
            if name.endswith(".py") and not name.startswith(("test_", ".")) and name != "setup.py":
                seen += 1
                if seen > MAX_SOURCES:
                    return
                yield Path(place) / name


def handler_in(file: Path) -> tuple[str, int] | None:
    """Return the function of a file that looks like a handler, and its line.

    It has one of the usual names and two arguments, or arguments called event and context.
    """
    try:
        if file.stat().st_size > MAX_SOURCE_BYTES:
            return None
        source = read_found(file)
    except OSError:
        return None
    return handler_in_source(source)


def handler_in_source(source: bytes) -> tuple[str, int] | None:
    """Return the function of a source that looks like a handler, and its line."""
    if b"def " not in source:
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _looks_like_handler(node):
            found[node.name] = node.lineno
    usual = next((name for name in HANDLER_NAMES if name in found), None)
    name = usual or next(iter(found), None)
    return None if name is None else (name, found[name])


def _looks_like_handler(node: ast.FunctionDef) -> bool:
    """Return True for the usual names with two arguments, and for arguments event and context."""
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    if node.name in HANDLER_NAMES:
        return len(names) >= 2 or node.args.vararg is not None
    is_private = node.name.startswith("_")
    return not is_private and len(names) == 2 and names[0] in _FIRST and names[1] in _SECOND - {"_"}


def _may_hold_sources(place: Path, name: str) -> bool:
    if name in SKIPPED_FOLDERS or name.startswith("."):
        return False
    # Path.exists raises for a folder that may not be listed.
    return not os.path.exists(place / name / "pyvenv.cfg")  # noqa: PTH110


def _name_of(relative: Path, taken: dict[str, ProjectFunction]) -> str:
    """Return the file's own name, its folder's for a plain one, else the whole path."""
    is_plain = relative.stem in _PLAIN_STEMS and relative.parent != Path()
    name = relative.parent.name if is_plain else relative.stem
    if name in taken:
        name = relative.with_suffix("").as_posix()
    return name
