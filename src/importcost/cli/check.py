"""`importcost check`: options to one call of app.check, and its reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from importcost.cli.gate_outputs import (
    GateOutputs,
    file_stems,
    folder_for,
    gate_output_options,
    publish_checks,
)
from importcost.cli.listener import TerminalListener, terminal_listener
from importcost.cli.options import each_runs, shared_option
from importcost.declaration import MIN_WATCHED_RUNS
from importcost.errors import UsageError
from importcost.parameters import Parameter

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Unpack

    from importcost.app.gate.check import CheckReport


@click.command("check")
@click.argument("handlers", nargs=-1, metavar="[TARGET]...")
@click.option("--config", metavar="FILE", help="Default: the nearest configuration.")
@click.option(
    "--baseline", metavar="FILE", help="Default: importcost-baseline.json beside the configuration."
)
@click.option("--update-baseline", is_flag=True, help="Write the measurement as the baseline.")
@click.option(
    "--deterministic",
    is_flag=True,
    help="Only rules that need no timing: two launches per handler.",
)
@click.option(
    "--since",
    metavar="COMMIT",
    help="Only handlers whose code, packages, layers or settings changed since HEAD left it.",
)
@shared_option(Parameter.RUNS, help=each_runs(MIN_WATCHED_RUNS))
@shared_option(Parameter.TIMEOUT)
@shared_option(Parameter.RUNNER)
@shared_option(Parameter.IMAGE)
@shared_option(Parameter.NETWORK)
@click.option("--html", metavar="DIR", help="Write each timed handler's report there.")
@gate_output_options
def command(  # noqa: PLR0913 - one parameter an option
    *,
    handlers: tuple[str, ...],
    config: str | None,
    baseline: str | None,
    update_baseline: bool,
    deterministic: bool,
    since: str | None,
    runs: int | None,
    timeout: float,
    runner: str,
    image: str | None,
    network: str,
    html: str | None,
    **outputs: Unpack[GateOutputs],
) -> None:
    """Compare handlers with their budgets in [tool.importcost].

    TARGET is a name in the configuration, a project's folder, template or artefact, PLACE::NAME or
    a handler's file; all that is configured without one. Certain facts are checked first (forbidden
    and new modules, side effects of imports), then budgets, then the baseline.
    """
    from importcost.app.gate.check import CheckRequest, check_handlers
    from importcost.app.gate.handler_requests import HowToMeasure

    if html is not None and deterministic:
        raise UsageError(
            "--html writes timed handlers, which --deterministic leaves out: use one of them."
        )
    folder = folder_for("--html", html)
    request = CheckRequest(
        names=handlers,
        config=config,
        baseline=baseline,
        deterministic=deterministic,
        update_baseline=update_baseline,
        since=since,
        how=HowToMeasure(runs, timeout, runner, network, image),
    )
    with terminal_listener(quiet=outputs["quiet"], verbose=outputs["verbose"]) as told:
        report = check_handlers(request, told)
        if report.written is not None:
            told.note(f"Baseline: {report.written}")
        if folder is not None:
            _write_pages(report, folder, told)
    shown = (report.checks, (), report.root, report.places)
    code = publish_checks(*shown, outputs, "", report.selection, report.seconds)
    raise click.exceptions.Exit(code)


def _write_pages(report: CheckReport, folder: Path, told: TerminalListener) -> None:
    """Write the page of each timed handler, and name the others."""
    from importcost.app.profile.facts import profile_facts
    from importcost.gate.verdict import verdict_of_checks
    from importcost.reports.gate.budget import page_verdict
    from importcost.reports.output import write_output
    from importcost.reports.page.html import render_html

    names = dict.fromkeys(one.handler for one in report.checks if not one.is_left_out)
    for name, stem in file_stems(names).items():
        if name not in report.profiles:
            told.note(f"No report of {name}: its init was not timed.")
            continue
        verdict = verdict_of_checks(one for one in report.checks if one.handler == name)
        profile, bill = report.profiles[name]
        facts = profile_facts(profile, bill)
        page = render_html(profile, bill, facts, page_verdict(verdict))
        write_output(str(folder / f"{stem}.html"), page)
        told.note(f"Report: {folder / f'{stem}.html'}")
