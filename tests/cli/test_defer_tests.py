"""`importcost defer --test`: the user's own tests judge the edits, as a user sees it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from importcost.app.defer.own_tests import suite
from importcost.app.defer.own_tests.baseline import work_folder
from importcost.model.behaviour import ProofKind
from importcost.model.codec import profile_from_plain
from tests.clockwork import Times, run_clocked
from tests.commands import run_here
from tests.harness import PATIENCE_S, write_files

HANDLER = '''"""A handler."""

import heavy
import orders
import other


def handler(event, context):
    if event.get("kind") == "big":
        return heavy.answer()
    if event.get("kind") == "order":
        return orders.total()
    return other.answer()
'''
HELPER = "def answer():\n    return 42\n"
TESTS = """
from unittest import mock
import handler

def test_big():
    assert handler.handler({"kind": "big"}, None) == 42

def test_order():
    assert handler.handler({"kind": "order"}, None) == 7
"""
PATCHES = """
def test_patched_NAME():
    with mock.patch("handler.NAME") as fake:
        fake.answer.return_value = 1
        assert handler.handler({"kind": "KIND"}, None) == 1
"""
PROJECT = {
    "layer/python/heavy.py": HELPER,
    "layer/python/other.py": HELPER,
    "task/handler.py": HANDLER,
    "task/orders.py": "def total():\n    return 7\n",
}
MODULES = {"handler": 500, "heavy": 8_000, "other": 6_000, "orders": 4_000}
FIXED = ("--layer", "../layer", "--runner", "local", "--runs", "8", "--verify-seconds", "2")
PYTEST = f"{sys.executable} -m pytest -q -p no:cacheprovider"


@pytest.fixture
def folder(tmp_path, monkeypatch, bytecode_of_tests):
    @contextmanager
    def with_bytecode():
        with work_folder() as work:
            (work / "bytecode").symlink_to(bytecode_of_tests)
            yield work

    monkeypatch.setattr(suite, "work_folder", with_bytecode)
    # The layer's modules are installed where the tests run.
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "layer" / "python"))
    write_files(tmp_path, {**PROJECT, "task/test_handler.py": TESTS})
    return tmp_path / "task"


@pytest.fixture
def defer(monkeypatch, folder):
    """The command in this process, its launches real and their times made up."""

    def run(*args, command=PYTEST, measured=False):
        fixed = ["defer", "handler.py:handler", *FIXED, "--test", command, "-o", "../out.json"]
        limits = () if measured else ("--no-verify",)
        return run_clocked(monkeypatch, folder, [*fixed, *limits, *args], Times(MODULES))

    return run


def advice_in(folder):
    return profile_from_plain(json.loads((folder.parent / "out.json").read_text())).advice


def sentence(text):
    return " ".join(text.split())


def patching(**kinds):
    patches = [PATCHES.replace("NAME", name).replace("KIND", kind) for name, kind in kinds.items()]
    return {"test_handler.py": TESTS + "".join(patches)}


@pytest.mark.unhurried
def test_tests_that_pass_are_named_in_the_headline_and_the_edit_is_written(folder, defer):
    done = defer("--write", measured=True)
    assert done.returncode == 0, done.stderr
    headline = f"Verified: imports and time; behaviour by {PYTEST} (2 passed)."
    assert headline in sentence(done.stdout)
    assert "Running" in done.stderr
    advice = advice_in(folder)
    best = advice.best_set
    assert [proof.kind for proof in best.behaviour.proofs] == [ProofKind.TESTS]
    assert best.behaviour.own_code == ("orders",)
    assert best.behaviour.unproven == ()
    assert len(best.finding_ids) == 3
    assert "\n    import heavy\n" in (folder / "handler.py").read_text().replace("        ", "    ")
    assert json.loads((folder.parent / "out.json").read_text())["derived"]["proof"] == headline


@pytest.mark.unhurried
def test_without_tests_a_change_of_own_code_is_not_called_verified(folder, monkeypatch):
    fixed = ["defer", "handler.py:handler", *FIXED]
    done = run_clocked(monkeypatch, folder, fixed, Times(MODULES))
    text = sentence(done.stdout)
    assert "Imports, not behaviour, verified: own code moves (orders), and nothing ran it." in text
    assert re.search(r"import orders [^✓✗]* pairs\); imports, not behaviour, verified", text)
    assert re.search(r"import heavy [^✓✗]* pairs\) verified,", text)


@pytest.mark.unhurried
def test_a_patched_name_is_found_told_in_the_tests_words_and_left(folder, defer):
    write_files(folder, patching(heavy="big"))
    done = defer("--write", measured=True)
    assert done.returncode == 0, done.stderr
    found = {one.imported[0]: one for one in advice_in(folder).findings}
    reason = found["heavy"].verification.failure
    assert "fails with it: test_handler.py::test_patched_heavy - AttributeError: <" in reason
    assert "test_handler.py:12 names heavy of handler, which the edit removes" in reason
    assert found["other"].verification.failure is None
    text = (folder / "handler.py").read_text()
    assert text.index("import heavy") < text.index("def handler") < text.index("import orders")
    assert f"behaviour by {PYTEST} (3 passed)." in sentence(done.stdout)


@pytest.mark.slow
def test_two_culprits_are_both_found_and_the_rest_is_proven(folder, defer):
    write_files(folder, patching(heavy="big", other="none"))
    done = defer()
    assert done.returncode == 0, done.stderr
    advice = advice_in(folder)
    found = {one.imported[0]: one for one in advice.findings}
    for name in ("heavy", "other"):
        assert f"::test_patched_{name} - AttributeError" in found[name].verification.failure
    assert [advice.findings[n].imported[0] for n in advice.best_set.finding_ids] == ["orders"]
    assert advice.best_set.behaviour.proofs[0].words == "4 passed"
    assert f"{PYTEST} fails with 2 of them, left out." in done.stderr


@pytest.mark.unhurried
def test_if_every_change_fails_nothing_is_written(folder, defer):
    names = "handler.heavy, handler.orders, handler.other"
    write_files(folder, {"check.py": f"import handler\n\nprint({names})\n"})
    done = defer("--write", command=f"{sys.executable} check.py")
    assert done.returncode == 0, done.stderr
    assert "No import of the function's own files is worth deferring." in done.stdout
    assert "Nothing to write" in done.stdout
    assert (folder / "handler.py").read_text() == HANDLER


@pytest.mark.unhurried
def test_it_works_without_measuring(defer):
    done = defer()
    assert done.returncode == 0, done.stderr
    headline = f"Not measured; behaviour by {PYTEST} (2 passed)."
    assert headline in sentence(done.stdout)


@pytest.mark.unhurried
@pytest.mark.parametrize("write", [(), ("--write",)])
def test_tests_of_other_code_prove_nothing_and_nothing_is_written(folder, defer, write):
    write_files(folder, {"test_handler.py": "def test_it():\n    assert True\n"})
    done = defer(*write)
    doubt = f"{PYTEST} does not import handler.py, so it says nothing about its change"
    assert f"behaviour was not compared. But {doubt}." in sentence(done.stdout)
    assert done.returncode == (3 if write else 0)
    if write:
        assert "Nothing was written, since --test proves nothing" in done.stderr
    assert (folder / "handler.py").read_text() == HANDLER


@pytest.mark.unhurried
def test_a_flaky_test_is_told_and_nothing_is_written(folder, defer, tmp_path):
    flaky = (
        "import pathlib\n"
        "def test_sometimes():\n"
        "    import handler\n"
        f"    count = pathlib.Path({str(tmp_path / 'count')!r})\n"
        "    runs = len(count.read_text()) if count.exists() else 0\n"
        "    count.write_text('x' * (runs + 1))\n"
        "    assert runs != 1, 'the queue was late'\n"
    )
    write_files(folder, {"test_sometimes.py": flaky})
    done = defer("--write")
    assert done.returncode == 3
    told = f"{PYTEST} passes at one time and fails at another with the same changes"
    assert told in sentence(done.stdout)
    assert "the queue was late" in sentence(done.stdout)
    assert (folder / "handler.py").read_text() == HANDLER


@pytest.mark.unhurried
def test_tests_that_fail_already_end_the_command_before_anything_is_measured(folder, defer):
    write_files(folder, {"test_bad.py": "def test_bad():\n    assert 1 == 2\n"})
    done = defer()
    assert done.returncode == 3
    error = done.stderr.strip().splitlines()[-1]
    assert error.startswith("Error: ")
    assert "fails on an unchanged copy of" in error
    assert "test_bad.py::test_bad - assert 1 == 2" in error
    assert "Verifying" not in done.stderr
    assert not (folder.parent / "out.json").exists()


@pytest.mark.unhurried
def test_their_last_lines_come_before_the_error(folder):
    write_files(folder, {"test_bad.py": "def test_bad():\n    assert 1 == 2\n"})
    done = run_here(folder, "defer", "handler.py:handler", *FIXED, "--test", PYTEST)
    assert done.returncode == 3
    assert done.stderr.index("1 failed, 2 passed") < done.stderr.index("Error: ")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-pytest -q", "The program no-such-pytest of --test was not found"),
        ("pytest && echo", "needs a shell"),
        ("pytest 'x", "cannot be split into words"),
        ("", "--test has no command"),
    ],
)
def test_a_command_that_cannot_run_is_a_usage_error(defer, command, said):
    done = defer(command=command)
    assert done.returncode == 2
    assert said in done.stderr
    assert "importcost itself failed" not in done.stderr


def test_the_limit_belongs_to_the_command(folder, monkeypatch):
    args = ["defer", "handler.py:handler", "--test-seconds", "5"]
    done = run_clocked(monkeypatch, folder, args, Times(MODULES))
    assert done.returncode == 2
    assert "--test-seconds belongs to --test" in done.stderr


@pytest.mark.unhurried
def test_a_python_that_ignores_the_edit_proves_nothing_by_tests(folder, defer):
    done = defer("--style", "lazy-modules")
    assert done.returncode == 0, done.stderr
    advice = advice_in(folder)
    assert advice.best_set is None or not advice.best_set.behaviour.proofs
    done = defer("--style", "lazy-modules", "--write")
    assert done.returncode == 3
    assert "the function's Python ignores edits of this style" in done.stderr
    assert (folder / "handler.py").read_text() == HANDLER


@pytest.mark.unhurried
def test_interrupted_it_ends_the_tests_and_removes_the_copy(folder, tmp_path):
    ran = tmp_path / "ran"
    hangs = (
        "import os, pathlib, threading\n"
        f"pathlib.Path({str(ran)!r}).write_text(str(os.getpid()))\n"
        "threading.Event().wait()\n"
    )
    write_files(folder, {"test_hang.py": hangs})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    args = ["-m", "importcost", "defer", "handler.py:handler", *FIXED, "--test", PYTEST]
    process = subprocess.Popen(
        [sys.executable, *args],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end = time.monotonic() + PATIENCE_S
        while not (ran.exists() and ran.read_text()):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < end
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Traceback" not in error
    assert not list(scratch.glob("importcost-test-*"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(ran.read_text()), 0)
