"""The terminal report: figures that add up, widths kept, colour only when asked for."""

from __future__ import annotations

import re

import pytest

from importcost.reports.terminal import _apportion, elide, render_terminal, wrap
from reports.page_factory import estimate_of, hostile_profile, large_profile, small_profile


def render(profile, width=100, colour=False):
    return render_terminal(profile, estimate_of(profile), width=width, colour=colour)


def test_no_colour_means_no_escape():
    assert "\033" not in render(small_profile())
    assert "\033[" in render(small_profile(), colour=True)


@pytest.mark.parametrize("width", [72, 80, 110])
@pytest.mark.parametrize("make", [small_profile, large_profile])
def test_tables_and_text_keep_the_width(make, width):
    text = render(make(), width=width)
    command = "compileall"
    too_long = [line for line in text.splitlines() if len(line) > width and command not in line]
    assert [line for line in too_long if "bills about" not in line] == []


def test_a_hostile_name_sends_no_control_character():
    text = render(hostile_profile())
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text) is None
    text.encode("utf-8")


def test_cells_add_up_to_the_width():
    for values in ([1, 1, 1], [0.2, 99, 3], [5], [0, 0, 1]):
        assert sum(_apportion(values, 97)) == 97


def test_long_names_keep_both_ends():
    assert elide("abcdefghij" * 5, 20).endswith("hij")
    assert len(elide("abcdefghij" * 5, 20)) == 20
    assert elide("short", 20) == "short"


def test_wrapping_loses_no_word():
    text = "one two three four five six"
    assert " ".join(wrap(text, 9)) == text
    assert max(len(line) for line in wrap(text, 9)) <= 9
