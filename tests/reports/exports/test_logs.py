"""Exports of real logs, disturbed ones too: every format renders, nothing is lost or added."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from importcost.app.profile.from_log import profile_log
from importcost.app.profile.request import ProfileRequest
from importcost.billing.estimate import estimate
from importcost.reports.exports.formats import FORMATS, render
from importcost.reports.exports.frames import build_frames
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
