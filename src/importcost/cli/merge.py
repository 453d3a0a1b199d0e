"""`importcost merge`: the shards of a project's measurement as one index."""

from __future__ import annotations

import click

from importcost.cli.options import terminal_width, wants_colour
from importcost.cli.outputs import check_writable, tell_written, write_all
from importcost.cli.printing import show
from importcost.cli.whole_project import format_of_index, render_index
from importcost.errors import UsageError
from importcost.files.read import read_named
from importcost.reports.output import STDOUT


@click.command("merge")
@click.argument("shards", nargs=-1, required=True, metavar="SHARD.json...")
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="FILE",
    multiple=True,
    help="Index, .html, .json, .csv or .md, - is JSON on stdout (repeatable).",
)
def command(*, shards: tuple[str, ...], outputs: tuple[str, ...]) -> None:
    """Join the figures of a project that several machines measured with --shard.

    SHARD.json is what `importcost profile PROJECT --shard I/N -o FILE.json` wrote.
    """
    from importcost.app.projects.profile_project import merged
    from importcost.reports.index.exports import read_project_figures
    from importcost.reports.terminal.projects.figures import render_project

    formats = [(path, format_of_index(path)) for path in outputs]
    check_writable(outputs)
    whole = merged([read_project_figures(_text(path), path) for path in shards])
    write_all([(path, render_index(whole, kind)) for path, kind in formats])
    text = render_project(whole, width=terminal_width(), colour=wants_colour())
    show(text, err=STDOUT in outputs)
    tell_written(outputs)


def _text(path: str) -> str:
    try:
        return read_named(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"The figures {path} cannot be read ({reason}): name a shard.") from error
