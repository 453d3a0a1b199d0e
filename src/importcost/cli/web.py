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
    """Raise UsageError for options that would be ignored: without --adapter, for it or a log."""
    if options["adapter"] is not None and precise:
        raise UsageError("--precise belongs to a handler: for a web app, give --runs.")
    if options["adapter"] is not None and from_log is not None:
        raise UsageError("--adapter measures an app and --from-log reads a log: leave one out.")
    if options["adapter"] is None and (options["requests"] or options["server"]):
        raise UsageError("--request and --server belong to a web app: add --adapter lwa.")


def profile_adapter(
    target: str, options: Given, outputs: Sequence[str], *, quiet: bool, no_progress: bool
) -> None:
    """Measure the web app, write the outputs that were asked for, and print the answer."""
    from importcost.app.profile.facts import profile_facts
    from importcost.app.profile.publish import publish
    from importcost.app.web import parse_requests, profile_web
    from importcost.billing.estimate import estimate
    from importcost.reports.exports.formats import render
    from importcost.reports.output import write_output
    from importcost.reports.terminal.web import render_web, with_readiness, with_web

    formats = [format_of(path) for path in outputs]
    requests = parse_requests(options["requests"])
    request = request_of(target, options)
    with terminal_listener(
        quiet=quiet, no_progress=no_progress, verbose=options["verbose"]
    ) as listener:
        report = profile_web(request, options["server"], requests, listener)
    width = terminal_width()
    text = render_web(report, width=width, colour=wants_colour())
    profile = with_readiness(report)
    for path, kind in zip(outputs, formats, strict=True):
        if kind == "json":
            bill = estimate(profile)
            rendered = render(kind, profile, bill, profile_facts(profile, bill))
            plain = rendered if isinstance(rendered, str) else rendered.decode("utf-8")
            write_output(path, with_web(plain, report))
        else:
            publish(profile, [path], width=width, colour=False)
    if not quiet:
        show(text, err=STDOUT in outputs)
        for path in outputs:
            if path != STDOUT:
                show(f"Report: {path}", err=STDOUT in outputs)
    sys.stdout.flush()
