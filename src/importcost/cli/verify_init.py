"""`importcost verify-init`: the real emulator's init beside the profile's sum."""

from __future__ import annotations

from typing import Any

import click

from importcost.cli.listener import terminal_listener
from importcost.cli.options import measure_options, request_of
from importcost.cli.printing import show
from importcost.cli.target_profile import require_handler


@click.command("verify-init")
@click.argument("target")
@measure_options
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="Cold starts under the emulator.",
)
@click.option(
    "--throttled",
    is_flag=True,
    help="Give both memory / 1769 of a vCPU, as init has with provisioned concurrency.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print the answer only.")
def command(
    *,
    target: str,
    rounds: int,
    throttled: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Run init under the real Runtime Interface Emulator and awslambdaric, beside the profile.

    TARGET is what `importcost profile` takes. Needs a container engine; the handler function is
    called once a cold start, with an empty event and no network.
    """
    from importcost.app.verify_init import verify_init
    from importcost.reports.terminal.verify_init import render_verified, render_verified_json

    require_handler(target, "verify-init")
    is_quiet = quiet or as_json
    with terminal_listener(quiet=is_quiet, verbose=options["verbose"]) as listener:
        report = verify_init(request_of(target, options), rounds, listener, is_throttled=throttled)
    show(render_verified_json(report) if as_json else render_verified(report))
