"""The request to measure one handler: its values, their check, and the progress listener."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from importcost.app.profile.extra_packages import parse_packages
from importcost.billing.figures.platforms import check_platform
from importcost.config.read import HandlerConfig
from importcost.declaration import MEASUREMENT, MIN_RUNS, OF_LAMBDA
from importcost.errors import UsageError, remedy, words
from importcost.measure.session import Progress
from importcost.model.plain import PlainChoice, TargetKind, plain_choice
from importcost.model.web import WebRequest
from importcost.parameters import Parameter
from importcost.snapstart.support import NO_TRAITS, FunctionTraits
from importcost.targets.web_app import split_app

HOST_NETWORK = "host"
"""The network of this machine: the local runner has it, too."""
TRACING_VARIABLE = "PYTHONPROFILEIMPORTTIME"
LONGEST_TIMEOUT_S = 3600.0


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """The options of `importcost profile`; see their help for the meaning of each field."""

    target: str
    task_root: str | None = None
    memory_mb: int = 128
    arch: str = "x86_64"
    region: str = "us-east-1"
    """The region whose prices are taken; the function's own AWS_REGION is another matter."""
    platform: str = "lambda"
    """The platform that figures are for; see `importcost.billing.figures.platforms`."""
    package_type: str = "zip"
    python: str | None = None
    python_reason: str | None = None
    """The reason to measure `python`, if it was not named with --python."""
    runtime: str | None = None
    layers: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    requirements: str | None = None
    boto3: str | None = None
    """The version of the runtime's boto3, `none` for no boto3; None is the known one."""
    adapter: str | None = None
    """`lwa` for a web app under Lambda Web Adapter, None for a handler."""
    server: str | None = None
    """The web app's server or the command that starts it; None is run.sh's."""
    requests: tuple[WebRequest, ...] = ()
    """Requests to a web app that is ready, in each timed launch."""
    schemas: bool = False
    """True if a web app's schemas are timed and remedies for them tried."""
    compares_forms: bool = False
    """True if the web app is also measured as a handler, if it can be."""
    cold_disk: bool = False
    """True if more launches measure what a cold disk adds."""
    without_wrapper: bool = False
    """True if the handler is also launched without its wrapper, in pairs."""
    runs: int | None = None
    precise: bool = True
    """True for figures precise to 2 %, which may take a minute, instead of 5 % in 15 s."""
    timeout_s: float = 60.0
    runner: str = "auto"
    image: str | None = None
    network: str = "none"
    cpus: float | None = None
    """The container's CPU quota in cores; None is init's boost."""
    packages: tuple[str, ...] = ()
    """Requirements that are installed beside the function's own."""
    installs: bool = True
    """True if anything at all may be installed."""
    installs_missing: bool = True
    """True if a missing module may be installed when no file lists the deployed packages."""
    placeholders: bool = True
    """True if variables that init reads and that are not set get a placeholder."""
    is_built: bool = False
    """True if the task root and the layers hold all packages, as a build made them."""
    traits: FunctionTraits = NO_TRAITS
    """The settings in a project's files that SnapStart depends on."""
    mock_aws: bool = False
    """True if a mock on this machine answers the AWS calls of init."""
    module: str | None = None
    """The package or module to import instead of a handler; `target` then is its label."""
    command: str | None = None
    """The code to run instead of a handler, as `python -c` does."""
    script: str | None = None
    """The console script to run instead of a handler, with its arguments."""
    file: str | None = None
    """The Python file to run instead of a handler, with its arguments."""
    extras: tuple[str, ...] = ()
    """The extras of the package whose requirements alone may be imported; empty for all there is,
    `none` for no extra."""
    configured: HandlerConfig | None = None
    """The handler in the configuration that this was made from; None if it is to be looked up."""

    @property
    def is_own_image(self) -> bool:
        """Return True if the image is the function's own, with its code in it."""
        return self.image is not None and self.package_type == "image"

    @property
    def plain(self) -> PlainChoice | None:
        """Return what is measured instead of a handler, None for a handler. Raises UsageError."""
        return plain_choice(self.module, self.command, self.script, self.file)


class Listener(Protocol):
    """Receives the progress of the measurement; the command line shows it."""

    def note(self, message: str) -> None:
        """Receive one sentence about a choice."""

    def detail(self, message: str) -> None:
        """Receive one line that only --verbose shows: attempts, paths, full messages."""

    def progress(self, progress: Progress) -> None:
        """Receive the progress of the runs."""


def check_request(request: ProfileRequest) -> None:
    """Raise UsageError for values with which no measurement is possible."""
    if request.runs is not None and request.runs < MIN_RUNS:
        raise UsageError(
            words(Parameter.RUNS, f" is {request.runs} and must be at least {MIN_RUNS}.")
        )
    check_platform(request.platform)
    if request.runtime and not re.fullmatch(r"python3\.\d+", request.runtime):
        raise UsageError(
            words(Parameter.RUNTIME, f" is {request.runtime}"),
            remedy("name a Python runtime like python3.13"),
        )
    if not 0 < request.timeout_s <= LONGEST_TIMEOUT_S:
        raise UsageError(
            words(Parameter.TIMEOUT, f" is {request.timeout_s:g}"),
            remedy(f"name the seconds that one launch may take, at most {LONGEST_TIMEOUT_S:g}"),
        )
    if request.boto3 is not None and not re.fullmatch(r"none|\d+\.\d+\.\d+", request.boto3):
        raise UsageError(
            words(Parameter.BOTO3, f" is {request.boto3}"),
            remedy(
                "name a version like 1.40.4",
                "none for a function that is measured without what Lambda's runtime brings",
            ),
        )
    _check_kind(request)
    parse_packages(request.packages)
    if request.packages and not request.installs:
        raise UsageError(
            words(
                *(Parameter.PACKAGES, " asks for an installation and ", Parameter.NO_INSTALL),
                " rules it out",
            ),
            remedy("leave one of the two out"),
        )
    for parameter, is_given in (
        (Parameter.IMAGE, request.image is not None),
        (Parameter.NETWORK, request.network not in ("none", HOST_NETWORK)),
    ):
        if is_given and request.runner == "local":
            raise UsageError(
                words(
                    *(parameter, " means a container and ", Parameter.RUNNER.of("local")),
                    " means none",
                ),
                remedy("leave one of the two out"),
            )


def _check_kind(request: ProfileRequest) -> None:
    """Raise UsageError for what does not go with a handler, or with what is not one."""
    if request.plain is not None:
        check_plain(request, request.plain)
        return
    _check_adapter(request)
    if request.extras:
        raise UsageError(
            words(Parameter.EXTRAS, " belongs to a package"),
            remedy(words("name the package with ", Parameter.MODULE)),
        )


def check_plain(request: ProfileRequest, choice: PlainChoice) -> None:
    """Raise UsageError for what does not go with a target that is not a handler."""
    given = choice.parameter
    for option in MEASUREMENT:
        value = getattr(request, option.field) if option.parameter in OF_LAMBDA else None
        # A size or a region has a value in any case: the command line knows if it was given.
        if value and value != option.default:
            raise UsageError(
                words(option.parameter, " is about a Lambda function, and ", given, " names none"),
                remedy("leave one of the two out"),
            )
    if request.runner not in ("auto", "local"):
        raise UsageError(
            words(
                Parameter.RUNNER.of(request.runner),
                " means a container, and what ",
                given,
                " names is measured on this machine",
            ),
            remedy(words("leave ", Parameter.RUNNER, " out")),
        )
    if request.extras and choice.kind is TargetKind.FILE:
        raise UsageError(
            words(Parameter.EXTRAS, " belongs to a package, and ", given, " names a file"),
            remedy("leave one of the two out"),
        )
    if "none" in request.extras and len(request.extras) > 1:
        raise UsageError(
            words(Parameter.EXTRAS, " names extras and none"), remedy("leave one of the two out")
        )


def _check_adapter(request: ProfileRequest) -> None:
    """Raise UsageError if an app is named as a handler, or a server for one."""
    if request.adapter is not None:
        return
    is_lambda = check_platform(request.platform).runs_lambda_runtime
    adapted = words("measure it under its server with ", Parameter.ADAPTER.of("lwa"))
    under_server = (adapted,) if is_lambda else ()
    if request.server is not None and is_lambda:
        raise UsageError(
            words(Parameter.SERVER, " belongs to a web app"),
            remedy(words("add ", Parameter.ADAPTER.of("lwa"))),
        )
    if request.server is not None:
        raise UsageError(
            words(Parameter.SERVER, " belongs to a web app"), remedy("name one like main:app")
        )
    if split_app(request.target) is not None:
        raise UsageError(
            f"{request.target} names a web app as servers do",
            remedy(*under_server, "name a handler like handler.py:function"),
        )


def without_tracing(request: ProfileRequest, listener: Listener) -> ProfileRequest:
    """Leave out the variable that traces every import: timed runs must go untraced."""
    if TRACING_VARIABLE not in request.environment:
        return request
    listener.note(f"Leaving out {TRACING_VARIABLE}: importcost traces the imports itself.")
    kept = {name: text for name, text in request.environment.items() if name != TRACING_VARIABLE}
    return replace(request, environment=kept)
