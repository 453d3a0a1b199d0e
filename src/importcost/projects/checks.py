"""Find what no reader looks at: layers that are still empty, inline code under another name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from importcost.projects.functions import CodeForm, FunctionLayer, ProjectFunction
from importcost.projects.handlers import handler_module

LAYER_FOLDERS = ("python", "lib", "bin")


def checked(function: ProjectFunction) -> ProjectFunction:
    """Return a function with the reasons why a layer, or its inline code, cannot be used."""
    layers = tuple(_layer(one) for one in function.layers)
    problem = function.problem or _inline_problem(function)
    if layers == function.layers and problem == function.problem:
        return function
    return replace(function, layers=layers, problem=problem)


def _layer(layer: FunctionLayer) -> FunctionLayer:
    """Return a layer without its folder if that has nothing which Lambda would find in /opt."""
    if layer.path is None:
        return layer
    folder = Path(layer.path)
    if not folder.is_dir() or any((folder / name).is_dir() for name in LAYER_FOLDERS):
        return layer
    reason = f"its folder {folder} has no python, lib or bin: it is filled when it is built"
    return FunctionLayer(layer.name, reason=reason)


def _inline_problem(function: ProjectFunction) -> str | None:
    handler = function.handler
    if function.code.form is not CodeForm.INLINE or handler is None:
        return None
    stored = function.code.text_file
    if handler_module(handler) == (stored.removesuffix(".py"),):
        return None
    return f"its inline code is stored as {stored}, which its handler {handler} misses"
