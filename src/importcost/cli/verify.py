"""`importcost verify`: whether a deployed change saved what was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from importcost.cli.options import terminal_width, wants_colour
from importcost.cli.printing import show
from importcost.errors import UsageError

if TYPE_CHECKING:
    from importcost.model.interval import Interval


@click.command("verify")
@click.argument("target")
@click.option(
    "--since",
    metavar="WHEN",
    help="The change: a date, 2d, or a published version. Default: the function's last one.",
)
@click.option(
    "--before",
    default="14d",
    show_default=True,
    metavar="SPAN",
    help="How long before the change is read.",
)
@click.option(
    "--predicted",
    metavar="P.json",
    help="Profile of the code before, saved by `importcost defer -o`: its saving was predicted.",
)
@click.option(
    "--expect",
    "expected_ms",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MS",
    help="The saving that was predicted, instead of a profile.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    target: str,
    since: str | None,
    before: str,
    predicted: str | None,
    expected_ms: float | None,
    as_json: bool,
) -> None:
    """Compare init before and after a deployed change, by Lambda's own logs.

    TARGET is a deployed function: aws:NAME or its ARN. Ends with 1 where the saving did not come,
    or came in part, and with 3 where too few cold starts are logged to tell.
    """
    from importcost.app.account.deployment import verify_deployment, with_expected
    from importcost.app.account.target import deployed_name, names_a_deployed_function
    from importcost.model.results.deployment import Came
    from importcost.reports.account.deployment import deployment_json, render_deployment

    if not names_a_deployed_function(target):
        raise UsageError(f"{target} is not a deployed function: name one as aws:NAME.")
    if predicted is not None and expected_ms is not None:
        raise UsageError("--predicted and --expect are both the predicted saving: leave one.")
    if deployed_name(target).qualifier is not None:
        raise UsageError("verify compares versions: name the function alone, and one with --since.")
    saving = _predicted(predicted) if predicted is not None else None
    check = verify_deployment(target, since=since, before=before, predicted=saving)
    if expected_ms is not None:
        check = with_expected(check, expected_ms)
    if as_json:
        show(deployment_json(check), nl=False)
    else:
        show(render_deployment(check, width=terminal_width(), colour=wants_colour()))
    codes = {Came.TRUE: 0, Came.PARTLY: 1, Came.NOT: 1, Came.OPEN: 3}
    context.exit(codes[check.came])


def _predicted(path: str) -> tuple[Interval, str]:
    from importcost.app.account.deployment import predicted_saving
    from importcost.cli.target_profile import read_saved

    return predicted_saving(read_saved(path), path)
