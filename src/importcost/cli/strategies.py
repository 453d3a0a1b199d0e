"""`importcost strategies`: the monthly cost and the effect of each remedy against cold starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importcost.cli.options import (
    measure_options,
    precise_option,
    request_of,
    terminal_width,
    wants_colour,
)
from importcost.cli.printing import show
from importcost.cli.target_profile import profile_of
from importcost.cli.whole_project import whole_project
from importcost.cli.whole_strategies import (
    ProjectWork,
    show_project_strategies,
    traffic_by_function,
)
from importcost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importcost.app.bill.remedies import RemediesFound
    from importcost.billing.remedies.traffic import Traffic


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


class PercentileType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A percentile: `99`, `99.9`, `p99` or `99%`."""

    name = "percentile"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the share from 0 to 1, or end with click's message."""
        text = str(value).strip().lower().removeprefix("p").removesuffix("%")
        try:
            found = float(text)
        except ValueError:
            self.fail(f"{value!r} is not a percentile: write 99 or 99.9.", param, ctx)
        if not 50 <= found < 100:
            self.fail(f"{value!r} is not a percentile from 50 to below 100.", param, ctx)
        return found / 100


class HourlyType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Relative rates of hours: numbers with commas between them."""

    name = "rates"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Return the numbers, or end with click's message."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(word) for word in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not 24 numbers with commas between them.", param, ctx)


PERCENTILE, HOURLY = PercentileType(), HourlyType()


@click.command("strategies")
@click.argument("target")
@click.option(
    "--invocations", type=click.IntRange(min=1), help="Requests a month; --arrivals tells, too."
)
@click.option(
    "--traffic",
    "traffic_file",
    metavar="FILE.csv",
    help="Of a project's functions: columns function, invocations (a month), cold_rate.",
)
@click.option(
    "--duration",
    "duration_ms",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MS",
    help="Duration of a warm request; a log tells, too.",
)
@click.option(
    "--cold-rate",
    type=SHARE,
    metavar="P",
    help="Share that start cold, as measured: 0.01, 1%. Default: simulated.",
)
@click.option(
    "--by-hour",
    type=HOURLY,
    metavar="W,W,...",
    default=(),
    help="Relative rates of the 24 hours of a day. Default: all alike.",
)
@click.option(
    "--burst",
    type=click.FloatRange(min=1),
    default=1.0,
    metavar="N",
    help="Requests that come together, on the average. Default: 1, at random.",
)
@click.option(
    "--arrivals",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Replay a CloudWatch log with REPORT lines, or times, one a line.",
)
@click.option(
    "--idle-reclaim",
    "idle_reclaim_s",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Idle seconds after which Lambda reclaims an environment. Default: assumed.",
)
@click.option(
    "--recycle",
    "recycle_s",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Age at which Lambda replaces an environment, seconds. Default: assumed.",
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
    "--environments",
    "--provisioned",
    "provisioned",
    type=click.IntRange(min=1),
    metavar="C",
    help="Provisioned environments. Default: the cheapest that keep --max-added.",
)
@click.option(
    "--spillover",
    type=SHARE,
    metavar="S",
    help="Share of requests that find none of them, as measured. Default: simulated.",
)
@click.option(
    "--pinged",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    metavar="K",
    help="Environments that the pinger keeps warm.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Workers in an environment of Managed Instances. Default: as many as fit, up to 16.",
)
@click.option(
    "--instance-price",
    "dollars_per_hour",
    type=click.FloatRange(min=0, min_open=True, max=10_000),
    metavar="DOLLARS",
    help="EC2's price of a large instance an hour. Default: as listed for us-east-1.",
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
    "--percentile",
    type=PERCENTILE,
    metavar="P",
    help="Percentile of requests that --max-added is for. Default: 99.9.",
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
    `importcost defer -o x.json` has its savings verified. The traffic of a deployed function
    (aws:NAME) is that of its last 30 days, unless you state another. Of a project, a table has the
    price of each function; --traffic tells them apart.
    """
    from importcost.app.bill.remedies import check_remedies, strategies_for
    from importcost.billing.remedies.managed import ManagedChoice

    if options["first_byte_ms"] is not None and not options["payload_kb"]:
        raise UsageError("--first-byte is of a streamed answer: add --payload-kb.")
    check_remedies(options["platform"])
    managed = ManagedChoice(options["workers"], options["dollars_per_hour"])
    project = whole_project(target, options)
    if project is not None and len(project.functions) > 1:
        request = request_of(target, options, precise=precise, whole=True)
        work = ProjectWork(project, request, managed)
        shows = {"as_json": as_json, "quiet": quiet or as_json, "no_progress": no_progress}
        show_project_strategies(work, traffic_by_function(options, _traffic), shows)
        return
    if options["traffic_file"] is not None:
        raise UsageError("--traffic is of a project's functions: state this one's --invocations.")
    options = _with_deployed_traffic(target, options, quiet=quiet or as_json)
    traffic = _traffic(options)
    profile, calibration = profile_of(
        context,
        target,
        options,
        precise=precise,
        quiet=quiet or as_json,
        no_progress=no_progress,
    )
    _show(strategies_for(profile, traffic, calibration, managed), as_json=as_json)


def _show(found: RemediesFound, *, as_json: bool) -> None:
    from importcost.reports.terminal.remedies import render_strategies, strategies_json

    if as_json:
        show(strategies_json(found.comparison, found.recommendation).rstrip("\n"))
    else:
        width = terminal_width()
        text = render_strategies(
            found.comparison, found.recommendation, width=width, colour=wants_colour()
        )
        show(text)


def _with_deployed_traffic(
    target: str, options: Mapping[str, Any], *, quiet: bool
) -> dict[str, Any]:
    """Return the options; the traffic of a deployed function is read where none is given."""
    from importcost.app.account.target import names_a_deployed_function

    stated = ("invocations", "duration_ms")
    if not names_a_deployed_function(target) or options["arrivals"] is not None:
        return dict(options)
    if all(options[name] is not None for name in stated):
        return dict(options)
    from importcost.app.account.traffic import traffic_of
    from importcost.cli.printing import say

    found = traffic_of(target)
    read = {
        "invocations": found.invocations,
        "duration_ms": found.duration_ms,
        "cold_rate": found.cold_rate,
        "by_hour": found.by_hour,
    }
    if not quiet:
        share = "" if found.cold_rate is None else f", {found.cold_rate:.2%} of them cold"
        say(
            f"Its last 30 days: {found.invocations:,} invocations of {found.duration_ms:,.0f} ms"
            f"{share}."
        )
        for note in found.notes:
            say(note)
    missing = {name: value for name, value in read.items() if options[name] in (None, ())}
    return {**options, **missing}


def _traffic(options: Mapping[str, Any]) -> Traffic:
    """Return the traffic of the options. Raises UsageError if they do not say enough."""
    from dataclasses import fields

    from importcost.app.bill.remedies import month_of, recorded_arrivals
    from importcost.billing.remedies.traffic import Traffic

    given = {one.name: options[one.name] for one in fields(Traffic) if one.name in options}
    if options["arrivals"] is not None:
        for flag, name, default in (("--by-hour", "by_hour", ()), ("--burst", "burst", 1.0)):
            if options[name] != default:
                raise UsageError(f"{flag} describes arrivals, and --arrivals has them: leave one.")
        # Rates and bill are of the same traffic: a stated month beside the log would be two.
        if options["invocations"] is not None:
            raise UsageError("--invocations is the rate of --arrivals: leave one.")
        recorded = recorded_arrivals(options["arrivals"], options["duration_ms"])
        given["recorded"] = recorded
        given["duration_ms"] = options["duration_ms"] or recorded.service_s * 1000
        given["invocations"] = month_of(recorded)
    missing = [
        flag
        for flag, name in (("--invocations", "invocations"), ("--duration", "duration_ms"))
        if given[name] is None
    ]
    if missing:
        raise UsageError(f"Describe the traffic: add {' and '.join(missing)}, or --arrivals FILE.")
    return Traffic(**given)
