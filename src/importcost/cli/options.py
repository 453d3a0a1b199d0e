"""The options that say what to measure, shared by every command that measures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click

from importcost.errors import UsageError

if TYPE_CHECKING:
    from importcost.app.profile.request import ProfileRequest

RUNNERS = ("auto", "local", "docker", "podman", "finch", "nerdctl")


VERBOSE_HELP = "Show all that is tried: engines, installers' output, paths."


class MeasureOptions(TypedDict):
    """The values of `MEASURE_OPTIONS`, as click passes them."""

    task_root: str | None
    memory: int
    arch: str
    package_type: str
    python: str | None
    runtime: str | None
    layers: tuple[str, ...]
    env: tuple[str, ...]
    env_files: tuple[str, ...]
    requirements: str | None
    no_placeholders: bool
    boto3: str | None
    packages: tuple[str, ...]
    no_install: bool
    runs: int | None
    timeout: float
    runner: str
    image: str | None
    network: str
    verbose: bool


MEASURE_OPTIONS = (
    click.option(
        "--task-root",
        metavar="DIR",
        help="Folder deployed as /var/task. Default: the handler file's own.",
    ),
    click.option(
        "--memory",
        type=click.IntRange(128, 10240),
        default=128,
        show_default=True,
        help="The function's memory in MB.",
    ),
    click.option(
        "--arch", type=click.Choice(["x86_64", "arm64"]), default="x86_64", show_default=True
    ),
    click.option(
        "--package-type", type=click.Choice(["zip", "image"]), default="zip", show_default=True
    ),
    click.option(
        "--python",
        metavar="INTERPRETER",
        help="Python to measure. Default: active environment, .venv, or this one.",
    ),
    click.option(
        "--runtime", metavar="python3.X", help="Lambda runtime. Default: the measured Python's."
    ),
    click.option(
        "--layer",
        "layers",
        metavar="DIR",
        multiple=True,
        help="Unpacked layer folder (repeatable).",
    ),
    click.option(
        "--env", "env", metavar="K=V", multiple=True, help="The handler's environment (repeatable)."
    ),
    click.option("--env-file", "env_files", metavar="FILE", multiple=True, help="Lines of K=V."),
    click.option(
        "--with",
        "packages",
        metavar="REQUIREMENT",
        multiple=True,
        help="Installed into the cache for this run (repeatable).",
    ),
    click.option(
        "--no-install", is_flag=True, help="Install nothing: no requirements, no missing module."
    ),
    click.option(
        "--no-placeholders",
        is_flag=True,
        help="Fail where init reads variables that are not set, and name them.",
    ),
    click.option(
        "--requirements",
        metavar="FILE",
        help="Installed once into a cache. Default: requirements.txt or a lock file beside the "
        "handler.",
    ),
    click.option(
        "--boto3",
        metavar="VERSION|none",
        help="The boto3 that Lambda's runtime brings. Default: the runtime's known version.",
    ),
    click.option(
        "--runs",
        type=int,
        help="Launches of the handler in all. Default: until the figures are known well enough.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0.1),
        default=60.0,
        show_default=True,
        help="Seconds that one launch may take.",
    ),
    click.option("--runner", type=click.Choice(RUNNERS), default="auto", show_default=True),
    click.option("--image", help="Container image. Default: AWS's for the runtime."),
    click.option("--network", default="none", show_default=True, help="The container's network."),
    click.option("--verbose", "-v", is_flag=True, help=VERBOSE_HELP),
)


def measure_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all of `MEASURE_OPTIONS`, in this order in its help."""
    for option in reversed(MEASURE_OPTIONS):
        command = option(command)
    return command


def precise_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command whose answer is one profile the choice between soon and exact."""
    return click.option(
        "--precise",
        is_flag=True,
        help="Measure until 2 % or a minute. Default: 5 % or 15 s.",
    )(command)


def request_of(
    target: str, options: MeasureOptions, *, precise: bool | None = None
) -> ProfileRequest:
    """Return the request that the options make. Raises UsageError for values that cannot be.

    `precise` is the value of `precise_option`, None for a command that is always precise.
    """
    from importcost.app.profile.request import ProfileRequest, check_request

    if precise and options["runs"] is not None:
        raise UsageError(
            "--runs says how many launches there are and --precise lets the figures decide: "
            "leave one of the two out."
        )
    request = ProfileRequest(
        target=target,
        task_root=options["task_root"],
        memory_mb=options["memory"],
        arch=options["arch"],
        package_type=options["package_type"],
        python=options["python"],
        runtime=options["runtime"],
        layers=options["layers"],
        environment=parse_environment(options["env"], options["env_files"]),
        requirements=options["requirements"],
        packages=options["packages"],
        installs=not options["no_install"],
        installs_missing=not options["no_install"],
        placeholders=not options["no_placeholders"],
        boto3=options["boto3"],
        runs=options["runs"],
        precise=precise is not False,
        timeout_s=options["timeout"],
        runner=options["runner"],
        image=options["image"],
        network=options["network"],
    )
    check_request(request)
    return request


def parse_environment(pairs: tuple[str, ...], files: tuple[str, ...]) -> dict[str, str]:
    """Return the variables of `--env-file` files, then of `--env K=V` pairs, later ones winning.

    Raises UsageError for a line or pair that is none, or a file that is not there.
    """
    environment: dict[str, str] = {}
    for file in files:
        for number, raw in enumerate(_lines(file), 1):
            line = raw.strip().removeprefix("export ")
            if line and not line.startswith("#"):
                key, value = _pair(line, f"{file} line {number}")
                environment[key] = _unquoted(value)
    environment.update(_pair(pair, "--env") for pair in pairs)
    return environment


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(
            f"The environment file {file} cannot be read ({error.strerror}): give --env-file a "
            "text file with lines of NAME=VALUE."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The environment file {file} is no UTF-8 text: give --env-file a text file with "
            "lines of NAME=VALUE."
        ) from error


def _pair(text: str, where: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or len(key.split()) != 1 or "\0" in text:
        raise UsageError(f"{where}: '{text}' is no variable; write NAME=VALUE.")
    return key.strip(), value.strip() if where != "--env" else value


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value


def terminal_width() -> int:
    """Return the columns of the terminal; 100 where there is none."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def wants_colour() -> bool:
    """Tell whether stdout is a terminal that is not asked to stay plain (NO_COLOR)."""
    import os

    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
