"""The page of a record: init and its bill over the days, with deployments as marks."""

from __future__ import annotations

from importcost import __version__
from importcost.model.results.trend import Trend
from importcost.reports.account.trend_chart import HEIGHT, LEFT, WIDTH, dollar_bars, inits_chart
from importcost.reports.page.html import STYLES, render_page
from importcost.reports.text import dollars, milliseconds

MOST_CHARTS = 60


def render_trend_page(trend: Trend) -> str:
    """Return the page, a whole document without a script."""
    days = trend.days
    shown = [one for one in trend.functions if one.days][:MOST_CHARTS]
    data = {
        "generator": f"importcost {__version__}",
        "first": days[0] if days else "",
        "last": days[-1] if days else "",
        "count": len(trend.functions),
        "left": len(trend.functions) - len(shown),
        "total": dollars(sum(one.dollars for one in trend.functions)),
        "size": {"width": WIDTH, "height": HEIGHT, "left": LEFT},
        "bars": dollar_bars(shown),
    }
    charts = [
        {
            "name": one.name,
            "region": one.region,
            "chart": inits_chart(one, days),
            "cold_starts": f"{sum(day.cold_starts for day in one.days):,}",
            "dollars": dollars(one.dollars),
            "last": milliseconds(one.days[-1].p50_ms),
            "days": [
                (
                    day.day + ("" if day.is_whole else " (in part)"),
                    f"{day.cold_starts:,}",
                    milliseconds(day.p50_ms),
                    milliseconds(day.p99_ms),
                    "" if day.dollars is None else dollars(day.dollars),
                )
                for day in one.days
            ],
        }
        for one in shown
    ]
    words = {"charts": charts}
    return render_page("trend.html.j2", data, "", words, (*STYLES, "trend.css"))
