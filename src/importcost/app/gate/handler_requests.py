"""Turn a handler of the configuration into a request to measure it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost.app.profile.platform_fit import fit_platform
from importcost.app.profile.prepare import find_plain
from importcost.app.profile.request import ProfileRequest, check_request
from importcost.app.projects.configured import PlaceReader, of_project, with_project
from importcost.app.projects.requests import names_a_project
from importcost.config.read import Config, HandlerConfig, load_config
from importcost.declaration import WITH_SETTING
from importcost.errors import Audience, UsageError, worded
from importcost.projects.functions import SEPARATOR
from importcost.targets.handler import resolve_target, target_in_image
from importcost.targets.interpreter import choose_interpreter
from importcost.targets.requirements import find_requirements


@dataclass(frozen=True, slots=True)
class HowToMeasure:
    """The command line's options for measuring, the same for all handlers.

    `image` is the container image, None for AWS's own. `runs` are the launches of each handler,
    None for as many as the figures need. `timeout_s` is the limit of one launch.
    """

    runs: int | None = None
    timeout_s: float = 60.0
    runner: str = "auto"
    network: str = "none"
    image: str | None = None


def request_for(
    handler: HandlerConfig, how: HowToMeasure, extra_layers: tuple[str, ...] = ()
) -> ProfileRequest:
    """Return the request that measures a configured handler.

    `extra_layers` are unpacked layers beside its own. Raises UsageError for impossible settings.
    """
    names = [option.field for option in WITH_SETTING.values()]
    fields = {name: getattr(handler, name) for name in names}
    fields["layers"] = (*handler.layers, *extra_layers)
    request = ProfileRequest(
        target=handler.handler,
        python_reason=handler.python_reason,
        runs=how.runs,
        timeout_s=how.timeout_s,
        runner=how.runner,
        network=how.network,
        image=how.image,
        is_built=handler.is_built,
        configured=handler,
        **fields,
    )
    if request.plain is None:
        request = fit_platform(request, handler.given)
    check_request(request)
    return request


def requests_for(
    config: Config, handlers: Sequence[HandlerConfig], how: HowToMeasure, read: PlaceReader
) -> tuple[ProfileRequest, ...]:
    """Return the request of each handler, checked for missing files first.

    Found here, a missing file costs nothing; found at its turn, it costs the minutes of the
    handlers before it. Raises UsageError that names file and line.
    """
    requests = tuple(_request_in(config, one, how, read) for one in handlers)
    for handler, request in zip(handlers, requests, strict=True):
        _check_there(request, f"{config.file} line {handler.line}")
    return requests


def _request_in(
    config: Config, handler: HandlerConfig, how: HowToMeasure, read: PlaceReader
) -> ProfileRequest:
    try:
        return request_for(of_project(handler, read), how)
    except UsageError as error:
        # A table may name a function that its template does not have any more.
        is_of_table = handler.has_table and SEPARATOR in handler.handler
        place = f"{config.file} line {handler.line}: " if is_of_table else ""
        raise UsageError(f"{place}{worded(error, Audience.SETTINGS)}") from error


def _check_there(request: ProfileRequest, place: str) -> None:
    try:
        _must_be_there(request)
    except UsageError as error:
        raise UsageError(f"{place}: {worded(error, Audience.SETTINGS)}") from error


def _must_be_there(request: ProfileRequest) -> None:
    """Raise UsageError if a handler's file, layer, requirements or interpreter is missing."""
    if request.plain is not None:
        find_plain(request, request.plain)
        return
    if request.image is not None and request.package_type == "image":
        target_in_image(request.target, request.environment)
        return
    target = resolve_target(
        request.target,
        task_root=request.task_root,
        layers=request.layers,
        environment=request.environment,
        elsewhere=True,
    )
    find_requirements(request.requirements, target.handler_file, target.task_root)
    start = Path(target.handler_file).parent
    choose_interpreter(request.python, request.runtime, start, os.environ)


def configuration(path: str | None, read: PlaceReader, targets: Sequence[str] = ()) -> Config:
    """Return the configuration at `path`, or the nearest one. Raises UsageError without one.

    `targets` are what the user named, for that error's advice.
    """
    config = load_config(path)
    if config is None:
        places = "".join(f" {one}" for one in targets if names_a_project(one))
        raise UsageError(
            "There is no [tool.importcost] in a pyproject.toml here or above, and no "
            f"importcost.toml: write one with importcost init{places}, or name it with --config."
        )
    return with_project(config, read)


def repository_root(folder: Path) -> Path:
    """Return the folder of the repository around `folder`, else `folder` itself.

    Reports name files relative to it; it is recognised by its `.git`, which is a file in worktrees.
    """
    here = folder.resolve()
    return next((one for one in (here, *here.parents) if (one / ".git").exists()), here)
