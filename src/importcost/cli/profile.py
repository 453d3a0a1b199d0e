"""`importcost profile`: options to one call of app.profile."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importcost.cli.listener import terminal_listener
from importcost.cli.options import (
    given_fields,
    measure_options,
    names_plain,
    plain_options,
    precise_option,
    request_of,
)
from importcost.cli.outputs import check_writable, tell_written, terminal_report, write_reports
from importcost.cli.printing import show
from importcost.cli.whole_project import (
    profile_whole_project,
    project_options,
    whole_project,
)
from importcost.errors import UsageError
from importcost.files.read import read_named
from importcost.files.replace import check_default_name
from importcost.reports.output import STDOUT, format_of

if TYPE_CHECKING:
    from importcost.app.profile.report import ProfileReport
    from importcost.app.profile.request import ProfileRequest
    from importcost.cli.listener import TerminalListener
    from importcost.cli.options import Given
    from importcost.projects.functions import DeployedProject

DEFAULT_REPORT = "importcost-report.html"


@click.command("profile")
@click.argument("target", required=False)
@plain_options
@measure_options
@precise_option
@click.option(
    "--request",
    "requests",
    metavar="'GET /PATH'",
    multiple=True,
    help="With --adapter: time to first and last byte (repeatable).",
)
@click.option(
    "--schemas",
    is_flag=True,
    help="With --adapter: what building schemas takes, and what known remedies save, in pairs.",
)
@click.option(
    "--cold-disk",
    is_flag=True,
    help="Also measure what reading files from a cold disk adds, in more launches.",
)
@click.option(
    "--without-wrapper",
    is_flag=True,
    help="Also launch the handler without the product that wraps it, in pairs: what that costs.",
)
@project_options
@click.option(
    "--from-log",
    metavar="FILE",
    help="Read -X importtime text, or the line of `importcost layer`, instead of measuring (- is"
    " stdin; aws:NAME the newest such line of a deployed function).",
)
@click.option(
    "--log-stream",
    metavar="NAME",
    help="With --from-log: the log stream to read, any part of its name.",
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
@click.option("--no-progress", is_flag=True, help="Show no progress line.")
def command(
    *,
    target: str | None,
    from_log: str | None,
    log_stream: str | None,
    requests: tuple[str, ...],
    outputs: tuple[str, ...],
    open_page: bool,
    quiet: bool,
    no_progress: bool,
    **options: Any,
) -> None:
    """Measure one handler's cold start, its cost and its causes.

    With -m, -c, --script or --file it is a package, code or a program instead, measured without
    Lambda: time, memory and modules on this machine.

    TARGET is handler.py, handler.py:function, or a Lambda handler string such as
    orders/create.handler (with --task-root); PLACE::NAME is one function of a project, its folder
    or template alone all of them; with --adapter lwa a web app like main:app.
    """
    if not outputs:
        check_default_name(DEFAULT_REPORT)
        outputs = (DEFAULT_REPORT,)
    is_handler = from_log is None and not names_plain(options)
    project = whole_project(target, options) if is_handler else None
    if project is not None and (len(project.functions) > 1 or options["shard"]):
        shows = {"quiet": quiet, "no_progress": no_progress}
        page = profile_whole_project(project, options, outputs, **shows)
        _open_page(page, is_wanted=open_page)
        return
    formats = [(path, format_of(path)) for path in outputs]
    pages = [path for path, name in formats if name == "html"]
    if open_page and not pages:
        raise UsageError("--open needs an HTML report: name one with -o FILE.html.")
    _check_source(target, options, from_log, log_stream)
    request = _request(target, options, requests, from_log, project)
    check_writable(outputs)
    if from_log is not None:
        report = _of_log(request, from_log, log_stream)
    else:
        verbose = options["verbose"]
        with terminal_listener(quiet=quiet, no_progress=no_progress, verbose=verbose) as listener:
            report = _measured(request, listener)
    text = terminal_report(report)
    write_reports(report, formats)
    if not quiet:
        show(text, err=STDOUT in outputs)
        tell_written(outputs)
    _open_page(next(iter(pages), None), is_wanted=open_page)


def _measured(request: ProfileRequest, listener: TerminalListener) -> ProfileReport:
    from importcost.app.profile.measured import measure_billed
    from importcost.app.profile.report import report_measured

    return report_measured(measure_billed(request, listener))


def _of_log(request: ProfileRequest, from_log: str, stream: str | None) -> ProfileReport:
    from importcost.app.account.target import names_a_deployed_function
    from importcost.app.profile.from_log import profile_log
    from importcost.app.profile.report import report_saved

    given = given_fields()
    if names_a_deployed_function(from_log):
        from importcost.app.account.layer_log import newest_layer_log

        fetched = newest_layer_log(from_log, stream)
        own = {name: value for name, value in fetched.settings.items() if name not in given}
        request, log = replace(request, **own), fetched.data
    else:
        log = _read_log(from_log)
    return report_saved(profile_log(request, log, from_log, stream=stream, given=given))


def _open_page(page: str | None, *, is_wanted: bool) -> None:
    if page is not None and is_wanted:
        click.launch(Path(page).resolve().as_uri())


def _request(
    target: str | None,
    options: Given,
    requests: tuple[str, ...],
    from_log: str | None,
    project: DeployedProject | None,
) -> ProfileRequest:
    """Return the request, with those to a web app. Raises UsageError for a wrong one."""
    from importcost.targets.web_app import parse_requests

    if options["adapter"] is not None and from_log is not None:
        raise UsageError("--adapter measures an app and --from-log reads a log: leave one out.")
    if options["adapter"] is None and requests and options["platform"] == "lambda":
        raise UsageError("--request belongs to a web app: add --adapter lwa.")
    found = request_of(target or "", options, precise=options["precise"], project=project)
    if requests and found.adapter is None:
        raise UsageError("--request belongs to a web app: name one like main:app.")
    if options["schemas"] and (found.adapter is None or from_log is not None):
        raise UsageError("--schemas is about a web app: name one like main:app with --adapter lwa.")
    if options["cold_disk"]:
        _check_cold_disk(options, from_log)
    if options["without_wrapper"] and from_log is not None:
        raise UsageError("--without-wrapper launches a handler: leave out --from-log.")
    return replace(
        found,
        requests=parse_requests(requests),
        compares_forms=True,
        schemas=options["schemas"],
        cold_disk=options["cold_disk"],
        without_wrapper=options["without_wrapper"],
    )


def _check_cold_disk(options: Given, from_log: str | None) -> None:
    if from_log is not None or options["adapter"] is not None:
        raise UsageError(
            "--cold-disk launches a handler again and again: leave out --from-log and --adapter."
        )


def _check_plain(options: Given, from_log: str | None) -> None:
    """Raise UsageError for an option about handlers beside what is not one."""
    names = {"--from-log": from_log is not None, "--without-wrapper": options["without_wrapper"]}
    given = next((name for name, is_given in names.items() if is_given), None)
    if given is not None:
        raise UsageError(
            f"{given} is about a handler, and -m, -c, --script and --file name none: leave one of"
            " the two out."
        )


def _check_source(
    target: str | None, options: Given, from_log: str | None, log_stream: str | None
) -> None:
    if names_plain(options):
        _check_plain(options, from_log)
        return
    if (target is None) == (from_log is None):
        raise UsageError(
            "Name a handler to measure, a package with -m, or a log with --from-log, one of them."
        )
    if log_stream is not None and from_log is None:
        raise UsageError("--log-stream chooses from a log: name the log with --from-log.")


def _read_log(path: str) -> bytes:
    if path == STDOUT and sys.stdin is None:  # closed by the caller
        raise UsageError("Standard input is closed: name the log's file with --from-log.")
    try:
        return sys.stdin.buffer.read() if path == STDOUT else read_named(path)
    except OSError as error:
        raise UsageError(f"The log {path} cannot be read: {error.strerror}.") from error
