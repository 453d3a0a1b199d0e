"""`importcost diff`: what makes one saved profile slower or faster than another."""

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
    """Say which modules make HEAD slower or faster than BASE.

    Both are profiles saved with `importcost profile -o FILE.json`, best on one machine.
    """
    from importcost.app.gate.diff import diff

    for path in outputs:
        _check(path)
    width = terminal_width()
    base, head = read_saved(base_file), read_saved(head_file)
    to_stderr = STDOUT in outputs
    text = diff(base, head, outputs, width=width, colour=wants_colour())
    show(text, err=to_stderr)
    for path in outputs:
        if path != STDOUT:
            show(f"Report: {path}", err=to_stderr)


def _check(path: str) -> None:
    if path != STDOUT and Path(path).suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"The suffix of {path} says neither page nor JSON: end the name with .html or .json, "
            "or write - for JSON on stdout."
        )
    format_of(path)
