"""`importcost profile`: options to one call of app.profile."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from importcost.cli.listener import TerminalListener
from importcost.errors import UsageError
from importcost.reports.output import STDOUT, format_of

DEFAULT_REPORT = "importcost-report.html"
RUNNERS = ("auto", "local", "docker", "podman", "finch", "nerdctl")


def parse_environment(pairs: tuple[str, ...], files: tuple[str, ...]) -> dict[str, str]:
    """Return the variables of `--env-file` files, then of `--env K=V` pairs, later ones winning.

    Raises UsageError for a line or pair that is none, or a file that is not there.
    """
    environment: dict[str, str] = {}
    for file in files:
        try:
            text = Path(file).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"The environment file {file} cannot be read: {error}.") from error
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.strip().removeprefix("export ")
            if line and not line.startswith("#"):
                key, value = _pair(line, f"{file} line {number}")
                environment[key] = _unquoted(value)
    environment.update(_pair(pair, "--env") for pair in pairs)
    return environment


def _pair(text: str, where: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip() or "\0" in text:
        raise UsageError(f"{where}: '{text}' is no variable; write NAME=VALUE.")
    return key.strip(), value.strip() if where != "--env" else value


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value


@click.command("profile")
@click.argument("target", required=False)
@click.option(
    "--task-root",
    metavar="DIR",
    help="Folder deployed as /var/task. Default: the handler file's own.",
)
@click.option(
    "--memory",
    type=click.IntRange(128, 10240),
    default=128,
    show_default=True,
    help="The function's memory in MB.",
)
@click.option("--arch", type=click.Choice(["x86_64", "arm64"]), default="x86_64", show_default=True)
@click.option(
    "--package-type", type=click.Choice(["zip", "image"]), default="zip", show_default=True
)
@click.option(
    "--python",
    metavar="INTERPRETER",
    help="Python to measure. Default: active environment, .venv, or this one.",
)
@click.option(
    "--runtime", metavar="python3.X", help="Lambda runtime. Default: the measured Python's."
)
@click.option(
    "--layer", "layers", metavar="DIR", multiple=True, help="Unpacked layer folder (repeatable)."
)
@click.option(
    "--env", "env", metavar="K=V", multiple=True, help="The handler's environment (repeatable)."
)
@click.option("--env-file", "env_files", metavar="FILE", multiple=True, help="Lines of K=V.")
@click.option(
    "--requirements",
    metavar="FILE",
    help="Installed once into a cache. Default: requirements.txt beside the handler.",
)
@click.option(
    "--runs",
    type=int,
    help="Launches of the handler in all. Default: until the median is known to 2 %.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    help="Seconds that one launch may take.",
)
@click.option("--runner", type=click.Choice(RUNNERS), default="auto", show_default=True)
@click.option("--image", help="Container image. Default: AWS's for the runtime.")
@click.option("--network", default="none", show_default=True, help="The container's network.")
@click.option(
    "--from-log", metavar="FILE", help="Read -X importtime text instead of measuring (- is stdin)."
)
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="FILE",
    multiple=True,
    help=f"Report, .html or .json, - is JSON on stdout (repeatable). Default: {DEFAULT_REPORT}.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the HTML report in the browser.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--no-progress", is_flag=True, help="Show no progress bar.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    target: str | None,
    task_root: str | None,
    memory: int,
    arch: str,
    package_type: str,
    python: str | None,
    runtime: str | None,
    layers: tuple[str, ...],
    env: tuple[str, ...],
    env_files: tuple[str, ...],
    requirements: str | None,
    runs: int | None,
    timeout: float,
    runner: str,
    image: str | None,
    network: str,
    from_log: str | None,
    outputs: tuple[str, ...],
    open_page: bool,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Measure one handler's cold start and say what it costs and why.

    TARGET is handler.py, handler.py:function, or a Lambda handler string such as
    orders/create.handler (with --task-root).
    """
    from importcost.app.bench import ProfileRequest, check_request
    from importcost.app.profile import profile_handler
    from importcost.app.profile_log import profile_log
    from importcost.app.report import publish

    outputs = outputs or (DEFAULT_REPORT,)
    formats = [format_of(path) for path in outputs]
    if open_page and "html" not in formats:
        raise UsageError("--open needs an HTML report: name one with -o FILE.html.")
    if (target is None) == (from_log is None):
        raise UsageError("Name a handler to measure, or a log with --from-log, one of the two.")
    request = ProfileRequest(
        target=target or "",
        task_root=task_root,
        memory_mb=memory,
        arch=arch,
        package_type=package_type,
        python=python,
        runtime=runtime,
        layers=layers,
        environment=parse_environment(env, env_files),
        requirements=requirements,
        runs=runs,
        timeout_s=timeout,
        runner=runner,
        image=image,
        network=network,
    )
    check_request(request)
    if from_log is not None:
        profile = profile_log(request, _read_log(from_log), from_log)
    else:
        show_bar = sys.stderr.isatty() and not quiet and not no_progress
        with TerminalListener(show_notes=not quiet, show_bar=show_bar) as listener:
            profile = profile_handler(request, listener)
    text = publish(
        profile, outputs, width=shutil.get_terminal_size((100, 24)).columns, colour=wants_colour()
    )
    if not quiet:
        click.echo(text, err=STDOUT in outputs, color=True)
        for path in outputs:
            if path != STDOUT:
                click.echo(f"Report: {path}", err=STDOUT in outputs)
    if open_page:
        page = next(path for path, kind in zip(outputs, formats, strict=True) if kind == "html")
        click.launch(Path(page).resolve().as_uri())


def wants_colour() -> bool:
    """Tell whether stdout is a terminal that is not asked to stay plain (NO_COLOR)."""
    import os

    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def _read_log(path: str) -> bytes:
    if path == STDOUT:
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"The log {path} cannot be read: {error.strerror}.") from error
