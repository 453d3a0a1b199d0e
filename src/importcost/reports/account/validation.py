"""The model's estimates beside an account's logs, as text and JSON."""

from __future__ import annotations

from typing import Any

from importcost.model.codec import to_plain
from importcost.model.results.validation import AccountValidation
from importcost.reports.cells import cells, fit
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, milliseconds, wrap

MOST_SHOWN = 30


def validation_data(validation: AccountValidation) -> dict[str, Any]:
    """Return the comparison as JSON can hold it; an error is a share, above zero too high."""
    data: dict[str, Any] = to_plain(validation)
    for plain, one in zip(data["functions"], validation.functions, strict=True):
        plain["error"] = one.error
        plain["is_in_band"] = one.is_in_band
    return {**data, "median_error": validation.median_error}


def render_validation(validation: AccountValidation, *, width: int, colour: bool) -> str:
    """Return the table of errors, the largest first, and what the functions fit together."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    lines = [style(line, "1") for line in wrap(_headline(validation), width)]
    lines += _table(validation, width)
    for found in validation.fits:
        text = (
            f"{found.place}: floor {milliseconds(found.floor_ms)}, {found.speed_factor:.2f} times"
            f" the published speed ratio, by {found.functions} functions. {' '.join(found.said)}"
        )
        lines += ["", *wrap(text, width)]
    for one in validation.functions:
        if one.problem is not None:
            lines += wrap(f"{one.name} was not measured: {one.problem}", width)
    return "\n".join(lines)


def _headline(validation: AccountValidation) -> str:
    error = validation.median_error
    if error is None:
        return "No function could be measured."
    inside = sum(one.is_in_band for one in validation.measured)
    return (
        f"The estimate beside Lambda's own log, {len(validation.measured):,} functions: median"
        f" error {error:.0%}, {inside:,} within its band."
    )


def _table(validation: AccountValidation, width: int) -> list[str]:
    rows = [("Function", "cold starts", "logged p50", "estimated", "error")]
    for one in validation.measured[:MOST_SHOWN]:
        estimated = one.predicted_ms.value if one.predicted_ms else 0.0
        rows.append(
            (
                one.name,
                f"{one.cold_starts:,}",
                milliseconds(one.logged_ms),
                milliseconds(estimated),
                f"{one.error or 0:+.0%}" + ("" if one.is_in_band else " !"),
            )
        )
    if len(rows) == 1:
        return []
    fixed = [max(cells(row[at]) for row in rows) for at in range(1, 5)]
    room = max(12, min(max(cells(row[0]) for row in rows), width - sum(fixed) - 8))
    lines = []
    for row in rows:
        name = fit(row[0], room)
        figures = zip(row[1:], fixed, strict=True)
        ends = "".join("  " + " " * (space - cells(text)) + text for text, space in figures)
        lines.append(name + " " * (room - cells(name)) + ends)
    return lines
