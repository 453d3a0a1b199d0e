"""The other samples do what they say, and SnapStart judges them as it should."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from importcost.snapstart.facts import source_facts
from importcost.snapstart.modules import Project, parse_module
from importcost.snapstart.verdict import all_findings, hazards
from tests.snapstart.runs import snapshot_of

SAMPLES = Path(__file__).resolve().parents[2] / "sample_handlers"


@pytest.mark.unhurried
@pytest.mark.parametrize(("sample", "kinds"), [("pinger", ["clock"]), ("provisioned", [])])
def test_snapstart_judges_the_sample(sample, kinds):
    root = SAMPLES / sample
    file = root / "handler.py"
    project = Project({"handler": parse_module("handler", str(file), file.read_text())})
    seen = snapshot_of(root).observation
    found = hazards(all_findings(project, source_facts(project), seen))
    assert [item.kind.value for item in found] == kinds
    assert not list(root.glob("__pycache__"))


def test_a_ping_ends_before_any_work():
    handler = runpy.run_path(str(SAMPLES / "pinger" / "handler.py"))["handler"]
    template = (SAMPLES / "pinger" / "template.yaml").read_text()
    event = json.loads(template.partition("Input: '")[2].partition("'")[0])
    assert list(handler(event, None)) == ["warm_for_s"]
    assert json.loads(handler({"rawPath": "/a"}, None)["body"]) == {"price": 102}


def test_the_provisioned_handler_answers():
    handler = runpy.run_path(str(SAMPLES / "provisioned" / "handler.py"))["handler"]
    assert json.loads(handler({"amount": 200}, None)["body"]) == {"fee": "0.5000"}
