"""From a request to a bench: target, interpreter, runner and requirements laid out."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Protocol

from importcost import __version__
from importcost.app.profile.deployed import NOTHING_DEPLOYED, Deployed, Place, open_packages
from importcost.app.profile.extra_packages import NO_EXTRA, Extra, parse_packages, with_asked
from importcost.app.profile.first_figures import FirstFigures
from importcost.app.profile.noise_warning import with_noise_warning
from importcost.app.profile.runtime_supply import Supplied, has_bare_packages, open_supplied
from importcost.errors import HandlerError, MeasurementError, UsageError
from importcost.files.cache import cache_folder
from importcost.measure.assemble import Provenance, assemble
from importcost.measure.deployed.not_deployed import Beyond
from importcost.measure.layout import lambda_environment, local_layout
from importcost.measure.plan import MIN_RUNS, PRECISE, QUICK, Plan
from importcost.measure.runners.base import InterpreterFacts, Packages, Runner
from importcost.measure.runners.container import (
    INIT_BOOST_CPUS,
    ContainerOptions,
    ContainerRunner,
)
from importcost.measure.runners.engines import Choice, choose
from importcost.measure.runners.local import LocalRunner, inspect_interpreter
from importcost.measure.session import (
    BYTECODE_DIR,
    Measurement,
    Progress,
    Rehearsed,
    Subject,
    measure,
)
from importcost.model.profile import Profile, Settings, Target
from importcost.targets.handler import resolve_target, target_in_image
from importcost.targets.interpreter import InterpreterChoice, choose_interpreter

# Loaded when any interpreter has started, or by the runtime on every version.
ALWAYS_LOADED = frozenset(("os", "site", "abc", "codecs", "encodings", "io", "stat", "json"))
TRACING_VARIABLE = "PYTHONPROFILEIMPORTTIME"
LONGEST_TIMEOUT_S = 3600.0
DEFAULT_IMAGE = "public.ecr.aws/lambda/python:{version}"


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """What `importcost profile` was asked for; see its options for the meaning of each field."""

    target: str
    task_root: str | None = None
    memory_mb: int = 128
    arch: str = "x86_64"
    package_type: str = "zip"
    python: str | None = None
    python_reason: str | None = None
    """Why `python` is measured, where it was not --python that named it."""
    runtime: str | None = None
    layers: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    requirements: str | None = None
    boto3: str | None = None
    """The version of boto3 that the runtime brings, `none` for no boto3; None is the known one."""
    runs: int | None = None
    precise: bool = True
    """Whether figures are wanted to 2 %, which may take a minute, or to 5 % in 15 s."""
    timeout_s: float = 60.0
    runner: str = "auto"
    image: str | None = None
    network: str = "none"
    cpus: float | None = None
    """The container's CPU quota in cores; None is init's boost."""
    packages: tuple[str, ...] = ()
    """Requirements that are installed beside the function's own."""
    installs: bool = True
    """Whether anything at all may be installed."""
    installs_missing: bool = True
    """Whether a missing module may be installed where nothing says what is deployed."""
    placeholders: bool = True
    """Whether variables that init reads and nobody has set get a placeholder."""


class Listener(Protocol):
    """Is told how the measurement gets on; the command line shows it."""

    def note(self, message: str) -> None:
        """Take one sentence about a choice that was made."""

    def detail(self, message: str) -> None:
        """Take one line that only --verbose shows: what was tried, paths, full messages."""

    def progress(self, progress: Progress) -> None:
        """Take how far the runs are."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a request comes to, before anything is started for it."""

    target: Target
    settings: Settings
    interpreter: InterpreterFacts
    choice: Choice
    image: str
    place: Place
    deployed: Deployed = NOTHING_DEPLOYED


def check_request(request: ProfileRequest) -> None:
    """Raise UsageError for values that no measurement can be made with."""
    if request.runs is not None and request.runs < MIN_RUNS:
        raise UsageError(f"--runs is {request.runs} and must be at least {MIN_RUNS}.")
    if request.runtime and not re.fullmatch(r"python3\.\d+", request.runtime):
        raise UsageError(f"--runtime is {request.runtime}: name a Python runtime like python3.13.")
    if not 0 < request.timeout_s <= LONGEST_TIMEOUT_S:
        raise UsageError(
            f"--timeout is {request.timeout_s:g}: name the seconds that one launch may take, at "
            f"most {LONGEST_TIMEOUT_S:g}."
        )
    if request.boto3 is not None and not re.fullmatch(r"none|\d+\.\d+\.\d+", request.boto3):
        raise UsageError(
            f"--boto3 is {request.boto3}: name a version like 1.40.4, or none for a function that "
            "is measured without what Lambda's runtime brings."
        )
    parse_packages(request.packages)
    if request.packages and not request.installs:
        raise UsageError("--with asks for an installation and --no-install rules it out: drop one.")
    for option, is_given in (
        ("--image", request.image is not None),
        ("--network", request.network != "none"),
    ):
        if is_given and request.runner == "local":
            raise UsageError(
                f"{option} means a container and --runner local means none: leave one of the two "
                "out."
            )


@dataclass(frozen=True, slots=True)
class Bench:
    """One target laid out and ready to be launched, as long as its context is open."""

    runner: Runner
    subject: Subject
    provenance: Provenance
    request: ProfileRequest
    prepared: Prepared
    extra: Extra = NO_EXTRA
    rehearsed: Rehearsed | None = None
    """The first launches, which went well; None where the bench was opened without any."""

    @property
    def is_helped(self) -> bool:
        """Tell whether init was given more than was asked for."""
        automatic = any(one.is_automatic for one in self.extra.packages)
        return automatic or bool(self.extra.placeholders)

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the variables that were asked for, and the placeholders."""
        placeholders = self.extra.placeholders
        return {**{one.name: one.value for one in placeholders}, **self.request.environment}

    def profile(self, listener: Listener) -> tuple[Measurement, Profile]:
        """Measure the target as it is. Raises HandlerError where its init fails."""
        plan = Plan(self.request.runs, PRECISE if self.request.precise else QUICK)
        first_figures = FirstFigures(self.subject, self.provenance, listener.progress)
        measurement = measure(
            self.runner,
            self.subject,
            plan,
            first_figures.progress,
            random.Random(),  # noqa: S311 - order of runs, not a secret
            self.rehearsed,
        )
        profile = assemble(measurement, self.subject, self.provenance)
        return measurement, with_noise_warning(profile, plan)


@contextlib.contextmanager
def open_bench(request: ProfileRequest, listener: Listener) -> Iterator[Bench]:
    """Lay out the target that `request` names, and remove all that was started for it at the end.

    Nothing is launched, and nothing supplied that init lacks: see `rehearsal.open_rehearsed`.
    Raises UsageError for what cannot be carried out as asked, MeasurementError where the
    interpreter, the engine or an installation fails.
    """
    request = without_tracing(request, listener)
    with open_prepared(request, listener) as prepared:
        extra = asked_for(prepared, request, listener)
        with start(prepared, request, extra, listener) as bench:
            yield bench


def asked_for(prepared: Prepared, request: ProfileRequest, listener: Listener) -> Extra:
    """Return the packages that were asked for with --with, installed. Raises MeasurementError."""
    return with_asked(request.packages, prepared.place.install_target(), listener.note)


@contextlib.contextmanager
def open_prepared(request: ProfileRequest, listener: Listener) -> Iterator[Prepared]:
    """Find out what is measured and lay its packages out; both can be started any number of times.

    Raises as `open_bench` does.
    """
    prepared = _prepare(request, listener)
    with open_packages(prepared.place, listener) as deployed:
        yield replace(prepared, deployed=deployed)


@contextlib.contextmanager
def start(
    prepared: Prepared, request: ProfileRequest, extra: Extra, listener: Listener
) -> Iterator[Bench]:
    """Start what was prepared, with what is supplied beside it; nothing of it stays."""
    with _bytecode_folder(prepared, request) as bytecode_dir:
        attempt = _Attempt(prepared, request, bytecode_dir, extra)
        with open_supplied(attempt, listener) as supplied:
            provenance = replace(_provenance(attempt, supplied), supplies=extra.supplies)
            yield Bench(supplied.runner, supplied.subject, provenance, request, prepared, extra)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A target with its packages, to be opened with and without what the runtime brings."""

    prepared: Prepared
    request: ProfileRequest
    bytecode_dir: str | None
    extra: Extra

    @property
    def deployed(self) -> Deployed:
        """Return the packages laid out."""
        return self.prepared.deployed

    @property
    def place(self) -> Place:
        """Return what the packages are for."""
        return self.prepared.place

    def runner(self, packages: Packages) -> Runner:
        """Return a runner, not started yet, with these packages laid out."""
        packages = replace(packages, installed=(*packages.installed, *self.extra.folders))
        placeholders = {one.name: one.value for one in self.extra.placeholders}
        return _runner(self.prepared, self.request, placeholders, packages)

    def subject(self, runner: Runner, beyond: Beyond) -> Subject:
        """Return what this runner launches."""
        bytecode_dir = self.bytecode_dir
        if bytecode_dir is None and runner.image and has_bare_packages(runner.layout):
            bytecode_dir = BYTECODE_DIR
        return Subject(
            target=self.prepared.target,
            settings=self.prepared.settings,
            runtime_modules=runtime_modules(runner.facts().minor_version),
            bytecode=_bytecode_mode(self.prepared, self.request),
            bytecode_dir=bytecode_dir,
            timeout_s=self.request.timeout_s,
            beyond=beyond,
        )


def _provenance(attempt: _Attempt, supplied: Supplied) -> Provenance:
    runner = supplied.runner
    return Provenance(
        facts=runner.facts(),
        layout=runner.layout,
        runner_name=runner.name,
        runner_reason=_reason(attempt.prepared.choice),
        image=runner.image,
        requirements=attempt.deployed.requirements,
        packages=attempt.deployed.words,
        runtime_packages=supplied.words,
        created_at=now(),
        importcost_version=__version__,
    )


def without_tracing(request: ProfileRequest, listener: Listener) -> ProfileRequest:
    """Leave out the variable that traces every import: timed runs must go untraced."""
    if TRACING_VARIABLE not in request.environment:
        return request
    listener.note(f"Leaving out {TRACING_VARIABLE}: importcost traces the imports itself.")
    kept = {name: text for name, text in request.environment.items() if name != TRACING_VARIABLE}
    return replace(request, environment=kept)


def now() -> str:
    """Return the time of day in UTC, ISO 8601, whole seconds."""
    return datetime.datetime.now(tz=datetime.timezone.utc).isoformat(timespec="seconds")


def runtime_modules(python_version: str) -> tuple[str, ...]:
    """Return what stands in for awslambdaric on a Python version like `3.12`.

    A version that the dated list does not have takes the newest one's; modules that do not
    exist there are passed over.
    """
    text = resources.files("importcost.measure").joinpath("data", "runtime-modules.json")
    lists = json.loads(text.read_text(encoding="utf-8"))["modules"]
    newest = max(lists, key=lambda version: tuple(map(int, version.split("."))))
    return tuple(lists.get(python_version, lists[newest]))


def _check_module_name(target: Target, python_version: str) -> None:
    """Raise HandlerError for a handler that Lambda would never import.

    Its runtime looks the module up by name, and finds what it has loaded itself.
    """
    top = target.module.partition(".")[0]
    loaded = {name.partition(".")[0] for name in runtime_modules(python_version)}
    if top in loaded | set(sys.builtin_module_names) or top in ALWAYS_LOADED:
        raise HandlerError(
            f"{target.handler_file} has the name of Python's own module {top}, which Lambda's "
            "runtime has loaded already and would take instead of the handler: rename the file."
        )


def _is_own_image(request: ProfileRequest) -> bool:
    """Tell whether the image is the function's own, with its code in it."""
    return request.image is not None and request.package_type == "image"


def _prepare(request: ProfileRequest, listener: Listener) -> Prepared:
    """Find target, interpreter and runner, and install requirements. Raises as `open_bench`."""
    if _is_own_image(request):
        target, start = target_in_image(request.target), Path.cwd()
    else:
        target = resolve_target(request.target, task_root=request.task_root, layers=request.layers)
        start = Path(target.handler_file).parent
    chosen, interpreter = _find_interpreter(request, start)
    runtime = request.runtime or f"python{interpreter.minor_version}"
    version = runtime.removeprefix("python")
    image = request.image or DEFAULT_IMAGE.format(version=version)
    _check_module_name(target, version)
    choice = _choose_runner(request, image, listener)
    _tell_choice(request, chosen, interpreter, choice, listener)
    settings = Settings(
        memory_mb=request.memory_mb,
        arch=request.arch,
        package_type=request.package_type,
        runtime=runtime,
        environment_names=tuple(sorted(request.environment)),
    )
    is_local = choice.engine is None
    place = Place(
        target=target,
        interpreter=interpreter,
        python_version=interpreter.version if is_local or not request.runtime else version,
        arch=request.arch,
        is_local=is_local,
        is_own_image=_is_own_image(request),
        requirements=request.requirements,
        boto3=request.boto3,
        installs=request.installs,
    )
    return Prepared(target, settings, interpreter, choice, image, place)


def _find_interpreter(
    request: ProfileRequest, start: Path
) -> tuple[InterpreterChoice, InterpreterFacts]:
    chosen = choose_interpreter(request.python, request.runtime, start, os.environ)
    if request.python and request.python_reason:
        chosen = replace(chosen, reason=request.python_reason)
    try:
        return chosen, inspect_interpreter(chosen.path)
    except MeasurementError:
        if request.python or not request.runtime:
            raise
    # A version manager puts a shim on PATH for every version that it could start but is not
    # set to. Nobody named it: the default is measured, and the report says that it differs.
    default = choose_interpreter(None, None, start, os.environ)
    return default, inspect_interpreter(default.path)


def _choose_runner(request: ProfileRequest, image: str, listener: Listener) -> Choice:
    wanted = request.runner
    if wanted == "auto" and request.image is None and request.python is not None:
        return Choice(None, "--python names an interpreter of this machine")
    fetching = f"Fetching {image} with {wanted} (once) ..."
    choice = choose(wanted, image, listener.detail, lambda: listener.note(fetching))
    if choice.engine is None and _is_own_image(request):
        raise UsageError(
            f"The image {image} is the function's own and can only be measured in a container: "
            f"{choice.full_reason}; name the engine with --runner, or fetch it with "
            f"`{choice.hint or 'docker pull ' + image}`."
        )
    if choice.engine is None and request.image is not None:
        # Who names an image means it: figures of this machine would pass for the image's.
        raise MeasurementError(
            f"The image {image} cannot be measured in: {choice.full_reason}; fetch it with "
            f"`{choice.hint or 'docker pull ' + image}`, name the engine with --runner, or leave "
            "--image out."
        )
    return choice


def _tell_choice(
    request: ProfileRequest,
    chosen: InterpreterChoice,
    interpreter: InterpreterFacts,
    choice: Choice,
    listener: Listener,
) -> None:
    """Say in at most two lines what is measured with, and why."""
    if choice.engine is None:
        listener.note(
            f"Measuring with Python {interpreter.version}, {interpreter.executable}: "
            f"{chosen.reason}."
        )
    if request.runner == "auto":
        listener.note(f"Runner: {choice.name}, because {_reason(choice)}.")
    for line in choice.tried:
        listener.detail(line)
    listener.detail(f"cache: {cache_folder()}")


def _reason(choice: Choice) -> str:
    hint = f" (to measure in Lambda's image: {choice.hint})" if choice.hint else ""
    return f"{choice.reason}{hint}"


def _bytecode_mode(prepared: Prepared, request: ProfileRequest) -> str:
    if _is_own_image(request):
        return "as-is"
    return prepared.settings.package_type


@contextlib.contextmanager
def _bytecode_folder(prepared: Prepared, request: ProfileRequest) -> Iterator[str | None]:
    """Give image packages a folder for the valid bytecode that their image will have."""
    if _bytecode_mode(prepared, request) != "image":
        yield None
    elif prepared.choice.engine is not None:
        yield BYTECODE_DIR
    else:
        with tempfile.TemporaryDirectory(prefix="importcost-bytecode-") as folder:
            yield folder


def _runner(
    prepared: Prepared,
    request: ProfileRequest,
    placeholders: Mapping[str, str],
    packages: Packages,
) -> Runner:
    target, settings = prepared.target, prepared.settings
    asked = {**placeholders, **request.environment}
    if prepared.choice.engine is None:
        layout = local_layout(target, prepared.interpreter.minor_version, packages)
        environment = lambda_environment(target, settings, target.task_root)
        return LocalRunner(
            python=prepared.interpreter.executable,
            interpreter=prepared.interpreter,
            layout=layout,
            environment={**environment, **asked},
        )
    environment = lambda_environment(target, settings, "/var/task")
    environment.pop("LD_LIBRARY_PATH", None)  # the image sets Lambda's own
    options = ContainerOptions(
        image=prepared.image,
        task_root=None if _is_own_image(request) else Path(target.task_root),
        layers=tuple(Path(layer) for layer in target.layers),
        packages=tuple(Path(folder) for folder in packages.installed),
        runtime_packages=Path(packages.runtime) if packages.runtime else None,
        network=request.network,
        memory_mb=settings.memory_mb,
        env={**environment, **asked},
        cpus=INIT_BOOST_CPUS if request.cpus is None else request.cpus,
    )
    return ContainerRunner(prepared.choice.engine, options)
