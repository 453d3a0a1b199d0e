"""Prepare a measurement: choose target, interpreter and runner, and lay out packages."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from importcost.app.bill.place import handler_of
from importcost.app.profile.around.mock_aws import MockAws, open_mock
from importcost.app.profile.deployed import NOTHING_DEPLOYED, Deployed, PackagesPlace, open_packages
from importcost.app.profile.in_common import once
from importcost.app.profile.plain.resolve import plain_target
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.billing.figures.platforms import GENERIC, check_platform
from importcost.config.read import HandlerConfig
from importcost.errors import HandlerError, MeasurementError, UsageError, remedy, words
from importcost.files.cache import cache_folder
from importcost.files.read import read_found
from importcost.measure.deployed.runtime_packages import NO_BOTO3
from importcost.measure.layout import extensions_in
from importcost.measure.runners.base import InterpreterFacts
from importcost.measure.runners.engines import RunnerChoice, choose
from importcost.measure.runners.local import inspect_interpreter
from importcost.model.plain import PlainChoice
from importcost.model.profile import Settings, Target
from importcost.parameters import Parameter
from importcost.projects.folder import handler_in
from importcost.targets.handler import in_packages, resolve_target, target_in_image
from importcost.targets.interpreter import InterpreterChoice, choose_interpreter
from importcost.targets.plain.tree import working_folder
from importcost.targets.web_app import choose_server

# Loaded when any interpreter has started, or by the runtime on every version.
ALWAYS_LOADED = frozenset(
    (
        *("os", "site", "abc", "codecs", "encodings", "io", "stat", "json", "zipimport"),
        *("__main__", "_frozen_importlib", "_frozen_importlib_external", "_sitebuiltins"),
    )
)
_GUARD = re.compile(rb"^if __name__ == ['\"]__main__['\"]", re.MULTILINE)
RUNTIMES_OWN = frozenset(("awslambdaric", "runtime_client", "snapshot_restore_py"))
"""The packages of the runtime itself: its own client, and the hooks of snapshots."""
PLAIN_IMAGE = "docker.io/library/python:{version}-slim"
DEFAULT_IMAGE = "public.ecr.aws/lambda/python:{version}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The resolved request, before anything is started for it."""

    target: Target
    settings: Settings
    interpreter: InterpreterFacts
    choice: RunnerChoice
    image: str
    place: PackagesPlace
    handler: HandlerConfig | None
    """The target's handler in the configuration."""
    deployed: Deployed = NOTHING_DEPLOYED
    mock: MockAws | None = None
    """The endpoint that answers the AWS calls of init, None if nothing does."""


@contextlib.contextmanager
def open_prepared(request: ProfileRequest, listener: Listener) -> Iterator[Prepared]:
    """Find out what to measure and lay its packages out; both can be started any number of times.

    Raises as `open_bench` does.
    """
    plain = request.plain
    if plain is None:
        prepared = _prepare(request, listener)
        _tell_program(prepared.target, request, listener)
    else:
        prepared = _prepare_plain(request, plain, listener)
    with (
        open_mock(request, listener) as mock,
        open_packages(prepared.place, listener) as deployed,
    ):
        target = prepared.target
        if target.is_handler and not request.is_own_image:
            target = in_packages(target, deployed.packages.search_path)
        yield replace(prepared, deployed=deployed, target=target, mock=mock)


def _prepare(request: ProfileRequest, listener: Listener) -> Prepared:
    """Find target, interpreter and runner, and install requirements. Raises as `open_bench`."""
    if request.is_own_image:
        target, start = target_in_image(request.target, request.environment), Path.cwd()
    else:
        target = resolve_target(
            request.target,
            task_root=request.task_root,
            layers=request.layers,
            environment=request.environment,
            elsewhere=True,
        )
        target = _with_called_function(target, request)
        start = Path(target.handler_file).parent
    chosen, interpreter = find_interpreter(request, start)
    runtime = request.runtime or f"python{interpreter.minor_version}"
    version = runtime.removeprefix("python")
    image = image_of(request, interpreter)
    platform = check_platform(request.platform)
    if platform.runs_lambda_runtime:
        _check_module_name(target, version)
    choice = _choose_runner(request, image, listener)
    _tell_choice(request, chosen, interpreter, choice, listener)
    if request.adapter is not None:
        server = choose_server(request.server, target, request.target)
        listener.note(f"Server: {server.name} ({server.reason}).")
    settings = _settings(request, target, runtime)
    is_local = choice.engine is None
    place = PackagesPlace(
        target=target,
        interpreter=interpreter,
        python_version=interpreter.version if is_local or not request.runtime else version,
        arch=request.arch,
        is_local=is_local,
        is_own_image=request.is_own_image,
        requirements=request.requirements,
        boto3=request.boto3 if platform.runs_lambda_runtime else NO_BOTO3,
        installs=request.installs,
        is_built=request.is_built,
    )
    handler = request.configured or handler_of(target)
    return Prepared(target, settings, interpreter, choice, image, place, handler)


def _settings(request: ProfileRequest, target: Target, runtime: str) -> Settings:
    """Return the function's configuration, as its platform has it."""
    platform = check_platform(request.platform)
    has_none = request.adapter is not None or not platform.runs_lambda_runtime
    return Settings(
        memory_mb=request.memory_mb,
        arch=request.arch,
        package_type=platform.bytecode or request.package_type,
        runtime=runtime,
        environment_names=tuple(sorted(request.environment)),
        region=request.region,
        platform=request.platform,
        # A web app's adapter is one itself, and a part of its start.
        extensions=() if has_none else extensions_in(target.layers),
    )


def _tell_program(target: Target, request: ProfileRequest, listener: Listener) -> None:
    """Say that a file is imported as Lambda would, if it looks like a program and no handler."""
    file = Path(target.handler_file)
    is_open = target.function is None and target.wrapper is None and request.adapter is None
    if request.is_own_image or not is_open or handler_in(file) is not None:
        return
    with contextlib.suppress(OSError):
        if _GUARD.search(read_found(file)):
            listener.note(
                f"{file.name} has no handler and runs as a program: it is measured as Lambda "
                f"imports it; --file {file.name} runs it."
            )


def find_plain(
    request: ProfileRequest, choice: PlainChoice
) -> tuple[Target, InterpreterChoice, InterpreterFacts]:
    """Return a target that is not a handler, and the interpreter that measures it.

    Raises UsageError if there is no such thing, MeasurementError if the interpreter fails.
    """
    folder = working_folder(request.task_root)
    chosen, interpreter = find_interpreter(request, folder)
    target = plain_target(choice, request.extras or None, folder, interpreter.executable)
    return target, chosen, interpreter


def _prepare_plain(request: ProfileRequest, choice: PlainChoice, listener: Listener) -> Prepared:
    """Find a target that is not a handler, in the environment of the interpreter that measures it.

    Raises as `open_bench`.
    """
    target, chosen, interpreter = find_plain(request, choice)
    listener.note(
        f"Measuring with Python {interpreter.version}, {interpreter.executable}: {chosen.reason}."
    )
    runner = RunnerChoice(None, "it is measured as it runs here")
    settings = Settings(
        memory_mb=request.memory_mb,
        arch=request.arch,
        package_type="image",  # its bytecode is there, as in an image
        runtime=f"python{interpreter.minor_version}",
        environment_names=tuple(sorted(request.environment)),
        region=request.region,
        platform=GENERIC,
    )
    place = PackagesPlace(
        target=target,
        interpreter=interpreter,
        python_version=interpreter.version,
        arch=request.arch,
        is_local=True,
        is_own_image=False,
        boto3=NO_BOTO3,
        installs=False,
        is_built=False,
    )
    handler = request.configured or handler_of(target)
    return Prepared(target, settings, interpreter, runner, "", place, handler)


def image_of(request: ProfileRequest, interpreter: InterpreterFacts) -> str:
    """Return the image that a container would be started from: as asked for, else Lambda's.

    A platform without Lambda's runtime has Python's own image instead.
    """
    runtime = request.runtime or f"python{interpreter.minor_version}"
    is_lambda = check_platform(request.platform).runs_lambda_runtime
    default = DEFAULT_IMAGE if is_lambda else PLAIN_IMAGE
    return request.image or default.format(version=runtime.removeprefix("python"))


def find_interpreter(
    request: ProfileRequest, start: Path
) -> tuple[InterpreterChoice, InterpreterFacts]:
    """Return the interpreter of this machine for a handler in the folder `start`, and its facts.

    Raises UsageError for one that does not exist, MeasurementError if it does not answer.
    """
    chosen = choose_interpreter(request.python, request.runtime, start, os.environ)
    if request.python and request.python_reason:
        chosen = replace(chosen, reason=request.python_reason)
    try:
        return chosen, _inspected(chosen.path)
    except MeasurementError:
        if request.python or not request.runtime:
            raise
    # A version manager puts a shim on PATH for every version that it could start but is not set to.
    # If the user named none, the default is measured, and the report says that it differs.
    default = choose_interpreter(None, None, start, os.environ)
    return default, _inspected(default.path)


def _inspected(path: str) -> InterpreterFacts:
    return once(("interpreter", path), lambda: inspect_interpreter(path))


def _with_called_function(target: Target, request: ProfileRequest) -> Target:
    """Return the target as its exec wrapper must find it: with the function that Lambda calls.

    Raises UsageError if the file alone does not tell which one. A web app's adapter is no wrapper.
    """
    if request.adapter is not None:
        return replace(target, wrapper=None)
    if target.wrapper is None or target.wrapper.program is None or target.function is not None:
        return target
    found = handler_in(Path(target.handler_file))
    if found is None:
        raise UsageError(
            f"{target.wrapper.program} is told which function to start, and {target.handler_file} "
            "alone does not say which that is: write FILE.py:function."
        )
    return replace(target, function=found[0])


def _choose_runner(request: ProfileRequest, image: str, listener: Listener) -> RunnerChoice:
    wanted = request.runner
    if wanted == "auto" and request.image is None and request.python is not None:
        return RunnerChoice(None, "--python names an interpreter of this machine")
    platform = check_platform(request.platform)
    if wanted == "auto" and request.image is None and not platform.runs_lambda_runtime:
        return RunnerChoice(None, "the platform does not run Lambda's image")
    fetching = f"Fetching {image} with {wanted} (once) ..."
    choice = once(
        ("runner", wanted, image),
        lambda: choose(wanted, image, listener.detail, lambda: listener.note(fetching)),
    )
    if choice.engine is None and request.is_own_image:
        raise UsageError(
            f"The image {image} is the function's own and can only be measured in a container: "
            f"{choice.full_reason}",
            remedy(
                words("name the engine with ", Parameter.RUNNER),
                f"fetch it with `{choice.hint or 'docker pull ' + image}`",
                mark=";",
            ),
        )
    if choice.engine is None and request.image is not None:
        # A user who names an image means it: figures of this machine would pass for the image's.
        raise MeasurementError(
            f"The image {image} cannot be measured in: {choice.full_reason}",
            remedy(
                f"fetch it with `{choice.hint or 'docker pull ' + image}`",
                words("name the engine with ", Parameter.RUNNER),
                words("leave ", Parameter.IMAGE, " out"),
                mark=";",
            ),
        )
    return choice


def _tell_choice(
    request: ProfileRequest,
    chosen: InterpreterChoice,
    interpreter: InterpreterFacts,
    choice: RunnerChoice,
    listener: Listener,
) -> None:
    """Describe in at most two lines the chosen tools, and why."""
    if choice.engine is None:
        listener.note(
            f"Measuring with Python {interpreter.version}, {interpreter.executable}: "
            f"{chosen.reason}."
        )
    if request.runner == "auto":
        listener.note(f"Runner: {choice.name}, because {runner_reason(choice)}.")
    for line in choice.tried:
        listener.detail(line)
    listener.detail(f"cache: {cache_folder()}")


def runner_reason(choice: RunnerChoice) -> str:
    """Return the reason for this runner, with the hint to a better one."""
    hint = f" (to measure in Lambda's image: {choice.hint})" if choice.hint else ""
    return f"{choice.reason}{hint}"


def runtime_modules(python_version: str) -> tuple[str, ...]:
    """Return the modules that represent awslambdaric on a Python version like `3.12`.

    A version that the dated list does not have uses the newest one's; modules that do not exist
    there are skipped.
    """
    text = resources.files("importcost.measure").joinpath("data", "runtime-modules.json")
    lists = json.loads(text.read_text(encoding="utf-8"))["modules"]
    newest = max(lists, key=lambda version: tuple(map(int, version.split("."))))
    return tuple(lists.get(python_version, lists[newest]))


def _check_module_name(target: Target, python_version: str) -> None:
    """Raise HandlerError for a handler that Lambda would never import.

    Its runtime looks the module up by name, and finds the one that it has loaded itself.
    """
    top = target.module.partition(".")[0]
    loaded = {name.partition(".")[0] for name in runtime_modules(python_version)}
    if top in RUNTIMES_OWN:
        raise HandlerError(
            f"{target.handler_file} has the name of {top}, a module of Lambda's runtime, which has "
            "loaded its own already and would take that instead of the handler: rename the file."
        )
    if top in loaded | set(sys.builtin_module_names) or top in ALWAYS_LOADED:
        raise HandlerError(
            f"{target.handler_file} has the name of Python's own module {top}, which Lambda's "
            "runtime has loaded already and would take instead of the handler: rename the file."
        )
