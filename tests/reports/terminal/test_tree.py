"""The tree in the terminal: sums that hold, nothing lost, widths kept, plain unless asked."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importcost.reports.cells import cells, fit
from importcost.reports.exports.frames import build_frames
from importcost.reports.terminal.tree import render_tree, tree_rows
from tests.reports.export_profiles import BAD_NAMES, FIXED, profiles
from tests.reports.page_factory import facts_of, small_profile
from tests.sampling import examples


def view(profile, width=100, colour=False, **options):
    return render_tree(profile, facts_of(profile), width=width, colour=colour, **options)


def names_of(text):
    return [line[26:].lstrip("│├└─ ").split("  ")[0] for line in text.splitlines()[2:]]


def test_the_small_tree_reads_heaviest_first_with_startup_folded():
    lines = view(small_profile()).splitlines()
    assert lines[0] == "cold start of handler.handler: 230.3 ms CPU measured here"
    assert lines[1].split() == ["total", "ms", "self", "ms", "share", "import", "distribution"]
    assert lines[2].split() == ["9.8", "6.0", "4%", "interpreter", "start", "(3", "modules)"]
    assert lines[3].split()[3:] == ["runtime", "(3", "modules)"]
    assert lines[5].endswith("└─ handler                                            function")
    figures = lines[7].split()
    assert figures == ["142.5", "12.0", "62%", "│", "└─", "boto3", "boto3"]
    assert "encodings" not in "\n".join(lines)


def test_what_is_below_the_minimum_is_summed_up_where_it_stands():
    lines = view(small_profile(), min_ms=9).splitlines()
    (at,) = [number for number, line in enumerate(lines) if "below 9 ms" in line and "1.5" in line]
    assert lines[at].split() == ["1.5", "1%", "│", "└─", "…", "1", "more", "below", "9", "ms"]
    (deep,) = [line for line in lines if "2 more below 9 ms" in line]
    assert deep.split()[0] == "8.5"
    assert lines[-1] == "17 modules, 3 of them summed up: --min 0 shows all"


def test_depth_cuts_and_sums_up():
    text = view(small_profile(), depth=1)
    assert re.search(r"161\.0 +70% +└─ … 10 deeper", text)
    assert "boto3" not in text
    assert "raise --depth" in text


def test_all_of_it_is_shown_without_a_minimum():
    text = view(small_profile(), min_ms=0)
    assert "summed up" not in text
    assert {"boto3", "http.cookies", "decimal", "urllib3.util"} <= set(names_of(text))


def check_sums(profile, depth, min_ms):
    frames = build_frames(profile)
    rows = list(tree_rows(frames, frames.names, depth, min_ms))
    assert sum(row.total_us for row in rows if row.level == 0) == frames.total_us[0]
    below = [0] * len(rows)
    path: list[int] = []
    for number, row in enumerate(rows):
        del path[row.level :]
        if path:
            below[path[-1]] += row.total_us
        path.append(number)
    counted = 0
    for number, row in enumerate(rows):
        counted += row.left_out or 1
        folded = re.search(r" \(([\d,]+) modules\)$", row.label) if row.level == 0 else None
        if folded:
            counted += int(folded[1].replace(",", ""))
        elif row.self_us is not None:
            assert row.total_us == row.self_us + below[number]
        if depth is not None:
            assert row.level <= depth + 1
    assert counted == len(frames) - 1


@settings(max_examples=examples(60), deadline=None)
@given(profiles(), st.none() | st.integers(0, 4), st.sampled_from([0.0, 1.0, 20.0]))
def test_nothing_vanishes_and_every_total_is_the_sum_of_its_rows(profile, depth, min_ms):
    check_sums(profile, depth, min_ms)


@pytest.mark.parametrize("key", FIXED)
@pytest.mark.parametrize(("depth", "min_ms"), [(None, 0.0), (3, 0.5)])
def test_sums_hold_in_fixed_profiles(key, depth, min_ms):
    check_sums(FIXED[key], depth, min_ms)


@pytest.mark.parametrize("width", [40, 59, 72, 80, 120])
@pytest.mark.parametrize("key", FIXED)
def test_no_line_is_wider_than_asked(key, width):
    lines = view(FIXED[key], width=width, min_ms=0.2).splitlines()
    assert max(map(cells, lines)) <= width
    assert [line for line in lines if not line.isprintable()] == []
    "\n".join(lines).encode("utf-8")


def test_less_than_forty_columns_get_forty():
    assert view(small_profile(), width=10) == view(small_profile(), width=40)


def test_narrow_lines_still_say_how_many_are_left_out():
    lines = view(FIXED["large"], width=40, depth=3, min_ms=1).splitlines()
    left_out = [line for line in lines[:-1] if "…" in line and re.search(r"…\s[\d,]+", line)]
    assert len(left_out) > 3


def test_a_deep_tree_keeps_its_names_and_tells_the_level():
    lines = view(FIXED["deep"], width=80, min_ms=0).splitlines()
    assert len(lines) > 3_000
    assert re.search(r"29\d\d… .*└─ de.*_2999", lines[-1])


def test_colour_only_when_asked_and_the_text_is_the_same():
    plain, coloured = view(small_profile()), view(small_profile(), colour=True)
    assert "\033" not in plain
    assert "\033[1m" in coloured
    assert re.sub(r"\033\[\d+m", "", coloured) == plain


def test_a_log_shows_no_distribution():
    log = replace(small_profile(), graph=None, runs=())
    text = view(log)
    assert "distribution" not in text
    assert "ms wall in the log" in text


@pytest.mark.parametrize("name", [*BAD_NAMES, "模块" * 30, "e\u0301" * 40])
@pytest.mark.parametrize("room", [1, 2, 7, 30])
def test_fit_never_takes_more_cells_than_there_are(name, room):
    shown = fit(name, room)
    assert cells(shown) <= room
    assert shown == name or "…" in shown or "\N{REPLACEMENT CHARACTER}" in shown
