"""Sums of CloudWatch metrics over the window: invocations, and bytes that log groups took in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from importcost.account.door import AccountDoor
from importcost.account.troubles import RefusedError
from importcost.errors import Trouble, remedy

QUERIES_PER_CALL = 500
POINTS_PER_CALL = 100_800
"""GetMetricData's own limits of one request."""
HOUR_S, DAY_S = 3_600, 86_400


class MetricName(NamedTuple):
    """One metric with its one dimension."""

    namespace: str
    metric: str
    dimension: str
    value: str


def invocations_metric(function: str) -> MetricName:
    """Return the metric of a function's invocations."""
    return MetricName("AWS/Lambda", "Invocations", "FunctionName", function)


def duration_metric(function: str) -> MetricName:
    """Return the metric of the time that a function's invocations took, milliseconds."""
    return MetricName("AWS/Lambda", "Duration", "FunctionName", function)


def logged_bytes_metric(group: str) -> MetricName:
    """Return the metric of the bytes that a log group took in."""
    return MetricName("AWS/Logs", "IncomingBytes", "LogGroupName", group)


def metric_sums(
    door: AccountDoor, region: str, wanted: Sequence[MetricName], since_s: int, until_s: int
) -> dict[MetricName, float]:
    """Return the sum of each metric in the window; a metric without data has 0.

    Raises AccountError.
    """
    period = HOUR_S if until_s - since_s <= 60 * DAY_S else DAY_S
    points = max(1, -(-(until_s - since_s) // period) + 1)
    each = max(1, min(QUERIES_PER_CALL, POINTS_PER_CALL // points))
    sums: dict[MetricName, float] = {}
    for at in range(0, len(wanted), each):
        part = wanted[at : at + each]
        sums.update(dict.fromkeys(part, 0.0))
        for name, found in _answers(door, region, part, period, since_s, until_s):
            sums[name] += sum(value for _, value in found)
    return sums


def hourly_sums(
    door: AccountDoor, region: str, wanted: MetricName, since_s: int, until_s: int
) -> dict[int, float]:
    """Return a metric's sum by the hour, an hour being its beginning since 1970, seconds.

    An hour without data is not there. Raises AccountError.
    """
    found: dict[int, float] = {}
    for _, points in _answers(door, region, [wanted], HOUR_S, since_s, until_s):
        for moment, value in points:
            hour = int(moment) // HOUR_S * HOUR_S
            found[hour] = found.get(hour, 0.0) + value
    return found


def _answers(
    door: AccountDoor,
    region: str,
    part: Sequence[MetricName],
    period: int,
    since_s: int,
    until_s: int,
) -> Iterator[tuple[MetricName, list[tuple[float, float]]]]:
    """Yield each metric with its points: seconds since 1970, and the value."""
    queries = [_query(f"m{at}", name, period) for at, name in enumerate(part)]
    following: dict[str, str] = {}
    while True:
        answer = door.ask(
            "cloudwatch",
            "GetMetricData",
            region,
            "the metrics of functions",
            MetricDataQueries=queries,
            StartTime=datetime.fromtimestamp(since_s, timezone.utc),
            EndTime=datetime.fromtimestamp(until_s, timezone.utc),
            **following,
        )
        for result in answer.get("MetricDataResults") or ():
            if result.get("StatusCode") in ("InternalError", "Forbidden"):
                raise RefusedError(
                    Trouble(
                        f"CloudWatch in {region} gave no figures ({result['StatusCode']})",
                        remedy("run it once more"),
                    ),
                    str(result["StatusCode"]),
                )
            moments = [_seconds(one) for one in result.get("Timestamps") or ()]
            values = [float(one) for one in result.get("Values") or ()]
            yield part[int(str(result["Id"])[1:])], list(zip(moments, values, strict=False))
        token = answer.get("NextToken")
        if not token or token == following.get("NextToken"):
            return
        following = {"NextToken": token}


def _seconds(moment: Any) -> float:
    return float(moment.timestamp()) if isinstance(moment, datetime) else float(moment)


def _query(name: str, metric: MetricName, period: int) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.metric,
                "Dimensions": [{"Name": metric.dimension, "Value": metric.value}],
            },
            "Period": period,
            "Stat": "Sum",
        },
    }
