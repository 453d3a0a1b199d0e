"""`importcost why`: every chain of imports that loads a module, and how to end it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from importcost.cli.listener import terminal_listener
from importcost.cli.options import (
    measure_options,
    names_plain,
    plain_options,
    request_of,
    terminal_width,
    wants_colour,
)
from importcost.cli.printing import show
from importcost.cli.target_profile import read_saved
from importcost.errors import UsageError

if TYPE_CHECKING:
    from importcost.cli.options import Given
    from importcost.model.results.chains import Why


@click.command("why")
@click.argument("names", nargs=-1, metavar="[TARGET] MODULE")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Chains shown at most.",
)
@plain_options
@measure_options
@click.option("--quiet", "-q", is_flag=True, help="Print the answer only.")
@click.option("--no-progress", is_flag=True, help="Show no progress line.")
def command(
    *,
    names: tuple[str, ...],
    limit: int,
    quiet: bool,
    no_progress: bool,
    **options: Any,
) -> None:
    """Show every chain of imports that loads MODULE, shortest first, with file and line.

    TARGET is what `importcost profile` takes, or a saved profile (.json); -m, -c, --script or
    --file take its place.
    """
    from importcost.app.defer.why import why_measured, why_profile

    target, module = _target_and_module(names, options)
    if target.endswith(".json"):
        answer = why_profile(read_saved(target), module, limit)
    else:
        with terminal_listener(
            quiet=quiet, no_progress=no_progress, verbose=options["verbose"]
        ) as listener:
            answer = why_measured(request_of(target, options), module, limit, listener)
    _show(answer)


def _target_and_module(names: tuple[str, ...], options: Given) -> tuple[str, str]:
    """Return the measured target, empty if an option names it, and the module asked about."""
    wanted = 1 if names_plain(options) else 2
    if len(names) != wanted:
        named = "only the module after -m, -c, --script or --file" if wanted == 1 else "both"
        raise UsageError(f"why takes a target and the module that is asked about: name {named}.")
    return ("", names[0]) if wanted == 1 else (names[0], names[1])


def _show(answer: Why) -> None:
    from importcost.reports.terminal.why import render_chains, render_cut

    found, target = answer.chains, answer.profile.target
    if not found.is_loaded:
        close = f" Did you mean {', '.join(found.close)}?" if found.close else ""
        raise UsageError(f"{found.module} is not loaded during init.{close}")
    width, colour = terminal_width(), wants_colour()
    least = "at least " if found.more_is_minimum else ""
    more = f"     and {least}{found.more:,} more chains" if found.more else ""
    count = len(found.chains) + found.more
    chains = "1 chain" if count == 1 else f"{least}{count:,} chains"
    show(f"{found.module} is loaded by {chains} of imports, shortest first:\n")
    show(render_chains(found.chains, more, target, width=width, colour=colour))
    if found.preloaded:
        show("The Lambda runtime has loaded it before the handler: deferring saves nothing.")
        return
    text = render_cut(
        found.module,
        answer.statements,
        answer.reason,
        answer.saved_us,
        target,
        width=width,
        colour=colour,
    )
    show(text, nl=False)
