"""`importcost strategies`: the monthly cost and the effect of each remedy against cold starts."""

from __future__ import annotations

from typing import Any

import click

from importcost.cli.options import (
    measure_options,
    precise_option,
    terminal_width,
    wants_colour,
)
from importcost.cli.printing import show
from importcost.cli.target_profile import profile_of
from importcost.errors import UsageError


class ShareType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A share: `0.01`, or `1%`."""

    name = "share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the share from 0 to 1, or end with click's message."""
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.fail(f"{value!r} is not a share: write 0.01 or 1%.", param, ctx)
        if not 0 <= found <= 1:
            self.fail(f"{value!r} lies outside 0 to 1 (0% to 100%).", param, ctx)
        return found


SHARE = ShareType()


@click.command("strategies")
@click.argument("target")
@click.option("--invocations", type=click.IntRange(min=1), required=True, help="Requests a month.")
@click.option(
    "--cold-rate", type=SHARE, required=True, metavar="P", help="Share that start cold: 0.01, 1%."
)
@click.option(
    "--duration",
    "duration_ms",
    type=click.FloatRange(min=0, min_open=True),
    required=True,
    metavar="MS",
    help="Duration of a warm request.",
)
@click.option("--payload-kb", type=click.FloatRange(min=0), help="The answer's size, if streamed.")
@click.option(
    "--first-byte",
    "first_byte_ms",
    type=click.FloatRange(min=0),
    metavar="MS",
    help="When a streamed answer begins. Default: a tenth of the duration.",
)
@click.option(
    "--versions",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Versions kept with SnapStart.",
)
@click.option(
    "--use-share",
    type=SHARE,
    default=1.0,
    metavar="S",
    help="Share of cold starts that need the deferred work at once. Default: all.",
)
@click.option(
    "--provisioned",
    type=click.IntRange(min=1),
    metavar="C",
    help="Provisioned environments. Default: three times the average concurrency.",
)
@click.option(
    "--spillover",
    type=SHARE,
    default=0.0,
    metavar="S",
    help="Share of requests that find none of them. Default: none.",
)
@click.option("--efs", "uses_efs", is_flag=True, help="The function mounts EFS.")
@click.option(
    "--tmp", "tmp_mb", type=click.IntRange(512, 10240), default=512, metavar="MB", help="Its /tmp."
)
@click.option(
    "--max-added",
    "max_added_ms",
    type=click.FloatRange(min=0),
    metavar="MS",
    help="Longest wait that a cold start may add. Default: a warm request's duration.",
)
@click.option(
    "--max-cost",
    "max_dollars",
    type=click.FloatRange(min=0),
    metavar="DOLLARS",
    help="Highest cost of the month. Default: twice the present one.",
)
@click.option(
    "--free-tier",
    is_flag=True,
    help="Take off the account's monthly free tier: no other function uses it up.",
)
@measure_options
@precise_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print the comparison only.")
@click.option("--no-progress", is_flag=True, help="Show no progress line.")
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    target: str,
    as_json: bool,
    precise: bool,
    quiet: bool,
    no_progress: bool,
    **options: Any,
) -> None:
    """Compare the remedies against cold starts under the traffic that you state.

    TARGET is what `importcost profile` takes, or a saved profile (.json); one saved with
    `importcost defer -o x.json` has its savings verified.
    """
    from dataclasses import fields

    from importcost.app.bill.remedies import strategies_for
    from importcost.billing.remedies.traffic import Traffic
    from importcost.reports.terminal.remedies import render_strategies, strategies_json

    if options["first_byte_ms"] is not None and not options["payload_kb"]:
        raise UsageError("--first-byte is of a streamed answer: add --payload-kb.")
    traffic = Traffic(**{one.name: options[one.name] for one in fields(Traffic)})
    profile, calibration = profile_of(
        context,
        target,
        options,
        precise=precise,
        quiet=quiet or as_json,
        no_progress=no_progress,
    )
    found = strategies_for(profile, traffic, calibration)
    if as_json:
        show(strategies_json(found.comparison, found.recommendation).rstrip("\n"))
    else:
        width = terminal_width()
        text = render_strategies(
            found.comparison, found.recommendation, width=width, colour=wants_colour()
        )
        show(text)
