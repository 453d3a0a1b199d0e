"""`importcost budget`: a file that changes only if a budget or an input does."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.app.gate.since.repositories import committed
from tests.commands import run_here
from tests.harness import write_files

FILES = {
    "importcost.toml": """
[handlers.orders]
handler = "orders/app.py"
max_init_ms = 800
forbid = ["pandas"]
layers = ["layer"]
inputs = ["data/model.json"]
[handlers.refunds]
handler = "refunds/app.py"
env = { STAGE = "test" }
""",
    "orders/app.py": "import helper\ndef handler(e, c): ...\n",
    "orders/helper.py": "",
    "orders/unused.py": "",
    "orders/requirements.txt": "wheel\n",
    "refunds/app.py": "import os, importlib\nimportlib.import_module(os.environ['X'])\n"
    "def handler(e, c): ...\n",
    "refunds/plugin.py": "",
    "layer/python/tool.py": "",
    "data/model.json": "{}",
}


@pytest.fixture
def project(tmp_path):
    return committed(tmp_path / "project", FILES)


def written(folder, *args):
    done = run_here(folder, "budget", *args)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "importcost-budget.json").read_text())["handlers"]


def test_each_handler_has_its_budgets_and_input_files(project):
    found = written(project)
    assert found["orders"]["budgets"] == {"max_init_ms": 800.0, "forbid": ["pandas"]}
    assert found["orders"]["inputs"] == [
        "data/model.json",
        "importcost.toml",
        "layer/python/tool.py",
        "orders/app.py",
        "orders/helper.py",
        "orders/requirements.txt",
    ]
    assert found["refunds"]["inputs"] == ["importcost.toml", "refunds/app.py", "refunds/plugin.py"]


def test_it_is_the_same_elsewhere_and_is_not_touched_if_it_is(project, tmp_path):
    written(project)
    text = (project / "importcost-budget.json").read_bytes()
    before = (project / "importcost-budget.json").stat().st_mtime_ns
    assert "unchanged" in run_here(project, "budget").stdout
    assert (project / "importcost-budget.json").stat().st_mtime_ns == before
    other = tmp_path / "somewhere" / "else"
    shutil.copytree(project, other, ignore=shutil.ignore_patterns("importcost-budget.json"))
    written(other)
    assert (other / "importcost-budget.json").read_bytes() == text
    assert str(tmp_path).encode() not in text


@pytest.mark.parametrize(
    ("files", "changed"),
    [
        ({"orders/helper.py": "X = 1\n"}, {"orders"}),
        ({"orders/unused.py": "X = 1\n"}, set()),
        ({"orders/requirements.txt": "wheel>0\n"}, {"orders"}),
        ({"layer/python/tool.py": "X = 1\n"}, {"orders"}),
        ({"data/model.json": "[]"}, {"orders"}),
        ({"refunds/plugin.py": "X = 1\n"}, {"refunds"}),
        ({"importcost.toml": FILES["importcost.toml"].replace("800", "900")}, {"orders"}),
        ({"importcost.toml": FILES["importcost.toml"].replace("test", "live")}, {"refunds"}),
        ({"importcost.toml": "# comment\n" + FILES["importcost.toml"]}, set()),
        (
            {"importcost.toml": "max_modules = 3\n" + FILES["importcost.toml"]},
            {"orders", "refunds"},
        ),
    ],
)
def test_a_digest_changes_with_its_inputs_only(project, files, changed):
    before = written(project)
    write_files(project, files)
    assert run_here(project, "budget", "--check").returncode == (1 if changed else 0)
    after = written(project)
    assert {name for name in after if after[name] != before[name]} == changed


def test_lists_that_a_list_includes_are_inputs_too(project):
    lists = {
        "orders/requirements.txt": "-r ../base.txt\n--constraint=pins.txt\n-rmore.txt\nwheel\n",
        "base.txt": "-r base.txt\nclick\n",
        "orders/pins.txt": "wheel<99\n",
        "orders/more.txt": "",
    }
    write_files(project, lists)
    found = written(project)["orders"]
    assert lists.keys() <= set(found["inputs"])
    write_files(project, {"orders/more.txt": "idna\n"})
    assert written(project)["orders"]["digest"] != found["digest"]


def test_check_writes_nothing_and_fails_if_the_file_is_old(project):
    done = run_here(project, "budget", "--check")
    assert (done.returncode, "out of date" in done.stderr) == (1, True)
    assert not (project / "importcost-budget.json").exists()
    done = run_here(project, "budget", "--check", "-o", "-")
    assert done.returncode == 2
    assert "--check compares with a file" in done.stderr


def test_no_value_of_a_variable_is_in_the_file(project):
    written(project)
    assert '"test"' not in (project / "importcost-budget.json").read_text()


def test_a_file_that_is_gone_is_one_sentence(project):
    (project / "orders/app.py").unlink()
    done = run_here(project, "budget")
    assert done.returncode == 2
    assert done.stderr.count("Error:") == 1
