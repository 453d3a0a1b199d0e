"""The part of `importcost profile` that measures web apps: `--adapter lwa`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from importcost.cli.listener import terminal_listener
from importcost.cli.options import Given, request_of, terminal_width, wants_colour
from importcost.cli.printing import show
from importcost.errors import UsageError
from importcost.reports.output import STDOUT, format_of

SERVERS = ("uvicorn", "gunicorn")


def web_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of web apps under Lambda Web Adapter."""
    for option in (
        click.option(
            "--server", type=click.Choice(SERVERS), help="With --adapter. Default: run.sh's."
        ),
        click.option(
            "--request",
            "requests",
            metavar="'GET /PATH'",
            multiple=True,
            help="With --adapter: time to first and last byte (repeatable).",
        ),
        click.option(
            "--adapter",
            type=click.Choice(["lwa"]),
            help="TARGET is a web app (main:app) under Lambda Web Adapter.",
        ),
    ):
        command = option(command)
    return command


def check_web_options(options: Given, from_log: str | None, *, precise: bool) -> None:
    """Raise UsageError for ignored options: without --adapter, for it or a log."""
    if options["adapter"] is not None and precise:
        raise UsageError("--precise belongs to a handler: for a web app, give --runs.")
    if options["adapter"] is not None and from_log is not None:
        raise UsageError("--adapter measures an app and --from-log reads a log: leave one out.")
    if options["adapter"] is None and (options["requests"] or options["server"]):
        raise UsageError("--request and --server belong to a web app: add --adapter lwa.")


def profile_adapter(
    target: str, options: Given, outputs: Sequence[str], *, quiet: bool, no_progress: bool
) -> None:
    """Measure the web app, write the requested outputs, and print the answer."""
    from importcost.app.profile.report import report_saved
    from importcost.app.web_adapter import parse_requests, profile_web
    from importcost.cli.outputs import tell_written, write_all
    from importcost.reports.exports.formats import render
    from importcost.reports.terminal.web_adapter import render_web, with_readiness, with_web

    formats = [format_of(path) for path in outputs]
    requests = parse_requests(options["requests"])
    request = request_of(target, options)
    with terminal_listener(
        quiet=quiet, no_progress=no_progress, verbose=options["verbose"]
    ) as listener:
        report = profile_web(request, options["server"], requests, listener)
    text = render_web(report, width=terminal_width(), colour=wants_colour())
    described = report_saved(with_readiness(report))
    rendered: list[tuple[str, str | bytes]] = []
    for path, kind in zip(outputs, formats, strict=True):
        document = render(kind, described.profile, described.estimate, described.facts)
        if kind == "json":
            document = with_web(str(document), report)
        rendered.append((path, document))
    write_all(rendered)
    if not quiet:
        show(text, err=STDOUT in outputs)
        tell_written(outputs)
    sys.stdout.flush()
