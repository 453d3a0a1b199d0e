"""A record in the formats of other tools, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

from importcost.model.results.trend import AccountDay, FunctionTrend, Trend
from importcost.reports.exports.csv_ import cell
from importcost.reports.json_text import json_text

NAMESPACE = "importcost"
_COLUMNS = (
    "account", "region", "function", "day", "cold_starts", "p50_ms", "p90_ms", "p99_ms",
    "longest_ms", "billed_init_s", "dollars", "failed", "is_whole",
)  # fmt: skip
_QUANTILES = (("0.5", "p50_ms"), ("0.9", "p90_ms"), ("0.99", "p99_ms"))


def trend_csv(trend: Trend) -> str:
    """Return one row a function and day."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for function in trend.functions:
        names = (function.account, function.region, function.name)
        for day in function.days:
            values = [getattr(day, name) for name in _COLUMNS[3:]]
            writer.writerow([*map(cell, names), *("" if one is None else one for one in values)])
    return out.getvalue()


def bencher_json(trend: Trend) -> str:
    """Return the newest day of each function in Bencher's metric format.

    Latency is in nanoseconds there; the bounds are p50 and p99 of the day.
    """
    found = {
        _title(function): {
            "latency": {
                "value": day.p50_ms * 1e6,
                "lower_value": day.p50_ms * 1e6,
                "upper_value": day.p99_ms * 1e6,
            },
            "cold-starts": {"value": day.cold_starts},
        }
        for function, day in _newest(trend)
    }
    return json_text(found, indent=1) + "\n"


def github_json(trend: Trend) -> str:
    """Return the newest day of each function for github-action-benchmark: smaller is better."""
    found = [
        {
            "name": f"{_title(function)} init p50",
            "unit": "ms",
            "value": day.p50_ms,
            "range": f"p99 {day.p99_ms:.1f}",
            "extra": f"{day.cold_starts} cold starts on {day.day}",
        }
        for function, day in _newest(trend)
    ]
    return json_text(found, indent=1) + "\n"


def openmetrics_text(trend: Trend) -> str:
    """Return every day as OpenMetrics text 1.0, with the day's end as the time of its samples."""
    families: tuple[tuple[str, str, str, Callable[[AccountDay], list[tuple[str, float]]]], ...] = (
        (
            "importcost_init_seconds",
            "seconds",
            "Init duration of on-demand cold starts.",
            lambda day: [
                (f',quantile="{share}"', getattr(day, name) / 1_000) for share, name in _QUANTILES
            ],
        ),
        (
            "importcost_cold_starts",
            "",
            "Successful on-demand inits of a day.",
            lambda day: [("", float(day.cold_starts))],
        ),
        (
            "importcost_init_bill_dollars",
            "dollars",
            "US dollars that init cost on a day.",
            lambda day: [] if day.dollars is None else [("", day.dollars)],
        ),
    )
    lines: list[str] = []
    for name, unit, said, samples in families:
        lines.append(f"# TYPE {name} gauge")
        if unit:
            lines.append(f"# UNIT {name} {unit}")
        lines.append(f"# HELP {name} {said}")
        lines += _samples(trend, name, samples)
    return "\n".join([*lines, "# EOF"]) + "\n"


def emf_lines(trend: Trend) -> str:
    """Return every day as a line of CloudWatch's embedded metric format."""
    units = {"InitP50": "Milliseconds", "InitP99": "Milliseconds", "ColdStarts": "Count"}
    lines = []
    for function in trend.functions:
        for day in function.days:
            directive = {
                "Namespace": NAMESPACE,
                "Dimensions": [["FunctionName", "Region"]],
                "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
            }
            record: dict[str, Any] = {
                "_aws": {"Timestamp": _end_of(day) * 1_000, "CloudWatchMetrics": [directive]},
                "FunctionName": function.name,
                "Region": function.region,
                "InitP50": day.p50_ms,
                "InitP99": day.p99_ms,
                "ColdStarts": day.cold_starts,
            }
            lines.append(json_text(record, is_compact=True) + "\n")
    return "".join(lines)


def _samples(
    trend: Trend, name: str, samples: Callable[[AccountDay], list[tuple[str, float]]]
) -> Iterator[str]:
    """Yield a family's lines; all samples of one label set stand together, in order of time."""
    for function in trend.functions:
        own = {"account": function.account, "function": function.name, "region": function.region}
        labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in own.items())
        by_label: dict[str, list[str]] = {}
        for day in function.days:
            for more, value in samples(day):
                line = f"{name}{{{labels}{more}}} {value:.9g} {_end_of(day)}"
                by_label.setdefault(more, []).append(line)
        for lines in by_label.values():
            yield from lines


def _newest(trend: Trend) -> Iterator[tuple[FunctionTrend, AccountDay]]:
    """Yield each function with its newest whole day, or its newest one if none is whole."""
    for function in trend.functions:
        whole = [day for day in function.days if day.is_whole]
        if function.days:
            yield function, (whole or function.days)[-1]


def _title(function: FunctionTrend) -> str:
    return f"{function.name} ({function.account}, {function.region})"


def _end_of(day: AccountDay) -> int:
    start = datetime.strptime(day.day, "%Y-%m-%d").replace(tzinfo=timezone.utc)
    return int(start.timestamp()) + 86_400


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
