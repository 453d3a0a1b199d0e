"""Handlers of a configuration that name functions of a project: their settings come from there."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.requests import (
    measurable_functions,
    names_a_project,
    nothing_measurable,
    request_for_function,
)
from importcost.config.read import Config, HandlerConfig
from importcost.declaration import WITH_SETTING
from importcost.errors import UsageError
from importcost.projects.find import chosen, read_project_place, same_place, split_place
from importcost.projects.functions import SEPARATOR, DeployedProject, ReadOptions

PlaceReader = Callable[[str], DeployedProject]


def project_reader() -> PlaceReader:
    """Return what reads a place as a project, each place once."""

    @cache
    def read(place: str) -> DeployedProject:
        return read_project_place(Path(place), ReadOptions())

    return read


def of_project(handler: HandlerConfig, read: PlaceReader) -> HandlerConfig:
    """Return a handler that names `PLACE::NAME` with what its project says; any other as it is.

    What the configuration sets itself stays. Raises UsageError for a place that cannot be read, a
    function that it does not have, and one that cannot be measured here.
    """
    if handler.plain is not None or SEPARATOR not in handler.handler:
        return handler
    place, name = split_place(handler.handler)
    function = chosen(read(place), name or handler.name)
    plain = ProfileRequest(target=handler.handler)
    found = request_for_function(function, plain, handler.given)
    names = {option.field for option in WITH_SETTING.values()} - handler.given
    settings = {one: getattr(found, one) for one in names if one != "environment"}
    changed = {one: value for one, value in settings.items() if value != getattr(plain, one)}
    root = found.task_root if found.task_root is not None else handler.task_root
    return replace(
        handler,
        handler=found.target,
        environment={**found.environment, **handler.environment},
        **{**changed, "task_root": root, "is_built": found.is_built},
    )


def settings_of_functions(config: Config, project: DeployedProject) -> dict[str, HandlerConfig]:
    """Return the handler in the configuration of each function of a project that has one, by name.

    They are those of the configuration's own project, and those that tables name as `PLACE::NAME`.
    What the project says about a function is filled in. A table that names no function of the
    project is left out: `with_project` tells it.
    """
    found: dict[str, HandlerConfig] = {}
    for handler in config.handlers:
        place, name = split_place(handler.handler)
        if SEPARATOR in handler.handler and same_place(place, project.place):
            with contextlib.suppress(UsageError):
                found[chosen(project, name or handler.name).name] = handler
    if _is_of(config, project) and config.defaults is not None:
        for one in project.functions:
            place = f"{config.project}{SEPARATOR}{one.name}"
            found.setdefault(one.name, _by_default(config.defaults, one.name, place))
    ready = {one.name for one in project.functions if one.problem is None}
    return {
        name: of_project(one, lambda _: project) for name, one in found.items() if name in ready
    }


def _is_of(config: Config, project: DeployedProject) -> bool:
    return config.project is not None and same_place(config.project, project.place)


def with_project(config: Config, read: PlaceReader) -> Config:
    """Return a configuration with a handler for each function of its project, by logical ids.

    A function with a table of its own has that one's settings and budgets, all others the defaults.
    Functions that cannot be measured here are left out. Raises UsageError for a project that cannot
    be read, and for a table that names no function of it.
    """
    if config.project is None or config.defaults is None:
        return config
    project = read(config.project)
    known = {one.name for one in config.handlers}
    added = [
        _by_default(config.defaults, one.name, f"{config.project}{SEPARATOR}{one.name}")
        for one in project.functions
        if one.problem is None and one.name not in known
    ]
    found = (*config.handlers, *added)
    if not found:
        raise UsageError(f"{config.file}: {nothing_measurable(project)}")
    return replace(config, handlers=found)


def _by_default(defaults: HandlerConfig, name: str, handler: str) -> HandlerConfig:
    return replace(defaults, name=name, handler=handler)


def chosen_handlers(
    config: Config, names: Iterable[str], read: PlaceReader
) -> tuple[HandlerConfig, ...]:
    """Return the handlers that names or targets mean, each once; all of them without any.

    A name is one in the configuration; a target is a project's place, one function of it, or a
    handler's file. Its functions have the tables of the configuration that are about them, else the
    settings above the tables. Raises UsageError for what means nothing.
    """
    found: dict[tuple[str, str], HandlerConfig] = {}
    for name in names:
        for one in _handlers_of(config, name, read):
            found.setdefault((one.name, one.handler), one)
    chosen_ones = tuple(found.values()) or config.handlers
    counts = Counter(one.name for one in chosen_ones)
    # Two projects may have a function of the same name: each is called by its place, too.
    return tuple(
        replace(one, name=one.handler) if counts[one.name] > 1 else one for one in chosen_ones
    )


def _handlers_of(config: Config, name: str, read: PlaceReader) -> tuple[HandlerConfig, ...]:
    if any(one.name == name for one in config.handlers) or config.defaults is None:
        return (config.find(name),)
    if names_a_project(name):
        return _in_place(config, name, read)
    if name.partition(":")[0].endswith(".py"):
        own = [one for one in config.handlers if _is_file(one, name)]
        return tuple(own) or (_by_default(config.defaults, name, os.path.abspath(name)),)  # noqa: PTH100 - a function may follow
    return (config.find(name),)


def _is_file(handler: HandlerConfig, text: str) -> bool:
    """Return True if a configured handler is the file, or file and function, of a target."""
    file, _, function = text.partition(":")
    own_file, _, own_function = handler.handler.partition(":")
    is_same = Path(own_file).resolve() == Path(file).resolve()
    return is_same and (not function or own_function in ("", function))


def _in_place(config: Config, target: str, read: PlaceReader) -> tuple[HandlerConfig, ...]:
    """Return the handlers of a project's place, or of its one function that `target` names."""
    place, name = split_place(target)
    project = read(place)
    wanted = [chosen(project, name)] if name is not None else list(project.functions)
    ready = measurable_functions(replace(project, functions=tuple(wanted)))
    own = {
        chosen(project, split_place(one.handler)[1] or one.name).name: one
        for one in config.handlers
        if SEPARATOR in one.handler and same_place(split_place(one.handler)[0], place)
    }
    defaults = config.defaults or HandlerConfig(name="", handler="")
    return tuple(
        own.get(one.name) or _by_default(defaults, one.name, f"{place}{SEPARATOR}{one.name}")
        for one in ready
    )
