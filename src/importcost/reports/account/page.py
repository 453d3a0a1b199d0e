"""The page of an account's survey: what each function pays for init, and how the model did."""

from __future__ import annotations

import math
from typing import Any

from importcost import __version__
from importcost.model.results.account import AccountRow, AccountSurvey
from importcost.model.results.validation import AccountValidation, LoggedAgainstModel
from importcost.reports.account.terminal import day, is_active, waited
from importcost.reports.page.html import STYLES, render_page
from importcost.reports.text import dollars, milliseconds

MOST_ROWS = 2_000
PLOT_SIZE, PLOT_EDGE = 360, 46


def render_account_page(survey: AccountSurvey, validation: AccountValidation | None = None) -> str:
    """Return the page, a whole document without a script."""
    rows = [row for row in survey.rows if is_active(row)]
    top = max((row.init_dollars_a_month or 0.0 for row in rows), default=0.0) or 1.0
    total = sum(row.init_dollars_a_month or 0.0 for row in survey.rows)
    problems = [
        f"{row.function.name} ({row.function.region}): {text}"
        for row in survey.rows
        for text in row.problems
    ]
    data = {
        "generator": f"importcost {__version__}",
        "account": survey.account or "",
        "regions": list(survey.regions),
        "since": day(survey.since_s),
        "until": day(survey.until_s),
        "count": len(survey.rows),
        "quiet": len(survey.rows) - len(rows),
        "total": dollars(total),
        "cold_starts": f"{sum(row.cold_starts for row in rows):,}",
        "waited": waited(sum(row.waited_s for row in rows)),
        "plot": {"size": PLOT_SIZE, "edge": PLOT_EDGE},
    }
    words = {
        "rows": [_row(row, top) for row in rows[:MOST_ROWS]],
        "left": max(0, len(rows) - MOST_ROWS),
        "problems": [*survey.problems, *problems],
        "model": _model(validation) if validation else None,
    }
    return render_page("account.html.j2", data, "", words, (*STYLES, "trend.css"))


def _row(row: AccountRow, top: float) -> dict[str, Any]:
    one, init, month = row.function, row.init_ms, row.init_dollars_a_month
    quantiles = (init.p50, init.p90, init.p99, init.longest) if init else ()
    trouble = (
        (row.failed, "failed"),
        (row.retried, "retried"),
        (row.timeouts, "timed out"),
        (row.restores, "restored"),
        *((count, kind) for kind, count in row.kinds.items() if kind != "on-demand"),
    )
    return {
        "name": one.name,
        "region": one.region,
        "runtime": f"{one.runtime or one.package_type} · {one.memory_mb:,} MB · {one.arch}",
        "cells": [
            f"{row.cold_starts:,}",
            "?" if row.cold_share is None else f"{row.cold_share:.2%}",
            *(milliseconds(value) for value in quantiles),
            *("" for _ in range(4 - len(quantiles))),
            waited(row.waited_s),
            ", ".join(f"{count:,} {what}" for count, what in trouble if count),
        ],
        "dollars": "?" if month is None else dollars(month),
        "share": round(100 * (month or 0.0) / top, 2),
    }


def _model(validation: AccountValidation) -> dict[str, Any]:
    """Return the plot and the table of estimates beside logs."""
    measured = validation.measured
    top = max([max(one.logged_ms, _predicted(one)) for one in measured], default=1.0)
    end = 10 ** math.ceil(math.log10(max(top, 10.0)))
    begin = end / 1_000
    error = validation.median_error
    return {
        "said": (
            "No function could be measured."
            if error is None
            else f"{len(measured)} functions: median error {error:.0%};"
            f" {sum(one.is_in_band for one in measured)} lie in the estimate's band."
        ),
        "points": [
            {
                "x": _place(one.logged_ms, begin, end),
                "y": PLOT_SIZE - _place(_predicted(one), begin, end) + PLOT_EDGE,
                "said": _said(one),
                "is_in": one.is_in_band,
            }
            for one in measured
        ],
        "marks": [
            {"at": _place(value, begin, end), "said": milliseconds(value)}
            for value in (begin, begin * 10, begin * 100, end)
        ],
        "rows": [
            (
                one.name,
                one.region,
                f"{one.cold_starts:,}",
                milliseconds(one.logged_ms),
                *_estimated(one),
            )
            for one in validation.functions
        ],
        "fits": [
            f"{fit.place}: floor {milliseconds(fit.floor_ms)}, {fit.speed_factor:.2f} times the"
            f" published speed ratio, from {fit.functions} functions. {' '.join(fit.said)}"
            for fit in validation.fits
        ],
    }


def _predicted(one: LoggedAgainstModel) -> float:
    return one.predicted_ms.value if one.predicted_ms else 0.0


def _estimated(one: LoggedAgainstModel) -> tuple[str, str]:
    if one.predicted_ms is None or one.error is None:
        return ("", one.problem or "")
    found = one.predicted_ms
    band = f"{milliseconds(found.value)} ({found.low:,.0f} to {found.high:,.0f})"
    return (band, f"{one.error:+.0%}{'' if one.is_in_band else ', out of the band'}")


def _said(one: LoggedAgainstModel) -> str:
    return (
        f"{one.name}: logged {milliseconds(one.logged_ms)}, estimated"
        f" {milliseconds(_predicted(one))}"
    )


def _place(value: float, begin: float, end: float) -> float:
    """Return a place on a logarithmic axis of the plot."""
    share = math.log(max(value, begin) / begin) / math.log(end / begin)
    return round(PLOT_EDGE + (PLOT_SIZE - PLOT_EDGE) * min(1.0, share), 1)
