"""The figures of one function in the window: shares, quantiles, dollars and waiting."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from importcost.billing.figures.prices import Prices
from importcost.model.cloudwatch.logs import InitKind
from importcost.model.results.account import (
    AccountFunction,
    AccountRow,
    FunctionLog,
    InitQuantiles,
)

MONTH_DAYS = 30
_MB_PER_GB = 1_024


def row_of(
    function: AccountFunction,
    log: FunctionLog,
    invocations: float | None,
    days: float,
    prices: Prices | None,
    problems: Sequence[str] = (),
) -> AccountRow:
    """Return a function's figures; `days` is the length of the window, None prices no dollars.

    Lambda bills the init of an on-demand environment since 2025-08-01, also one that fails; those
    that run ahead (provisioned concurrency, Managed Instances) are in other prices.
    """
    on_demand = [one for one in log.inits if one.kind is InitKind.ON_DEMAND]
    billed_s = (
        sum(one.init_ms for one in on_demand) + sum(one.init_ms for one in log.failed)
    ) / 1_000
    waiting = sum(log.restores_ms) / 1_000 + billed_s
    cold = len(on_demand)
    dollars = init_dollars(function, log, prices) if days > 0 else None
    return AccountRow(
        function=function,
        invocations=invocations,
        cold_starts=cold,
        cold_share=min(1.0, cold / invocations) if invocations and not log.problem else None,
        kinds=dict(Counter(one.kind.value for one in log.inits)),
        init_ms=init_quantiles([one.init_ms for one in on_demand]),
        restores=len(log.restores_ms),
        billed_init_s=billed_s,
        init_dollars_a_month=None if dollars is None else dollars * MONTH_DAYS / days,
        waited_s=waiting,
        failed=sum(one.phase != "invoke" for one in log.failed),
        retried=sum(one.phase == "invoke" for one in log.failed),
        timeouts=log.timeouts,
        problems=(*problems, *([log.problem] if log.problem else [])),
    )


def on_demand_ms(log: FunctionLog, since_s: float) -> tuple[float, ...]:
    """Return the durations of a log's on-demand inits from a time on, milliseconds."""
    return tuple(
        one.init_ms
        for one in log.inits
        if one.kind is InitKind.ON_DEMAND and (one.at_s is None or one.at_s >= since_s)
    )


def changed_s(function: AccountFunction) -> float:
    """Return when a function was last changed, seconds since 1970; 0 if AWS does not tell."""
    try:  # 2026-11-30T19:13:48.681+0000, which Python 3.10 does not read
        found = datetime.fromisoformat(function.modified[:19] + "+00:00")
    except ValueError:
        return 0.0
    return found.timestamp()


def init_quantiles(values_ms: Sequence[float]) -> InitQuantiles | None:
    """Return quantiles by nearest rank, so that each is an init that happened; None for none."""
    if not values_ms:
        return None
    ordered = sorted(values_ms)
    p50, p90, p99 = (
        ordered[max(0, math.ceil(share * len(ordered)) - 1)] for share in (0.5, 0.9, 0.99)
    )
    return InitQuantiles(p50, p90, p99, ordered[-1])


def ranked(rows: Sequence[AccountRow], *, by_waiting: bool) -> tuple[AccountRow, ...]:
    """Return the rows, most expensive first, or those whose users waited longest."""

    def dollars_key(row: AccountRow) -> tuple[float, float, str]:
        return (-(row.init_dollars_a_month or 0.0), -row.waited_s, row.function.arn)

    def waiting_key(row: AccountRow) -> tuple[float, float, str]:
        return (-row.waited_s, -(row.init_dollars_a_month or 0.0), row.function.arn)

    return tuple(sorted(rows, key=waiting_key if by_waiting else dollars_key))


def init_dollars(
    function: AccountFunction, log: FunctionLog, prices: Prices | None
) -> float | None:
    """Return what the on-demand inits of a log cost, failed ones included; None without a price."""
    if prices is None or function.arch not in prices.by_arch:
        return None
    gb_second = prices.gb_second(function.arch)
    # The memory at the time of each init, which may have been changed since.
    total = sum(
        one.init_ms / 1_000 * (one.memory_mb or function.memory_mb) / _MB_PER_GB
        for one in log.inits
        if one.kind is InitKind.ON_DEMAND
    )
    total += sum(one.init_ms for one in log.failed) / 1_000 * function.memory_mb / _MB_PER_GB
    return total * gb_second
