"""The chart's colours as a style sheet has them, judged by numbers: also without red and green."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from importcost.reports.page.assets import asset

Rgb = tuple[float, float, float]

# Viénot, Brettel and Mollon 1999, on linear RGB: what a dichromat sees.
PROTAN = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))
DEUTAN = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))
SAME = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
SIGHT = {"full": SAME, "protanopia": PROTAN, "deuteranopia": DEUTAN}
STRONG = [f"hue-{n}" for n in range(6)]
LIGHT = [f"hue-{n}" for n in range(6, 12)]
KINDS = ["added", "removed", "slower", "faster", "same"]
READABLE = 4.5


def colours(scheme: str) -> dict[str, str]:
    """Return the custom properties of a scheme; the dark one inherits what it does not set."""
    sheet = asset("report.css")
    dark_at = sheet.index("@media screen and (prefers-color-scheme: dark)")
    parts = [sheet[:dark_at]] + (
        [sheet[dark_at : sheet.index("\n}\n", dark_at)]] * (scheme == "dark")
    )
    found: dict[str, str] = {}
    for part in parts:
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part))
    return found


def linear(colour: str) -> Rgb:
    def one(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    r, g, b = (one(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return r, g, b


def seen(colour: Rgb, sight: str) -> Rgb:
    x, y, z = (sum(f * c for f, c in zip(row, colour, strict=True)) for row in SIGHT[sight])
    return x, y, z


def lab(colour: Rgb) -> Rgb:
    r, g, b = colour
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * max(v, 0) + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str, sight: str) -> float:
    """Return CIE76 delta E; 2 is just seen, 10 at a glance."""
    pair = (lab(seen(linear(colour), sight)) for colour in (one, other))
    return sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5


def contrast(one: str, other: str) -> float:
    low, high = sorted(
        sum(f * c for f, c in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))
        for colour in (one, other)
    )
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("group", [STRONG, LIGHT, STRONG + LIGHT], ids=["strong", "light", "all"])
def test_the_twelve_hues_are_told_apart(group: list[str], sight: str, scheme: str) -> None:
    sheet = colours(scheme)
    near = min(distance(sheet[f"c-{a}"], sheet[f"c-{b}"], sight) for a, b in combinations(group, 2))
    assert near >= LEAST[len(group)]


LEAST = {6: 15.0, 12: 14.0}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_kinds_of_change_are_told_apart(sight: str, scheme: str) -> None:
    sheet = colours(scheme)
    for a, b in combinations(KINDS, 2):
        assert distance(sheet[f"c-{a}"], sheet[f"c-{b}"], sight) >= 12, (a, b)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_labels_can_be_read_on_every_colour(scheme: str) -> None:
    sheet = colours(scheme)
    fills = [name for name in sheet if name.startswith("c-") and not name.endswith("-ink")]
    assert len(fills) > 25
    for name in fills:
        ink = sheet.get(f"{name}-ink", sheet["chart-ink"])
        assert contrast(sheet[name], ink) >= READABLE, name


def test_the_matrices_keep_grey_grey() -> None:
    for matrix in SIGHT.values():
        assert all(sum(row) == pytest.approx(1.0) for row in matrix)
