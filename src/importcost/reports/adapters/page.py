"""The page of one web app's forms: their init in parts, side by side."""

from __future__ import annotations

from typing import Any

from importcost import __version__
from importcost.model.results.adapters import AdapterComparison, AdapterForm
from importcost.reports.adapters.terminal import adapter_notes, form_columns
from importcost.reports.page.html import STYLES, render_page

BAR_WIDTH = 1_000
HUES = 8


def render_adapters_page(found: AdapterComparison) -> str:
    """Return the page, a whole document without a script that encodes as UTF-8."""
    top = max((one.init_ms.high for one in found.measured if one.init_ms), default=1.0) or 1.0
    names = tuple(dict.fromkeys(name for one in found.measured for name, _ in one.parts))
    hues = {name: number % HUES for number, name in enumerate(names)}
    facts = [f"{found.server}, {found.kind.name}" if found.kind else found.server]
    data = {
        "generator": f"importcost {__version__}",
        "app": found.app,
        "facts": [*facts, f"{found.memory_mb:,} MB", f"first request: {found.request}"],
        "headline": _headline(found),
    }
    columns = form_columns()
    words = {
        "forms": [_form_bar(one, hues, top) for one in found.forms],
        "keys": [_key(name, hues[name], found) for name in names],
        "columns": [column.title[:1].upper() + column.title[1:] for column in columns],
        "rows": [[column.text(form) for column in columns] for form in found.forms],
        "notes": adapter_notes(found),
    }
    return render_page("adapters.html.j2", data, "", words, (*STYLES, "trend.css", "adapters.css"))


def _headline(found: AdapterComparison) -> str:
    """Return the sentence on what the forms save in pairs, as far as an interval shows it."""
    base = found.forms[0].name
    parts = []
    for one in found.measured:
        saving = one.saving_us
        if saving is None:
            continue
        low, high = sorted((abs(saving.low) / 1000, abs(saving.high) / 1000))
        amount = f"{abs(saving.value) / 1000:,.0f} ms ({low:,.0f} to {high:,.0f})"
        if saving.low > 0:
            parts.append(f"{one.name} takes {amount} off {base}'s init here")
        elif saving.high < 0:
            parts.append(f"{one.name} adds {amount} to {base}'s init here")
        else:
            parts.append(f"no difference shows between {one.name} and {base} here")
    return f"{'; '.join(parts)}." if parts else "No two forms could be compared in pairs."


def _form_bar(form: AdapterForm, hues: dict[str, int], top: float) -> dict[str, Any]:
    init = form.init_ms
    if init is None:
        return {"name": form.name, "reason": form.reason}
    scale = BAR_WIDTH / top
    parts, x = [], 0.0
    for name, ms in form.parts:
        width = ms * scale
        parts.append(
            {
                "x": round(x, 1),
                "width": round(width, 1),
                "hue": hues[name],
                "said": f"{name}: {ms:,} ms",
            }
        )
        x += width
    return {
        "name": form.name,
        "reason": None,
        "parts": parts,
        "band": [round(init.low * scale, 1), round(init.high * scale, 1)],
        "init": f"{init.value:,.0f} ms",
        "range": f"{init.low:,.0f} to {init.high:,.0f} ms",
        "said": f"{form.name}: {init.value:,.0f} ms ({init.low:,.0f} to {init.high:,.0f})",
    }


def _key(name: str, hue: int, found: AdapterComparison) -> dict[str, Any]:
    cells = [dict(one.parts).get(name) for one in found.measured]
    return {
        "name": name,
        "hue": hue,
        "cells": ["-" if ms is None else f"{ms:,} ms" for ms in cells],
    }
