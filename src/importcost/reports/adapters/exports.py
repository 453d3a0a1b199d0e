"""The forms of one web app as JSON and as Markdown."""

from __future__ import annotations

from typing import Any

from importcost import __version__
from importcost.model.interval import Interval
from importcost.model.results.adapters import AdapterComparison, AdapterForm
from importcost.reports.adapters.terminal import adapter_notes, first_request_text, saving_text
from importcost.reports.json_text import json_text
from importcost.reports.text import printable

SCHEMA = "importcost-adapters-1"


def render_adapters_json(found: AdapterComparison) -> str:
    """Return the comparison as JSON; milliseconds are on Lambda, microseconds here."""
    data = {
        "schema": SCHEMA,
        "importcost_version": __version__,
        "app": found.app,
        "server": found.server,
        "kind": found.kind.value if found.kind else None,
        "request": found.request,
        "memory_mb": found.memory_mb,
        "forms": [_form(one) for one in found.forms],
        "notes": list(adapter_notes(found)),
    }
    return json_text(data, indent=2) + "\n"


def _form(form: AdapterForm) -> dict[str, Any]:
    first = form.first_request
    return {
        "name": form.name,
        "init_ms": _interval(form.init_ms),
        "parts": [{"part": words, "ms": ms} for words, ms in form.parts],
        "local_us": form.local_us,
        "modules": form.modules,
        "saving_us": _interval(form.saving_us),
        "pairs": form.pairs,
        "first_request": first
        and {"wall_us": first.wall_us, "status": first.status, "error": first.error},
        "installed_for_comparison": form.is_installed,
        "reason": form.reason,
    }


def _interval(interval: Interval | None) -> dict[str, float] | None:
    if interval is None:
        return None
    return {
        "low": interval.low,
        "value": interval.value,
        "high": interval.high,
        "confidence": interval.confidence,
    }


def render_adapters_markdown(found: AdapterComparison) -> str:
    """Return the comparison as a Markdown table with its notes."""
    lines = [
        f"### {printable(found.app)} in {len(found.forms)} forms",
        "",
        "| Form | Init on Lambda | Saves here (95 %) | First request here |",
        "|---|--:|--:|--:|",
    ]
    for one in found.forms:
        init = one.init_ms
        shown = f"{init.value:,.0f} ms" if init else "not measured"
        lines.append(f"| {one.name} | {shown} | {saving_text(one)} | {first_request_text(one)} |")
    notes = [printable(one) for one in adapter_notes(found)]
    return "\n".join([*lines, "", *(f"- {one}" for one in notes), ""])
