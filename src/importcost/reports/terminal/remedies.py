"""The comparison of cold-start strategies, for the terminal and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from importcost.billing.remedies.compare import (
    PROVISIONED,
    TRACKED,
    RemedyOption,
    RemedyTable,
)
from importcost.billing.remedies.recommend import Recommendation
from importcost.billing.remedies.remarks import worded_share
from importcost.billing.remedies.traffic import Traffic
from importcost.model.codec import to_plain
from importcost.reports.json_text import json_text
from importcost.reports.text import (
    MAX_WIDTH,
    NARROWEST,
    Palette,
    dollars,
    elide,
    milliseconds,
    wrap,
)

WIDE, MIDDLE = 92, 64


def render_strategies(
    found: RemedyTable, advice: Recommendation, *, width: int, colour: bool
) -> str:
    """Return the comparison as text of at most `width` columns (40 to 110 are used)."""
    style = Palette(colour=colour)
    width = max(NARROWEST, min(MAX_WIDTH, width))
    blocks = [
        _headline(found, style, width),
        _table(found, advice.option, style, width),
        [style("Recommendation", "1"), *wrap(advice.paragraph, width)],
        _bullets("Basis of the options", _remarks(found), style, width),
        _bullets("Not listed", found.left_out, style, width),
        _bullets("Assumptions", _assumptions(found), style, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def strategies_json(found: RemedyTable, advice: Recommendation) -> str:
    """Return the comparison as JSON text; dollars a month, milliseconds, shares 0 to 1."""
    data = {
        "schema": "importcost-strategies",
        "schema_version": 1,
        "traffic": _traffic(found),
        "init_ms": to_plain(found.estimate.init_ms),
        "memory_mb": found.estimate.memory_mb,
        "arch": found.estimate.arch,
        "package_type": found.estimate.package_type,
        "runtime": found.estimate.runtime,
        "options": [_plain(option) for option in found.options],
        "recommendation": {
            "option": advice.option.label,
            "felt_ms": advice.felt_ms,
            "budget": advice.budget,
            "is_hidden": advice.is_hidden,
            "paragraph": advice.paragraph,
        },
        "provisioned": {
            **_provisioned(found),
            "utilisation": found.utilisation,
            "break_even": found.break_even if math.isfinite(found.break_even) else None,
        },
        "left_out": list(found.left_out),
        "assumptions": to_plain(found.assumptions),
        "sources": to_plain(found.sources),
    }
    return json_text(data) + "\n"


def _traffic(found: RemedyTable) -> dict[str, Any]:
    """Return the traffic as stated, and what the simulation says of it as it is."""
    traffic = found.traffic
    recorded = traffic.recorded
    low, high = found.cold_bounds
    return {
        **to_plain(replace(traffic, recorded=None)),
        "recorded": None if recorded is None else {"requests": len(recorded.times)},
        "simulated": found.simulated,
        "simulated_cold_rate": found.random_cold,
        "cold_rate_low": low,
        "cold_rate_high": high,
        "concurrency": traffic.concurrency,
        "met_share": traffic.met_share,
        "felt_ms": traffic.felt_ms,
    }


def _provisioned(found: RemedyTable) -> dict[str, Any]:
    """Return the fixed number of provisioned environments and the shares under it, if any."""
    option = found.find(PROVISIONED)
    if option is None:
        return {"environments": None, "spillover": None, "cold_share": None}
    return {
        "environments": round(option.environments),
        "spillover": option.spilled_share,
        "cold_share": option.cold_share,
    }


def _plain(option: RemedyOption) -> dict[str, Any]:
    return {"label": option.label, **to_plain(option)}


def _headline(found: RemedyTable, style: Palette, width: int) -> list[str]:
    traffic, bill = found.traffic, found.estimate
    text = (
        f"A month of {traffic.invocations:,} requests of {milliseconds(traffic.duration_ms)},"
        f" {worded_share(found.as_it_is.cold_share)} of them cold, at {bill.memory_mb} MB"
    )
    place = (
        f"{bill.runtime} · {bill.package_type} · {bill.arch}; init"
        f" {milliseconds(bill.init_ms.value)} ({bill.init_ms.low:,.0f} to {bill.init_ms.high:,.0f})"
    )
    first, *rest = wrap(text, width)
    return [style(first, "1"), *rest, *wrap(place, width), *wrap(_origin(found), width)]


def _origin(found: RemedyTable) -> str:
    """Return the source of the cold rate: stated, or simulated with its range."""
    traffic = found.traffic
    busy = f"{traffic.concurrency:.2g} busy on the average"
    if traffic.recorded is not None:
        kind = f"{len(traffic.recorded.times):,} requests of the log, replayed"
    elif traffic.burst > 1:
        kind = f"requests in random bursts of {traffic.burst:g}"
    else:
        kind = "requests at random"
    kind += ", by the hour" if traffic.by_hour else ""
    if traffic.cold_rate is not None:
        text = f"{kind}, {busy}; the cold rate is as stated"
        if not traffic.cold_rate / 3 <= found.random_cold <= traffic.cold_rate * 3:
            text += (
                f" ({worded_share(found.random_cold)} in the simulation: requests come in another"
                " way, try --burst, --by-hour or --arrivals)"
            )
        return text
    low, high = (worded_share(share) for share in found.cold_bounds)
    if low == high:
        return f"{kind}, {busy}; simulated: {low} start cold"
    return f"{kind}, {busy}; simulated: {low} to {high} start cold, by when Lambda reclaims"


def _table(found: RemedyTable, taken: RemedyOption, style: Palette, width: int) -> list[str]:
    heads = ["$/month", "cold adds"]
    heads += ["cold", "p99 adds"] * (width >= MIDDLE)
    if width >= WIDE:
        heads += [f"p{found.traffic.met_share * 100:.6g} adds", "1st byte"]
    rows = [_figures(option, width) for option in found.options]
    sizes = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    room = width - sum(sizes) - len(sizes) - 3
    lines = [style(f"  {'strategy':<{room}}  {_cells(heads, sizes)}", "1")]
    for option, row in zip(found.options, rows, strict=True):
        mark = "→" if option is taken else " "
        name = option.label + (" *" if option.is_predicted else "")
        line = f"{mark} {elide(name, room):<{room}}  {_cells(row, sizes)}"
        lines.append(style(line, "32") if option is taken else line)
    if any(option.is_predicted for option in found.options):
        lines += wrap("* with savings that are predicted, not verified in pairs", width)
    return lines


def _cells(row: Sequence[str], sizes: Sequence[int]) -> str:
    return " ".join(f"{cell:>{size}}" for cell, size in zip(row, sizes, strict=True))


def _figures(option: RemedyOption, width: int) -> list[str]:
    added = option.first_request_ms.value if option.cold_share else 0.0
    row = [dollars(option.monthly.value), milliseconds(added)]
    if width >= MIDDLE:
        row += [worded_share(option.cold_share), milliseconds(option.p99_ms)]
    if width >= WIDE:
        row += [milliseconds(option.percentile_ms), milliseconds(option.first_byte_ms)]
    return row


def _remarks(found: RemedyTable) -> list[str]:
    lines = [
        f"{option.label}: {'; '.join(option.remarks)}."
        for option in found.options
        if option.remarks and len(option.remedies) == 1
    ]
    if found.utilisation:
        even = found.break_even
        cheaper = f"from {even:.0%} utilisation on" if even <= 1 else "at no utilisation"
        lines.append(
            f"Provisioned environments are busy {found.utilisation:.1%} of the time; they are"
            f" cheaper than on demand {cheaper}."
        )
    return lines


def _assumptions(found: RemedyTable) -> list[str]:
    traffic = found.traffic
    lines = [
        f"{traffic.use_share:.0%} of cold starts need the deferred work at once.",
        (
            f"Prices are {'after' if traffic.free_tier else 'without'} the free tier; a month's"
            " GB-seconds are priced by tier."
        ),
    ]
    has_tracking = any(one.has(TRACKED) for one in found.options)
    lines += _own_rules(traffic)
    given = {
        "first_byte_share": traffic.first_byte_ms is not None or not traffic.streams,
        "idle_seconds": traffic.idle_reclaim_s is not None,
        "recycle_seconds": traffic.recycle_s is not None,
        "felt_percentile": traffic.percentile is not None,
        "tracking_target": not has_tracking,
        "tracking_out_minutes": not has_tracking,
        "tracking_in_minutes": not has_tracking,
        "felt_ms": traffic.max_added_ms is not None,
        "worth_factor": traffic.max_dollars is not None,
        "bytecode_share": not any(one.is_predicted for one in found.options),
    }
    lines += [
        f"{one.sentence} [{one.source}; {one.date}]"
        for one in found.assumptions
        if not given.get(one.name)
    ]
    lines += [f"{one.figure}: {one.source}, {one.date}." for one in found.sources]
    return lines


def _own_rules(traffic: Traffic) -> list[str]:
    """Return how requests come, and the lives of environments that the user states."""
    lines = []
    if traffic.recorded is None:
        lines.append("Requests come at random (Poisson), each takes exponentially long.")
    if traffic.idle_reclaim_s is not None:
        lines.append(f"Lambda reclaims an environment after {traffic.idle_reclaim_s:,g} s, stated.")
    if traffic.recycle_s is not None:
        lines.append(f"Lambda replaces an environment after {traffic.recycle_s:,g} s, as stated.")
    return lines


def _bullets(
    title: str, texts: list[str] | tuple[str, ...], style: Palette, width: int
) -> list[str]:
    if not texts:
        return []
    lines = [style(title, "1")]
    for text in texts:
        first, *rest = wrap(text, width - 2)
        lines += ["- " + first, *("  " + line for line in rest)]
    return lines
