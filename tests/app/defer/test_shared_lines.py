"""Statements that share a line, or continue on the next: each is listed, with its own time."""

from __future__ import annotations

import json

import pytest

from importcost.model.codec import profile_from_plain
from tests.clockwork import Times, run_clocked
from tests.harness import write_files

COSTS = {"alpha": 1_000, "beta": 2_000, "gamma": 4_000, "delta": 8_000}
MADE = "def make(name='x'):\n    return name\n\n\none = two = make\n"
LAYER = {f"layer/python/{name}.py": MADE for name in COSTS}
USES = "\n\ndef handler(event, context):\n    return [one.make() for one in ({})]\n"
FIXED = ("--layer", "../layer", "--runner", "local", "--runs", "8", "--no-verify")

ONE_EACH = {
    "continued after a semicolon": (
        "import os; import alpha, \\\n    beta\nimport gamma, \\\n delta\n"
    ),
    "in parentheses after two": (
        "import alpha; import beta, \\\n    gamma; from delta import (one,\n  two)\n"
    ),
    "with a form feed, tabs and CRLF": (
        "\fimport alpha ;\timport beta ,\\\r\n\tgamma\r\n\fimport delta;\r\n"
    ),
    "under a condition": "if True: import alpha; import beta, \\\n  gamma; import delta\n",
    "after text over two lines": 'TEXT = """\n"""; import alpha, \\\n beta; import gamma, delta\n',
    "after a name that is not ASCII": (
        "x = 'ä→'; import alpha, \\\n beta; y = 'é'; import gamma, delta\n"
    ),
    "alone with names of its own": (
        "import alpha as a; from beta import (\n  one\n); import gamma, \\\n  delta as d\n"
    ),
}


def profile_of(tmp_path, monkeypatch, text, times):
    write_files(tmp_path, LAYER)
    (tmp_path / "task").mkdir()
    (tmp_path / "task/handler.py").write_bytes(text.encode())
    args = ["defer", "handler.py:handler", *FIXED, "-o", "../out.json"]
    done = run_clocked(monkeypatch, tmp_path / "task", args, times)
    assert done.returncode == 0, done.stderr
    return profile_from_plain(json.loads((tmp_path / "out.json").read_text()))


@pytest.mark.unhurried
@pytest.mark.parametrize("head", ONE_EACH.values(), ids=ONE_EACH)
def test_each_import_has_its_own_time(tmp_path, monkeypatch, head):
    profile = profile_of(tmp_path, monkeypatch, head + USES.format(""), Times(COSTS))
    found = {one.imported[0]: one for one in profile.advice.findings}
    assert set(COSTS) <= set(found)
    for name, cost_us in COSTS.items():
        assert found[name].exclusive_us == pytest.approx(cost_us, rel=0.03), name
        assert found[name].modules == (name,)
        assert name in found[name].code
    if "os" in found:
        assert found["os"].exclusive_us == 0


def test_two_objects_on_one_line_are_timed_one_by_one(tmp_path, monkeypatch):
    text = (
        "import alpha; first = alpha.make('a'); second = alpha.make('b')\n\n\n"
        "def handler(event, context):\n    return first if event else second\n"
    )
    profile = profile_of(tmp_path, monkeypatch, text, Times(COSTS))
    places = [(one.code, one.place.column) for one in profile.advice.statements]
    assert places[:2] == [("first = alpha.make('a')", 14), ("second = alpha.make('b')", 39)]
