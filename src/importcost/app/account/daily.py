"""The inits of one function by the day."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timezone

from importcost.account.log_queries import Window
from importcost.account.metrics import DAY_S
from importcost.app.account.figures import init_dollars, init_quantiles
from importcost.billing.figures.prices import Prices
from importcost.model.cloudwatch.logs import InitKind
from importcost.model.results.account import AccountFunction, FunctionLog, LoggedFailure, LoggedInit
from importcost.model.results.trend import AccountDay

LATE_S = 3_600
"""Lines may come this long after they were written: until then a day is not whole."""


def days_of(
    function: AccountFunction, log: FunctionLog, window: Window, prices: Prices | None
) -> tuple[AccountDay, ...]:
    """Return the days that had a successful on-demand init, in order."""
    inits: dict[int, list[LoggedInit]] = defaultdict(list)
    failed: dict[int, list[LoggedFailure]] = defaultdict(list)
    for one in log.inits:
        if one.kind is InitKind.ON_DEMAND and one.at_s is not None:
            inits[int(one.at_s // DAY_S)].append(one)
    for failure in log.failed:
        if failure.at_s is not None:
            failed[int(failure.at_s // DAY_S)].append(failure)
    return tuple(
        _day(function, day, inits[day], failed.get(day, []), window, prices)
        for day in sorted(inits)
    )


def _day(
    function: AccountFunction,
    day: int,
    inits: list[LoggedInit],
    failed: list[LoggedFailure],
    window: Window,
    prices: Prices | None,
) -> AccountDay:
    quantiles = init_quantiles([one.init_ms for one in inits])
    assert quantiles is not None  # noqa: S101 - the day has inits
    own = FunctionLog(inits=tuple(inits), failed=tuple(failed))
    billed = sum(one.init_ms for one in inits) + sum(one.init_ms for one in failed)
    return AccountDay(
        day=datetime.fromtimestamp(day * DAY_S, timezone.utc).strftime("%Y-%m-%d"),
        cold_starts=len(inits),
        p50_ms=quantiles.p50,
        p90_ms=quantiles.p90,
        p99_ms=quantiles.p99,
        longest_ms=quantiles.longest,
        billed_init_s=billed / 1_000,
        dollars=init_dollars(function, own, prices),
        failed=len(failed),
        is_whole=window.since_s <= day * DAY_S and (day + 1) * DAY_S + LATE_S <= window.until_s,
    )
