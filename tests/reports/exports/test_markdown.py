"""The Markdown summary: the figures of the report, and nothing in a name that a reader obeys."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importcost.billing.estimate import InitLimit
from importcost.model.module_facts import most_expensive
from importcost.model.profile import ProfileWarning, WarningCode
from importcost.reports.exports.markdown import code, escaped_text, render_markdown
from tests.reports.export_profiles import BAD_NAMES, FIXED, profiles
from tests.reports.page_factory import estimate_of, facts_of, packaged_profile
from tests.sampling import examples

MARKUP = re.compile(r"`[\w./:()+ -]+`|<code>(?:[A-Za-z0-9 ]|&#\d+;)+</code>", re.ASCII)


def markdown(profile):
    return render_markdown(profile, estimate_of(profile), facts_of(profile))


def table_rows(document, head):
    lines = document.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {head}"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_it_says_the_bill_the_phases_and_the_imports():
    profile = FIXED["small"]
    document, estimate = markdown(profile), estimate_of(profile)
    assert document.startswith("### A cold start of `handler.handler` bills about 406 ms of init")
    assert "per million cold starts at 512 MB" in document
    phases = table_rows(document, "Phase")
    assert [row[0] for row in phases] == [phase.label for phase in estimate.phases]
    imports = table_rows(document, "Most expensive")
    names = [profile.tree.name(node) for node in most_expensive(profile)]
    assert [row[0] for row in imports] == [f"`{name}`" for name in names]
    boto3 = next(row for row in imports if row[0] == "`boto3`")
    assert boto3[1:4] == ["142 ms", "71%", "12 ms"]
    assert boto3[4].startswith("`orders/store.py:")


def test_an_init_past_the_limit_is_said():
    profile = FIXED["small"]
    document = render_markdown(profile, estimate_of(profile, InitLimit.PAST), facts_of(profile))
    assert "**Init is past Lambda's 10 s limit.**" in document


@pytest.mark.parametrize("name", ["boto3.session", "orders/store.py:12", "a (2)", "x"])
def test_a_plain_name_stays_readable(name):
    assert code(name) == f"`{name}`"


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_is_code_whatever_it_holds(name):
    written = code(name)
    assert MARKUP.fullmatch(written)
    assert len(html.unescape(written)) < 100


@given(st.text(max_size=40))
def test_any_name_is_code_and_reads_back(name):
    written = code(name)
    assert MARKUP.fullmatch(written)
    if name.isprintable() and name:
        assert html.unescape(re.sub(r"</?code>|`", "", written)) == name


@pytest.mark.parametrize(
    "word", ["@team", "#12", "http://x.example", "www.x.example", "<b>", "*a*", "__x__", "[a](b)"]
)
def test_running_text_neither_mentions_links_nor_marks_up(word):
    written = escaped_text(f"see {word} now")
    assert re.fullmatch(rf"see (?:{MARKUP.pattern}) now", written, re.ASCII)


@settings(max_examples=examples(40), deadline=None)
@given(profiles())
def test_tables_keep_their_columns_whatever_the_names(profile):
    document = markdown(profile)
    document.encode("utf-8")
    if most_expensive(profile):
        rows = table_rows(document, "Most expensive")
        assert {len(row) for row in rows} == {5}
        assert all(MARKUP.fullmatch(row[0]) for row in rows)


def test_hostile_warnings_stay_one_line_each():
    warning = ProfileWarning(WarningCode.OUTPUT, "printed <img src=x>\n| a | @you " + "x" * 10_000)
    document = markdown(replace(FIXED["hostile"], warnings=(warning,), package=None))
    (line,) = [line for line in document.splitlines() if line.startswith("- ")]
    assert len(line) < 1_000
    bare = MARKUP.sub("", line)
    assert not set("<>|@`") & set(bare)


def test_the_package_and_its_bytecode_are_in_the_summary() -> None:
    profile = packaged_profile()
    text = render_markdown(profile, estimate_of(profile), facts_of(profile))
    assert "- 40.0 MB unpacked, 16% of" in text
    assert "compiled at every cold start" in text
