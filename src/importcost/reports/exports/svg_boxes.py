"""Choose the boxes of an icicle image: those wide enough to see, with the others merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importcost.reports.exports.frames import Frames
from importcost.reports.exports.svg_style import CHART_WIDTH

MAX_ROWS = 60
MIN_PX = 1.0


@dataclass(frozen=True, slots=True)
class Box:
    """One box: `x` and `width` in pixels of the chart, `row` from the top.

    `frame` is what it stands for, or the parent of the `merged` frames that it stands for.
    """

    frame: int
    row: int
    x: float
    width: float
    total_us: int
    merged: int = 0


def layout(frames: Frames, most: int) -> list[Box]:
    """Return the boxes, parents before children; startup phases are folded.

    At most the `most` largest frames get a box. Neighbours that get none become one box, as do
    those narrower than a pixel and those deeper than `MAX_ROWS`.
    """
    total_us = max(frames.total_us[0], 1)
    children, sizes, kept = frames.children(), frames.sizes(), _largest(frames, most)
    boxes, waiting = [_box(frames, 0, total_us)], [0]
    while waiting:
        frame = waiting.pop()
        if frames.is_startup(frame):
            continue
        small: list[int] = []
        drawn: list[int] = []
        for child in children[frame]:
            if child in kept:
                boxes += _merged(frames, small, sizes, total_us)
                small = []
                boxes.append(_box(frames, child, total_us))
                drawn.append(child)
            else:
                small.append(child)
        boxes += _merged(frames, small, sizes, total_us)
        waiting.extend(reversed(drawn))
    return boxes


def _largest(frames: Frames, most: int) -> set[int]:
    """Return the largest frames to draw; a parent, no smaller and earlier, is among them."""
    least_us = frames.total_us[0] / CHART_WIDTH * MIN_PX
    wide = [
        frame
        for frame, total_us in enumerate(frames.total_us)
        if total_us >= least_us and frames.depths[frame] < MAX_ROWS - 1
    ]
    return set(sorted(wide, key=lambda frame: (-frames.total_us[frame], frame))[:most])


def _box(frames: Frames, frame: int, total_us: int) -> Box:
    scale = CHART_WIDTH / total_us
    width = frames.total_us[frame] * scale
    x = frames.start_us[frame] * scale
    return Box(frame, frames.depths[frame], x, width, frames.total_us[frame])


def _merged(frames: Frames, small: Sequence[int], sizes: Sequence[int], total_us: int) -> list[Box]:
    """Return one box for neighbours that are too small, none where even that is invisible."""
    together_us = sum(frames.total_us[frame] for frame in small)
    width = together_us / total_us * CHART_WIDTH
    if width < MIN_PX:
        return []
    first, count = small[0], sum(sizes[frame] for frame in small)
    x = frames.start_us[first] / total_us * CHART_WIDTH
    return [Box(frames.parents[first], frames.depths[first], x, width, together_us, count)]
