"""Read Python files that describe a deployment, without running them."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from importcost.errors import UsageError
from importcost.files.read import read_found

MAX_PYTHON_BYTES = 1_000_000


def parsed_source(file: Path) -> ast.Module:
    """Return the tree of a Python file. Raises UsageError, with the line, if it cannot be read."""
    try:
        if not file.is_file():
            raise UsageError(f"There is no {file}: name the folder that has it.")
        if file.stat().st_size > MAX_PYTHON_BYTES:
            raise UsageError(f"{file} is larger than 1 MB: name a handler's .py file.")
        source = read_found(file)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} cannot be read ({reason}): name another file.") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        line = error.lineno or 1
        raise UsageError(f"{file} line {line} is not valid Python: {error.msg}.") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"{file} is not valid Python: correct it.") from error


def called_name(node: ast.expr) -> str | None:
    """Return the dotted name of what an expression calls or names, None for anything else."""
    target = node.func if isinstance(node, ast.Call) else node
    parts: list[str] = []
    while isinstance(target, ast.Attribute):
        parts.append(target.attr)
        target = target.value
    if not isinstance(target, ast.Name):
        return None
    return ".".join([target.id, *reversed(parts)])


def constant_argument(node: ast.expr, name: str) -> str | None:
    """Return the text that a call gives an argument by its name, None without one."""
    if not isinstance(node, ast.Call):
        return None
    for keyword in node.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant):
            return keyword.value.value if isinstance(keyword.value.value, str) else None
    return None
