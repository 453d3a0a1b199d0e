"""`importcost init`: options to one call of app.init_config."""

from __future__ import annotations

import math

import click

from importcost.cli.listener import terminal_listener
from importcost.cli.options import RUNNERS, VERBOSE_HELP
from importcost.cli.printing import say, show
from importcost.errors import UsageError


@click.command("init")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--task-root", metavar="DIR", help="The targets' folder deployed as /var/task.")
@click.option("--memory", type=click.IntRange(128, 10240), help="Of each function, in MB.")
@click.option(
    "--margin",
    type=click.FloatRange(min=0, max=1000),
    default=15,
    show_default=True,
    help="Percent added to what is measured.",
)
@click.option("--pyproject", is_flag=True, help="Append to pyproject.toml.")
@click.option("--measure/--no-measure", default=True, help="Set budgets.  [default: measure]")
@click.option("--runs", type=int, help="Launches of each handler. Default: until known to 2 %.")
@click.option("--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True)
@click.option("--runner", type=click.Choice(RUNNERS), default="auto", show_default=True)
@click.option("--verbose", "-v", is_flag=True, help=VERBOSE_HELP)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    targets: tuple[str, ...],
    task_root: str | None,
    memory: int | None,
    margin: float,
    pyproject: bool,
    measure: bool,
    runs: int | None,
    timeout: float,
    runner: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Write importcost.toml with budgets as measured now, plus a margin.

    TARGET is what `importcost profile` takes. Without one, handlers are looked for: in a SAM
    template or serverless.yml, else files with a function handler or lambda_handler.
    """
    from importcost.app.gate.configured import HowToMeasure
    from importcost.app.gate.init_config import InitRequest, write_configuration

    if math.isnan(margin):  # passes every range
        raise UsageError("--margin is nan: name the percent to add, from 0 to 1000.")
    request = InitRequest(
        targets=targets,
        task_root=task_root,
        memory_mb=memory,
        in_project_file=pyproject,
        margin=margin / 100,
        measure=measure,
        how=HowToMeasure(runs=runs, timeout_s=timeout, runner=runner),
    )
    with terminal_listener(quiet=quiet, verbose=verbose) as told:
        started = write_configuration(request, told)
    for name, reason in started.unmeasured:
        say(f"Not measured, budgets commented out: {name}: {reason}")
    if not quiet:
        show(f"Written: {started.file} ({', '.join(started.handlers)}). Next: {started.next_step}")
