"""A result that no probe leaves is told as such, with the part that gives it away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from importcost.errors import HandlerError
from importcost.measure.failures.explain import raise_for_failure
from importcost.measure.failures.forged import odd_part
from importcost.measure.failures.killed import killed_words
from importcost.measure.runners.base import Launch
from importcost.measure.runners.facts import load_result, odd_result
from importcost.measure.runners.killed_runs import _sweep
from importcost.measure.runners.launcher import remove_folder
from importcost.model.profile import RunKind, Target
from tests.harness import PATIENCE_S, Handler, graph_of, write_files

TARGET = Target("handler", None, "/t", "/t/handler.py")
LAUNCH = Launch(0, False, False, 1, b"", None, "", 0)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = write_files(tmp_path_factory.mktemp("handler"), {"handler.py": "import csv\n"})
    return json.loads(json.dumps(graph_of(Handler(folder))[0]))


@pytest.mark.unhurried
def test_a_real_result_is_none_of_them(result, tmp_path):
    assert odd_part(result) is None
    folder = write_files(tmp_path, {"handler.py": "import csv\nX = sum(range(9))\n"})
    session = Handler(folder).session()
    session.launch_statements([str(folder / "handler.py")])
    assert session.last.tampered is None
    session.launch_probe(RunKind.TIMED)


WRONG = {
    "nothing": lambda result: {},
    "an error that is a number": lambda result: {**result, "error": 5},
    "an error without its text": lambda result: {**result, "error": {"type": "E"}},
    "no phases": lambda result: {**result, "phases": {}},
    "phases that are a list": lambda result: {**result, "phases": []},
    "a time below zero": lambda result: {**result, "phases": with_span(result, wall_ns=-1)},
    "a time of ages": lambda result: {**result, "phases": with_span(result, cpu_ns=10**30)},
    "a time that is a text": lambda result: {**result, "phases": with_span(result, cpu_ns="1")},
    "a time that is true": lambda result: {**result, "phases": with_span(result, cpu_ns=True)},
    "a graph that is a text": lambda result: {**result, "graph": "x"},
    "a module without a name": lambda result: {
        **result, "graph": {**result["graph"], "modules": [[None] * 8]}
    },
    "an edge of another kind": lambda result: {
        **result, "graph": {**result["graph"], "edges": [[*"ab", 1, "eval", None, None, "c", True]]}
    },
    "threads that are a list": lambda result: {**result, "threads": []},
    "a function that is perhaps found": lambda result: {**result, "handler_found": "yes"},
}  # fmt: skip


def with_span(result, **times):
    span = {**result["phases"]["function_init"], **times}
    return {**result["phases"], "function_init": span}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_forged_result_is_told_as_one(result, change):
    odd = odd_part(change(result))
    assert odd is not None
    with pytest.raises(HandlerError, match="tampered with its result") as caught:
        raise_for_failure(replace(LAUNCH, tampered=odd), TARGET, 5)
    assert "/t/handler.py" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        (None, None, None),
        ("{}", None, None),
        (None, "a link", "a link"),
        ("5", None, "not a JSON object"),
        ("[" * 200_000, None, "nested too deeply"),
        ("9" * 5_000, None, "thousands of digits"),
        ("NaN", None, "NaN"),
        ("", None, "line 1"),
    ],
)
def test_what_lies_in_the_place_of_a_result_is_named(text, found, expected):
    odd = odd_result(text, found)
    assert expected is None if odd is None else expected in odd
    if odd:
        assert load_result(text) is None


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (signal.SIGSEGV, "crashed with SIGSEGV"),
        (signal.SIGALRM, "signal.alarm or setitimer"),
        (signal.SIGPROF, "ITIMER_PROF"),
        (signal.SIGXCPU, "RLIMIT_CPU"),
        (signal.SIGXFSZ, "RLIMIT_FSIZE"),
        (signal.SIGKILL, "more memory than it may have"),
        (signal.SIGTERM, "os.kill"),
        (63, "signal 63"),
    ],
)
def test_each_signal_has_its_own_cause(number, expected):
    assert expected in killed_words(number, "handler.py")


@pytest.mark.unhurried
def test_a_folder_is_removed_whatever_its_depth_and_its_permissions(tmp_path):
    deep, outside = tmp_path / "deep", tmp_path / "outside"
    write_files(outside, {"kept.txt": "x"})
    deep.mkdir()
    (deep / "link").symlink_to(outside)
    (deep / "locked" / "inner").mkdir(parents=True)
    (deep / "locked" / "inner").chmod(0)
    (deep / "locked").chmod(0)
    here = Path.cwd()
    try:
        os.chdir(deep)
        for _ in range(1_500):
            os.mkdir("d")  # noqa: PTH102 - the whole path is too long to be named
            os.chdir("d")
    finally:
        os.chdir(here)
    remove_folder(str(deep))
    assert not deep.exists()
    assert (outside / "kept.txt").read_text() == "x"


def test_what_a_killed_run_left_is_removed_and_what_lives_is_kept(tmp_path, monkeypatch):
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    names = [f"importcost-{gone}-abc_1", f"importcost-compare-{gone}-x"]
    kept = [f"importcost-{os.getpid()}-abc", "importcost-abc", "importcost-1-2", f"other-{gone}-x"]
    for name in (*names, *kept):
        write_files(tmp_path / name / "home", {"file": "x"})
    environment = {"HOME": str(tmp_path / names[0] / "home"), "PATH": os.environ["PATH"]}
    left = subprocess.Popen(["sleep", "600"], env=environment, start_new_session=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    _sweep.__wrapped__(str(tmp_path))
    assert left.wait(timeout=PATIENCE_S) == -signal.SIGKILL
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
