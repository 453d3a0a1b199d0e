"""The memory curve as a table for the terminal, and as plain data for JSON and the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from importcost.billing.curve import Curve, CurvePoint
from importcost.billing.estimate import Estimate, InitLimit
from importcost.billing.figures.datafiles import load_limits
from importcost.billing.figures.platforms import LAMBDA, load_platforms
from importcost.model.codec import to_plain
from importcost.model.names import profiled_name
from importcost.model.parsing.absent_settings import setting_or_none
from importcost.model.profile import Profile, WarningCode
from importcost.model.results.savings import Saving, Savings
from importcost.reports.json_text import json_text
from importcost.reports.platform_words import limit_words, place_words
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, dollars, milliseconds, wrap

if TYPE_CHECKING:
    # The page draws curves as well, and needs no simulation for that.
    from importcost.billing.remedies.managed_memory import ManagedMemory

SCHEMA = "importcost-curve"
WIDE, MIDDLE = 92, 64
_MARKS = {InitLimit.BELOW: "", InitLimit.NEAR: "near the 10 s limit", InitLimit.PAST: "past 10 s"}

_OTHER_BYTECODE = (
    "Measured with the bytecode of a {measured} package: a ZIP compiles what has no hash-based"
    " bytecode at every cold start, an image that pip built does not."
)


def render_curve_json(curve: Curve, profile: Profile, managed: ManagedMemory | None = None) -> str:
    """Return a curve as JSON text, with the memory of Managed Instances if it was asked for."""
    plain = plain_curve(curve, profile)
    if managed is not None:
        plain["managed_instances"] = to_plain(managed)
    return json_text(plain) + "\n"


def plain_curve(curve: Curve, profile: Profile) -> dict[str, Any]:
    """Return the memory curve of a profile as JSON values.

    `series` holds one entry for each package type and architecture, its `points` one for each
    memory size; times are milliseconds, money US dollars per million cold starts, bands objects
    with `low`, `value`, `high`. `deferral` and `bytecode` say what the savings rest on (None:
    see `missing`).
    """
    settings = profile.settings
    platform = load_platforms()[settings.platform]
    return {
        "schema": SCHEMA,
        "schema_version": 1,
        "handler": profiled_name(profile),
        "settings": to_plain(settings),
        "init_limit_ms": platform.limit and platform.limit.init_ms,
        "mb_per_vcpu": load_limits().mb_per_vcpu if platform.name == LAMBDA else None,
        "series": [_series(points) for points in _groups(curve)],
        **_savings(curve.savings),
        "sources": _sources(curve),
    }


def render_curve(
    curve: Curve,
    profile: Profile,
    *,
    width: int,
    colour: bool,
    managed: ManagedMemory | None = None,
) -> str:
    """Return the curve as tables of at most `width` columns (40 to 110 are used)."""
    width = max(NARROWEST, min(MAX_WIDTH, width))
    style = Palette(colour=colour)
    blocks = [
        _title(profile, style, width),
        *(_block(points, style, width) for points in _groups(curve)),
    ]
    if managed is not None:
        blocks.append(_managed(managed, style, width))
    return (
        "\n\n".join("\n".join(block) for block in [*blocks, _notes(curve, profile, width)]) + "\n"
    )


def _groups(curve: Curve) -> list[list[CurvePoint]]:
    def place(point: CurvePoint) -> tuple[str, str]:
        return (point.estimate.package_type, point.estimate.arch)

    return [list(points) for _, points in groupby(curve.points, key=place)]


def _series(points: Sequence[CurvePoint]) -> dict[str, Any]:
    first = points[0].estimate
    return {
        "package_type": setting_or_none(first, "package_type"),
        "arch": setting_or_none(first, "arch"),
        "runtime": first.runtime,
        "init_ms": to_plain(first.init_ms),
        "limit": first.limit.value,
        "notes": list(first.notes),
        "points": [_point(point) for point in points],
    }


def _point(point: CurvePoint) -> dict[str, Any]:
    bill = point.estimate
    return {
        "memory_mb": setting_or_none(bill, "memory_mb"),
        "throttle": point.throttle,
        "billed_init_ms": to_plain(bill.billed_init_ms),
        "dollars_per_million": to_plain(bill.dollars_per_million),
        "deferred": to_plain(point.deferred) if point.deferred else None,
    }


def _savings(found: Savings) -> Mapping[str, Any]:
    return {
        "deferral": to_plain(found.deferral) if found.deferral else None,
        "bytecode": to_plain(found.bytecode) if found.bytecode else None,
        "missing": list(found.missing),
    }


def _sources(curve: Curve) -> list[Any]:
    sources = dict.fromkeys(one for point in curve.points for one in point.estimate.sources)
    return [to_plain(source) for source in sources]


def _title(profile: Profile, style: Palette, width: int) -> list[str]:
    name = profiled_name(profile) or "the handler in the log"
    platform = load_platforms()[profile.settings.platform]
    by = ", by memory size" if platform.memory else ""
    text = f"One cold start of {name} on {platform.title}{by}"
    first, *rest = wrap(text, width)
    return [style(first, "1"), *rest]


def _place(bill: Estimate) -> str:
    if bill.platform != LAMBDA:
        return place_words(bill, " · ")
    return f"{bill.package_type} · {bill.arch} · {bill.runtime}"


def _block(points: Sequence[CurvePoint], style: Palette, width: int) -> list[str]:
    bill = points[0].estimate
    init = bill.init_ms
    head = (
        f"{_place(bill)}: init {milliseconds(init.value)}"
        f" ({init.low:,.0f} to {init.high:,.0f}{'' if bill.is_modelled else ', measured here'})"
    )
    lines = [style(line, "1") for line in wrap(head, width)]
    limit = limit_words(bill)
    if limit is not None:
        lines.append(style(_MARKS.get(bill.limit, "") if bill.is_modelled else limit, "31"))
    deferred = points[0].deferred
    if deferred is not None:
        after = deferred.init_ms
        text = (
            f"with the deferrals {milliseconds(after.value)} ({after.low:,.0f} to"
            f" {after.high:,.0f}), saved {milliseconds(deferred.saved_ms.value)}"
        )
        lines += wrap(text, width)
    return [*lines, *_table(points, width)]


def _managed(found: ManagedMemory, style: Palette, width: int) -> list[str]:
    """Return what an environment of Managed Instances needs, and which sizes are too small."""
    head = f"Managed Instances with {found.workers:,} workers an environment"
    lines = [style(line, "1") for line in wrap(head, width)]
    sizes = ", ".join(f"{size:,}" for size in found.sizes)
    if found.needed_mb is None:
        text = (
            "The handler's memory was not measured, so which sizes hold all workers is unknown:"
            " profile the handler here."
        )
        lines += wrap(text, width)
    else:
        text = (
            f"Each worker imports the handler on its own: {found.workers:,} x"
            f" {found.rss_mb:,.0f} MB = {found.needed_mb:,.0f} MB before the first request."
        )
        lines += wrap(text, width)
        small = ", ".join(f"{size:,}" for size in found.too_small)
        if small:
            warning = f"Too little memory for all workers: {small} MB."
            lines += [style(line, "31") for line in wrap(warning, width)]
        else:
            lines += wrap(f"That fits into {sizes} MB.", width)
    ready = (
        f"It is ready with its first worker, {milliseconds(found.ready_low_ms)} (a processor for"
        f" each) to {milliseconds(found.ready_high_ms)} (one for all) after its start; no request"
        " waits for that unless the fleet grows too late."
    )
    return [*lines, *wrap(ready, width)]


def _table(points: Sequence[CurvePoint], width: int) -> Iterator[str]:
    has_deferral = points[0].deferred is not None
    head = f"{'MB':>6} {'$/million':>11}"
    if width >= MIDDLE:
        head += f" {'(band)':>19}"
    if has_deferral:
        head += f" {'deferred':>11}" if width >= WIDE else ""
        head += f" {'1st use':>10}"
        head += f" {'pays below':>11}" if width >= MIDDLE else ""
    yield head
    for point in points:
        yield _row(point, width)


def _row(point: CurvePoint, width: int) -> str:
    bill, deferred = point.estimate, point.deferred
    cost = bill.dollars_per_million
    has_size = load_platforms()[bill.platform].memory is not None
    line = f"{bill.memory_mb if has_size else '':>6} {dollars(cost.value) if cost else '':>11}"
    if width >= MIDDLE and cost:
        band = f"({dollars(cost.low)} to {dollars(cost.high).removeprefix('$')})"
        line += f" {band:>19}"
    if deferred is not None:
        after = deferred.dollars_per_million
        if width >= WIDE and after:
            line += f" {dollars(after.value):>11}"
        line += f" {milliseconds(deferred.first_use_ms.value):>10}"
        if width >= MIDDLE:
            share = deferred.break_even_share
            line += f" {'always' if share >= 1 else f'{share:.0%}':>11}"
    return line


def _notes(curve: Curve, profile: Profile, width: int) -> list[str]:
    lines = []
    for warning in profile.warnings:
        # A web app's readiness, another Python: what the figures then are not.
        if warning.code is WarningCode.RUNTIME_MISMATCH:
            lines += wrap(warning.message, width)
    measured = profile.settings.package_type
    if any(point.estimate.package_type != measured for point in curve.points):
        lines += wrap(_OTHER_BYTECODE.format(measured=measured), width)
    if curve.savings.deferral is not None:
        lines += wrap(_deferral_words(curve.savings.deferral), width)
    for reason in curve.savings.missing:
        lines += wrap(reason, width)
    notes = _shared_notes([point.estimate for point in curve.points])
    for note in notes:
        lines += wrap(note, width)
    return lines


def _deferral_words(saving: Saving) -> str:
    basis = "verified in pairs" if saving.is_verified else "predicted, not verified"
    return (
        f"Deferred: {saving.what}, {saving.share.value:.0%} of function init ({basis}). `1st use`"
        " is what the first request that needs the deferred work waits for it; deferring pays"
        " while a smaller share of cold starts than `pays below` need it at once."
    )


def _shared_notes(bills: Sequence[Estimate]) -> tuple[str, ...]:
    """Return each note once, with what it holds for where it does not hold for all."""
    found: dict[str, list[Estimate]] = {}
    for bill in bills:
        for note in bill.notes:
            found.setdefault(note, []).append(bill)
    texts = []
    for note, holders in found.items():
        places = dict.fromkeys(f"{one.package_type} {one.arch}" for one in holders)
        is_general = len({(one.package_type, one.arch) for one in bills}) == len(places)
        texts.append(note if is_general else f"{', '.join(places)}: {note}")
    return tuple(texts)
