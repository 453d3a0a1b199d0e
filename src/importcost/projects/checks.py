"""Find what no reader looks at: empty layers, well-known ones, inline code under another name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from importcost.errors import UsageError
from importcost.projects.functions import CodeForm, FunctionLayer, ProjectFunction
from importcost.projects.handlers import handler_module

LAYER_FOLDERS = ("python", "lib", "bin")


def checked(function: ProjectFunction) -> ProjectFunction:
    """Return a function with the reasons why a layer, or its inline code, cannot be used.

    The distributions of a public layer, and of one that a build installs from its requirements.txt,
    are among what its tool brings.
    """
    problem = function.problem or _inline_problem(function) or _image_problem(function)
    brings, layers = list(function.brings), []
    for layer in function.layers:
        brought = _brought(layer)
        layers.append(_told(layer, brought))
        brings += brought
    found = (tuple(layers), problem, tuple(dict.fromkeys(brings)))
    if found == (function.layers, function.problem, function.brings):
        return function
    return replace(function, layers=found[0], problem=found[1], brings=found[2])


def _image_problem(function: ProjectFunction) -> str | None:
    """Return why an image cannot be started here: nothing says which handler it starts."""
    if function.code.form is CodeForm.IMAGE and not function.handler:
        return "it is an image, and no file of the project says which handler it starts"
    return None


def _told(layer: FunctionLayer, brought: list[str]) -> FunctionLayer:
    """Return a layer with what stands for it, or why its folder is of no use."""
    if brought:
        names = ", ".join(brought[:3])
        more = f" and {len(brought) - 3} more" if len(brought) > 3 else ""
        return FunctionLayer(layer.name, reason=f"{names}{more} from the index stands for it")
    if layer.path is not None and _is_empty(Path(layer.path)):
        reason = f"its folder {layer.path} has no python, lib or bin"
        return FunctionLayer(layer.name, reason=f"{reason}: it is filled when it is built")
    return layer


def _is_empty(folder: Path) -> bool:
    """Return True for a folder with nothing that Lambda would find in /opt."""
    return folder.is_dir() and not any((folder / name).is_dir() for name in LAYER_FOLDERS)


def _brought(layer: FunctionLayer) -> list[str]:
    """Return the requirements of which a public layer, or one that is not built, consists."""
    if layer.path is not None:
        return _installed_into(Path(layer.path)) if _is_empty(Path(layer.path)) else []
    if not layer.name.startswith("arn:"):
        return []
    return [brings for arn, brings in _public().items() if arn in layer.name][:1]


def _installed_into(folder: Path) -> list[str]:
    """Return what a build installs into a layer: the distributions of its requirements.txt."""
    from importcost.targets.requirements import read_requirements

    file = folder / "requirements.txt"
    try:
        found = read_requirements(str(file)) if file.is_file() else None
    except UsageError:
        return []
    return [line for line in (found.lines if found else ()) if _is_of_index(line)]


def _is_of_index(line: str) -> bool:
    """Return False for a folder, an address, and an option of pip."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(line).url is None
    except InvalidRequirement:
        return False


@cache
def _public() -> Mapping[str, str]:
    text = resources.files("importcost.projects").joinpath("data", "public-layers.json")
    listed = json.loads(text.read_text(encoding="utf-8"))["layers"]
    return {one["arn"]: one["brings"] for one in listed}


def _inline_problem(function: ProjectFunction) -> str | None:
    handler = function.handler
    if function.code.form is not CodeForm.INLINE or handler is None:
        return None
    stored = function.code.text_file
    if handler_module(handler) == (stored.removesuffix(".py"),):
        return None
    return f"its inline code is stored as {stored}, which its handler {handler} misses"
