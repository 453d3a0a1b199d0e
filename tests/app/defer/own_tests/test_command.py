"""The words of --test, the program that they name, and the variables that it gets."""

import os
import sys
from pathlib import Path

import pytest

from importcost.app.defer.own_tests.command import (
    OwnCommand,
    Relocation,
    environment_of,
    find_program,
    parse_command,
    search_path,
)
from importcost.errors import UsageError

MOVED = Relocation(Path("/home/a/proj"), Path("/tmp/copy/proj"))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("pytest -q", ("pytest", "-q")),
        ("  python -m unittest discover -s 'my tests' ", ("python", "-m", "unittest", "discover",
                                                          "-s", "my tests")),
        ("sh -c 'cd tests && ./all.sh'", ("sh", "-c", "cd tests && ./all.sh")),
        ('pytest -k "a and not b"', ("pytest", "-k", "a and not b")),
    ],
)  # fmt: skip
def test_a_command_is_split_as_a_shell_does(text, command):
    assert parse_command(text) == OwnCommand(text.strip(), command)


def test_variables_may_come_first():
    command = parse_command("STAGE=test REGION='eu west' pytest A=1")
    assert command.variables == {"STAGE": "test", "REGION": "eu west"}
    assert command.words == ("pytest", "A=1")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no command"),
        ("   ", "no command"),
        ("STAGE=test", "no command"),
        ("pytest 'tests", "cannot be split"),
        ("cd tests && pytest", "needs a shell"),
        ("pytest | tee log", "needs a shell"),
        ("source .venv/bin/activate; pytest", "needs a shell"),
        ("pytest > log", "needs a shell"),
    ],
)
def test_a_command_that_cannot_be_run_is_refused_with_the_way_out(text, reason):
    with pytest.raises(UsageError, match=reason) as caught:
        parse_command(text)
    if reason == "needs a shell":
        assert "--test 'sh -c " in str(caught.value)


@pytest.mark.parametrize("name", ["no-such-program", "./missing.sh", "tests"])
def test_a_program_that_is_not_there_is_named(tmp_path, name):
    (tmp_path / "tests").mkdir()
    with pytest.raises(UsageError, match=f"The program {name} of --test was not found"):
        find_program(parse_command(name), tmp_path, str(tmp_path))


def test_a_program_is_found_on_the_path_and_below_the_current_folder(tmp_path):
    script = tmp_path / "all.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    find_program(parse_command("./all.sh"), tmp_path, "/nowhere")
    find_program(parse_command("all.sh -v"), Path("/"), str(tmp_path))


def test_the_chosen_environment_comes_first_and_importcosts_own_last():
    environ = {"PATH": "/usr/bin"}
    assert search_path(environ, "/p/.venv/bin/python", is_preferred=True) == "/p/.venv/bin:/usr/bin"
    assert search_path(environ, "/x/bin/python", is_preferred=False) == "/usr/bin:/x/bin"
    assert search_path({}, "/x/bin/python", is_preferred=False) == f"{os.defpath}:/x/bin"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/home/a/proj", "/tmp/copy/proj"),
        ("/home/a/proj/tests/x.py", "/tmp/copy/proj/tests/x.py"),
        ("--rootdir=/home/a/proj/tests", "--rootdir=/tmp/copy/proj/tests"),
        ("/lib:/home/a/proj/src:/home/a/proj", "/lib:/tmp/copy/proj/src:/tmp/copy/proj"),
        ("/home/a/project", "/home/a/project"),
        ("/mnt/home/a/proj", "/mnt/home/a/proj"),
        ("proj", "proj"),
    ],
)
def test_paths_into_the_project_lead_into_the_copy(before, after):
    assert MOVED.of(before) == after


def test_the_command_gets_the_users_variables_but_none_that_lead_to_the_old_code():
    environ = {
        "PATH": "/usr/bin",
        "HOME": "/home/a",
        "VIRTUAL_ENV": "/home/a/proj/.venv",
        "PYTHONPATH": "/home/a/proj/src:/lib",
        "DATA": "/home/a/proj/data",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = parse_command("STAGE=test pytest")
    found = environment_of(
        command,
        environ,
        MOVED,
        path="/p/bin:/usr/bin",
        bytecode=Path("/tmp/b"),
        first=(Path("/home/a/proj/lib"),),
    )
    assert found["PATH"] == "/p/bin:/usr/bin"
    assert found["VIRTUAL_ENV"] == "/home/a/proj/.venv"
    assert found["PYTHONPATH"] == "/tmp/copy/proj/lib:/tmp/copy/proj/src:/lib"
    assert found["DATA"] == "/tmp/copy/proj/data"
    assert (found["HOME"], found["STAGE"]) == ("/home/a", "test")
    assert found["PYTHONPYCACHEPREFIX"] == "/tmp/b"
    assert "PYTHONDONTWRITEBYTECODE" not in found


def test_no_empty_search_path_is_set():
    found = environment_of(parse_command("x"), {}, MOVED, path="", bytecode=Path(sys.prefix))
    assert "PYTHONPATH" not in found
