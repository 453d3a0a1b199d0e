"""The interpreter's facts: the same whether it is launched for them or runs importcost itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from importcost.measure.runners.facts import own_facts
from importcost.measure.runners.local import inspect_interpreter
from tests.harness import PATIENCE_S, write_files

SITE = Path("lib") / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
ASK = """
import dataclasses, json, sys
from importcost.measure.runners.facts import own_facts
sys.path.insert(0, {caller!r})
print(json.dumps(dataclasses.asdict(own_facts(sys.argv[1]))))
"""


@pytest.fixture
def environment(tmp_path, shared_folder):
    """A virtual environment that has what this one has, and notes each start."""
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    source = Path(__file__).parents[2] / "src"
    lines = (
        f"{source}\n{sysconfig.get_path('purelib')}\n../beside\n# {tmp_path}\n"
        f"import os; open({str(shared_folder / 'starts')!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
    )
    write_files(folder / SITE, {"shared.pth": lines, "../beside/nothing": ""})
    return folder


def starts(folder):
    file = folder / "starts"
    # Environments read their `.pth` files twice at one start.
    return set(file.read_text().split())


def run(environment, *args, **variables):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    clean.pop("VIRTUAL_ENV", None)
    return subprocess.run(
        [str(environment / "bin" / "python"), *args],
        env={**clean, **variables},
        cwd=environment.parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("start", ["script", "-c", "-I"])
def test_what_this_process_was_given_is_no_fact_of_its_interpreter(environment, tmp_path, start):
    given, caller = tmp_path / "given", tmp_path / "caller"
    write_files(tmp_path, {"given/x": "", "caller/x": ""})
    script = write_files(tmp_path / "scripts", {"ask.py": ASK.format(caller=str(caller))})
    python = str(environment / "bin" / "python")
    args = {
        "script": [],
        "-I": ["-I"],
        "-c": ["-c", "import runpy; runpy.run_path('scripts/ask.py')"],
    }
    how = args[start] + ([] if start == "-c" else [str(script / "ask.py")])
    done = run(environment, *how, python, PYTHONPATH=str(given))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    asked = inspect_interpreter(python)
    assert asked.executable == python
    assert tuple(told.pop("search_path")) == asked.search_path
    assert str((environment / SITE / "../beside").resolve()) in asked.search_path
    for name, value in told.items():
        assert getattr(asked, name) == (tuple(value) if isinstance(value, list) else value)


def test_another_environment_of_the_same_binary_is_asked(environment):
    python = environment / "bin" / "python"
    assert python.samefile(sys.executable)
    assert own_facts(str(python)) is None
    assert own_facts(sys.executable) is not None
    assert own_facts("python") is None
    assert own_facts("/nowhere/python") is None


def test_packages_in_the_users_home_do_not_count(tmp_path, monkeypatch):
    base = str(Path(sysconfig.get_config_var("BINDIR")) / "python3")
    mine = tmp_path / ".local" / SITE
    write_files(mine, {"x": ""})
    monkeypatch.setenv("HOME", str(tmp_path))
    assert str(mine) not in inspect_interpreter(base).search_path


def project(folder, handlers, python=""):
    tables = python + "".join(
        f'[handlers.h{at}]\nhandler = "h{at}.py"\nforbid = ["wave"]\n' for at in range(handlers)
    )
    files = {f"h{at}.py": "import csv\n" for at in range(handlers)}
    return write_files(folder, {**files, "importcost.toml": tables}) / "importcost.toml"


CHECK = ("-m", "importcost", "check", "--runner", "local", "--deterministic", "--config")


@pytest.mark.unhurried
@pytest.mark.parametrize("handlers", [1, 2])
def test_a_deterministic_check_starts_the_interpreter_twice_a_handler(
    environment, tmp_path, shared_folder, handlers
):
    done = run(environment, *CHECK, str(project(tmp_path / "project", handlers)))
    assert done.returncode == 0, done.stderr
    importcost_itself = 1
    assert len(starts(shared_folder)) == importcost_itself + 2 * handlers


@pytest.mark.unhurried
def test_another_interpreter_is_asked_once_for_all_handlers(environment, tmp_path, shared_folder):
    python = f'python = "{environment}/bin/python"\n'
    config = str(project(tmp_path / "project", 2, python))
    done = subprocess.run(
        [sys.executable, *CHECK, config],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(starts(shared_folder)) == 1 + 2 * 2
