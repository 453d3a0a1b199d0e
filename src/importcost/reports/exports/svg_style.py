"""Measures and colours of the icicle image; the colours are those of the report page."""

from __future__ import annotations

from collections.abc import Collection

WIDTH, MARGIN = 1200, 10
CHART_WIDTH = WIDTH - 2 * MARGIN

_FILLS = {
    "function": ("#23304d", "#c6d0e4"),
    "stdlib": ("#b9c0ca", "#8a94a2"),
    "runtime": ("#7d8794", "#7a8492"),
    "startup": ("#dfe3e9", "#3a424e"),
    "root": ("#e8ebf0", "#2a313b"),
    "merged": ("#c9ced6", "#4a525e"),
    "neutral-0": ("#d8d0c3", "#b3aa9b"),
    "neutral-1": ("#cbc2b3", "#a69d8e"),
    "neutral-2": ("#beb4a3", "#999081"),
    "neutral-3": ("#b1a694", "#8c8375"),
    "hue-0": ("#c06736", "#c0633a"),
    "hue-1": ("#be9306", "#b59212"),
    "hue-2": ("#5daf65", "#58a45c"),
    "hue-3": ("#43b4ac", "#49b0a3"),
    "hue-4": ("#5384e6", "#5383dd"),
    "hue-5": ("#9475ad", "#947bab"),
    "hue-6": ("#ffb194", "#f1a084"),
    "hue-7": ("#f1c96f", "#d8bd63"),
    "hue-8": ("#bcffcc", "#a1ecb4"),
    "hue-9": ("#9fe6d4", "#9fd9cd"),
    "hue-10": ("#b0b2ff", "#96b0f7"),
    "hue-11": ("#e8d3fd", "#cebbea"),
}
_ALWAYS = {
    "page": ("#ffffff", "#171b21"),
    "head": ("#14181f", "#e9ecf1"),
    "quiet": ("#59616e", "#a2abb8"),
    "ink": ("#10141b", "#0b0e13"),
    "ink-function": ("#ffffff", "#0b0e13"),
    "ink-startup": ("#10141b", "#e9ecf1"),
    "ink-root": ("#10141b", "#e9ecf1"),
}
_FONT = (
    "text{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    ".head{font-size:15px;font-weight:600}"
)


def style_sheet(used: Collection[str]) -> str:
    """Return the style sheet for the colours in `used`, light, and dark where that is asked for.

    Every rule is kept to this image, which may stand inside a page.
    """
    colours = {**_ALWAYS, **{name: _FILLS[name] for name in sorted(used)}}
    light = "".join(f".importcost .{name}{{fill:{pair[0]}}}" for name, pair in colours.items())
    dark = "".join(f".importcost .{name}{{fill:{pair[1]}}}" for name, pair in colours.items())
    font = _FONT.replace("text{", ".importcost text{").replace(".head", ".importcost .head")
    return f"{font}{light}@media (prefers-color-scheme:dark){{{dark}}}"
