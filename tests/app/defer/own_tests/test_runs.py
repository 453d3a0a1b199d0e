"""Real test commands on real copies: pytest, unittest, scripts; passing, failing, hanging."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from importcost.app.defer.own_tests.baseline import (
    AskedTests,
    UserPlace,
    check_tests,
    run_unchanged,
)
from importcost.app.defer.own_tests.trial import BREAKS
from importcost.errors import OwnTestsError, UsageError
from importcost.files.journal import FileEdit
from tests.harness import PATIENCE_S, write_files

HANDLER = "import json\n\n\ndef handler(event, context):\n    return json.dumps(event)\n"
TESTS = """
import unittest
import handler

class Answers(unittest.TestCase):
    def test_answer(self):
        self.assertEqual(handler.handler({}, None), "{}")
"""
FILES = {"src/handler.py": HANDLER, "src/test_handler.py": TESTS}
PYTEST = f"{sys.executable} -m pytest -q -p no:cacheprovider"
UNITTEST = f"{sys.executable} -m unittest"


class Silent:
    def note(self, message):
        pass

    detail = note
    progress = note


@pytest.fixture
def folder(tmp_path, bytecode_of_tests):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "bytecode").symlink_to(bytecode_of_tests)
    return write_files(tmp_path / "proj", FILES)


def place_of(folder, *, environ=None, here=None, python=sys.executable):
    return UserPlace(
        here or folder / "src",
        Path("/nowhere"),
        {**os.environ, **(environ or {})},
        folder / "src",
        python,
        names_python=True,
    )


def baseline_of(folder, command, limit_s=PATIENCE_S, **more):
    (folder / ".git").mkdir(exist_ok=True)
    place, asked = place_of(folder, **more), AskedTests(command, limit_s)
    work = folder.parent.resolve() / "work"
    return run_unchanged(check_tests(asked, place, work), asked, place, Silent())


def edited(folder, text):
    return [FileEdit(folder / "src" / "handler.py", HANDLER.encode(), text.encode())]


def run_edited(baseline, folder, text):
    path = folder / "src" / "handler.py"
    return baseline.tests.run(edited(folder, text), [path], PATIENCE_S)


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("command", "words"),
    [
        (PYTEST, "1 passed"),
        (UNITTEST, "1 test OK"),
        (f"{PYTEST} test_handler.py::Answers::test_answer", "1 passed"),
        (f"sh -c '{sys.executable} -c \"import handler\" && echo fine'", "fine"),
    ],
)
def test_a_command_that_passes_is_proof_of_the_copys_file(folder, command, words):
    before = files_of(folder)
    baseline = baseline_of(folder, command)
    assert baseline.first.summary == words
    run = run_edited(baseline, folder, HANDLER + "# changed\n")
    assert run.passed
    assert run.reached == {folder / "src" / "handler.py"}
    assert run.strayed == ()
    assert files_of(folder) == before


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (PYTEST, "test_handler.py::Answers::test_answer - NameError: name 'jsn' is not defined"),
        (UNITTEST, "test_answer (test_handler.Answers.test_answer): NameError: name 'jsn'"),
        (f"{sys.executable} -c 'import handler; handler.handler(1, 2)'", "NameError: name 'jsn'"),
    ],
)
def test_a_change_that_fails_is_reported_in_the_commands_words(folder, command, said):
    run = run_edited(baseline_of(folder, command), folder, HANDLER.replace("json.d", "jsn.d"))
    assert not run.passed
    short = said.replace("(test_handler.Answers.test_answer)", "(test_handler.Answers")
    assert said in run.failure or (sys.version_info < (3, 11) and short in run.failure)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("import os\nos._exit(7)\n", "it ended with exit code 7"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "signal 9 ended it"),
    ],
)
def test_a_change_that_ends_the_tests_without_a_word_is_told(folder, change, said):
    run = run_edited(baseline_of(folder, f"{sys.executable} -c 'import handler'"), folder, change)
    assert run.failure == said


@pytest.mark.unhurried
def test_tests_may_write_wherever_they_are_and_start_afresh_each_time(folder):
    write_files(folder, {"src/test_write.py": (
        "import pathlib\n"
        "def test_write():\n"
        "    assert not pathlib.Path('made').exists()\n"
        "    pathlib.Path('made').mkdir(mode=0o500)\n"
        "    pathlib.Path(__file__).write_text('')\n"
        "    pathlib.Path('../src/handler.py').unlink()\n"
    )})  # fmt: skip
    before = files_of(folder)
    baseline = baseline_of(folder, f"{PYTEST} test_write.py")
    assert baseline.tests.run((), (), PATIENCE_S).passed
    assert files_of(folder) == before


def test_the_command_runs_in_the_copy_of_the_users_folder(folder):
    write_files(folder, {"pwd.py": "import os; print(os.getcwd(), os.environ['PWD'])"})
    baseline = baseline_of(folder, f"{sys.executable} ../pwd.py")
    # Its output names the project as the user knows it.
    assert baseline.first.summary == f"{folder / 'src'} {folder / 'src'}"
    baseline = baseline_of(folder, f"{sys.executable} pwd.py", here=Path("/"))
    assert baseline.first.summary == f"{folder} {folder}"


@pytest.mark.unhurried
def test_a_path_into_the_project_means_the_copy(folder):
    command = f"{PYTEST} --rootdir={folder} {folder}/src/test_handler.py"
    run = run_edited(baseline_of(folder, command), folder, "def handler(*_):\n    return 1\n")
    assert "AssertionError: 1 != '{}'" in run.failure


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("assert False, 'never worked'", "AssertionError: never worked"),
        ("import no_such_module", "No module named 'no_such_module'"),
    ],
)
def test_tests_that_fail_without_a_change_are_an_error_with_their_last_lines(folder, test, said):
    write_files(folder, {"src/test_bad.py": f"def test_bad():\n    {test}\n"})
    with pytest.raises(OwnTestsError, match="fails on an unchanged copy of") as caught:
        baseline_of(folder, PYTEST)
    assert said in str(caught.value)
    assert "1 failed, 1 passed" in caught.value.tail


def test_a_folder_without_tests_is_no_proof(folder):
    (folder / "src" / "test_handler.py").unlink()
    with pytest.raises(OwnTestsError, match="no tests ran"):
        baseline_of(folder, PYTEST)


@pytest.mark.unhurried
def test_tests_that_hang_are_ended_at_the_limit(folder):
    write_files(folder, {"src/test_bad.py": "import threading\nthreading.Event().wait()\n"})
    with pytest.raises(OwnTestsError, match="did not end within 2 s on an unchanged copy"):
        baseline_of(folder, PYTEST, limit_s=2.0)


@pytest.mark.unhurried
def test_a_change_that_makes_them_hang_fails_with_that_reason(folder):
    baseline = baseline_of(folder, f"{sys.executable} -c 'import handler'")
    change = edited(folder, "import threading\nthreading.Event().wait()\n")
    run = baseline.tests.run(change, (), 2.0)
    assert (run.passed, run.timed_out, run.failure) == (False, True, "it did not end within 2 s")


def test_a_program_that_cannot_be_started_is_a_usage_error(folder):
    write_files(folder, {"src/all.sh": "\x00\x01 no program"})
    (folder / "src" / "all.sh").chmod(0o755)
    with pytest.raises(UsageError, match="cannot be started"):
        baseline_of(folder, "./all.sh")
    with pytest.raises(UsageError, match="was not found"):
        baseline_of(folder, "no-such-pytest -q")


def venv_with(folder, files):
    """Make an environment whose site-packages has these files; return its interpreter."""
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    site = next((folder / "lib").glob("python3.*")) / "site-packages"
    write_files(site, files)
    return str(folder / "bin" / "python")


FINDER = """
import sys
from importlib.util import spec_from_file_location
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "handler":
            return spec_from_file_location(name, {place!r})
sys.meta_path.append(Finder)
"""


@pytest.mark.unhurried
@pytest.mark.parametrize("kind", ["path", "finder", "pythonpath"])
def test_an_editable_installation_is_turned_towards_the_copy(folder, kind):
    (folder / "tests").mkdir()
    (folder / "src" / "test_handler.py").rename(folder / "tests" / "test_handler.py")
    source = folder / "src"
    installed = {
        "path": {"proj.pth": f"{source}\n"},
        "finder": {"f.pth": "import _finder\n", "_finder.py": FINDER.format(
            place=str(source / "handler.py"))},
        "pythonpath": {},
    }[kind]  # fmt: skip
    python = venv_with(folder / ".venv", installed)
    more = {"environ": {"PYTHONPATH": str(source)}} if kind == "pythonpath" else {}
    baseline = baseline_of(
        folder, f"{python} -m unittest", here=folder / "tests", python=python, **more
    )
    assert baseline.first.strayed == ()
    run = run_edited(baseline, folder, "def handler(*_):\n    return 1\n")
    assert "AssertionError: 1 != '{}'" in run.failure
    assert run_edited(baseline, folder, HANDLER).reached == {source / "handler.py"}


def test_an_editable_package_without_init_is_turned_as_well(folder):
    write_files(folder, {"src/app/handler.py": HANDLER})
    write_files(folder, {"tests/test_app.py": TESTS.replace("import handler", "from app import "
                                                            "handler")})  # fmt: skip
    python = venv_with(folder / ".venv", {"proj.pth": f"{folder / 'src'}\n"})
    baseline = baseline_of(folder, f"{python} -m unittest", here=folder / "tests", python=python)
    assert baseline.first.strayed == ()


@pytest.mark.unhurried
def test_tests_that_insist_on_the_users_own_files_are_seen_to(folder):
    fixed = f"import sys\nsys.path.insert(0, {str(folder / 'src')!r})\n"
    write_files(folder, {"src/test_handler.py": fixed + TESTS})
    # As a string that no variable or word of the command holds, it cannot be turned.
    baseline = baseline_of(folder, PYTEST, here=folder)
    assert folder / "src" / "handler.py" in baseline.first.strayed
    run = run_edited(baseline, folder, BREAKS.decode())
    assert run.passed
    assert run.reached == frozenset()


def test_the_first_run_is_the_limit_of_the_later_ones(folder):
    assert baseline_of(folder, UNITTEST, limit_s=50.0).limit_s == 50.0
    baseline = baseline_of(folder, UNITTEST)
    assert baseline.limit_s < PATIENCE_S
    assert replace(baseline.first, seconds=0).passed


def test_tests_that_write_no_bytecode_still_tell_by_a_broken_file(folder):
    baseline = baseline_of(folder, f"{sys.executable} -B -m unittest")
    assert run_edited(baseline, folder, HANDLER).reached == frozenset()
    broken = run_edited(baseline, folder, BREAKS.decode())
    assert not broken.passed
    assert "importcost asks whether the tests import this file" in broken.failure


def test_the_program_of_the_users_environment_is_run_not_the_copys_link_to_it(folder):
    python = venv_with(folder / ".venv", {})
    source = "import sys, handler; print(sys.executable)"
    write_files(folder, {"src/who.py": source})
    for command in ("../.venv/bin/python who.py", "python who.py"):
        baseline = baseline_of(folder, command, python=python)
        assert Path(baseline.first.summary).resolve() == Path(python).resolve()
        assert baseline.first.summary.startswith(str(folder / ".venv"))
        assert Path(os.path.normpath(baseline.tests.program)) == folder / ".venv" / "bin" / "python"
