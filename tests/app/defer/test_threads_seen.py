"""A getter gets its lock where a launch was seen to start threads, though the source shows none."""

from __future__ import annotations

import json

import pytest

from importcost.model.codec import profile_from_plain
from tests.clockwork import Times, run_clocked
from tests.harness import write_files

LIBRARY = """import threading


class Job:
    def everything(self):
        threads = [threading.Thread(target=self.step) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(threads)

    def nothing(self):
        return 0
"""
HANDLER = """import fan
import tables

table = tables.Table()


class Work(fan.Job):
    def step(self):
        return table.name


def handler(event, context):
    if event.get("ping"):
        return table.name
    return getattr(Work(), event["how"])()
"""
TIMES = Times({"handler": 60_000, "fan": 20_000, "tables": 90_000})


@pytest.fixture
def diff(tmp_path, monkeypatch):
    def defer(text, event):
        files = {
            "layer/python/fan.py": LIBRARY,
            "layer/python/tables.py": "class Table:\n    name = 't'\n",
            "task/handler.py": text,
            "order.json": json.dumps(event),
        }
        write_files(tmp_path, files)
        options = ("--layer", "../layer", "--runner", "local", "--event", "../order.json")
        command = ["defer", "handler.py:handler", *options, "--diff", "-o", "../out.json"]
        done = run_clocked(monkeypatch, tmp_path / "task", command, TIMES)
        assert done.returncode == 0, done.stderr
        advice = profile_from_plain(json.loads((tmp_path / "out.json").read_text())).advice
        return done.stdout, {one.code.split(" =")[0]: one.verdict.reason for one in advice.findings}

    return defer


@pytest.mark.unhurried
def test_the_lock_comes_with_the_threads(diff):
    shown, reasons = diff(HANDLER, {"how": "everything"})
    assert "+import threading" in shown
    assert "RLock()" in shown
    said = "table becomes a cached getter, with a lock because threads may ask for it"
    assert said in reasons["import tables"]


def test_no_lock_where_no_thread_was_seen(diff):
    shown, reasons = diff(HANDLER, {"how": "nothing"})
    assert "+@functools.cache" in shown
    assert "RLock()" not in shown
    assert "threads" not in reasons["import tables"]
