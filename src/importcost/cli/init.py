"""`importcost init`: options to one call of app.init_config."""

from __future__ import annotations

import math

import click

from importcost.cli.listener import terminal_listener
from importcost.cli.options import each_runs, shared_option
from importcost.cli.printing import say, show
from importcost.declaration import MIN_RUNS
from importcost.errors import UsageError
from importcost.parameters import Parameter


@click.command("init")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@shared_option(Parameter.TASK_ROOT, help="The targets' folder deployed as /var/task.")
@shared_option(Parameter.MEMORY, help="Of each function, in MB.", default=None)
@click.option(
    "--margin",
    type=click.FloatRange(min=0, max=1000),
    default=15,
    show_default=True,
    help="Percent added to the measured figures.",
)
@click.option("--pyproject", is_flag=True, help="Append to pyproject.toml.")
@click.option("--measure/--no-measure", default=True, help="Set budgets.  [default: measure]")
@shared_option(Parameter.RUNS, help=each_runs(MIN_RUNS))
@shared_option(Parameter.TIMEOUT)
@shared_option(Parameter.RUNNER)
@shared_option(Parameter.VERBOSE)
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

    TARGET is what `importcost profile` takes; the default is this folder. A project's folder,
    template or artefact is named in the file, so that its later functions have budgets, too;
    without one, files with a function handler or lambda_handler are.
    """
    from importcost.app.gate.handler_requests import HowToMeasure
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
