"""`importcost estimate`: one cold start at every memory size, architecture and package type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from importcost.billing.figures.datafiles import check_memory, load_limits
from importcost.billing.figures.platforms import LAMBDA, check_size
from importcost.cli.options import (
    measure_options,
    precise_option,
    terminal_width,
    wants_colour,
)
from importcost.cli.printing import show
from importcost.cli.target_profile import is_given, profile_of
from importcost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_MEMORY_MB = 128


@click.command("estimate")
@click.argument("target")
@measure_options
@precise_option
@click.option(
    "--workers",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Workers of a Managed Instances environment: says which sizes hold them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print the table only.")
@click.option("--no-progress", is_flag=True, help="Show no progress line.")
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    target: str,
    workers: int | None,
    as_json: bool,
    precise: bool,
    quiet: bool,
    no_progress: bool,
    **options: Any,
) -> None:
    """Estimate one cold start over memory sizes, architectures and package types.

    TARGET is what `importcost profile` takes, or a saved profile (.json). --arch and
    --package-type leave the other ones out. The page of `importcost profile` plots the same.
    """
    from importcost.app.bill.estimate import EstimateRequest, estimate_profile
    from importcost.reports.terminal.curve import render_curve, render_curve_json

    sizes = _sizes(target, options["platform"], context.params["memory"], workers)
    # Sizes that only Managed Instances have are no points of the on-demand curve.
    largest = load_limits().memory_max_mb
    own = tuple(size for size in sizes if workers is None or size <= largest)
    options["memory"] = own[0] if own else DEFAULT_MEMORY_MB
    request = EstimateRequest(
        memories=own,
        arches=(options["arch"],) if is_given(context, "arch") else (),
        package_types=(options["package_type"],) if is_given(context, "package_type") else (),
    )
    profile, calibration = profile_of(
        context,
        target,
        options,
        precise=precise,
        quiet=quiet or as_json,
        no_progress=no_progress,
    )
    curve = estimate_profile(profile, request, calibration)
    managed = None
    if workers is not None:
        from importcost.billing.remedies.managed_memory import managed_memory

        init_ms = curve.points[0].estimate.init_ms.value
        managed = managed_memory(profile, workers, init_ms, sizes)
    if as_json:
        show(render_curve_json(curve, profile, managed).rstrip("\n"))
        return
    width, colour = terminal_width(), wants_colour()
    show(render_curve(curve, profile, width=width, colour=colour, managed=managed))


def _sizes(
    target: str, platform: str, given: Sequence[str], workers: int | None
) -> tuple[int, ...]:
    """Return the memory sizes. Raises UsageError before anything is measured, if that can be.

    A saved profile knows its platform, which checks them later.
    """
    is_later = platform != LAMBDA or target.endswith(".json")
    sizes = parse_memories(given, with_workers=workers is not None or is_later)
    if platform != LAMBDA:
        for size in sizes:
            check_size(platform, size)
    return sizes


def parse_memories(given: Sequence[str], *, with_workers: bool = False) -> tuple[int, ...]:
    """Return the sizes in texts like `128,512`, in MB. Raises UsageError for an invalid one.

    Environments `with_workers` have sizes of their own, checked with them.
    """
    words = [word.strip() for text in given for word in text.split(",")]
    for word in words:
        if not (word.isascii() and word.isdecimal()):
            raise UsageError(f"--memory takes sizes in MB like 128,512,1024, not {word!r}.")
    sizes = tuple(int(word) for word in words)
    return sizes if with_workers else tuple(check_memory(size) for size in sizes)


# Here one handler is estimated for many sizes; the shared option takes one.
_MEMORY = click.Option(
    ["--memory"],
    metavar="MB[,MB...]",
    multiple=True,
    help="Memory sizes (repeatable). Default: ten from 128 to 10240.",
)
command.params = [_MEMORY if one.name == "memory" else one for one in command.params]
