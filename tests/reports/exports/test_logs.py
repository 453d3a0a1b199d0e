"""Exports of real logs, disturbed ones too: every format renders, nothing is lost or added."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from importcost.app.profile.from_log import profile_log
from importcost.app.profile.request import ProfileRequest
from importcost.billing.estimate import estimate
from importcost.reports.exports.formats import FORMATS, render
from importcost.reports.exports.frames import build_frames
from importcost.reports.page.html import render_html
from importcost.reports.terminal.profile import render_terminal
from importcost.reports.terminal.tree import render_tree
from tests.reports.export_profiles import expected_total_us
from tests.reports.page_factory import facts_of

LOGS = Path(__file__).parents[2] / "logs"
NAMES = ("json-py3.12", "pandas", "threads", "odd-names", "forking-copy", "lambda-shuffled")


@pytest.fixture(scope="module", params=NAMES)
def profile(request):
    name = f"{request.param}.log"
    return profile_log(ProfileRequest(""), (LOGS / name).read_bytes(), name)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders(profile, name):
    assert render(name, profile, estimate(profile), facts_of(profile, estimate(profile)))


def test_totals_are_those_of_the_rows(profile):
    frames = build_frames(profile)
    assert len(frames) > len(profile.tree)
    assert frames.total_us[0] == expected_total_us(profile) > 0
    document = json.loads(
        str(render("speedscope", profile, estimate(profile), facts_of(profile, estimate(profile))))
    )
    assert document["profiles"][0]["endValue"] == frames.total_us[0]


def test_the_tree_tells_wall_time_and_guesses_no_distribution(profile):
    lines = render_tree(profile, facts_of(profile), width=80, colour=False, min_ms=0).splitlines()
    assert "ms wall in the log" in lines[0]
    assert "distribution" not in lines[1]
    assert len(lines) > 3


@pytest.mark.parametrize(
    "keep",
    [
        lambda rows: rows[len(rows) // 2 :],
        lambda rows: rows[: len(rows) // 2],
        lambda rows: rows[::3],
        lambda rows: sorted(rows, key=lambda row: row.split("|")[1]),
        lambda rows: rows[::-1],
        lambda rows: [row for row in rows if "encodings" in row or "json" in row],
    ],
    ids=["start-cut", "end-cut", "every-third", "sorted", "reversed", "filtered"],
)
def test_every_report_of_a_partial_log_renders(keep):
    rows = (LOGS / "json-py3.12.log").read_text(encoding="utf-8").splitlines(keepends=True)
    partial = profile_log(ProfileRequest(""), "".join(keep(rows[1:])).encode(), "x.log")
    bill = estimate(partial)
    facts = facts_of(partial, bill)
    for name in FORMATS:
        assert render(name, partial, bill, facts)
    is_told = partial.function_init.unattributed_share > 0
    tree = render_tree(partial, facts, width=80, colour=False, min_ms=0)
    assert ("(not in the log)" in tree) is is_told
    assert ("Of it, not in the log" in render_html(partial, bill, facts)) is is_told
    text = render_terminal(partial, bill, facts, width=100, colour=False)
    shares = [int(share) for share in re.findall(r" (\d+)%", text)]
    assert ("(not in the log)" in text) is is_told
    assert shares
    assert max(shares) <= 100
