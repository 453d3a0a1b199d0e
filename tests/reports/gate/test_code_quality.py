"""The code quality report has what GitLab's documentation asks of each entry."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.gate.budgets import Rule
from importcost.gate.checks import TextSpan
from importcost.reports.gate.code_quality import render_code_quality
from tests.reports.gate.check_factory import CHECKS, PLACES, ROOT, check_lists, check_of

WHERE = {"type": "object", "required": ["line"], "properties": {"line": {"minimum": 1}}}
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "location", "severity"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!/|\./)"},
                    "lines": {"properties": {"begin": {"type": "integer", "minimum": 1}}},
                    "positions": {"properties": {"begin": WHERE, "end": WHERE}},
                },
                "anyOf": [{"required": ["lines"]}, {"required": ["positions"]}],
            },
        },
    },
}


def entries(checks=CHECKS, **values):
    found = json.loads(render_code_quality(checks, root=ROOT, **values))
    jsonschema.validate(found, SCHEMA)
    return found


def test_findings_are_entries_with_the_weight_that_they_gate_at():
    assert [(one["check_name"], one["severity"]) for one in entries(places=PLACES)] == [
        ("importcost/forbidden-import", "major"),
        ("importcost/network-at-import", "minor"),
        ("importcost/init-time", "minor"),
        ("importcost/increase", "minor"),
        ("importcost/memory", "major"),
    ]
    assert len(entries()) == 2  # without the settings' place, the others have no file


def test_a_statement_has_positions():
    check = check_of(Rule.FORBIDDEN_IMPORT, file=f"{ROOT}/a.py", line=4, span=TextSpan(4, 1, 5, 9))
    (found,) = entries([check])
    assert found["location"] == {
        "path": "a.py",
        "positions": {"begin": {"line": 4, "column": 1}, "end": {"line": 5, "column": 9}},
    }


@pytest.mark.unhurried
@given(check_lists, st.booleans())
def test_no_name_breaks_the_report_and_no_two_fingerprints_are_the_same(checks, strict):
    found = entries(checks, places=PLACES, strict=strict)
    assert len({one["fingerprint"] for one in found}) == len(found)
