"""`importcost snapstart`: check that a snapshot can be restored many times."""

from __future__ import annotations

from typing import Any

import click

from importcost.cli.listener import terminal_listener
from importcost.cli.options import (
    measure_options,
    request_of,
    terminal_width,
    wants_colour,
)
from importcost.cli.printing import show
from importcost.cli.target_profile import require_handler


@click.command("snapstart")
@click.argument("target")
@measure_options
@click.option(
    "--function-timeout",
    type=float,
    default=3.0,
    show_default=True,
    help="The function's own timeout in seconds; init may take as long, within 130 to 900 s.",
)
@click.option(
    "--prime",
    "prime",
    metavar="EVENT",
    help="Measure what a call with this event (file, JSON, or 'GET /chat') before it would save.",
)
@click.option("--fix", is_flag=True, help="Print the hooks that the findings need.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print the answer only.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    target: str,
    function_timeout: float,
    prime: str | None,
    fix: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Find state that a SnapStart snapshot of the function would freeze without hooks.

    TARGET is what `importcost profile` takes. Under Lambda Web Adapter registered hooks do not
    fire. Exit code 1 if hazards remain.
    """
    from importcost.app.snapstart.check import check_snapstart
    from importcost.reports.terminal.snapstart import (
        render_skeletons,
        render_snapstart,
        render_snapstart_json,
    )

    require_handler(target, "snapstart")
    with terminal_listener(
        quiet=quiet or as_json, no_progress=True, verbose=options["verbose"]
    ) as listener:
        report = check_snapstart(request_of(target, options), function_timeout, listener, prime)
    if as_json:
        show(render_snapstart_json(report))
    else:
        width = terminal_width()
        show(render_snapstart(report, width=width, colour=wants_colour()))
        if fix:
            show(render_skeletons(report) or "Nothing to fix.")
    ctx.exit(0 if report.is_clean else 1)
