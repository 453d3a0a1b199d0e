"""`importcost check`: options to one call of app.check, and its reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from importcost.cli.gate_outputs import GateOutputs, gate_output_options, publish_checks
from importcost.cli.listener import terminal_listener
from importcost.cli.options import RUNNERS

if TYPE_CHECKING:
    from typing_extensions import Unpack


@click.command("check")
@click.argument("handlers", nargs=-1, metavar="[HANDLER]...")
@click.option("--config", metavar="FILE", help="Default: the nearest configuration.")
@click.option(
    "--baseline", metavar="FILE", help="Default: importcost-baseline.json beside the configuration."
)
@click.option("--update-baseline", is_flag=True, help="Write what was measured as the baseline.")
@click.option(
    "--deterministic", is_flag=True, help="Only rules that need no timing: two launches a handler."
)
@click.option("--runs", type=int, help="Launches of each handler. Default: until known to 2 %.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    help="Seconds that one launch may take.",
)
@click.option("--runner", type=click.Choice(RUNNERS), default="auto", show_default=True)
@click.option("--image", help="Container image. Default: AWS's for the runtime.")
@click.option("--network", default="none", show_default=True, help="The container's network.")
@gate_output_options
def command(  # noqa: PLR0913 - one parameter an option
    *,
    handlers: tuple[str, ...],
    config: str | None,
    baseline: str | None,
    update_baseline: bool,
    deterministic: bool,
    runs: int | None,
    timeout: float,
    runner: str,
    image: str | None,
    network: str,
    **outputs: Unpack[GateOutputs],
) -> None:
    """Hold handlers against their budgets in [tool.importcost].

    HANDLER is a name in the configuration; all of them without one. What is certain is checked
    first (forbidden and new modules, what imports do), then budgets, then the baseline.
    """
    from importcost.app.check import CheckRequest, check_handlers
    from importcost.app.configured import HowToMeasure

    request = CheckRequest(
        names=handlers,
        config=config,
        baseline=baseline,
        deterministic=deterministic,
        update_baseline=update_baseline,
        how=HowToMeasure(runs, timeout, runner, network, image),
    )
    quiet = outputs["quiet"]
    with terminal_listener(quiet=quiet) as told:
        report = check_handlers(request, told)
        if report.written is not None:
            told.note(f"Baseline: {report.written}")
    code = publish_checks(report.checks, (), report.root, report.places, outputs)
    raise click.exceptions.Exit(code)
