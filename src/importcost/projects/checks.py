"""Find what no reader looks at: empty layers, well-known ones, inline code under another name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from importcost.projects.functions import CodeForm, FunctionLayer, ProjectFunction
from importcost.projects.handlers import handler_module

LAYER_FOLDERS = ("python", "lib", "bin")


def checked(function: ProjectFunction) -> ProjectFunction:
    """Return a function with the reasons why a layer, or its inline code, cannot be used.

    A public layer that brings a distribution has this among what its tool brings.
    """
    layers = tuple(_layer(one) for one in function.layers)
    problem = function.problem or _inline_problem(function)
    brought = [one for one in map(_brought, layers) if one is not None]
    brings = tuple(dict.fromkeys((*function.brings, *brought)))
    if layers == function.layers and problem == function.problem and brings == function.brings:
        return function
    return replace(function, layers=layers, problem=problem, brings=brings)


def _layer(layer: FunctionLayer) -> FunctionLayer:
    """Return a layer without its folder if that has nothing which Lambda would find in /opt."""
    if layer.path is None:
        brought = _brought(layer)
        return layer if brought is None else replace(layer, reason=f"{brought} stands for it")
    folder = Path(layer.path)
    if not folder.is_dir() or any((folder / name).is_dir() for name in LAYER_FOLDERS):
        return layer
    reason = f"its folder {folder} has no python, lib or bin: it is filled when it is built"
    return FunctionLayer(layer.name, reason=reason)


def _brought(layer: FunctionLayer) -> str | None:
    """Return the requirement that a public layer consists of, None for any other."""
    if layer.path is not None or not layer.name.startswith("arn:"):
        return None
    return next((brings for arn, brings in _public().items() if arn in layer.name), None)


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
