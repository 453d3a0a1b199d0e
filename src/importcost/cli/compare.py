"""`importcost compare`: options to one call of app.compare, and its reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from importcost.cli import compare_forms
from importcost.cli.gate_outputs import (
    GateOutputs,
    file_stems,
    folder_for,
    gate_output_options,
    gate_outputs,
    publish_checks,
)
from importcost.cli.listener import terminal_listener
from importcost.cli.options import (
    Command,
    Given,
    names_plain,
    plain_options,
    shared_option,
    terminal_width,
    wants_colour,
)
from importcost.cli.outputs import check_writable
from importcost.cli.target_profile import read_saved
from importcost.declaration import PLAIN
from importcost.errors import UsageError
from importcost.parameters import Parameter

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from importcost.app.gate.comparison.request import CompareReport, CompareRequest
    from importcost.reports.page.contract import BudgetData

FEWEST_PAIRS = 8
"""With fewer, not even pairs that all agree reach p < 0.01."""
MAX_PAIRS = 1000
_FOR_SAVED = frozenset({"base", "head", "max_increase", "reports", *GateOutputs.__annotations__})
"""The options that apply to two saved profiles: nothing is measured, no configuration read."""


def _percent(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    from importcost.config.schema import WrongValueError, percent

    try:
        return None if text is None else percent(text)
    except WrongValueError as error:
        raise UsageError(f"--max-increase {error}.") from None


def _refuse_given(context: click.Context, names: Collection[str], why: str) -> None:
    """Raise UsageError if one of the options `names` was given; it would change nothing."""
    given = [
        max(one.opts, key=len)
        for one in context.command.params
        if one.name in names
        and context.get_parameter_source(one.name) is not ParameterSource.DEFAULT
    ]
    if given:
        it = "it" if len(given) == 1 else "them"
        raise UsageError(f"{', '.join(given)} cannot apply {why}: leave {it} out.")


def _refuse_idle(context: click.Context) -> None:
    """Raise UsageError for options that another one leaves without effect."""
    options = context.params
    if options["targets"]:
        why = "to what --handler names without a configuration"
        is_place = any(".py" not in one for one in options["targets"])
        _refuse_given(context, {"config"} if is_place else {"names", "config"}, why)
    else:
        why = "without --handler: a configured app has the settings adapter and server"
        _refuse_given(context, {"adapter", "server"}, why)
    if options["metric"] != "cpu":
        why = f"to --metric {options['metric']}, which counts each version and takes no profile"
        _refuse_given(context, {"pairs", "reports", "no_attribution"}, why)
    if options["no_attribution"]:
        _refuse_given(context, {"reports"}, "with --no-attribution, which takes no profiles")


def _image(_context: click.Context, _option: click.Parameter, path: str | None) -> str | None:
    """Refuse a picture that cannot be written before anything is measured."""
    if path is not None:
        if path == "-" or not path.lower().endswith(".svg"):
            raise UsageError(f"--picture {path} is not an SVG file: end the name with .svg.")
        check_writable((path,))
    return path


def _pages(
    _context: click.Context, _option: click.Parameter, paths: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse a page that cannot be written before anything is measured."""
    for path in paths:
        if path == "-" or not path.lower().endswith((".html", ".htm")):
            raise UsageError(f"-o {path} is not a page by its name: end it with .html.")
    check_writable(paths)
    return paths


def _adapters_options(command: Command) -> Command:
    """Give the command the options of a measurement that --adapters takes."""
    for parameter in reversed(compare_forms.OWN):
        command = shared_option(parameter)(command)
    return command


@click.command("compare")
@click.argument("base")
@click.argument("head", default=".")
@click.option("--only", "names", metavar="NAME", multiple=True, help="Configured handlers only.")
@click.option(
    "--handler",
    "targets",
    metavar="TARGET",
    multiple=True,
    help="Without a configuration: a handler's file, a project's place, PLACE::NAME (repeatable).",
)
@click.option("--config", metavar="FILE", help="Default: the nearest configuration in HEAD.")
@click.option(
    "--install",
    metavar="COMMAND",
    help='Run in each version, as "pip install -r requirements.txt -t {target}".',
)
@click.option("--lock", metavar="FILE", help="Pinned requirements of each version, from a cache.")
@click.option("--merge-base", is_flag=True, help="Compare with the commit where HEAD left BASE.")
@click.option("--skip-failing-base", is_flag=True, help="Pass where only BASE fails to import.")
@click.option(
    "--pairs",
    type=click.IntRange(FEWEST_PAIRS, MAX_PAIRS),
    default=15,
    show_default=True,
    help="Measured first; twice as many, once, if they are inconclusive.",
)
@click.option(
    "--metric",
    type=click.Choice(["cpu", "instructions", "bytecode"]),
    default="cpu",
    show_default=True,
    help="Instructions: counted by valgrind, else perf, else as bytecode.",
)
@click.option("--max-increase", metavar="5%", callback=_percent, help="Instead of the configured.")
@click.option("--reports", metavar="DIR", help="Write HEAD's report and both profiles there.")
@click.option(
    "--picture", metavar="FILE.svg", callback=_image, help="Write the change as a picture there."
)
@click.option("--no-attribution", is_flag=True, help="Verdicts only, not which modules.")
@click.option(
    "--adapters",
    metavar="lwa,mangum",
    help="BASE is a web app (main:app): compare its forms (lwa, mangum, apig-wsgi) instead.",
)
@click.option(
    "--request",
    "request_text",
    metavar="'GET /PATH'",
    help="With --adapters: the first request. Default: GET /.",
)
@click.option(
    "-o",
    "--output",
    "pages",
    metavar="FILE.html",
    multiple=True,
    callback=_pages,
    help="With --adapters: write the forms side by side as a page there (repeatable).",
)
@_adapters_options
@shared_option(Parameter.ADAPTER, help="With --handler: web apps (main:app).")
@shared_option(Parameter.SERVER, help="With --adapter: what starts it. Default: run.sh's.")
@plain_options
@shared_option(Parameter.TIMEOUT)
@shared_option(Parameter.RUNNER, help="Default: local, or any for --image.", default=None)
@shared_option(Parameter.IMAGE)
@shared_option(Parameter.NETWORK)
@gate_output_options
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    base: str,
    head: str,
    reports: str | None,
    picture: str | None,
    **options: Any,
) -> None:
    """Compare the init of two versions in interleaved pairs on this machine.

    BASE and HEAD are git branches, tags or commits (each checked out into a temporary folder),
    folders, templates or artefacts, or two saved profiles. HEAD is the working folder by default.
    With --adapters BASE is one web app, whose forms are compared.
    Functions of a project are paired by logical id; new, removed and renamed ones are named.
    """
    from importcost.app.gate.compare import compare_versions
    from importcost.reports.terminal.compare import render_comparison

    outputs = gate_outputs(options)
    if options["adapters"] is not None:
        others = context.params.keys() - compare_forms.applying_names()
        _refuse_given(context, others, "with --adapters, which compares the forms of one app")
        compare_forms.compare_forms(base, options, outputs)
        return
    _refuse_given(context, compare_forms.own_names(), "without --adapters")
    if any(_is_saved(one) for one in (base, head)):
        others = context.params.keys() - _FOR_SAVED
        _refuse_given(context, others, "to saved profiles, which are compared as they are")
        _saved(base, head, options["max_increase"], folder_for("--reports", reports), outputs)
    _refuse_idle(context)
    folder = folder_for("--reports", reports)
    request = _request(base, head, options)
    with terminal_listener(quiet=outputs["quiet"], verbose=outputs["verbose"]) as told:
        report = compare_versions(request, told)
    width = terminal_width()
    text = render_comparison(report.compared, width=width, colour=wants_colour())
    if picture is not None:
        _write_picture(picture, report)
    _finish(report, folder, outputs, text)


def _write_picture(path: str, report: CompareReport) -> None:
    from importcost.reports.gate.picture import render_picture
    from importcost.reports.output import write_output

    write_output(path, render_picture(report.compared))


def _is_saved(version: str) -> bool:
    from importcost.app.projects.requests import names_a_project

    return version.endswith(".json") and not names_a_project(version)


def _request(base: str, head: str, options: Given) -> CompareRequest:
    from importcost.app.gate.comparison.request import CompareRequest
    from importcost.app.gate.handler_requests import HowToMeasure

    image = options["image"]
    how = HowToMeasure(
        timeout_s=options["timeout"],
        runner=options["runner"] or ("auto" if image else "local"),
        network=options["network"],
        image=image,
    )
    same = ("names", "targets", "config", "install", "lock", "merge_base", "skip_failing_base")
    web = ("adapter", "server")
    return CompareRequest(
        base=base,
        head=head,
        attribution=not options["no_attribution"],
        how=how,
        plain=_plain(options),
        **{name: options[name] for name in (*same, *web, "pairs", "metric", "max_increase")},
    )


def _plain(options: Given) -> dict[str, Any] | None:
    """Return the settings of a target that is not a handler, None if none is named."""
    if not names_plain(options):
        return None
    if options["targets"] or options["names"] or options["config"]:
        raise UsageError(
            "-m, -c, --script and --file are compared alone: leave --handler, --only and --config"
            " out."
        )
    return {name: value for one in PLAIN for name, value in one.fields(options[one.name]).items()}


def _finish(report: CompareReport, folder: Path | None, outputs: GateOutputs, text: str) -> None:
    if folder is not None:
        _write_reports(report, folder)
    code = publish_checks(report.checks, report.compared, report.root, report.places, outputs, text)
    raise click.exceptions.Exit(code)


def _saved(
    base: str, head: str, max_increase: float | None, folder: Path | None, outputs: GateOutputs
) -> None:
    from importcost.app.gate.compare_saved import compare_profiles
    from importcost.reports.terminal.compare import render_attribution
    from importcost.reports.text import Palette

    if not (base.endswith(".json") and head.endswith(".json")):
        raise UsageError(
            "A saved profile can only be compared with another one: name two of them, or two "
            "versions to measure."
        )
    report, found = compare_profiles(read_saved(base), read_saved(head), max_increase=max_increase)
    width = terminal_width()
    lines = render_attribution(found, width, Palette(colour=wants_colour()))
    _finish(report, folder, outputs, "\n".join([*lines, ""]))


def _write_reports(report: CompareReport, folder: Path) -> None:
    """Write each handler's page with its verdict, and the profiles of both versions."""
    from importcost.app.profile.facts import profile_facts
    from importcost.reports.json_ import render_json
    from importcost.reports.output import write_output
    from importcost.reports.page.html import render_html

    stems = file_stems(report.billed)
    for name, (base, head) in report.billed.items():
        stem = stems[name]
        facts = profile_facts(head.profile, head.estimate)
        page = render_html(head.profile, head.estimate, facts, _verdict(report, name))
        write_output(str(folder / f"{stem}.html"), page)
        for side, billed in (("base", base), ("head", head)):
            saved = render_json(billed.profile, billed.estimate)
            write_output(str(folder / f"{stem}.{side}.json"), saved)


def _verdict(report: CompareReport, name: str) -> BudgetData | None:
    found = [one.comparison for one in report.compared if one.comparison.handler == name]
    if not found:
        return None
    failed = any(check.is_failure for check in report.checks if check.handler == name)
    words = {"slower": "fail" if failed else "pass", "inconclusive": "unknown"}
    return {"status": words.get(found[0].verdict.value, "pass"), "text": found[0].reason}
