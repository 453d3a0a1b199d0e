"""The place of a handler string's module: the function's code, its layers, or a dependency."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def handler_module(handler: str) -> tuple[str, ...] | None:
    """Return the parts of a handler string's module, None if it names none."""
    module, dot, function = handler.rpartition(".")
    parts = tuple(part for part in module.replace("/", ".").split(".") if part)
    return parts if dot and function.isidentifier() and parts else None


def module_file(folder: Path, parts: tuple[str, ...]) -> Path | None:
    """Return the file of a module below a folder, None if it is not there."""
    base = folder.joinpath(*parts)
    for found in (base.with_name(base.name + ".py"), base / "__init__.py"):
        if found.is_file():
            return found
    return None


def handler_problem(
    handler: str | None, folder: Path, layers: Iterable[Path], *, is_built: bool
) -> str | None:
    """Return why a handler in a folder cannot be measured, None if nothing speaks against it.

    The module of a wrapper lies in a layer or in a dependency: a name that the project's own code
    does not have at its top is left to the measurement, unless the folder is built and complete.
    """
    if handler is None:
        return "its handler is not known"
    parts = handler_module(handler)
    if parts is None:
        return f"its handler {handler} names no function of a module"
    places = [folder, *(layer / "python" for layer in layers)]
    if any(module_file(place, parts) for place in places):
        return None
    top = folder / parts[0]
    is_own = top.is_dir() or len(parts) == 1
    if is_own or is_built:
        return f"{folder} has no {'/'.join(parts)}.py, which its handler {handler} names"
    return None
