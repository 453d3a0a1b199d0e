"""The image's colours are the page's: one distribution looks the same in both."""

from __future__ import annotations

import re

from importcost.reports.exports.svg_style import _FILLS
from tests.harness import ROOT

COLOUR = re.compile(r"--c-([a-z]+(?:-\d+)?): (#[0-9a-f]{6})")


def test_the_hues_are_those_of_the_page():
    sheet = (ROOT / "templates" / "report.css").read_text()
    light, dark = sheet.split("prefers-color-scheme", 1)
    page = [dict(COLOUR.findall(half.split("@media print")[0])) for half in (light, dark)]
    hues = [name for name in _FILLS if name.startswith("hue-")]
    assert len(hues) == 12
    for name in hues:
        assert _FILLS[name] == (page[0][name], page[1][name])
