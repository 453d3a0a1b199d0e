"""The icicle as an SVG image, for a pull request or a README: no script, light and dark."""

from __future__ import annotations

from collections import Counter
from html import escape

from importcost.billing.estimate import Estimate
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.model.tree import NO_PARENT
from importcost.reports.cells import fit
from importcost.reports.exports.facts import frame_owners
from importcost.reports.exports.frames import FUNCTION_INIT, Frames, build_frames
from importcost.reports.exports.names import clean
from importcost.reports.exports.svg_boxes import Box, layout
from importcost.reports.exports.svg_style import CHART_WIDTH, MARGIN, WIDTH, style_sheet
from importcost.reports.page.colours import colours_by_distribution
from importcost.reports.platform_words import (
    init_words,
    measured_words,
    price_unit,
    price_words,
    start_verb,
    time_basis,
)
from importcost.reports.text import milliseconds

MAX_BYTES, MOST_BOXES = 200_000, 1_500
ROW, BAR, HEAD = 20, 19, 52
SIGN_PX, GAP_PX = 6.7, 0.6
NAME_CELLS = 120
LEGEND_ENTRIES = 12
LEGEND_COLUMNS = 4


def render_svg(
    profile: Profile,
    estimate: Estimate,
    facts: ProfileFacts,
) -> str:
    """Return one SVG document, 1200 px wide and at most about 200 kB.

    Imports narrower than a pixel, and the smallest ones beyond what the size allows, are merged
    with their neighbours into one box that says how many they are and what they take together.
    """
    frames, most = build_frames(profile), MOST_BOXES
    owners = frame_owners(profile, facts, frames)
    while True:
        document = _document(profile, estimate, frames, owners, most)
        if len(document.encode("utf-8")) <= MAX_BYTES or most <= 1:
            return document
        most = int(most * 0.7)


def _document(
    profile: Profile, estimate: Estimate, frames: Frames, owners: list[str], most: int
) -> str:
    totals = _totals_us(frames, owners)
    colours = colours_by_distribution(totals)
    boxes = layout(frames, most)
    rows = max((box.row for box in boxes), default=0) + 1
    classes = [_colour(box, frames, owners, colours) for box in boxes]
    legend_top = HEAD + rows * ROW + 22
    legend, height = _legend(totals, colours, legend_top)
    title = escape(fit(clean(frames.names[0]), NAME_CELLS))
    subtitle = escape(_subtitle(profile, estimate, frames))
    used = {*classes, *(colours[owner] for owner in _largest(totals))}
    drawn = (_draw(box, frames, owners, colour) for box, colour in zip(boxes, classes, strict=True))
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="importcost" role="img" {size}>',
            f"<title>{title}</title>",
            f"<desc>{subtitle}</desc>",
            f"<style>{style_sheet(used)}</style>",
            f'<rect class="page" width="{WIDTH}" height="{height}"/>',
            f'<text class="head" x="{MARGIN}" y="22">{title}</text>',
            f'<text class="quiet" x="{MARGIN}" y="40">{subtitle}</text>',
            *drawn,
            *legend,
            "</svg>\n",
        ]
    )


def _subtitle(profile: Profile, estimate: Estimate, frames: Frames) -> str:
    shown, price = estimate.shown_ms, price_words(estimate)
    figure = init_words(estimate, milliseconds(shown.value))
    money = f", {price} {price_unit(estimate)}" if price else ""
    clock = "CPU measured here" if profile.runs else "wall in the log"
    return (
        f"{start_verb(estimate)} about {figure} ({shown.low:,.0f} to {shown.high:,.0f})"
        f"{measured_words(estimate)}{money}, "
        f"{'modelled' if estimate.is_modelled else time_basis(estimate)}; below: "
        f"{frames.total_us[0] / 1000:,.1f} ms {clock}, in time order"
    )


def _totals_us(frames: Frames, owners: list[str]) -> Counter[str]:
    """Return each distribution's own time in function init; startup is folded."""
    totals: Counter[str] = Counter()
    in_function = [False] * len(frames)
    for frame, parent in enumerate(frames.parents):
        is_group = parent == 0 and frames.names[frame] == FUNCTION_INIT
        in_function[frame] = is_group or (parent != NO_PARENT and in_function[parent])
        if in_function[frame] and owners[frame]:
            totals[owners[frame]] += frames.self_us[frame]
    return totals


def _colour(box: Box, frames: Frames, owners: list[str], colours: dict[str, str]) -> str:
    if box.merged:
        return "merged"
    if not owners[box.frame]:
        return "root" if frames.depths[box.frame] == 0 else "startup"
    return colours.get(owners[box.frame], "neutral-0")


def _draw(box: Box, frames: Frames, owners: list[str], colour: str) -> str:
    x, y = MARGIN + box.x, HEAD + box.row * ROW
    share = box.total_us / max(frames.total_us[0], 1)
    time = f"{box.total_us / 1000:,.1f} ms, {share:.1%}"
    if box.merged:
        name, label, more = f"{box.merged:,} imports too small to draw", "", ""
    else:
        name = fit(clean(frames.names[box.frame]), NAME_CELLS)
        label = _label(box, frames)
        own = f", self {frames.self_us[box.frame] / 1000:,.1f} ms"
        more = own + (f", {fit(clean(owner), 40)}" if (owner := owners[box.frame]) else "")
    # Neighbours of one colour need a gap to be told apart.
    width = max(box.width - GAP_PX, GAP_PX)
    rect = f'<rect class="{colour}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}"/>'
    ink = f"ink-{colour}" if colour in ("function", "startup", "root") else "ink"
    text = (
        f'<text class="{ink}" x="{x + 4:.1f}" y="{y + 14}">{escape(label)}</text>' if label else ""
    )
    return f"<g><title>{escape(name)}: {time}{escape(more)}</title>{rect}{text}</g>"


def _label(box: Box, frames: Frames) -> str:
    """Return a fitting part of the name, without the parent's own name if that saves the rest."""
    room = int((box.width - 8) / SIGN_PX)
    if room < 3:
        return ""
    name, parent = clean(frames.names[box.frame]), frames.parents[box.frame]
    shared = f"{frames.names[parent]}." if parent != NO_PARENT else ""
    if len(name) > room and shared and name.startswith(shared) and len(name) > len(shared):
        name = name[len(shared) - 1 :]
    return fit(name, room)


def _largest(totals: Counter[str]) -> list[str]:
    return [owner for owner, self_us in totals.most_common(LEGEND_ENTRIES) if self_us > 0]


def _legend(totals: Counter[str], colours: dict[str, str], top: int) -> tuple[list[str], int]:
    """Return the legend's elements and the height of the image."""
    lines, owners = [], _largest(totals)
    for index, owner in enumerate(owners):
        x = MARGIN + index % LEGEND_COLUMNS * (CHART_WIDTH // LEGEND_COLUMNS)
        y = top + index // LEGEND_COLUMNS * ROW
        text = f"{fit(clean(owner), 26)} {totals[owner] / 1000:,.1f} ms"
        lines.append(
            f'<rect class="{colours[owner]}" x="{x}" y="{y - 9}" width="10" height="10"/>'
            f'<text class="quiet" x="{x + 16}" y="{y}">{escape(text)}</text>'
        )
    rest = len(totals) - len(owners)
    rows = -(-len(owners) // LEGEND_COLUMNS)
    if rest > 0:
        rest_us = sum(totals.values()) - sum(totals[owner] for owner in owners)
        text = f"and {rest:,} more: {rest_us / 1000:,.1f} ms"
        lines.append(f'<text class="quiet" x="{MARGIN}" y="{top + rows * ROW}">{text}</text>')
        rows += 1
    return lines, top + rows * ROW + 4
