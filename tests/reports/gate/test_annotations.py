from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.gate.budgets import Level, Rule
from importcost.gate.checks import Status
from importcost.reports.gate.annotations import escape_data, escape_property, render_annotations
from tests.reports.gate.check_factory import CHECKS, PLACES, ROOT, check_lists, check_of

COMMAND = re.compile(r"::(error|warning) ([^\r\n]*?)::([^\r\n]*)")


def unescape(text):
    for code, sign in (("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, sign)
    return text


def test_each_finding_is_a_command_at_its_line_failures_first():
    lines = render_annotations(CHECKS, root=ROOT, places=PLACES).splitlines()
    assert lines[0] == (
        "::error file=src/helper.py,line=4,title=importcost forbidden-import (orders)"
        "::pandas is forbidden."
    )
    assert lines[2].startswith("::error file=pyproject.toml,line=12,title=importcost memory")
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 3 + ["::warning"] * 3


def test_strictness_makes_an_error_of_the_inconclusive():
    checks = [check_of(Rule.INCREASE, status=Status.INCONCLUSIVE)]
    assert render_annotations(checks).startswith("::warning ")
    assert render_annotations(checks, strict=True).startswith("::error ")


def test_without_findings_nothing_is_said():
    assert render_annotations([check_of(status=Status.PASS)]) == ""


# As the runner's own toolkit escapes them (actions/toolkit, packages/core/src/command.ts).
@pytest.mark.parametrize(
    ("text", "data", "value"),
    [
        ("100%", "100%25", "100%25"),
        ("a\r\nb", "a%0D%0Ab", "a%0D%0Ab"),
        ("a:b,c", "a:b,c", "a%3Ab%2Cc"),
        ("%0A", "%250A", "%250A"),
    ],
)
def test_escaping_follows_the_runner(text, data, value):
    assert escape_data(text) == data
    assert escape_property(text) == value


@given(st.text())
def test_escaped_text_is_one_line_and_comes_back(text):
    for escaped in (escape_data(text), escape_property(text)):
        assert "\n" not in escaped
        assert "\r" not in escaped
        assert unescape(escaped) == text
    assert not set(":,") & set(escape_property(text))


@given(check_lists, st.booleans())
def test_no_name_starts_a_command_of_its_own(checks, strict):
    text = render_annotations(checks, root=ROOT, strict=strict)
    lines = text.splitlines()
    assert len(lines) == sum(check.is_finding for check in checks)
    for line in lines:
        found = COMMAND.fullmatch(line)
        assert found is not None
        keys = [part.partition("=")[0] for part in found.group(2).split(",")]
        assert keys in (["title"], ["file", "title"], ["file", "line", "title"])
        assert "\x1b" not in line


def test_the_level_of_the_rule_is_the_level_of_the_annotation():
    assert render_annotations([check_of(level=Level.WARN)]).startswith("::warning ")
