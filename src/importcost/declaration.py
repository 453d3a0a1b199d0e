"""The declaration of a measurement: every option, written down once.

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
REGIONS = (
    "us-east-1",
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "sa-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
"""Regions whose prices are known, the default first; a test compares them with the data files."""
PLATFORMS = ("lambda", "lambda-managed", "agentcore", "cloudrun", "azure-flex", "generic")
"""Platforms of the data file, the default first; a test compares the two."""
OF_LAMBDA = (
    Parameter.MEMORY,
    Parameter.ARCH,
    Parameter.REGION,
    Parameter.PLATFORM,
    Parameter.PACKAGE_TYPE,
    Parameter.RUNTIME,
    Parameter.LAYERS,
    Parameter.PACKAGES,
    Parameter.REQUIREMENTS,
    Parameter.BOTO3,
    Parameter.ADAPTER,
    Parameter.SERVER,
    Parameter.MOCK_AWS,
    Parameter.IMAGE,
)
"""The options about a function on Lambda, which nothing else has."""
ADAPTERS = ("lwa",)
RUNNERS = ("auto", "local", "docker", "podman", "finch", "nerdctl")
MIN_MEMORY_MB, MAX_MEMORY_MB = 128, 10_240
"""Lambda's memory sizes."""
LARGEST_MEMORY_MB = 32_768
"""The largest memory size of any platform."""
MIN_RUNS = 5
MIN_WATCHED_RUNS = MIN_RUNS + 1
"""With fewer, no launch is left to time the statements one by one and watch their side effects."""


class Text(NamedTuple):
    """A string, or None."""

    is_path: bool = False


class Texts(NamedTuple):
    """Any number of strings: the option is repeatable."""

    is_path: bool = False


class Whole(NamedTuple):
    """A whole number; the help names bounds that the option itself enforces."""

    least: int | None = None
    most: int | None = None


class Seconds(NamedTuple):
    """A duration."""

    least: float


class Choice(NamedTuple):
    """One of several words."""

    words: tuple[str, ...]


class Switch(NamedTuple):
    """True if the option is given; its fields are false if it is worded as a `no`."""

    denies: bool = False


Kind = Text | Texts | Whole | Seconds | Choice | Switch


class Option(NamedTuple):
    """One option of a measurement.

    `field` is the field of the request that it fills, and of a configured handler if it has a
    setting. It is empty for an option that is not part of the request. `also` is a field of the
    request alone, filled with the same value. `setting_default` is the meaning of a missing
    setting, if that differs from the option's default.
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
        """The option as it is typed."""
        return self.parameter.value.option

    @property
    def name(self) -> str:
        """The name under which click passes the value."""
        return self.flag.lstrip("-").replace("-", "_")

    @property
    def setting(self) -> str | None:
        """The name of the setting that fills the same field."""
        return self.parameter.value.setting if self.field else None

    @property
    def is_path(self) -> bool:
        """Return True if each value is the path of a file or folder."""
        return isinstance(self.kind, Text | Texts) and self.kind.is_path

    def joined(self, folder: Path, value: Any) -> Any:
        """Return a path, or each of several, relative to `folder`."""
        if isinstance(self.kind, Texts):
            return tuple(str(folder / path) for path in value)
        return str(folder / value)

    def fields(self, value: Any) -> dict[str, Any]:
        """The fields of the request that a value of this option fills."""
        if isinstance(self.kind, Switch) and self.kind.denies:
            value = not value
        return dict.fromkeys([name for name in (self.field, self.also) if name], value)


ENV = Option(
    Parameter.ENV, Texts(), "environment", "The handler's environment (repeatable).", default=()
)
"""Its value combines this option and ENV_FILE."""
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
    "Show every attempt: engines, installers' output, paths.",
    default=False,
    short="-v",
)
TEMPLATE_PARAMETER = Option(
    Parameter.TEMPLATE_PARAMETER,
    Texts(),
    "",
    "Value of a template's parameter or variable (repeatable).",
    default=(),
)
STAGE = Option(
    Parameter.STAGE, Text(), "", "Stage, or environment of samconfig. Default: the project's own."
)
WITH_VALUES = Option(
    Parameter.WITH_VALUES,
    Switch(),
    "",
    "Read the values of a deployed function's variables, too.",
    default=False,
)
"""They are about a TARGET in a project or an account; a handler's own file needs neither."""

PLAIN = (
    Option(
        Parameter.MODULE,
        Text(),
        "module",
        "Instead of TARGET: what importing this package or module takes, on this machine.",
        short="-m",
    ),
    Option(
        Parameter.COMMAND,
        Text(),
        "command",
        "Instead of TARGET: what this code takes, as with python -c.",
        short="-c",
    ),
    Option(
        Parameter.SCRIPT,
        Text(),
        "script",
        "Instead of TARGET: a console script with its arguments, from start to exit.",
    ),
    Option(
        Parameter.FILE,
        Text(),
        "file",
        "Instead of TARGET: a Python file with its arguments, run as __main__.",
    ),
    Option(
        Parameter.EXTRAS,
        Texts(),
        "extras",
        "With -m, -c or --script: what the package needs with this extra is all that can be"
        " imported (repeatable; none: without any).",
        default=(),
    ),
)
"""The options that name something else than a handler, and measure it without Lambda."""

MEASUREMENT = (
    Option(
        Parameter.TASK_ROOT,
        Text(is_path=True),
        "task_root",
        "Folder deployed as /var/task. Default: the handler file's own.",
    ),
    Option(
        Parameter.MEMORY,
        Whole(MIN_MEMORY_MB, LARGEST_MEMORY_MB),
        "memory_mb",
        "The function's memory in MB.",
        default=128,
    ),
    Option(Parameter.ARCH, Choice(ARCHES), "arch", default="x86_64"),
    Option(
        Parameter.REGION,
        Choice(REGIONS),
        "region",
        "Its prices; AWS_REGION is not read for that.",
        default=REGIONS[0],
        metavar="REGION",
    ),
    Option(
        Parameter.PLATFORM,
        Text(),  # the request refuses others, and names the nearest
        "platform",
        f"Where it runs: {', '.join(PLATFORMS)}.",
        default=PLATFORMS[0],
    ),
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
        "Layer: its folder or its ZIP (repeatable).",
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
        "Fail if init reads variables that are not set, and name them.",
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
        "The boto3 of Lambda's runtime. Default: the runtime's known version.",
        metavar="VERSION|none",
    ),
    Option(
        Parameter.ADAPTER,
        Choice(ADAPTERS),
        "adapter",
        "TARGET is a web app (main:app) under Lambda Web Adapter.",
    ),
    Option(
        Parameter.SERVER,
        Text(),
        "server",
        "With --adapter: what starts it, as 'gunicorn -w 2 main:app'. Default: run.sh's.",
    ),
    Option(
        Parameter.MOCK_AWS,
        Switch(),
        "mock_aws",
        "A mock answers the AWS calls of init (needs the extra record).",
        default=False,
    ),
    Option(
        Parameter.RUNS,
        Whole(),  # the request refuses fewer, with one wording for all callers
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
    Option(
        Parameter.NETWORK,
        Text(),
        "network",
        "The container's network. host lets a handler here reach other machines, too.",
        default="none",
    ),
    TEMPLATE_PARAMETER,
    STAGE,
    WITH_VALUES,
    VERBOSE,
)
"""The options of every command that measures, in the order of its help."""

WITH_SETTING = {option.setting: option for option in (*MEASUREMENT, *PLAIN) if option.setting}
"""The options that have a setting for a configured handler, by the setting."""


def option_of(parameter: Parameter) -> Option:
    """Return the declaration of a parameter that every measurement has."""
    return next(option for option in MEASUREMENT if option.parameter is parameter)
