"""The terminal table over the functions of an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from importcost.model.results.account import AccountRow, AccountSurvey
from importcost.reports.cells import cells, fit
from importcost.reports.text import (
    MAX_WIDTH,
    NARROWEST,
    Palette,
    dollars,
    milliseconds,
    wrap,
)

MOST_ROWS = 40
MOST_PROBLEMS = 12
HEADS = ("Function", "cold starts", "share", "p50", "p99", "init $/month", "waited", "memory")


def render_account(survey: AccountSurvey, *, width: int, colour: bool) -> str:
    """Return the functions by what their init costs, then what could not be read."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    active = [row for row in survey.rows if is_active(row)]
    blocks = [
        _headline(survey, style, width),
        _table(active, style, width, has_regions=len(survey.regions) > 1),
        _quiet(survey.rows, active, width),
        _trouble(active, style, width),
        _problems(survey, style, width),
        [line for note in survey.notes for line in wrap(f"Note: {note}", width)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def is_active(row: AccountRow) -> bool:
    """Return True if a function has anything to show: inits of any kind, or timeouts."""
    return bool(row.kinds or row.failed or row.retried or row.restores or row.timeouts)


def day(seconds: float) -> str:
    """Return a time as its date and minute, UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M")


def waited(seconds: float) -> str:
    """Return a time that many users waited in all: `3.4 s`, `12 min`, `8.1 h`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 3_600 else f"{seconds / 3_600:,.1f} h"


def _headline(survey: AccountSurvey, style: Palette, width: int) -> list[str]:
    known = [row.init_dollars_a_month for row in survey.rows]
    total = sum(value for value in known if value is not None)
    cold = sum(row.cold_starts for row in survey.rows)
    who = f"account {survey.account}" if survey.account else "this account"
    first, *more = wrap(
        f"{len(survey.rows):,} Python function{'' if len(survey.rows) == 1 else 's'} of {who} pay"
        f"{'s' if len(survey.rows) == 1 else ''} {dollars(total)} a month for init:"
        f" {cold:,} cold starts from {day(survey.since_s)} to {day(survey.until_s)} UTC.",
        width,
    )
    return [style(first, "1"), *more]


def _table(
    rows: Sequence[AccountRow], style: Palette, width: int, *, has_regions: bool
) -> list[str]:
    if not rows:
        return []
    table = [HEADS, *(_cells(row, has_region=has_regions) for row in rows[:MOST_ROWS])]
    fixed = [max(cells(row[at]) for row in table) for at in range(1, len(HEADS))]
    dropped = 0
    # A narrow terminal shows the first columns, which tell most.
    while dropped < 5 and width - sum(fixed) - 2 * len(fixed) < 16:
        fixed.pop()
        dropped += 1
    room = max(12, width - sum(fixed) - 2 * len(fixed))
    first = min(room, max(cells(row[0]) for row in table))
    lines = []
    for row in table:
        shown = fit(row[0], first)
        line = shown + " " * (first - cells(shown))
        for text, space in zip(row[1:], fixed, strict=False):
            line += "  " + " " * (space - cells(text)) + text
        lines.append(line.rstrip())
    more = len(rows) - MOST_ROWS
    tail = [f"and {more:,} more: -o account.csv has them all"] if more > 0 else []
    return [style(lines[0], "2"), *lines[1:], *tail]


def _cells(row: AccountRow, *, has_region: bool) -> tuple[str, ...]:
    init = row.init_ms
    name = f"{row.function.name} ({row.function.region})" if has_region else row.function.name
    month = row.init_dollars_a_month
    return (
        name,
        f"{row.cold_starts:,}",
        "?" if row.cold_share is None else f"{row.cold_share:.1%}",
        milliseconds(init.p50) if init else "",
        milliseconds(init.p99) if init else "",
        "?" if month is None else dollars(month),
        waited(row.waited_s),
        f"{row.function.memory_mb:,} MB",
    )


def _quiet(rows: Sequence[AccountRow], active: Sequence[AccountRow], width: int) -> list[str]:
    quiet = len(rows) - len(active) - sum(bool(row.problems) for row in rows)
    if quiet <= 0:
        return []
    who = "function" if quiet == 1 else "functions"
    return wrap(f"{quiet:,} {who} had no cold start in this time.", width)


def _trouble(rows: Sequence[AccountRow], style: Palette, width: int) -> list[str]:
    """Return what is wrong with some functions: failed and retried inits, timeouts."""
    lines = []
    for row in rows[:MOST_ROWS]:
        parts = [
            f"{count:,} {what}"
            for count, what in (
                (row.failed, "failed inits"),
                (row.retried, "retried inits"),
                (row.timeouts, "timeouts"),
                (row.restores, "restores of a snapshot"),
                (row.kinds.get("provisioned-concurrency", 0), "inits of provisioned concurrency"),
            )
            if count
        ]
        if parts:
            lines += wrap(f"{row.function.name}: {', '.join(parts)}", width - 2)
    if not lines:
        return []
    return [style("Beside successful on-demand inits", "1"), *(f"  {line}" for line in lines)]


def _problems(survey: AccountSurvey, style: Palette, width: int) -> list[str]:
    found: dict[str, list[str]] = {}
    for row in survey.rows:
        for problem in row.problems:
            found.setdefault(problem, []).append(row.function.name)
    lines = [line for text in survey.problems for line in wrap(text, width - 2)]
    for problem, names in list(found.items())[:MOST_PROBLEMS]:
        who = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
        lines += wrap(f"{who}: {problem}", width - 2)
    if not lines:
        return []
    return [style("What could not be read", "33"), *(f"  {line}" for line in lines)]
