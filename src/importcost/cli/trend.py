"""`importcost trend`: a record of daily figures as a page, or for another tool."""

from __future__ import annotations

from pathlib import Path

import click

from importcost.cli.outputs import check_writable, tell_written, write_all
from importcost.reports.output import STDOUT

PAGE_NAME = "importcost-trend.html"
KINDS = {
    "page": "init and its bill over the days, with deployments",
    "csv": "one row a function and day",
    "bencher": "Bencher's metric format, the newest day",
    "github": "github-action-benchmark (customSmallerIsBetter), the newest day",
    "openmetrics": "OpenMetrics text, every day with its time",
    "emf": "CloudWatch's embedded metric format, a line a day",
}
_LIST = "\n".join(f"  {name:<12} {said}" for name, said in KINDS.items())


@click.command("trend", epilog=f"\b\nFormats:\n{_LIST}")
@click.argument("record", metavar="FILE.sqlite", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(KINDS)),
    default="page",
    show_default=True,
    help="What to write.",
)
@click.option("--name", "pattern", metavar="PATTERN", help="Only functions named so: orders-*.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help=f"Write this file, - is stdout. Default: {PAGE_NAME}; the other formats: -.",
)
def command(*, record: Path, kind: str, pattern: str | None, output: str | None) -> None:
    """Show how init and its bill changed, from a record of importcost account --record."""
    from importcost.app.account.record import read_trend
    from importcost.files.replace import check_default_name
    from importcost.reports.account import trend_exports, trend_page

    path = output or (PAGE_NAME if kind == "page" else STDOUT)
    if output is None and path != STDOUT:
        check_default_name(path)
    check_writable([path])
    trend = read_trend(record, pattern)
    renderers = {
        "page": trend_page.render_trend_page,
        "csv": trend_exports.trend_csv,
        "bencher": trend_exports.bencher_json,
        "github": trend_exports.github_json,
        "openmetrics": trend_exports.openmetrics_text,
        "emf": trend_exports.emf_lines,
    }
    write_all([(path, renderers[kind](trend))])
    tell_written([path])
