"""`importcost view`: render a saved profile again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from importcost.cli.options import shared_option, terminal_width, wants_colour
from importcost.cli.printing import say, show
from importcost.cli.target_profile import read_saved
from importcost.errors import UsageError
from importcost.parameters import Parameter
from importcost.reports.output import STDOUT, format_of

if TYPE_CHECKING:
    from importcost.app.profile.report import ProfileReport

DEFAULT_MIN_MS = 1.0


@click.command("view")
@click.argument("profile_file", metavar="PROFILE.json")
@shared_option(Parameter.MEMORY, help="Estimate for this memory, in MB.", default=None)
@shared_option(Parameter.ARCH, help="Estimate for this one.", default=None)
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="FILE",
    multiple=True,
    help="Also write a report, .html, .json or another of `importcost export` (repeatable).",
)
@click.option("--open", "open_page", is_flag=True, help="Open the HTML report in the browser.")
@click.option("--tree", "as_tree", is_flag=True, help="Show the import tree, heaviest first.")
@click.option("--depth", type=click.IntRange(min=1), help="With --tree: levels of imports shown.")
@click.option(
    "--min",
    "min_ms",
    type=click.FloatRange(min=0),
    metavar="MS",
    help=f"With --tree: sum up imports below this. Default: {DEFAULT_MIN_MS:g} ms.",
)
@click.option("--snakeviz", is_flag=True, help="Show the profile in snakeviz until Ctrl-C.")
@click.option("--no-open", is_flag=True, help="With --snakeviz: only print the address.")
def command(  # noqa: PLR0913 - one parameter for every option
    *,
    profile_file: str,
    memory: int | None,
    arch: str | None,
    outputs: tuple[str, ...],
    open_page: bool,
    as_tree: bool,
    depth: int | None,
    min_ms: float | None,
    snakeviz: bool,
    no_open: bool,
) -> None:
    """Render a saved profile again: in the terminal, and into the files named with -o."""
    from importcost.app.profile.report import report_saved
    from importcost.cli.outputs import terminal_report, write_reports

    _check_options(as_tree, depth, min_ms, snakeviz, no_open)
    formats = [format_of(path) for path in outputs]
    if open_page and "html" not in formats:
        raise UsageError("--open needs an HTML report: name one with -o FILE.html.")
    report = report_saved(read_saved(profile_file), memory_mb=memory, arch=arch)
    text = _tree(report, depth, min_ms) if as_tree else terminal_report(report)
    write_reports(report, list(zip(outputs, formats, strict=True)))
    if as_tree or not snakeviz:
        show(text, err=STDOUT in outputs)
    if open_page:
        page = next(path for path, kind in zip(outputs, formats, strict=True) if kind == "html")
        click.launch(Path(page).resolve().as_uri())
    if snakeviz:
        _show_in_snakeviz(report, opens=not no_open, err=STDOUT in outputs)


def _tree(report: ProfileReport, depth: int | None, min_ms: float | None) -> str:
    from importcost.reports.terminal.tree import render_tree

    return render_tree(
        report.profile,
        report.facts,
        width=terminal_width(),
        colour=wants_colour(),
        depth=depth,
        min_ms=DEFAULT_MIN_MS if min_ms is None else min_ms,
    )


def _check_options(
    as_tree: bool, depth: int | None, min_ms: float | None, snakeviz: bool, no_open: bool
) -> None:
    if not as_tree and (depth is not None or min_ms is not None):
        raise UsageError("--depth and --min belong to the tree: add --tree.")
    if no_open and not snakeviz:
        raise UsageError("--no-open belongs to --snakeviz: without it no browser is opened.")


def _show_in_snakeviz(report: ProfileReport, *, opens: bool, err: bool) -> None:
    from importcost.app.profile.snakeviz import view_in_snakeviz
    from importcost.reports.exports.pstats_ import render_pstats

    target = report.profile.target
    name = f"importcost-{target.handler}" if target else "importcost-log"
    stats = render_pstats(report.profile, report.estimate, report.facts)

    is_ready = False

    def on_ready(url: str) -> None:
        nonlocal is_ready
        is_ready = True
        show(f"snakeviz shows the profile at {url} until you press Ctrl-C.", err=err)
        if opens:
            click.launch(url)

    try:
        view_in_snakeviz(stats, name, on_ready)
    except KeyboardInterrupt:
        # Ctrl-C is how the view is meant to end; before it is there, it is an interruption.
        if not is_ready:
            raise
        say("snakeviz has stopped; nothing of it is left.")
