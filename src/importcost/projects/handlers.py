"""The place of a handler string's module: the function's code, its layers, or a dependency."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from importcost.files.read import text_found
from importcost.targets.wrapped import NO_VARIABLES, product_of

_COMMAND = re.compile(r"^\s*CMD\s+(.+?)\s*$", re.MULTILINE | re.IGNORECASE)


def handler_module(handler: str) -> tuple[str, ...] | None:
    """Return the parts of a handler string's module, None if it names none."""
    module, dot, function = handler.rpartition(".")
    parts = tuple(part for part in module.replace("/", ".").split(".") if part)
    return parts if dot and function.isidentifier() and parts else None


def module_file(folder: Path, parts: tuple[str, ...]) -> Path | None:
    """Return the file of a module below a folder, None if it is not there."""
    base = folder.joinpath(*parts)
    for found in (base.with_name(base.name + ".py"), base / "__init__.py"):
        if _is_file(found):
            return found
    return None


def is_plain_file(name: str) -> bool:
    """Return True for the name of a Python file without any folder."""
    return name.endswith(".py") and name[:-3].isidentifier()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    """Return True for a file that is there; a name that no file can have names none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def dockerfile_command(file: Path) -> str | None:
    """Return the first word of a Dockerfile's last CMD, which is the handler of Lambda's images."""
    try:
        text = text_found(file, errors="replace")
    except (OSError, ValueError):
        return None
    found = _COMMAND.findall(text)
    if not found:
        return None
    try:
        words = json.loads(found[-1])
    except ValueError:
        words = found[-1].split()
    return str(words[0]) if isinstance(words, list) and words else None


def handler_problem(
    handler: str | None,
    folder: Path,
    layers: Iterable[Path],
    *,
    is_built: bool,
    environment: Mapping[str, str] = NO_VARIABLES,
) -> str | None:
    """Return why a handler in a folder cannot be measured, None if nothing speaks against it.

    A known wrapper stands for the handler that its variable in `environment` names. The module of
    any other wrapper lies in a layer or in a dependency: a name that the project's own code does
    not have at its top is left to the measurement, unless the folder is built and complete.
    """
    if handler is None:
        return "its handler is not known"
    product = product_of(handler)
    if product is not None:
        own = environment.get(product.variable)
        if not own:
            return f"its handler is {product.product}'s, and {product.variable} names no other"
        handler = own
    parts = handler_module(handler)
    if parts is None:
        return f"its handler {handler} names no function of a module"
    places = [folder, *(layer / "python" for layer in layers)]
    if any(module_file(place, parts) for place in places):
        return None
    is_own = len(parts) == 1 or _is_folder(folder / parts[0])
    if is_own or is_built:
        return f"{folder} has no {'/'.join(parts)}.py, which its handler {handler} names"
    return None
