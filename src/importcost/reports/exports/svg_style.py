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
    "hue-0": ("#b36c43", "#b26f48"),
    "hue-1": ("#ca930e", "#c28f1a"),
    "hue-2": ("#66b467", "#64ae65"),
    "hue-3": ("#45a8b6", "#48a4b0"),
    "hue-4": ("#4585d9", "#4a86d6"),
    "hue-5": ("#9172a6", "#9274a5"),
    "hue-6": ("#f6a897", "#e69d8d"),
    "hue-7": ("#f7c87b", "#e4b86f"),
    "hue-8": ("#b9fac0", "#a6e3ac"),
    "hue-9": ("#a1dfd3", "#93cdc2"),
    "hue-10": ("#afb9fa", "#a4adea"),
    "hue-11": ("#eed5fc", "#d8c1e6"),
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
