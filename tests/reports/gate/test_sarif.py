from __future__ import annotations

import json
from functools import cache
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.gate.budgets import Level, Rule
from importcost.gate.checks import Status, TextSpan
from importcost.reports.gate.sarif import render_sarif
from tests.reports.gate.check_factory import CHECKS, DATA, PLACES, ROOT, check_lists, check_of


@cache
def validator():
    schema = json.loads((DATA / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    return jsonschema.Draft4Validator(schema)


def log_of(checks=CHECKS, **values):
    log = json.loads(render_sarif(checks, version="1.2.3", root=ROOT, **values))
    validator().validate(log)
    return log


def results_of(*args, **values):
    return log_of(*args, **values)["runs"][0]["results"]


def test_the_log_is_valid_and_names_the_tool_and_its_rules():
    (run,) = log_of()["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("importcost", "1.2.3")
    assert {rule["id"] for rule in driver["rules"]} == {rule.value for rule in Rule}
    assert run["invocations"][0] == {"executionSuccessful": False, "exitCode": 1}
    log_of(())


def test_findings_are_results_with_the_level_that_they_gate_at():
    assert [(one["ruleId"], one["level"]) for one in results_of()] == [
        ("forbidden-import", "error"),
        ("forbidden-import", "error"),
        ("network-at-import", "warning"),
        ("init-time", "warning"),
        ("increase", "warning"),
        ("memory", "error"),
    ]
    (increase,) = (one for one in results_of(strict=True) if one["ruleId"] == "increase")
    assert increase["level"] == "error"


def test_a_result_points_to_its_rule():
    (run,) = log_of()["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


@pytest.mark.parametrize(
    ("file", "line", "location"),
    [
        (
            f"{ROOT}/src/a b%:é.py",
            4,
            {
                "artifactLocation": {
                    "uri": "src/a%20b%25%3A%C3%A9.py",
                    "uriBaseId": "%SRCROOT%",
                },
                "region": {"startLine": 4},
            },
        ),
        ("/opt/x.py", None, {"artifactLocation": {"uri": "file:///opt/x.py"}}),
        ("/srv/shopping/x.py", 0, {"artifactLocation": {"uri": "file:///srv/shopping/x.py"}}),
        (
            "rel/x.py",
            1,
            {
                "artifactLocation": {"uri": "rel/x.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 1},
            },
        ),
    ],
)
def test_files_in_the_repository_are_named_from_its_root(file, line, location):
    (result,) = results_of([check_of(file=file, line=line)])
    assert result["locations"] == [{"physicalLocation": location}]


def test_a_finding_without_a_line_is_shown_at_the_handlers_settings():
    (result,) = results_of([check_of()], places=PLACES)
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "pyproject.toml"
    assert location["region"]["startLine"] == 12
    (bare,) = results_of([check_of()])
    assert "locations" not in bare


def fingerprint(**values):
    (result,) = results_of([check_of(**values)])
    return result["partialFingerprints"]["importcost/v2"]


def test_a_finding_keeps_its_fingerprint_when_lines_figures_and_words_change():
    first = fingerprint(message="pandas is forbidden.", file="a.py", line=3, about="pandas")
    moved = {"message": "Do not load pandas (9 ms).", "file": "a.py", "line": 9}
    assert first == fingerprint(about="pandas", **moved)
    assert first != fingerprint(about="numpy", **moved)
    assert first != fingerprint(about="pandas", **{**moved, "file": "b.py"})
    assert first != fingerprint(about="pandas", **moved, rule=Rule.NEW_MODULE)
    assert first != fingerprint(about="pandas", **moved, handler="refunds")


def test_a_finding_on_a_figure_is_the_same_wherever_its_heaviest_import_is():
    assert fingerprint(file="a.py", line=3) == fingerprint(file="b.py", line=4)


def test_two_findings_that_are_alike_have_two_fingerprints():
    alike = [check_of(Rule.NETWORK, file="a.py", line=line, about="connect()") for line in (1, 2)]
    first, second = [one["partialFingerprints"]["importcost/v2"] for one in results_of(alike)]
    assert first != second
    assert first == fingerprint(rule=Rule.NETWORK, file="a.py", line=7, about="connect()")


def test_a_statement_is_a_region_with_columns():
    check = check_of(file=f"{ROOT}/a.py", line=4, span=TextSpan(4, 5, 5, 14))
    (result,) = results_of([check])
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 4,
        "startColumn": 5,
        "endLine": 5,
        "endColumn": 14,
    }


@pytest.mark.unhurried
@given(check_lists, st.booleans())
def test_no_name_breaks_the_log(checks, strict):
    results = results_of(checks, strict=strict)
    assert len(results) == sum(check.is_finding for check in checks)
    for result in results:
        for location in result.get("locations", ()):
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert uri.isascii()
            assert " " not in unquote(uri) or "%20" in uri
            assert urlsplit(uri).scheme in ("", "file")


@pytest.mark.parametrize("status", [Status.PASS, Status.SKIPPED])
def test_what_is_no_finding_is_left_out(status):
    assert results_of([check_of(status=status)]) == []


def test_a_run_that_measured_everything_was_successful():
    (run,) = log_of([check_of(level=Level.WARN)])["runs"]
    assert run["invocations"][0] == {"executionSuccessful": True, "exitCode": 0}
