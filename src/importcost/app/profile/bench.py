"""The bench: one prepared target with its runner, ready to be launched any number of times."""

from __future__ import annotations

import contextlib
import datetime
import os
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from importcost import __version__
from importcost.app.package.deployed_package import deployed_package
from importcost.app.profile.around.mock_aws import mocked
from importcost.app.profile.deployed import Deployed, PackagesPlace
from importcost.app.profile.extra_packages import NO_EXTRA, Extra, with_asked
from importcost.app.profile.first_figures import FirstFigures
from importcost.app.profile.noise_warning import with_noise_warning
from importcost.app.profile.prepare import Prepared, open_prepared, runner_reason, runtime_modules
from importcost.app.profile.request import (
    HOST_NETWORK,
    Listener,
    ProfileRequest,
    without_tracing,
)
from importcost.app.profile.runtime_supply import Supplied, has_bare_packages, open_supplied
from importcost.billing.figures.platforms import GENERIC, load_platforms
from importcost.config.read import HandlerConfig
from importcost.declaration import MAX_MEMORY_MB
from importcost.measure.assemble import MeasurementProvenance, assemble
from importcost.measure.deployed.not_deployed import Beyond
from importcost.measure.layout import (
    lambda_environment,
    local_layout,
    plain_environment,
    platform_environment,
    program_inside,
)
from importcost.measure.plan import PRECISE, QUICK, Plan
from importcost.measure.recording.endpoint import Recorder
from importcost.measure.runners.base import Packages, Runner
from importcost.measure.runners.container.inside import INIT_BOOST_CPUS, ContainerOptions
from importcost.measure.runners.container.runner import ContainerRunner
from importcost.measure.runners.discreet import given_secrets
from importcost.measure.runners.local import LocalRunner
from importcost.measure.session import (
    BYTECODE_DIR,
    Measurement,
    NetworkRule,
    Rehearsed,
    Subject,
    measure,
)
from importcost.measure.web.servers import Server
from importcost.model.graph import ImportGraph
from importcost.model.package.size import PackageSize
from importcost.model.profile import Profile, Settings, Target
from importcost.secrecy import Secrets
from importcost.targets.plain.program import host_python_path
from importcost.targets.web_app import choose_server

LOCAL_BYTECODE = "local"
"""The treatment of bytecode on this machine: what is installed with it keeps it."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One target laid out and ready to be launched, as long as its context is open."""

    runner: Runner
    subject: Subject
    provenance: MeasurementProvenance
    request: ProfileRequest
    prepared: Prepared
    extra: Extra = NO_EXTRA
    rehearsed: Rehearsed | None = None
    """The first launches, which succeeded; None if the bench was opened without any."""
    recorder: Recorder | None = None
    """The endpoint that records the AWS calls of invocations, None if nothing does."""

    @property
    def is_helped(self) -> bool:
        """Return True if init got more than was requested."""
        automatic = any(one.is_automatic for one in self.extra.packages)
        return automatic or bool(self.extra.placeholders)

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the requested variables, and the placeholders."""
        placeholders = self.extra.placeholders
        return {**{one.name: one.value for one in placeholders}, **self.request.environment}

    @property
    def secrets(self) -> Secrets:
        """Return what the user's variables may hold that no report is to show."""
        return _secrets(self.prepared, self.request, self.runner.layout.search_path)

    @property
    def handler(self) -> HandlerConfig | None:
        """Return the target's handler in the configuration, None if it has none."""
        return self.prepared.handler

    def profile(self, listener: Listener, plan: Plan | None = None) -> tuple[Measurement, Profile]:
        """Measure the target as it is, as `plan` or the request says.

        Raises HandlerError if its init fails.
        """
        plan = plan or Plan(self.request.runs, PRECISE if self.request.precise else QUICK)
        calibration = self.handler.calibration if self.handler else None
        first_figures = FirstFigures(self.subject, self.provenance, listener.progress, self.handler)
        measurement = measure(
            self.runner,
            self.subject,
            plan,
            first_figures.progress,
            random.Random(),  # noqa: S311 - order of runs, not a secret
            self.rehearsed,
        )
        profile = assemble(measurement, self.subject, self.provenance)
        profile = replace(profile, package=self.package(profile.graph))
        return measurement, with_noise_warning(profile, plan, calibration)

    def package(self, graph: ImportGraph | None) -> PackageSize | None:
        """Return what is deployed, by size, with what of it init loaded; None if unknown."""
        # What is not a handler has this platform, too.
        if graph is None or self.subject.settings.platform == GENERIC:
            return None
        return deployed_package(self.prepared, self.runner, self.extra.folders, graph)


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
        with start_bench(prepared, request, extra, listener) as bench:
            yield bench


def asked_for(prepared: Prepared, request: ProfileRequest, listener: Listener) -> Extra:
    """Return the packages requested with --with, installed. Raises MeasurementError."""
    return with_asked(request.packages, prepared.place.install_target(), listener.note)


@contextlib.contextmanager
def start_bench(
    prepared: Prepared, request: ProfileRequest, extra: Extra, listener: Listener
) -> Iterator[Bench]:
    """Start the prepared target with its supplies; nothing of it stays."""
    with _bytecode_folder(prepared, request) as bytecode_dir:
        attempt = _Attempt(prepared, request, bytecode_dir, extra)
        with open_supplied(attempt, listener) as supplied:
            provenance = replace(_provenance(attempt, supplied), supplies=extra.supplies)
            yield Bench(supplied.runner, supplied.subject, provenance, request, prepared, extra)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A target with its packages, to open with and without the runtime's packages."""

    prepared: Prepared
    request: ProfileRequest
    bytecode_dir: str | None
    extra: Extra

    @property
    def deployed(self) -> Deployed:
        """Return the packages laid out."""
        return self.prepared.deployed

    @property
    def place(self) -> PackagesPlace:
        """Return the place for which packages are laid out."""
        return self.prepared.place

    def runner(self, packages: Packages) -> Runner:
        """Return a runner, not started yet, with these packages laid out."""
        packages = replace(packages, installed=(*packages.installed, *self.extra.folders))
        placeholders = {one.name: one.value for one in self.extra.placeholders}
        runner = _runner(self.prepared, self.request, placeholders, packages)
        return mocked(runner, self.prepared.mock)

    def subject(self, runner: Runner, beyond: Beyond) -> Subject:
        """Return the subject that this runner launches."""
        bytecode_dir = self.bytecode_dir
        if bytecode_dir is None and runner.image and has_bare_packages(runner.layout):
            bytecode_dir = BYTECODE_DIR
        return Subject(
            target=self.prepared.target,
            settings=self.prepared.settings,
            runtime_modules=_runtime_modules(self.prepared, runner),
            bytecode=_bytecode_mode(self.prepared, self.request),
            bytecode_dir=bytecode_dir,
            timeout_s=self.request.timeout_s,
            beyond=beyond,
            server=_server(self.request, self.prepared.target),
            program=_program(self.prepared, self.request, runner),
            network=NetworkRule.WATCHED if self.request.network == "none" else NetworkRule.OPEN,
        )


def _runtime_modules(prepared: Prepared, runner: Runner) -> tuple[str, ...]:
    """Return the modules that stand for Lambda's runtime, none on a platform without it."""
    return runtime_modules(runner.facts().minor_version) if _is_on_lambda(prepared) else ()


def _is_on_lambda(prepared: Prepared) -> bool:
    return load_platforms()[prepared.settings.platform].runs_lambda_runtime


def _program(prepared: Prepared, request: ProfileRequest, runner: Runner) -> str | None:
    """Return the function's exec wrapper as the launch sees it, None if it has none.

    Raises MeasurementError if it is not there: Lambda could not start the function.
    """
    wrapper = prepared.target.wrapper
    if wrapper is None or wrapper.program is None or request.adapter is not None:
        return None
    if request.is_own_image:
        return wrapper.program
    return program_inside(wrapper.program, prepared.target, is_local=runner.image is None)


def _server(request: ProfileRequest, target: Target) -> Server | None:
    """Return what starts the web app, None for a handler. Raises UsageError for a shell line."""
    if request.adapter is None:
        return None
    found = choose_server(request.server, target, request.target)
    server = Server(found.words, found.name, request.requests, found.is_factory, found.kind)
    check = load_platforms()[request.platform].server
    if check is None:
        return server
    settings = {
        "READINESS_CHECK_PROTOCOL": "http" if check.path else "tcp",
        "READINESS_CHECK_PATH": check.path or "/",
        "READINESS_CHECK_HEALTHY_STATUS": check.healthy or "100-499",
    }
    asked = {f"AWS_LWA_{name}": value for name, value in settings.items()}
    return replace(server, check=asked, port=check.port)


def _provenance(attempt: _Attempt, supplied: Supplied) -> MeasurementProvenance:
    runner = supplied.runner
    return MeasurementProvenance(
        facts=runner.facts(),
        layout=runner.layout,
        runner_name=runner.name,
        runner_reason=runner_reason(attempt.prepared.choice),
        image=runner.image,
        requirements=attempt.deployed.requirements,
        packages=attempt.deployed.words,
        runtime_packages=supplied.words,
        created_at=now(),
        importcost_version=__version__,
    )


def now() -> str:
    """Return the time of day in UTC, ISO 8601, whole seconds."""
    return datetime.datetime.now(tz=datetime.timezone.utc).isoformat(timespec="seconds")


def _bytecode_mode(prepared: Prepared, request: ProfileRequest) -> str:
    if request.is_own_image:
        return "as-is"
    if not prepared.target.is_handler:
        return LOCAL_BYTECODE
    return prepared.settings.package_type


@contextlib.contextmanager
def _bytecode_folder(prepared: Prepared, request: ProfileRequest) -> Iterator[str | None]:
    """Give image packages a folder for the valid bytecode that their image will have."""
    if _bytecode_mode(prepared, request) not in ("image", LOCAL_BYTECODE):
        yield None
    elif prepared.choice.engine is not None:
        yield BYTECODE_DIR
    else:
        with tempfile.TemporaryDirectory(prefix=f"importcost-bytecode-{os.getpid()}-") as folder:
            yield folder


def _runner(
    prepared: Prepared,
    request: ProfileRequest,
    placeholders: Mapping[str, str],
    packages: Packages,
) -> Runner:
    target, settings, mock = prepared.target, prepared.settings, prepared.mock
    if target.plain is not None:
        return _plain_runner(prepared, {**placeholders, **request.environment}, packages)
    is_on_lambda = _is_on_lambda(prepared)
    asked = {**placeholders, **request.environment, **(mock.environment if mock else {})}
    secrets = _secrets(prepared, request, packages.search_path)
    if prepared.choice.engine is None:
        layout = local_layout(target, prepared.interpreter.minor_version, packages)
        environment = _variables(target, settings, target.task_root, is_on_lambda=is_on_lambda)
        return LocalRunner(
            python=prepared.interpreter.executable,
            interpreter=prepared.interpreter,
            layout=layout,
            environment={**environment, **asked},
            secrets=secrets,
            layers=target.layers,
        )
    environment = _variables(target, settings, "/var/task", is_on_lambda=is_on_lambda)
    environment.pop("LD_LIBRARY_PATH", None)  # the image sets Lambda's own
    options = ContainerOptions(
        image=prepared.image,
        task_root=None if request.is_own_image else Path(target.task_root),
        layers=tuple(Path(layer) for layer in target.layers),
        packages=tuple(Path(folder) for folder in packages.installed),
        runtime_packages=Path(packages.runtime) if packages.runtime else None,
        # The mock listens on this machine's 127.0.0.1; all other requests are refused as ever.
        network=HOST_NETWORK if mock and request.network == "none" else request.network,
        memory_mb=_container_mb(settings),
        env={**environment, **asked},
        cpus=INIT_BOOST_CPUS if request.cpus is None else request.cpus,
        secrets=secrets,
    )
    return ContainerRunner(prepared.choice.engine, options)


def _plain_runner(
    prepared: Prepared, variables: Mapping[str, str], packages: Packages
) -> LocalRunner:
    """Return the runner of a target that is not a handler: the interpreter in its environment."""
    target, interpreter = prepared.target, prepared.interpreter
    environment = {**plain_environment(), **variables}
    path = [*filter(None, [environment.get("PYTHONPATH")]), *host_python_path()]
    if path:
        environment["PYTHONPATH"] = os.pathsep.join(path)
    return LocalRunner(
        python=interpreter.executable,
        interpreter=interpreter,
        layout=local_layout(target, interpreter.minor_version, packages),
        environment=environment,
        secrets=given_secrets(
            variables, (target.module, target.handler_file, interpreter.executable), ()
        ),
        has_site=target.plain is not None and target.plain.extras is None,
    )


def _container_mb(settings: Settings) -> int:
    """Return the memory of a container, MB: the platform's own where a size is chosen."""
    has_size = load_platforms()[settings.platform].memory is not None
    return settings.memory_mb if has_size else MAX_MEMORY_MB


def _variables(
    target: Target, settings: Settings, task_root: str, *, is_on_lambda: bool
) -> dict[str, str]:
    """Return the variables that the platform sets."""
    if is_on_lambda:
        return lambda_environment(target, settings, task_root)
    return platform_environment(settings.platform)


def _secrets(prepared: Prepared, request: ProfileRequest, search_path: Sequence[str]) -> Secrets:
    """Return what the user's variables may hold that no report is to show."""
    target = prepared.target
    folders = (target.task_root, *target.layers, *search_path)
    names = (target.module, target.handler_file, prepared.interpreter.executable, *folders)
    inside = ("/var/task", "/opt/python", "/tmp/importcost", prepared.image or "")  # noqa: S108
    return given_secrets(request.environment, (*names, *inside), folders)
