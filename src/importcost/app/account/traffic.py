"""The traffic of a deployed function, from its metrics and its log."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from importcost.account.door import AccountDoor
from importcost.account.log_queries import Window
from importcost.account.metrics import duration_metric, hourly_sums, invocations_metric, metric_sums
from importcost.account.troubles import AccountError
from importcost.app.account.figures import MONTH_DAYS
from importcost.app.account.one_log import described, log_of_function
from importcost.app.account.target import deployed_name, region_of
from importcost.errors import UsageError
from importcost.model.cloudwatch.logs import InitKind

LOG_DAYS = 7
HOURS = 24
FEWEST_BY_HOUR = 240.0
"""Invocations of a month below which the rates of its hours are chance."""


class DeployedTraffic(NamedTuple):
    """One month of a deployed function: its invocations, and a warm request's milliseconds.

    `cold_rate` is a share, None if the log does not tell it. `by_hour` are relative rates of the
    hours of a day (UTC), empty for too few invocations. `notes` are whole sentences.
    """

    invocations: int
    duration_ms: float
    cold_rate: float | None
    by_hour: tuple[float, ...]
    notes: tuple[str, ...]


def traffic_of(text: str, door: AccountDoor | None = None) -> DeployedTraffic:
    """Return the last 30 days of the function that `aws:NAME` names.

    Raises UsageError for a function that was not called, and AccountError as AWS answers.
    """
    door = door or AccountDoor()
    wanted = deployed_name(text)
    region = region_of(wanted, door)
    name = wanted.name.rpartition(":")[2]
    until = int(time.time())
    month = Window(until - MONTH_DAYS * 86_400, until)
    hours = hourly_sums(door, region, invocations_metric(name), *month)
    total = sum(hours.values())
    if not total:
        raise UsageError(
            f"{name} was not called in the last {MONTH_DAYS} days: describe its traffic with"
            " --invocations and --duration."
        )
    duration = duration_metric(name)
    spent = metric_sums(door, region, [duration], *month)[duration]
    cold_rate, notes = _cold_rate(door, text, hours, until)
    return DeployedTraffic(
        invocations=max(1, round(total)),
        duration_ms=spent / total,
        cold_rate=cold_rate,
        by_hour=_by_hour(hours) if total >= FEWEST_BY_HOUR else (),
        notes=notes,
    )


def _cold_rate(
    door: AccountDoor, text: str, hours: Mapping[int, float], until: int
) -> tuple[float | None, tuple[str, ...]]:
    """Return the share of cold starts in the last days, and what prevented it."""
    since = until - LOG_DAYS * 86_400
    calls = sum(value for hour, value in hours.items() if hour >= since)
    try:
        log = log_of_function(door, described(door, text), Window(since, until))
    except AccountError as error:
        return None, (f"The share of cold starts is simulated: {error}",)
    if log.problem is not None or not calls:
        return None, (f"The share of cold starts is simulated: {log.problem or 'no calls.'}",)
    if any(one.kind is InitKind.PROVISIONED for one in log.inits):
        return None, ("The share of cold starts is simulated: some environments start ahead.",)
    cold = sum(one.kind is InitKind.ON_DEMAND for one in log.inits) + len(log.restores_ms)
    return min(1.0, cold / calls), ()


def _by_hour(hours: Mapping[int, float]) -> tuple[float, ...]:
    rates = [0.0] * HOURS
    for hour, value in hours.items():
        rates[hour // 3_600 % HOURS] += value
    return tuple(rates)
