"""The declaration of what to measure: every option of a measurement, written down once.

The command line's options, the request that they make, the configuration's settings and their
bounds follow from it. Names are those of `parameters`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from importcost.parameters import Parameter

if TYPE_CHECKING:
    from pathlib import Path

ARCHES = ("x86_64", "arm64")
PACKAGE_TYPES = ("zip", "image")
RUNNERS = ("auto", "local", "docker", "podman", "finch", "nerdctl")
MIN_MEMORY_MB, MAX_MEMORY_MB = 128, 10_240
MIN_RUNS = 5
MIN_WATCHED_RUNS = MIN_RUNS + 1
"""With fewer, no launch is left to time the statements one by one and watch what they do."""


class Text(NamedTuple):
    """A text, or None."""

    is_path: bool = False


class Texts(NamedTuple):
    """Any number of texts: the option is repeatable."""

    is_path: bool = False


class Whole(NamedTuple):
    """A whole number; bounds that the option itself refuses to leave are named in the help."""

    least: int | None = None
    most: int | None = None


class Seconds(NamedTuple):
    """A duration."""

    least: float


class Choice(NamedTuple):
    """One of several words."""

    words: tuple[str, ...]


class Switch(NamedTuple):
    """True if the option is given; its fields are then false if it is worded as a `no`."""

    denies: bool = False


Kind = Text | Texts | Whole | Seconds | Choice | Switch


class Option(NamedTuple):
    """One option of a measurement.

    `field` is what it fills in the request, and in a configured handler if it has a setting; it is
    empty for an option that does not say what to measure. `also` is a field of the request alone
    that the same value fills. `setting_default` is what a setting that is not there means, if that
    differs from the option's default.
    """

    parameter: Parameter
    kind: Kind
    field: str
    help: str | None = None
    default: Any = None
    also: str | None = None
    setting_default: Any = None
    metavar: str | None = None
    short: str | None = None

    @property
    def flag(self) -> str:
        """Return the option as it is typed."""
        return self.parameter.value.option

    @property
    def name(self) -> str:
        """Return the name under which click passes the value."""
        return self.flag.lstrip("-").replace("-", "_")

    @property
    def setting(self) -> str | None:
        """Return the name of the setting that fills the same field."""
        return self.parameter.value.setting if self.field else None

    @property
    def is_path(self) -> bool:
        """Return True if each value is the path of a file or folder."""
        return isinstance(self.kind, Text | Texts) and self.kind.is_path

    def joined(self, folder: Path, value: Any) -> Any:
        """Return a path, or each of several, as seen from `folder`."""
        if isinstance(self.kind, Texts):
            return tuple(str(folder / path) for path in value)
        return str(folder / value)

    def fields(self, value: Any) -> dict[str, Any]:
        """Return the fields of the request that a value of this option fills."""
        if isinstance(self.kind, Switch) and self.kind.denies:
            value = not value
        return dict.fromkeys([name for name in (self.field, self.also) if name], value)


ENV = Option(
    Parameter.ENV, Texts(), "environment", "The handler's environment (repeatable).", default=()
)
"""Its value is made of this option and of ENV_FILE together."""
ENV_FILE = Option(Parameter.ENV_FILE, Texts(), "", "Lines of K=V.", default=())
PRECISE = Option(
    Parameter.PRECISE,
    Switch(),
    "precise",
    "Measure until 2 % or a minute. Default: 5 % or 15 s.",
    default=False,
)
"""For commands whose answer is one profile; all others are precise."""
VERBOSE = Option(
    Parameter.VERBOSE,
    Switch(),
    "",
    "Show all that is tried: engines, installers' output, paths.",
    default=False,
    short="-v",
)

MEASUREMENT = (
    Option(
        Parameter.TASK_ROOT,
        Text(is_path=True),
        "task_root",
        "Folder deployed as /var/task. Default: the handler file's own.",
    ),
    Option(
        Parameter.MEMORY,
        Whole(MIN_MEMORY_MB, MAX_MEMORY_MB),
        "memory_mb",
        "The function's memory in MB.",
        default=128,
    ),
    Option(Parameter.ARCH, Choice(ARCHES), "arch", default="x86_64"),
    Option(Parameter.PACKAGE_TYPE, Choice(PACKAGE_TYPES), "package_type", default="zip"),
    Option(
        Parameter.PYTHON,
        Text(),
        "python",
        "Python to measure. Default: active environment, .venv, or this one.",
    ),
    Option(Parameter.RUNTIME, Text(), "runtime", "Lambda runtime. Default: the measured Python's."),
    Option(
        Parameter.LAYERS,
        Texts(is_path=True),
        "layers",
        "Unpacked layer folder (repeatable).",
        default=(),
    ),
    ENV,
    ENV_FILE,
    Option(
        Parameter.PACKAGES,
        Texts(),
        "packages",
        "Installed into the cache for this run (repeatable).",
        default=(),
        metavar="REQUIREMENT",
    ),
    Option(
        Parameter.NO_INSTALL,
        Switch(denies=True),
        "installs_missing",
        "Install nothing: no requirements, no missing module.",
        default=False,
        also="installs",
        setting_default=False,
    ),
    Option(
        Parameter.NO_PLACEHOLDERS,
        Switch(denies=True),
        "placeholders",
        "Fail where init reads variables that are not set, and name them.",
        default=False,
        setting_default=False,
    ),
    Option(
        Parameter.REQUIREMENTS,
        Text(is_path=True),
        "requirements",
        "Installed once into a cache. Default: requirements.txt or a lock file beside the handler.",
    ),
    Option(
        Parameter.BOTO3,
        Text(),
        "boto3",
        "The boto3 that Lambda's runtime brings. Default: the runtime's known version.",
        metavar="VERSION|none",
    ),
    Option(
        Parameter.RUNS,
        Whole(),  # the request refuses fewer, in the words of all who ask for a measurement
        "runs",
        f"Launches of the handler in all, at least {MIN_RUNS}. Default: until the figures are "
        "known well enough.",
    ),
    Option(
        Parameter.TIMEOUT,
        Seconds(0.1),
        "timeout_s",
        "Seconds that one launch may take.",
        default=60.0,
    ),
    Option(Parameter.RUNNER, Choice(RUNNERS), "runner", default="auto"),
    Option(Parameter.IMAGE, Text(), "image", "Container image. Default: AWS's for the runtime."),
    Option(Parameter.NETWORK, Text(), "network", "The container's network.", default="none"),
    VERBOSE,
)
"""What every command that measures takes, in the order of its help."""

WITH_SETTING = {option.setting: option for option in MEASUREMENT if option.setting}
"""Those that a configured handler has a setting for, by the setting."""


def option_of(parameter: Parameter) -> Option:
    """Return the declaration of a parameter that every measurement has."""
    return next(option for option in MEASUREMENT if option.parameter is parameter)
