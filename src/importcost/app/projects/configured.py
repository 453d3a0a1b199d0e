"""Handlers of a configuration that name functions of a project: their settings come from there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.requests import request_for_function
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
    if SEPARATOR not in handler.handler:
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
            found.setdefault(one.name, replace(config.defaults, name=one.name, handler=place))
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
        replace(config.defaults, name=one.name, handler=f"{config.project}{SEPARATOR}{one.name}")
        for one in project.functions
        if one.problem is None and one.name not in known
    ]
    found = (*config.handlers, *added)
    if not found:
        raise UsageError(
            f"{config.file}: no function of {config.project} can be measured here: see why with"
            f" importcost list {config.project}."
        )
    return replace(config, handlers=found)
