"""Find the Lambda handlers of a project: in its SAM or Serverless file, else in its sources."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from importcost.declaration import MAX_MEMORY_MB, MIN_MEMORY_MB
from importcost.targets.yaml_subset import plain_yaml

TEMPLATES = ("template.yaml", "template.yml", "sam.yaml", "sam.yml")
SERVERLESS = ("serverless.yml", "serverless.yaml")
FUNCTION_NAMES = ("lambda_handler", "handler")
MAX_FILES = 5_000
MAX_BYTES = 1_000_000
_SKIPPED = frozenset(
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
    }
)
_PLAIN_FILES = frozenset({"handler", "app", "main", "lambda_function", "index", "function"})
_FUNCTION_TYPE = "AWS::Serverless::Function"
_RUNTIME = re.compile(r"python3\.\d+")


@dataclass(frozen=True, slots=True)
class FoundHandler:
    """A handler for the configuration; paths are relative to the project's folder.

    `source` is the file that names it.
    """

    name: str
    handler: str
    source: str
    root: str | None = None
    memory_mb: int | None = None
    arch: str | None = None
    runtime: str | None = None


def find_handlers(folder: Path) -> tuple[FoundHandler, ...]:
    """Return the handlers in the project's deployment file, else those that its sources define.

    Functions without a handler file (another language, generated code) are left out.
    """
    for names, read in ((TEMPLATES, _of_sam), (SERVERLESS, _of_serverless)):
        for name in names:
            file = folder / name
            if file.is_file() and file.stat().st_size <= MAX_BYTES:
                text = file.read_text(encoding="utf-8-sig", errors="replace")
                found = tuple(read(plain_yaml(text), folder, name))
                if found:
                    return _unique(found)
    return _unique(tuple(_of_sources(folder)))


def _of_sam(data: Mapping[str, Any], folder: Path, source: str) -> Iterator[FoundHandler]:
    shared = _at(data, "Globals", "Function")
    for name, resource in _at(data, "Resources").items():
        if not isinstance(resource, dict) or resource.get("Type") != _FUNCTION_TYPE:
            continue
        values = {**shared, **_at(resource, "Properties")}
        handler, root = _text(values, "Handler"), _text(values, "CodeUri") or "."
        found = _file_of(handler, root, folder)
        if found is not None:
            yield FoundHandler(
                name,
                found,
                source,
                root=os.path.normpath(root),
                memory_mb=_memory(values.get("MemorySize")),
                runtime=_runtime(values.get("Runtime")),
            )


def _of_serverless(data: Mapping[str, Any], folder: Path, source: str) -> Iterator[FoundHandler]:
    shared = _at(data, "provider")
    for name, function in _at(data, "functions").items():
        if not isinstance(function, dict):
            continue
        values = {**shared, **function}
        found = _file_of(_text(function, "handler"), ".", folder)
        if found is not None:
            arch = _text(values, "architecture")
            yield FoundHandler(
                name,
                found,
                source,
                root=".",
                memory_mb=_memory(values.get("memorySize")),
                arch=arch if arch in ("x86_64", "arm64") else None,
                runtime=_runtime(values.get("runtime")),
            )


def _of_sources(folder: Path) -> Iterator[FoundHandler]:
    for file in _python_files(folder):
        function = handler_function(file)
        if function is not None:
            relative = file.relative_to(folder)
            is_plain = relative.stem in _PLAIN_FILES and relative.parent != Path()
            name = relative.parent.name if is_plain else relative.stem
            yield FoundHandler(name, f"{relative.as_posix()}:{function}", relative.as_posix())


def _python_files(folder: Path) -> Iterator[Path]:
    seen = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(
            one
            for one in folders
            if one not in _SKIPPED
            and not one.startswith(".")
            and not (Path(place) / one / "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            if name.endswith(".py") and not name.startswith(("test_", ".")) and name != "setup.py":
                seen += 1
                if seen > MAX_FILES:
                    return
                yield Path(place) / name


def handler_function(file: Path) -> str | None:
    """Return the function of a file that looks like a handler: the usual name, two arguments."""
    try:
        if file.stat().st_size > MAX_BYTES:
            return None
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    found = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.name in FUNCTION_NAMES
        and (len(node.args.args) + len(node.args.posonlyargs) >= 2 or node.args.vararg)
    }
    return next((name for name in FUNCTION_NAMES if name in found), None)


def _file_of(handler: str | None, root: str, folder: Path) -> str | None:
    """Return `FILE.py:function` for a handler string, or None if there is no such file."""
    module, dot, function = (handler or "").rpartition(".")
    if not dot or not function.isidentifier():
        return None
    file = Path(os.path.normpath(root)) / (module.replace(".", "/") + ".py")
    if ".." in file.parts or file.is_absolute() or not (folder / file).is_file():
        return None
    return f"{file.as_posix()}:{function}"


def _at(data: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    found: Any = data
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, dict) else {}


def _text(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) else None


def _memory(value: Any) -> int | None:
    is_size = (
        isinstance(value, str)
        and value.isdecimal()
        and MIN_MEMORY_MB <= int(value) <= MAX_MEMORY_MB
    )
    return int(value) if is_size else None


def _runtime(value: Any) -> str | None:
    return value if isinstance(value, str) and _RUNTIME.fullmatch(value) else None


def _unique(found: tuple[FoundHandler, ...]) -> tuple[FoundHandler, ...]:
    """Add the folders that distinguish handlers of the same name, or a number."""
    taken: set[str] = set()
    result = []
    for one in found:
        name, number = one.name, 1
        if name in taken:
            name = Path(one.source).with_suffix("").as_posix().replace("/", "-")
        while name in taken:
            number += 1
            name = f"{one.name}-{number}"
        taken.add(name)
        result.append(replace(one, name=name))
    return tuple(result)
