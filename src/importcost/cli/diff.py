"""`importcost diff`: the causes of the difference between two saved profiles."""

from __future__ import annotations

from pathlib import Path

import click

from importcost.cli.options import terminal_width, wants_colour
from importcost.cli.printing import show
from importcost.cli.target_profile import read_saved
from importcost.errors import UsageError
from importcost.reports.output import STDOUT, format_of

SUFFIXES = (".html", ".htm", ".json")


@click.command("diff")
@click.argument("base_file", metavar="BASE.json")
@click.argument("head_file", metavar="HEAD.json")
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="FILE",
    multiple=True,
    help="Also write the difference, .html or .json; - is JSON on stdout (repeatable).",
)
def command(*, base_file: str, head_file: str, outputs: tuple[str, ...]) -> None:
    """Show which modules make HEAD slower or faster than BASE.

    Both are profiles saved with `importcost profile -o FILE.json`, best on one machine.
    """
    from importcost.app.gate.diff import difference
    from importcost.cli.outputs import tell_written, write_all
    from importcost.reports.page.difference import render_difference_json
    from importcost.reports.page.html import render_difference_html
    from importcost.reports.terminal.difference import render_difference

    for path in outputs:
        _check(path)
    found = difference(read_saved(base_file), read_saved(head_file))
    rendered = [
        (path, render_difference_json(found) if _is_json(path) else render_difference_html(found))
        for path in outputs
    ]
    text = render_difference(found, width=terminal_width(), colour=wants_colour())
    write_all(rendered)
    show(text, err=STDOUT in outputs)
    tell_written(outputs)


def _is_json(path: str) -> bool:
    return path == STDOUT or path.lower().endswith(".json")


def _check(path: str) -> None:
    if path != STDOUT and Path(path).suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"The suffix of {path} is neither that of a page nor JSON: end the name with .html or "
            ".json, or write - for JSON on stdout."
        )
    format_of(path)
