"""`importcost calibrate`: a function's own floor and speed ratio, from its CloudWatch log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from importcost.cli.options import measure_options, terminal_width, wants_colour
from importcost.cli.printing import say, show
from importcost.cli.target_profile import profile_of
from importcost.errors import UsageError
from importcost.files.read import read_named

if TYPE_CHECKING:
    from importcost.app.bill.calibrate import Log, Storing

STDIN = "-"
LARGEST_BYTES = 1 << 30


@click.command("calibrate")
@click.argument("target", required=False)
@click.option(
    "--logs",
    metavar="FILE",
    multiple=True,
    help="CloudWatch log: text, JSON or CSV; - is stdin (repeatable).",
)
@click.option(
    "--since",
    default="14d",
    show_default=True,
    metavar="WHEN",
    help="Of a deployed function's own log: 14d, 12h, or a date.",
)
@click.option(
    "--profile",
    "profiles",
    metavar="P.json",
    multiple=True,
    help="Saved profile of the logged code. Several: variants, with one --logs each.",
)
@click.option("--function", metavar="NAME", help="The function, where the log holds several.")
@click.option("--validate", is_flag=True, help="Compare estimate and log, store nothing.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, write nothing.")
@click.option("--config", metavar="FILE", help="Configuration. Default: the nearest one.")
@click.option("--handler", metavar="NAME", help="The handler's name in the configuration.")
@measure_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print the result only.")
@click.option("--no-progress", is_flag=True, help="Show no progress line.")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    /,
    *,
    target: str | None,
    logs: tuple[str, ...],
    since: str,
    profiles: tuple[str, ...],
    function: str | None,
    validate: bool,
    dry_run: bool,
    config: str | None,
    handler: str | None,
    as_json: bool,
    quiet: bool,
    no_progress: bool,
    **options: Any,
) -> None:
    """Fit floor and speed ratio to the init durations that Lambda logged, and store them.

    TARGET is what `importcost profile` takes, or a saved profile (.json): of the code that was
    deployed when the log was written. Estimates of this function then carry the log's own band.
    The log of a deployed function (aws:NAME) is read from its account.
    """
    from importcost.app.account.target import names_a_deployed_function
    from importcost.app.bill.calibrate import Log, compare_logs, plan_storing
    from importcost.reports.terminal.calibration import calibration_json, render_calibration

    if bool(target) == bool(profiles):
        raise UsageError("Name the profiled function once: as TARGET, or with --profile P.json.")
    is_deployed = names_a_deployed_function(target or "")
    if not logs and not is_deployed:
        raise UsageError("Name the function's log with --logs FILE, or a deployed function.")
    read = [Log(name, _read(name)) for name in logs] or [_log_of(str(target), since)]
    given = [
        profile_of(context, name, options, quiet=quiet or as_json, no_progress=no_progress)
        for name in _named(target, profiles)
    ]
    found = [profile for profile, _ in given]
    stored = given[0][1]
    outcome = compare_logs(found, read, function=function, stored=stored, validate=validate)
    storing = None
    # A deployed function has no place in a configuration, unless one is named.
    if outcome.calibration is not None and not validate and (handler or not is_deployed):
        storing = plan_storing(found[0], outcome.calibration, config=config, handler=handler)
    width = terminal_width()
    text = render_calibration(outcome, width=width, colour=wants_colour())
    show(calibration_json(outcome) if as_json else text)
    if storing is not None:
        _store(storing, dry_run=dry_run, err=as_json)


def _log_of(target: str, since: str) -> Log:
    """Return the log of a deployed function, from its account."""
    from importcost.app.account.one_log import log_text
    from importcost.app.bill.calibrate import Log

    return Log(f"the log of {target}", log_text(target, since))


def _named(target: str | None, profiles: tuple[str, ...]) -> tuple[str, ...]:
    for name in profiles:
        if not name.endswith(".json"):
            raise UsageError(f"--profile takes a saved profile (.json), not {name}.")
    return profiles or (target or "",)


def _store(storing: Storing, *, dry_run: bool, err: bool) -> None:
    from importcost.app.bill.calibrate import carry_out

    table = "\n".join(storing.table)
    if dry_run:
        show(f"Would be written to {storing.file}:\n\n{table}", err=err)
        return
    carry_out(storing)
    say(f"Stored in {storing.file}.")


def _read(name: str) -> str:
    try:
        if name == STDIN:
            data = sys.stdin.buffer.read(LARGEST_BYTES + 1)
            if len(data) > LARGEST_BYTES:
                raise UsageError("The log on stdin is larger than a gigabyte: export less.")
        else:
            data = read_named(name, LARGEST_BYTES)
    except OSError as error:
        raise UsageError(
            f"The log {name} cannot be read ({error.strerror}): name a file exported from"
            " CloudWatch, or - for stdin."
        ) from error
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if wide else "utf-8", "replace")
