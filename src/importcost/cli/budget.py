"""`importcost budget`: a file of budgets and their inputs that build tools can take as an input."""

from __future__ import annotations

from pathlib import Path

import click

from importcost.cli.outputs import check_writable
from importcost.cli.printing import show
from importcost.errors import UsageError
from importcost.reports.output import STDOUT

DEFAULT_FILE = "importcost-budget.json"
_OUT_OF_DATE = 1


@click.command("budget")
@click.argument("handlers", nargs=-1, metavar="[TARGET]...")
@click.option("--config", metavar="FILE", help="Default: the nearest configuration.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default=DEFAULT_FILE,
    show_default=True,
    help="The file; - is stdout.",
)
@click.option(
    "--check", is_flag=True, help="Write nothing: exit code 1 if the file is out of date."
)
def command(*, handlers: tuple[str, ...], config: str | None, output: str, check: bool) -> None:
    """Write each handler's budgets and input files, for the caches of nx, Pants or Bazel.

    The file has no times and no paths of this machine. It changes only if a budget, a setting or
    an input does, and is left alone otherwise. No handler is run.
    """
    from importcost.app.gate.budget_inputs import budget_inputs
    from importcost.reports.gate.budget_inputs import render_budget_inputs
    from importcost.reports.output import write_output

    if check and output == STDOUT:
        raise UsageError("--check compares with a file: name it with --output.")
    if not check:
        check_writable((output,))
    text = render_budget_inputs(budget_inputs(config, handlers))
    is_same = output != STDOUT and _content(output) == text
    if check:
        if not is_same:
            show(f"{output} is out of date: write it with importcost budget -o {output}.", err=True)
            raise click.exceptions.Exit(_OUT_OF_DATE)
        show(f"{output} is up to date.")
        return
    if not is_same:
        write_output(output, text)
    if output != STDOUT:
        show(f"{output} is {'unchanged' if is_same else 'written'}.")


def _content(path: str) -> str | None:
    from importcost.files.read import read_named

    if not Path(path).is_file():
        return None
    try:
        return read_named(path).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
