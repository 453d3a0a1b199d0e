"""Lines and bars over days as the coordinates of an SVG: the template only writes them down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from importcost.model.results.trend import FunctionTrend
from importcost.reports.text import dollars, milliseconds

WIDTH, HEIGHT = 720, 150
LEFT, TOP, BOTTOM = 64, 10, 20
_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5)


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One day of a line: where it is drawn, and what is said of it."""

    x: float
    y: float
    said: str


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A line: its CSS class, its parts (days in a row), and its points."""

    kind: str
    paths: tuple[str, ...]
    points: tuple[ChartPoint, ...]


@dataclass(frozen=True, slots=True)
class ChartMark:
    """A deployment, or a label of an axis."""

    at: float
    said: str


@dataclass(frozen=True, slots=True)
class TrendChart:
    """All that a chart of one function draws."""

    lines: tuple[ChartLine, ...]
    deployments: tuple[ChartMark, ...]
    heights: tuple[ChartMark, ...]
    dates: tuple[ChartMark, ...]


def inits_chart(function: FunctionTrend, days: Sequence[str]) -> TrendChart:
    """Return p50 and p99 of a function over `days`, the days of the whole page."""
    places = {day: at for at, day in enumerate(days)}
    top = _round_up(max(one.p99_ms for one in function.days))

    def x_of(day: str) -> float:
        return round(LEFT + (WIDTH - LEFT - 8) * places[day] / max(1, len(days) - 1), 1)

    def y_of(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top), 1)

    lines = []
    for kind, values in (
        ("p99", {one.day: one.p99_ms for one in function.days}),
        ("p50", {one.day: one.p50_ms for one in function.days}),
    ):
        points = {
            day: ChartPoint(x_of(day), y_of(value), f"{day}: {kind} {milliseconds(value)}")
            for day, value in values.items()
        }
        lines.append(ChartLine(kind, _paths(points, places), tuple(points.values())))
    return TrendChart(
        lines=tuple(lines),
        deployments=tuple(
            ChartMark(x_of(one.day), f"deployed {one.day} ({one.code})")
            for one in function.deployments
            if one.day in places
        ),
        heights=tuple(
            ChartMark(y_of(top * share), milliseconds(top * share) if share else "0")
            for share in (0, 0.5, 1)
        ),
        dates=tuple(ChartMark(x_of(day), day) for day in dict.fromkeys((days[0], days[-1]))),
    )


def dollar_bars(functions: Sequence[FunctionTrend], most: int = 12) -> list[Mapping[str, object]]:
    """Return the bill of the most expensive functions over all days, as bars of one length."""
    total = max((one.dollars for one in functions), default=0.0) or 1.0
    return [
        {
            "name": one.name,
            "region": one.region,
            "dollars": dollars(one.dollars),
            "share": round(100 * one.dollars / total, 2),
        }
        for one in functions[:most]
    ]


def _paths(points: Mapping[str, ChartPoint], places: Mapping[str, int]) -> tuple[str, ...]:
    """Return one path for each run of days without a gap."""
    runs: list[list[str]] = []
    last = None
    for day, point in points.items():
        if last is None or places[day] != last + 1:
            runs.append([])
        runs[-1].append(f"{point.x} {point.y}")
        last = places[day]
    return tuple("M" + "L".join(run) for run in runs if len(run) > 1)


def _round_up(value: float) -> float:
    """Return the next round number for the top of an axis."""
    size = 1.0
    while size * 10 < value:
        size *= 10
    return next((step * size for step in _STEPS if step * size >= value), 10 * size)
