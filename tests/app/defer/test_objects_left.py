"""An object whose import has to stay is offered as a getter of its own."""

from __future__ import annotations

import json

import pytest

from importcost.model.advice import VerdictKind
from importcost.model.codec import profile_from_plain
from tests.clockwork import Times, run_clocked
from tests.harness import write_files

ENGINE = """

class Engine:
    def __init__(self, rules):
        self.rules = rules
"""
REGISTERS = "import codecs\n\n\ndef search(name):\n    return None\n\n\ncodecs.register(search)\n"
HANDLER = """import engines

engine = engines.Engine("rules")


def handler(event, context):
    return engine.rules if event else None
"""
FIXED = ("--layer", "../layer", "--runner", "local", "--runs", "8", "--no-verify", "--diff")


@pytest.fixture
def defer(tmp_path, monkeypatch):
    def ask(engines, object_us, *args):
        files = {"layer/python/engines.py": engines, "task/handler.py": HANDLER}
        write_files(tmp_path, files)
        times = Times(
            {"engines": 40_000, "handler": 60_000}, statements={("handler.py", 3): object_us}
        )
        command = ["defer", "handler.py:handler", *FIXED, *args, "-o", "../out.json"]
        done = run_clocked(monkeypatch, tmp_path / "task", command, times)
        assert done.returncode == 0, done.stderr
        advice = profile_from_plain(json.loads((tmp_path / "out.json").read_text())).advice
        return done.stdout, [(one.code, one.verdict.kind) for one in advice.findings]

    return ask


@pytest.mark.unhurried
def test_it_is_offered_where_the_import_has_an_effect(defer):
    shown, found = defer(REGISTERS + ENGINE, 30_000)
    assert found == [
        ("import engines", VerdictKind.NOT_DEFERRABLE),
        ('engine = engines.Engine("rules")', VerdictKind.NEEDS_GETTER),
    ]
    assert "+def get_engine():" in shown
    assert "-import engines" not in shown
    assert "+    return get_engine().rules if event else None" in shown


@pytest.mark.unhurried
def test_it_moves_with_an_import_that_may(defer):
    shown, found = defer(ENGINE.lstrip(), 30_000)
    assert found == [("import engines", VerdictKind.NEEDS_GETTER)]
    assert "-import engines" in shown


def test_it_is_not_offered_where_it_costs_nothing(defer):
    shown, found = defer(REGISTERS + ENGINE, 100)
    assert found == [("import engines", VerdictKind.NOT_DEFERRABLE)]
    assert "get_engine" not in shown
