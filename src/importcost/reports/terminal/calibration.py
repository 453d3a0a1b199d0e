"""The comparison of log and profile, for the terminal and as JSON."""

from __future__ import annotations

from importcost.billing.validation import ErrorTable, LogComparison
from importcost.model.codec import to_plain
from importcost.model.names import profiled_name
from importcost.reports.json_text import json_text
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, milliseconds, wrap

WIDE = 64


def render_calibration(found: LogComparison, *, width: int, colour: bool) -> str:
    """Return the comparison as text of at most `width` columns (40 to 110 are used)."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    blocks = [_headline(found, style, width), _table(found, style, width), _notes(found, width)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def calibration_json(found: LogComparison) -> str:
    """Return the comparison as one line of JSON; milliseconds, shares 0 to 1."""
    data = {
        "schema": "importcost-calibration",
        "schema_version": 1,
        "handler": profiled_name(found.profile),
        "settings": to_plain(found.profile.settings),
        **{
            name: to_plain(getattr(found, name))
            for name in ("cold_starts", "logged", "memories", "calibration", "reason", "notes")
        },
        "left_out": list(found.left_out),
        "published": _plain(found.published),
        "stored": _plain(found.stored),
        "fitted": _plain(found.fitted),
    }
    return json_text(data)


def _plain(one: ErrorTable | None) -> dict[str, object] | None:
    if one is None:
        return None
    bill = one.estimate
    names = ("floor_ms", "speed_ratio", "init_ms")
    figures = {name: to_plain(getattr(bill, name)) for name in names}
    return {**figures, "error": one.error, "inside": one.inside}


def _headline(found: LogComparison, style: Palette, width: int) -> list[str]:
    logged = found.logged
    count = f"{found.cold_starts:,} cold start{'s' * (found.cold_starts != 1)}"
    sizes = ", ".join(f"{memory}" for memory in found.memories)
    at = f" at {sizes} MB" if sizes else ""
    text = (
        f"{count} in the log{at}: init {milliseconds(logged.value)}, {logged.confidence:.0%} within"
        f" {logged.low:,.0f} to {logged.high:,.0f} ms"
    )
    first, *rest = wrap(text, width)
    return [style(first, "1"), *rest]


def _table(found: LogComparison, style: Palette, width: int) -> list[str]:
    rows = [
        ("published", found.published),
        ("stored", found.stored),
        ("this log's", found.fitted),
    ]
    is_wide = width >= WIDE
    middle = f" {'floor':>7} {'ratio':>6}" if is_wide else ""
    head = f"{'estimate':<10}{middle} {'init ms':>7} {'band':>14} {'error':>6}"
    head += f" {'in band':>8}" if is_wide else ""
    lines = [style(head, "1")]
    for name, one in rows:
        if one is None:
            continue
        bill = one.estimate
        band = f"{bill.init_ms.low:,.0f} to {bill.init_ms.high:,.0f}"
        error = round(one.error, 2) + 0.0  # no minus before a zero
        parts = f" {bill.floor_ms.value:>7,.0f} {bill.speed_ratio.value:>6.2f}" if is_wide else ""
        line = f"{name:<10}{parts} {bill.init_ms.value:>7,.0f} {band:>14} {error:>+6.0%}"
        lines.append(line + (f" {one.inside:>8.0%}" if is_wide else ""))
    return lines


def _notes(found: LogComparison, width: int) -> list[str]:
    lines = []
    for note in (found.reason, *found.notes):
        lines += wrap(note, width) if note else []
    if found.left_out:
        lines += wrap(f"Left out: {'; '.join(found.left_out)}.", width)
    return lines
