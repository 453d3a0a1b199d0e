"""Every figure that a page gives stands in the results, or in the data and code it is about."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.documents.blocks import ROOT, pages

NAMES = [str(page.relative_to(ROOT)) for page in pages()]
SOURCES = ("tests/benchmarks/*.md", "src/importcost/**/data/*.json", "src/importcost/**/*.py")
MEASURED = ("docs/numbers.md", "docs/gate-statistics.md")
_FIGURE = re.compile(r"(?<![\w.$-])(\d[\d,]*(?:\.\d+)?)(?:\s(?:ms|s|MB|GB|KB)\b|\s?%)")
_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`|^<!--.*?-->$", re.MULTILINE | re.DOTALL)


def figures(text: str) -> list[str]:
    """Return the numbers with a unit of time, size or share in the words of a page."""
    return [found.replace(",", "") for found in _FIGURE.findall(_CODE.sub("", text))]


@cache
def known() -> frozenset[str]:
    """Return each number that the results, the dated data and the code have."""
    texts = (file.read_text(encoding="utf-8") for one in SOURCES for file in ROOT.glob(one))
    return frozenset(
        number.replace(",", "").replace("_", "")
        for text in texts
        for number in re.findall(r"\d[\d,_]*(?:\.\d+)?", text)
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_known(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [one for one in figures(text) if one not in known()] == []


@pytest.mark.parametrize("name", MEASURED)
def test_what_was_measured_stands_in_the_results(name):
    """A page about measurements has no figure but those that the results have, with their unit."""
    results = " ".join(file.read_text(encoding="utf-8") for file in ROOT.glob(SOURCES[0]))
    shares = re.findall(r"(?<![\w.$-])(\d+\.\d+) %", (ROOT / name).read_text(encoding="utf-8"))
    assert shares
    assert [one for one in shares if f"{one} %" not in results and f"{one}%" not in results] == []


def test_an_invented_figure_is_seen():
    assert figures("It takes 48,151.62 ms, or `7 ms`, and 3 % of it.") == ["48151.62", "3"]
    assert "48151.62" not in known()
