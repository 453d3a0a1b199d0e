from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.gate.beyond_noise import Compared
from importcost.gate.budgets import Level, Rule
from importcost.gate.checks import Status
from importcost.reports.gate.markdown import (
    MARKER,
    MAX_CHARACTERS,
    escape,
    render_check_markdown,
)
from importcost.reports.gate.text import one_line
from tests.gate.profiles import ROWS, attributed, profile_of
from tests.reports.gate.check_factory import (
    CHECKS,
    PLACES,
    ROOT,
    check_lists,
    check_of,
    comparison_of,
    texts,
)

OWN_HTML = re.compile(
    r"<!-- (?:importcost-check|/?importcost-picture) -->|<br>|</?details>|</?summary>"
)
ENTITY = re.compile(r"&(?:#\d+|gt);")


def render(checks=CHECKS, *args, **values):
    return render_check_markdown(checks, *args, root=ROOT, places=PLACES, **values)


def test_the_comment_can_be_found_again_and_says_the_outcome_first():
    lines = render().splitlines()
    assert lines[0] == MARKER
    assert lines[1] == "### importcost: 3 of 9 checks failed, 3 warnings"


@pytest.mark.parametrize(
    ("checks", "headline"),
    [
        ([], "nothing was measured"),
        ([check_of(status=Status.PASS)], "1 check, none failed"),
        ([check_of(level=Level.WARN)], "1 check, none failed, 1 warning"),
        ([check_of(status=Status.NOT_MEASURED)], "1 of 1 check could not be measured"),
    ],
)
def test_the_headline_says_what_the_exit_code_does(checks, headline):
    assert render(checks).splitlines()[1] == f"### importcost: {headline}"


def test_findings_stand_in_rows_with_place_failures_first():
    rows = [line for line in render().splitlines() if line.startswith("| ")][1:]
    assert rows[0] == (
        "| **fails** | orders | forbidden-import | pandas is forbidden.<br>src/helper.py:4 |"
    )
    assert rows[2].startswith("| **fails** (not measured) | orders | memory |")
    assert rows[3].startswith("| warning | orders | network-at-import |")


def test_what_passed_is_folded_away():
    text = render()
    assert "<details><summary>2 passed, 1 skipped</summary>" in text
    assert text.index("12 modules.") > text.index("<details>")


def test_a_comparison_shows_the_shift_and_what_accounts_for_it():
    head = profile_of({**ROWS, "requests": 8_000}, "handler:1 > requests")
    compared = Compared(comparison_of(8_000), attributed(profile_of(), head))
    text = render([check_of(Rule.INCREASE)], [compared])
    assert "| orders | **slower** | 100.0 | 108.0 | +8.0 % (" in text
    assert "| requests | added | +8.0 | 1 | 0 |" in text
    assert "New: requests" in text
    assert re.search(r"orders: [+-]&#36;\d+\.\d\d \([+-]&#36;\d", text)


def test_a_comparison_without_profiles_shows_the_verdict_alone():
    text = render([], [Compared(comparison_of(0))])
    assert "| orders | same |" in text
    assert "distribution" not in text


@given(texts)
def test_escaped_text_shows_as_it_was_and_means_nothing_to_markdown(text):
    escaped = escape(text, most=10_000)
    assert html.unescape(escaped).replace("\u200b", "") == one_line(text)
    plain = ENTITY.sub("", escaped)
    assert not set(plain) & set("<>&\"'`|*_[]!#@~\\\r\n\t\0\x1b{}^$")
    assert "://" not in plain


@pytest.mark.parametrize(
    "text", ["https://evil.example", "www.evil.example", "<img src=x>", "[a](b)", "`x`", "a|b"]
)
def test_nothing_is_linked_and_no_markup_gets_in(text):
    assert text not in escape(text)


@pytest.mark.parametrize("text", ["@octocat", "#12", "www.evil.example"])
def test_nobody_is_mentioned_even_after_entities_are_read(text):
    assert text not in html.unescape(escape(text))


@given(check_lists, st.booleans())
def test_no_name_breaks_a_row_or_adds_html(checks, strict):
    text = render(checks, strict=strict)
    rest = ENTITY.sub("", OWN_HTML.sub("", text))
    assert "<" not in rest
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(row.count("|") == 5 for row in rows)
    shown = [check for check in checks if not check.is_left_out]
    assert sum(not row.startswith("|  |") for row in rows) == len(shown)


def test_a_comment_stays_below_the_limit_and_counts_what_is_left_out():
    many = [replace(check_of(), message=f"{number} " + "word " * 100) for number in range(400)]
    text = render([*many, check_of(status=Status.PASS)])
    assert len(text) <= MAX_CHARACTERS + 100
    shown = sum(line.startswith("| **fails**") for line in text.splitlines())
    found = re.search(r"(\d+) more lines had no room here", text)
    assert found is not None
    assert 0 < shown < 400
    assert int(found.group(1)) >= 400 - shown
