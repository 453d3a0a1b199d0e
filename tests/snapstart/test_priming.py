"""Priming before a snapshot: real launches, recorded times, and events that do not work."""

from __future__ import annotations

import json
from random import Random

import pytest

from importcost.app.snapstart.priming import read_event
from importcost.errors import HandlerError, UsageError
from importcost.measure.layout import lambda_environment, local_layout
from importcost.measure.runners.local import LocalRunner
from importcost.measure.session import NetworkRule, Subject
from importcost.measure.snapshots.pairs import PAIRS
from importcost.measure.snapshots.priming import PrimingLauncher, measure_priming
from importcost.measure.snapstart import INITIALIZATION
from importcost.model.profile import Target
from importcost.snapstart.model import Severity
from importcost.snapstart.modules import Project, parse_module
from importcost.snapstart.priming import (
    PrimingTimes,
    PrimingVerdict,
    kept_globals,
    priming_findings,
    priming_hook,
)
from tests.commands import run_here
from tests.harness import RUNTIME_MODULES, SETTINGS, interpreter_facts, interpreters, write_files

LAZY = """
import functools
_client = None

@functools.lru_cache
def setting(name):
    return name

def handler(event, context):
    global _client
    import wave
    if _client is None:
        _client = object()
    setting("a")
    return {"n": event["n"]}
"""
ID = """
import uuid
_id = None

def handler(event, context):
    global _id
    if _id is None:
        _id = uuid.uuid4()
    return str(_id)
"""
CLEARED = (
    "from snapshot_restore_py import register_before_snapshot\n"
    + ID
    + "@register_before_snapshot\ndef clear():\n    global _id\n    _id = None\n"
)
SOCKET = """
import socket
_link = None

def handler(event, context):
    global _link
    if _link is None:
        _link = socket.socket()
"""
DATABASE = """
import os
import sqlite3
import tempfile
_kept = None

def handler(event, context):
    global _kept
    _kept = sqlite3.connect(os.path.join(tempfile.mkdtemp(dir=os.getcwd()), "x.db"))
    END
"""
ASKS = """
import urllib.request

def handler(event, context):
    urllib.request.urlopen("http://example.invalid/", timeout=5)
"""
CATCHES = """
import socket

def handler(event, context):
    try:
        socket.create_connection(("example.invalid", 443), timeout=5)
    except OSError:
        return "offline"
"""


def launcher_of(folder, text, event, python=None):
    import sys

    write_files(folder, {"handler.py": text})
    target = Target("handler", "handler", str(folder), str(folder / "handler.py"))
    facts = interpreter_facts(python or sys.executable)
    environment = {**lambda_environment(target, SETTINGS, str(folder)), **INITIALIZATION}
    layout = local_layout(target, facts.minor_version)
    runner = LocalRunner(facts.executable, facts, layout, environment)
    subject = Subject(
        target, SETTINGS, RUNTIME_MODULES, "zip", None, 30.0, network=NetworkRule.WATCHED
    )
    return runner, PrimingLauncher(runner, subject, event)


def measured(folder, text, event=None, python=None):
    runner, launcher = launcher_of(folder, text, event, python)
    found = measure_priming(launcher, runner, Random(1), lambda done, total: None, iter_clock())
    project = Project({"handler": parse_module("handler", str(folder / "handler.py"), text)})
    return found, priming_findings(project, found.state)


def iter_clock():
    """Return a clock that lets the fewest pairs be enough."""
    times = iter([0.0] + [1000.0] * PAIRS)
    return lambda: next(times)


@pytest.mark.unhurried
@pytest.mark.parametrize("python", interpreters())
def test_priming_tells_what_it_loads_fills_and_caches(tmp_path, python):
    found, hazards = measured(tmp_path, LAZY, {"n": 1}, python)
    assert "wave" in found.state.loaded
    assert kept_globals(found.state) == ("handler._client",)
    assert found.state.caches == (("handler.setting", 1),)
    assert hazards == ()
    assert len(found.times.plain_us) == len(found.times.primed_us) == 8


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("text", "kind", "severity"),
    [
        (ID, "uuid", Severity.HAZARD),
        (CLEARED, "uuid", Severity.ACCEPTED),
        (SOCKET, "connection", Severity.HAZARD),
        ("import random\ndef handler(e, c): return random.random()\n", "random", Severity.NOTE),
        ("import time\nT = 0\ndef handler(e, c):\n    global T\n    T = time.time()\n", "clock",
         Severity.HAZARD),
    ],
)  # fmt: skip
def test_what_priming_leaves_behind(tmp_path, text, kind, severity):
    _, hazards = measured(tmp_path, text)
    assert [(one.kind.value, one.severity) for one in hazards] == [(kind, severity)]


@pytest.mark.parametrize("python", interpreters())
@pytest.mark.parametrize(
    ("end", "kinds"),
    [
        ("_kept.execute('create table t (a)')", ["connection"]),
        ("_kept = {'a': [_kept]}", ["connection"]),
        ("_kept.close()", []),
        ("_kept = None", []),
        ("_kept.close(); sqlite3.connect(':memory:')", []),
    ],
)
def test_a_database_that_priming_leaves_open(tmp_path, python, end, kinds):
    _, launcher = launcher_of(tmp_path, DATABASE.replace("END", end), {}, python)
    left = launcher.launch("left")["left"]
    still = [left["events"][number] for number in left["open"]]
    assert [one["kind"] for one in still if one["kind"] == "connection"] == kinds


@pytest.mark.unhurried
def test_a_database_left_open_is_a_hazard(tmp_path):
    _, hazards = measured(tmp_path, DATABASE.replace("END", "pass"))
    assert ("connection", Severity.HAZARD) in [(one.kind.value, one.severity) for one in hazards]


@pytest.mark.unhurried
def test_a_request_that_the_handler_survives_is_named(tmp_path):
    found, _ = measured(tmp_path, CATCHES)
    assert [(one.place, one.line) for one in found.attempts] == [("example.invalid:443", 6)]


def test_a_request_that_fails_the_event_is_one_sentence(tmp_path):
    _, launcher = launcher_of(tmp_path, ASKS, {})
    with pytest.raises(
        HandlerError, match=r"request to example\.invalid:80 was refused.*--mock-aws"
    ):
        launcher.launch("plain")


@pytest.mark.parametrize("mode", ["plain", "primed", "left"])
def test_an_event_that_the_handler_does_not_take(tmp_path, mode):
    _, launcher = launcher_of(tmp_path, LAZY, {"m": 1})
    with pytest.raises(HandlerError, match=r"handler fails with the priming event \(KeyError"):
        launcher.launch(mode)


def test_a_variable_that_the_event_needs_is_named(tmp_path):
    text = "import os\ndef handler(event, context):\n    return os.environ['TOPIC']\n"
    _, launcher = launcher_of(tmp_path, text, {})
    with pytest.raises(HandlerError, match="needs the variable TOPIC to answer"):
        launcher.launch("primed")


def test_a_handler_without_the_function(tmp_path):
    _, launcher = launcher_of(tmp_path, "def other(e, c): pass\n", {})
    with pytest.raises(HandlerError, match="has no function handler to prime"):
        launcher.launch("primed")


@pytest.mark.parametrize(
    ("plain", "primed", "verdict"),
    [
        ([100_000 + n for n in range(15)], [20_000] * 15, PrimingVerdict.SAVES),
        ([20_000 + n for n in range(15)], [100_000] * 15, PrimingVerdict.COSTS),
        ([1000, 1100] * 7, [1100, 1000] * 7, PrimingVerdict.NOT_SHOWN),
    ],
)
def test_the_signed_rank_test_decides(plain, primed, verdict):
    times = PrimingTimes(tuple(plain), tuple(primed), (1,))
    assert times.verdict is verdict
    assert times.saving_us.low <= times.saving_us.value <= times.saving_us.high


@pytest.mark.parametrize(
    ("plain", "primed"),
    [
        ([2800] * 8 + [9000] * 7, [0] * 15),
        ([100] * 14 + [50_000], [90] * 15),
        ([0] * 15, [0] * 15),
        ([20] * 15, [5000] * 8 + [90_000] * 7),
    ],
)
def test_the_saving_is_the_difference_of_the_requests(plain, primed):
    times = PrimingTimes(tuple(plain), tuple(primed), (1,))
    first, with_it = times.first_us
    saving = times.saving_us
    assert saving.value == first - with_it
    assert saving.low <= saving.value <= saving.high <= max(first, saving.value)


def test_the_hook_runs_with_the_context_that_the_handler_reads(tmp_path):
    text = "def handler(event, context):\n    calls.append((event, context.aws_request_id))\n"
    hook = priming_hook("handler", {"a": None, "b": [True]}, ["aws_request_id"])
    hooks, calls = [], []
    registry = {"register_before_snapshot": lambda function: hooks.append(function)}
    namespace = {"calls": calls, **registry}
    exec(text, namespace)
    exec(hook.replace("from snapshot_restore_py import register_before_snapshot", ""), namespace)
    hooks[0]()
    assert calls == [({"a": None, "b": [True]}, "priming")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{x", "is not valid JSON"),
        ("gone.json", "neither a file nor JSON"),
        (".", "cannot be read"),
    ],
)
def test_events_that_cannot_be_read(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        read_event(text)


def test_events_in_a_file_and_in_place(tmp_path):
    file = write_files(tmp_path, {"e.json": '{"a": 1}'}) / "e.json"
    assert read_event(str(file)).value == {"a": 1}
    assert [read_event(text).value for text in ('{"b": 2}', "null", "[1]", '"x"', "7")] == [
        {"b": 2},
        None,
        [1],
        "x",
        7,
    ]


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("async def handler(e, c): return 1\n", "coroutine"),
        ("def handler(e, c): yield 1\n", "generator"),
        ("async def handler(e, c): yield 1\n", "async generator"),
        ("async def work(): return 1\nhandler = lambda e, c: work()\n", "coroutine"),
    ],
)
def test_a_handler_that_lambda_would_not_run(tmp_path, text, kind):
    file = write_files(tmp_path, {"handler.py": text}) / "handler.py"
    words = ("snapstart", f"{file}:handler", "--runner", "local", "--prime", "{}", "--quiet")
    done = run_here(tmp_path, *words)
    assert done.returncode == 3
    assert f"handler returns a {kind}, which Lambda's Python runtime does not run" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ("def handler(e, c): return 1\n", ()),
        ("def handler(e, c):\n    import tempfile\n", ("tempfile",)),
    ],
)
def test_modules_of_the_tracer_are_not_the_calls(tmp_path, text, loaded):
    found, _ = measured(tmp_path, text)
    assert set(loaded) <= set(found.state.loaded)
    assert loaded or not found.state.loaded


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("text", "headline"),
    [
        (ID, "is not safe once primed: 1 hazard"),
        (ID + "_start = uuid.uuid4()\n", "is not safe: 1 hazard, and 1 more once primed"),
        (LAZY, "is safe: no hazard found"),
    ],
)
def test_the_headline_counts_what_priming_leaves(tmp_path, text, headline):
    file = write_files(tmp_path, {"handler.py": text}) / "handler.py"
    words = ("--runner", "local", "--prime", '{"n": 1}', "--quiet")
    done = run_here(tmp_path, "snapstart", f"{file}:handler", *words)
    assert done.stdout.splitlines()[0] == f"A snapshot of handler.py {headline}"
    assert done.returncode == (0 if text == LAZY else 1)


@pytest.mark.unhurried
def test_the_command_prints_the_saving_and_the_hook(tmp_path):
    file = write_files(tmp_path, {"handler.py": LAZY}) / "handler.py"
    words = ("snapstart", f"{file}:handler", "--runner", "local", "--prime", '{"n": 1}')
    done = run_here(tmp_path, *words, "--json")
    assert done.returncode == 0, done.stderr
    priming = json.loads(done.stdout)["priming"]
    assert priming["verdict"] in ("saves", "not shown")
    assert "handler({'n': 1}, None)" in priming["hook"]
    assert len(priming["plain_us"]) == len(priming["primed_us"]) >= 8
    shown = run_here(tmp_path, *words)
    assert "Add to handler.py:" in shown.stdout


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("def handler(event, context): return 1\n", "handler"),
        ("def _own(a, b): pass\ndef one(a): pass\ndef answer(event, context): pass\n", "answer"),
        ("def join(a, b): pass\ndef lambda_handler(event, context): pass\n", "lambda_handler"),
        ("def handler(*told): pass\n", "handler"),
        ("handler = lambda event, context: 1\n", "handler"),
        ("from functools import partial\nhandler = partial(print)\n", "handler"),
    ],
)
def test_the_only_function_needs_no_name(tmp_path, text, function):
    file = write_files(tmp_path, {"only.py": text}) / "only.py"
    words = ("--prime", "{}", "--runner", "local", "--json")
    done = run_here(tmp_path, "snapstart", str(file), *words)
    assert done.returncode == 0, done.stderr
    assert f"    {function}({{}}, None)" in json.loads(done.stdout)["priming"]["hook"]


@pytest.mark.unhurried
def test_two_functions_need_a_name(tmp_path):
    text = "def one(event, context): pass\ndef two(event, context): pass\n"
    file = write_files(tmp_path, {"both.py": text}) / "both.py"
    done = run_here(tmp_path, "snapstart", str(file), "--prime", "{}", "--runner", "local")
    assert done.returncode == 2
    assert "write FILE.py:function" in done.stderr
