"""The picture of a change: an image that stands alone, and bars of characters."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from importcost.gate.beyond_noise import Compared
from importcost.reports.gate.change_bars import handler_bars
from importcost.reports.gate.markdown import render_check_markdown
from importcost.reports.gate.picture import (
    MOST_HANDLERS,
    PICTURE_END,
    PICTURE_START,
    render_picture,
    text_picture,
)
from tests.gate.profiles import ROWS, attributed, profile_of
from tests.reports.gate.check_factory import comparison_of, texts

SVG = "{http://www.w3.org/2000/svg}"
HEAD_GRAPH = "handler:1 > helper\nhelper:4 > pandas\nhandler:2 > scipy"


def changed(handler="orders", shift_us=9_000):
    base = profile_of(events={})
    head = profile_of({**ROWS, "scipy": 9_000}, HEAD_GRAPH, events={})
    return Compared(comparison_of(shift_us, handler), attributed(base, head))


def test_two_bars_a_handler_have_the_lengths_of_their_times():
    root = ET.fromstring(render_picture([changed()]))
    widths = {}
    for group in root.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        widths.setdefault(rect.get("y"), []).append(float(rect.get("width")) + 0.6)
    before, after = (sum(parts) for _, parts in sorted(widths.items()))
    (bars,) = handler_bars([changed()])
    assert abs(before / after - bars.base_ms / bars.head_ms) < 0.01
    words = "".join(root.itertext())
    assert "orders: slower" in words
    assert f"{bars.base_ms:,.1f} ms" in words
    assert f"{bars.head_ms:,.1f} ms" in words
    assert "new: scipy; gone: numpy" in words


def test_the_parts_of_a_bar_add_up_to_it():
    (bars,) = handler_bars([changed()])
    for parts, total in ((bars.base, bars.base_ms), (bars.head, bars.head_ms)):
        assert abs(sum(part.ms for part in parts) - total) < 1e-6


def test_it_reads_on_light_and_dark_pages_and_without_a_style_sheet():
    text = render_picture([changed()])
    assert "@media (prefers-color-scheme:dark)" in text
    root = ET.fromstring(text)
    drawn = [one for one in root.iter() if one.tag in (f"{SVG}rect", f"{SVG}text")]
    assert all(one.get("fill") for one in drawn)
    assert "<script" not in text
    assert "href" not in text


def test_the_largest_changes_come_first_and_the_rest_is_counted():
    many = [changed(f"h{at}", 5_000 + at) for at in range(MOST_HANDLERS + 3)]
    text = render_picture(many)
    assert "3 more handlers" in text
    assert f"h{MOST_HANDLERS + 2}: slower" in text
    assert ">h0: slower" not in text


def test_without_profiles_a_bar_is_whole_and_without_comparisons_nothing_is_drawn():
    (bars,) = handler_bars([replace(changed(), attribution=None)])
    assert [part.name for part in bars.head] == ["everything else"]
    assert "Nothing was compared." in render_picture([])
    assert text_picture([]) == []


def test_bars_of_characters_stand_in_a_comment():
    lines = text_picture([changed()])
    assert (lines[0], lines[-2]) == (PICTURE_START, PICTURE_END)
    before, after = (re.search(r"(before|after ) (\S+) ", line)[2] for line in lines[2:4])
    assert len(after) == 40
    assert 30 <= len(before) < 40
    assert set(after) > set(before)
    text = render_check_markdown((), [changed()])
    assert "\n".join(lines[:-1]) in text


@given(st.lists(texts, min_size=1, max_size=3))
def test_no_name_breaks_the_image_or_the_block(names):
    compared = [changed(name) for name in names]
    ET.fromstring(render_picture(compared))
    lines = text_picture(compared)
    assert [line for line in lines if "`" in line] == ["```text", "```"]
    assert not any("<" in line for line in lines[1:-2])
