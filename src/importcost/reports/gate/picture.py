"""The change as a picture: an SVG image for a comment, and bars of characters where none shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from importcost.gate.attribution import ChangeKind
from importcost.gate.beyond_noise import Compared
from importcost.gate.compare import ComparedVerdict
from importcost.reports.cells import cells, fit
from importcost.reports.exports.names import clean
from importcost.reports.gate.change_bars import (
    MOST_HANDLERS,
    OTHERS,
    BarPart,
    HandlerBars,
    handler_bars,
)

PICTURE_START, PICTURE_END = "<!-- importcost-picture -->", "<!-- /importcost-picture -->"
"""Around the bars of characters in a comment: an image takes their place where one can be shown."""
_WIDTH, _LEFT, _BARS = 900, 70, 690
_BLOCK = 96
_HEAD = 30
_TEXT_BARS = 40
_LEGEND = ((ChangeKind.ADDED, "new"), (ChangeKind.SLOWER, "slower"), (ChangeKind.FASTER, "faster"))
_COLOURS = {
    "page": ("#ffffff", "#171b21"),
    "head": ("#14181f", "#e9ecf1"),
    "quiet": ("#59616e", "#a2abb8"),
    ChangeKind.ADDED.value: ("#c0392b", "#e0695c"),
    ChangeKind.SLOWER.value: ("#d98e04", "#d9a441"),
    ChangeKind.FASTER.value: ("#2f8f5b", "#58b984"),
    ChangeKind.REMOVED.value: ("#2f6fbf", "#6f9fe0"),
    ChangeKind.UNCHANGED.value: ("#9aa5b4", "#66707f"),
    "ink": ("#ffffff", "#10141b"),
    "ink-same": ("#10141b", "#ffffff"),
    "ink-slower": ("#10141b", "#10141b"),
}
"""Fills in light and dark, told apart by brightness as well as by hue."""
_INKS = {ChangeKind.UNCHANGED: "ink-same", ChangeKind.SLOWER: "ink-slower"}
_MARKS = {
    ChangeKind.ADDED: "▓",
    ChangeKind.SLOWER: "▒",
    ChangeKind.REMOVED: "▓",
    ChangeKind.FASTER: "▒",
    ChangeKind.UNCHANGED: "█",
}
_VERDICTS = {
    ComparedVerdict.SLOWER: "slower",
    ComparedVerdict.FASTER: "faster",
    ComparedVerdict.SAME: "no change that matters",
    ComparedVerdict.INCONCLUSIVE: "inconclusive",
}
_UNSAFE = re.compile(r"[^\w .+\-/()]")


def render_picture(compared: Sequence[Compared]) -> str:
    """Return an SVG image with two bars for each handler, before and after.

    It needs no script and no font, and is readable on light and dark pages: it has its own ground,
    and every fill is also written as an attribute, where style sheets are not allowed.
    """
    bars = handler_bars(compared)
    shown = bars[:MOST_HANDLERS]
    most_ms = max((max(one.base_ms, one.head_ms) for one in shown), default=0.0)
    height = _HEAD + max(1, len(shown)) * _BLOCK + 30
    body: list[str] = []
    for at, one in enumerate(shown):
        body += _block(one, _HEAD + at * _BLOCK, most_ms)
    if not shown:
        body.append(_text("Nothing was compared.", 10, _HEAD + 20, "quiet"))
    more = f"{len(bars) - len(shown):,} more handlers" if len(bars) > len(shown) else ""
    body.append(_text(more, _WIDTH - 150, height - 10, "quiet"))
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="importcost" role="img" {size}>',
            f"<title>{escape(_title(bars))}</title>",
            f"<style>{_style()}</style>",
            f'<rect class="page" fill="{_COLOURS["page"][0]}" width="{_WIDTH}" height="{height}"/>',
            _text("Init before and after, CPU or wall time measured here", 10, 20, "head"),
            *body,
            *_legend(height - 10),
            "</svg>\n",
        ]
    )


def _title(bars: Sequence[HandlerBars]) -> str:
    said = [f"{one.handler}: {one.base_ms:,.1f} to {one.head_ms:,.1f} ms" for one in bars[:3]]
    return "; ".join(said) or "Nothing was compared"


def _style() -> str:
    font = ".importcost text{font:12px system-ui,sans-serif}.importcost .head{font-weight:600}"
    light = "".join(f".importcost .{name}{{fill:{pair[0]}}}" for name, pair in _COLOURS.items())
    dark = "".join(f".importcost .{name}{{fill:{pair[1]}}}" for name, pair in _COLOURS.items())
    return f"{font}{light}@media (prefers-color-scheme:dark){{{dark}}}"


def _text(text: str, x: float, y: float, colour: str) -> str:
    fill = _COLOURS[colour][0]
    return (
        f'<text class="{colour}" fill="{fill}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
        if text
        else ""
    )


def _block(one: HandlerBars, top: int, most_ms: float) -> list[str]:
    verdict = _VERDICTS[one.verdict]
    lines = [_text(f"{fit(one.handler, 60)}: {verdict}", 10, top + 14, "head")]
    for at, (word, parts, total_ms) in enumerate(
        (("before", one.base, one.base_ms), ("after", one.head, one.head_ms))
    ):
        y = top + 22 + at * 22
        lines.append(_text(word, 14, y + 13, "quiet"))
        x = float(_LEFT)
        for part in parts:
            width = part.ms / most_ms * _BARS if most_ms else 0.0
            lines.append(_rect(part, x, y, width))
            x += width
        lines.append(_text(f"{total_ms:,.1f} ms", x + 6, y + 13, "head"))
    said = _modules(one, 110)
    return [*lines, _text(said, _LEFT, top + 80, "quiet")]


def _rect(part: BarPart, x: float, y: int, width: float) -> str:
    colour = part.kind.value
    said = escape(f"{part.name}: {part.ms:,.1f} ms ({part.kind.value})")
    label = _label(part, x, y, width)
    return (
        f"<g><title>{said}</title>"
        f'<rect class="{colour}" fill="{_COLOURS[colour][0]}" x="{x:.1f}" y="{y}" '
        f'width="{max(width - 0.6, 0.4):.1f}" height="18"/>{label}</g>'
    )


def _label(part: BarPart, x: float, y: int, width: float) -> str:
    room = int((width - 8) / 7)
    if room < 4 or part.name == OTHERS:
        return ""
    return _text(fit(part.name, room), x + 4, y + 13, _INKS.get(part.kind, "ink"))


def _legend(y: int) -> list[str]:
    found, x = [], 10
    for kind, word in (*_LEGEND, (ChangeKind.REMOVED, "gone"), (ChangeKind.UNCHANGED, "the same")):
        fill = _COLOURS[kind.value][0]
        found.append(
            f'<rect class="{kind.value}" fill="{fill}" x="{x}" y="{y - 10}" width="10" '
            f'height="10"/>{_text(word, x + 14, y, "quiet")}'
        )
        x += 90
    return found


def _modules(one: HandlerBars, room: int) -> str:
    """Return the new and gone modules in one line."""
    parts = [
        f"{word}: {', '.join(clean(name) for name in names[:6])}"
        + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        for word, names in (("new", one.new), ("gone", one.gone))
        if names
    ]
    return fit("; ".join(parts), room) if parts else ""


def text_picture(compared: Sequence[Compared]) -> list[str]:
    """Return the picture as Markdown lines: a block of characters, which shows everywhere.

    Empty if there is nothing to compare. Names are cut to letters that end no block.
    """
    bars = handler_bars(compared)[:MOST_HANDLERS]
    if not bars:
        return []
    most_ms = max(max(one.base_ms, one.head_ms) for one in bars) or 1.0
    lines = [PICTURE_START, "```text"]
    for one in bars:
        name = _UNSAFE.sub("?", fit(one.handler, 30))
        for word, parts, total_ms in (
            (name, one.base, one.base_ms),
            ("", one.head, one.head_ms),
        ):
            pad = " " * max(0, 30 - cells(word))
            bar = _characters(parts, most_ms)
            side = "before" if word else "after "
            lines.append(f"{word}{pad} {side} {bar} {total_ms:,.1f} ms")
        said = _UNSAFE.sub(
            "?", _modules(one, 60).replace(": ", " ").replace(";", "").replace(",", "")
        )
        lines += [f"{' ' * 31}{said}"] if said else []
    return [*lines, "```", PICTURE_END, ""]


def _characters(parts: Sequence[BarPart], most_ms: float) -> str:
    """Return a bar; its parts end at whole characters, so that the bar's length is right."""
    bar, sum_ms = "", 0.0
    for part in sorted(parts, key=lambda part: part.kind is not ChangeKind.UNCHANGED):
        sum_ms += part.ms
        bar += _MARKS[part.kind] * (round(sum_ms / most_ms * _TEXT_BARS) - len(bar))
    return bar or "▏"
