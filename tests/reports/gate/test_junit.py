from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from importcost.gate.budgets import Level, Rule
from importcost.gate.checks import Status
from importcost.reports.gate.junit import render_junit
from tests.reports.gate.check_factory import CHECKS, DATA, PLACES, ROOT, check_lists, check_of

SCHEMA = xmlschema.XMLSchema(str(DATA / "junit-10.xsd"))


def parsed(checks=CHECKS, **values):
    return ET.fromstring(render_junit(checks, root=ROOT, places=PLACES, **values).encode())


def case(document, name, handler="orders"):
    (found,) = document.iterfind(f"testsuite[@name='{handler}']/testcase[@name='{name}']")
    return found


def test_the_report_is_valid_by_jenkins_schema():
    SCHEMA.validate(render_junit(CHECKS, root=ROOT))
    SCHEMA.validate(render_junit(()))


def test_every_handler_is_a_suite_and_every_check_a_case():
    document = parsed()
    assert [suite.get("name") for suite in document] == ["orders", "refunds"]
    assert document.get("tests") == str(len(CHECKS))
    assert (document.get("failures"), document.get("errors")) == ("2", "1")
    orders = document[0]
    assert [orders.get(key) for key in ("tests", "failures", "errors", "skipped")] == [
        "8",
        "2",
        "1",
        "1",
    ]


def test_times_are_what_measuring_took_and_add_up():
    document = parsed(seconds={"orders": 12.5, "refunds": 0.25})
    SCHEMA.validate(render_junit(CHECKS, root=ROOT, seconds={"orders": 12.5}))
    assert [one.get("time") for one in (document, *document)] == ["12.750", "12.500", "0.250"]
    for suite in document:
        assert sum(float(one.get("time")) for one in suite) == float(suite.get("time"))
    assert all(one.get("time") == "0.000" for one in parsed().iter("testcase"))


def test_a_failure_carries_its_sentence_and_place():
    found = case(parsed(), "forbidden-import")
    assert (found.get("file"), found.get("line")) == ("src/helper.py", "4")
    failure = found.find("failure")
    assert failure is not None
    assert failure.get("message") == failure.text == "pandas is forbidden."


def test_cases_of_one_rule_are_numbered_and_stable():
    assert case(parsed(), "forbidden-import 2").get("file") == "/opt/x.py"


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("network-at-import", "system-out"),
        ("init-time", "system-out"),
        ("increase", "system-out"),
        ("memory", "error"),
        ("module-count", "system-out"),
        ("cost", "skipped"),
    ],
)
def test_only_what_fails_the_gate_fails_the_case(name, tag):
    assert [child.tag for child in case(parsed(), name)] == [tag]


def test_strictness_fails_the_inconclusive_at_level_error_only():
    assert case(parsed(strict=True), "increase").find("failure") is not None
    quiet = [check_of(Rule.INCREASE, Level.WARN, Status.INCONCLUSIVE)]
    assert case(parsed(quiet, strict=True), "increase").find("failure") is None


def test_a_finding_without_a_line_is_shown_at_the_handlers_settings():
    found = case(parsed(), "memory")
    assert (found.get("file"), found.get("line")) == ("pyproject.toml", "12")


@pytest.mark.unhurried
@given(check_lists, st.booleans())
def test_no_name_breaks_the_report_and_every_check_is_in_it(checks, strict):
    text = render_junit(checks, root=ROOT, strict=strict)
    SCHEMA.validate(text)
    document = ET.fromstring(text.encode("utf-8"))
    assert len(document.findall("testsuite/testcase")) == len(checks)
    failing = [check for check in checks if check.is_failure]
    if not strict:
        found = document.findall(".//failure") + document.findall(".//error")
        assert len(found) == len(failing)
