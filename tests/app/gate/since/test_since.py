"""`check --since` takes every handler that a change may touch, says why, and leaves out others."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from importcost.app.gate.inputs.mentions import Manner, source_names
from importcost.errors import MeasurementError, UsageError
from importcost.reports.gate.selection import selection_lines
from tests.app.gate.since.repositories import commit, committed, git, selection_of, taken
from tests.commands import run_here

CONFIG = """
[handlers.orders]
handler = "orders/app.py"
root = "."
[handlers.refunds]
handler = "refunds/app.py"
root = "."
"""
FILES = {
    "importcost.toml": CONFIG,
    "orders/__init__.py": "",
    "orders/app.py": "from shared.db import connect\ndef handler(e, c): ...\n",
    "refunds/__init__.py": "",
    "refunds/app.py": "import json\nfrom . import local\ndef handler(e, c): ...\n",
    "refunds/local.py": "",
    "shared/__init__.py": "",
    "shared/db.py": "from .config import URL\ndef connect(): ...\n",
    "shared/config.py": "URL = 1\n",
    "shared/unused.py": "",
    "data/table.json": "{}",
    "README.md": "",
}


@pytest.fixture
def repository(tmp_path):
    return committed(tmp_path / "repository", FILES)


def change(folder, **files):
    for name, text in files.items():
        file = Path(folder, name)
        if text is None:
            file.unlink()
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def names_after(folder, files):
    change(folder, **files)
    return sorted(taken(folder))


def test_nothing_changed_takes_nothing(repository):
    found = selection_of(repository)
    assert (found.changed, found.taken) == (0, ())
    assert found.left_out == ("orders", "refunds")


def test_a_change_is_followed_to_the_handlers_and_the_way_is_shown(repository):
    change(repository, **{"shared/config.py": "URL = 2\n"})
    assert taken(repository) == {
        "orders": ("shared/config.py (changed), imported by orders/app.py:1 > shared/db.py:1",)
    }


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"shared/unused.py": "X = 1\n"}, []),
        ({"README.md": "new"}, []),
        ({"data/table.json": "[]"}, []),
        ({"refunds/local.py": "X = 1\n"}, ["refunds"]),
        ({"refunds/__init__.py": "X = 1\n"}, ["refunds"]),
        ({"shared/__init__.py": "X = 1\n"}, ["orders"]),
        ({"shared/config.py": None}, ["orders"]),
        ({"shared/config/__init__.py": "URL = 1"}, ["orders"]),
        ({"json.py": "dumps = loads = None\n"}, ["orders", "refunds"]),
        ({"json/__init__.py": ""}, ["orders", "refunds"]),
        ({"logging.py": ""}, ["orders", "refunds"]),
        ({"shared.py": ""}, ["orders"]),
        ({"requirements.txt": "wheel\n"}, ["orders", "refunds"]),
        ({"orders/requirements.txt": "wheel\n"}, ["orders"]),
        ({"importcost.toml": CONFIG + "max_modules = 7\n"}, ["refunds"]),
        ({"importcost.toml": "max_modules = 7\n" + CONFIG}, ["orders", "refunds"]),
        ({"importcost.toml": "# a comment\n" + CONFIG}, []),
        ({"importcost.toml": CONFIG + '[handlers.third]\nhandler = "orders/app.py"\n'}, ["third"]),
    ],
)
def test_what_a_change_takes(repository, files, names):
    assert names_after(repository, files) == names


def test_staged_committed_and_untracked_changes_count(repository):
    git(repository, "checkout", "--quiet", "-b", "branch")
    change(repository, **{"refunds/local.py": "X = 1\n"})
    commit(repository)
    assert sorted(taken(repository)) == ["refunds"]
    change(repository, **{"shared/db.py": "def connect(): ...\n"})
    git(repository, "add", "--all")
    assert sorted(taken(repository)) == ["orders", "refunds"]
    assert sorted(taken(repository, "HEAD")) == ["orders"]


def test_what_others_merged_since_is_not_this_branchs_change(repository):
    git(repository, "checkout", "--quiet", "-b", "branch")
    git(repository, "checkout", "--quiet", "main")
    change(repository, **{"refunds/local.py": "X = 1\n"})
    commit(repository)
    git(repository, "checkout", "--quiet", "branch")
    assert taken(repository) == {}


def test_names_of_any_letters_in_a_worktree_below_its_top(tmp_path):
    files = {
        "services/one two/importcost.toml": '[handlers.a]\nhandler = "bestellung.py"\n',
        "services/one two/bestellung.py": "import größe\ndef handler(e, c): ...\n",
        "services/one two/größe.py": "",
        "services/one two/ leading.py": "",
    }
    folder = committed(tmp_path / "repository", files)
    git(folder, "worktree", "add", "--quiet", "-b", "branch", str(tmp_path / "tree"))
    inner = tmp_path / "tree" / "services" / "one two"
    assert names_after(inner, {" leading.py": "X = 1\n", "new\nline.py": ""}) == []
    (reason,) = names_and_reasons(inner, {"größe.py": "X = 1\n"})["a"]
    assert reason == (
        "services/one two/größe.py (changed), imported by services/one two/bestellung.py:1"
    )
    text = (inner / "importcost.toml").read_text().replace("bestellung", "order")
    git(inner, "mv", "bestellung.py", "order.py")
    found = names_and_reasons(inner, {"importcost.toml": text})["a"]
    assert found[0] == "its settings changed: handler"


def names_and_reasons(folder, files):
    change(folder, **files)
    return taken(folder)


def test_a_renamed_file_takes_whoever_imports_it_by_either_name(repository):
    git(repository, "mv", "shared/config.py", "shared/settings.py")
    change(repository, **{"refunds/local.py": "import shared.settings\n"})
    commit(repository)
    assert sorted(taken(repository, "HEAD~1")) == ["orders", "refunds"]


def test_a_lock_file_counts_as_the_function_sees_it(tmp_path):
    def lock(version, dev):
        return f"""
version = 1
[[package]]
name = "shop"
version = "1"
source = {{ virtual = "." }}
dependencies = [{{ name = "click" }}]
[[package]]
name = "click"
version = "{version}"
[[package]]
name = "pytest"
version = "{dev}"
"""

    files = {**FILES, "uv.lock": lock("8.1.0", "8.0"), "pyproject.toml": "[project]\nname='shop'\n"}
    folder = committed(tmp_path / "repository", files)
    assert names_after(folder, {"uv.lock": lock("8.1.0", "8.3")}) == []
    assert names_after(folder, {"uv.lock": lock("8.2.0", "8.3")}) == ["orders", "refunds"]


MEMBERS = {
    "importcost.toml": """
[handlers.orders]
handler = "orders/app.py"
[handlers.refunds]
handler = "refunds/app.py"
""",
    "pyproject.toml": "[project]\nname='shop'\nversion='1'\n[tool.uv.workspace]\nmembers=['*']\n",
    "orders/pyproject.toml": "[project]\nname='orders'\nversion='1'\ndependencies=['lib']\n",
    "orders/app.py": "def handler(e, c): ...\n",
    "refunds/pyproject.toml": "[project]\nname='refunds'\nversion='1'\ndependencies=['six']\n",
    "refunds/app.py": "def handler(e, c): ...\n",
    "lib/pyproject.toml": "[project]\nname='lib'\nversion='1'\ndependencies=['click']\n",
    "lib/src/lib/__init__.py": "",
}


def members_lock(click="8.1.0", six="1.16.0", unused="1"):
    own = {"orders": "lib", "refunds": "six", "lib": "click"}
    tables = [
        f"""[[package]]
name = "{name}"
version = "1"
source = {{ editable = "{name}" }}
dependencies = [{{ name = "{needs}" }}]
"""
        for name, needs in own.items()
    ]
    pinned = {"click": click, "six": six, "pytest": unused}
    tables += [f'[[package]]\nname = "{name}"\nversion = "{v}"\n' for name, v in pinned.items()]
    return "version = 1\n" + "".join(tables)


def test_a_workspaces_lock_takes_the_members_whose_packages_changed(tmp_path):
    folder = committed(tmp_path / "repository", {**MEMBERS, "uv.lock": members_lock()})
    assert names_after(folder, {"uv.lock": members_lock(unused="2")}) == []
    change(folder, **{"uv.lock": members_lock(click="8.2.0")})
    said = "its packages changed: click==8.2.0 instead of click==8.1.0"
    assert taken(folder) == {"orders": (said,)}
    assert names_after(folder, {"uv.lock": members_lock(six="1.17.0")}) == ["refunds"]
    files = {"uv.lock": members_lock(), "lib/src/lib/__init__.py": "X = 1\n"}
    assert names_after(folder, files) == ["orders"]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("poetry.lock", '[[package]]\nname="a"\nversion="1"\n', '[[package]]\nname="a"\n'),
        ("pdm.lock", '[[package]]\nname="a"\nversion="1"\n', '[[package]]\nname="a"\n'),
        ("requirements.txt", "six==1.16\n", "six==1.17\n"),
        ("requirements/base.in", "six==1.16\n", "six==1.17\n"),
        ("environment.yml", "a: 1\n", "a: 2\n"),
        ("pyproject.toml", "[project]\nname='a'\n", "[project]\nname='a'\ndependencies=['b']\n"),
        ("setup.py", "import a\n", "import b\n"),
    ],
)
def test_a_list_above_counts_for_whoever_has_no_list_of_its_own(tmp_path, name, before, after):
    kept = ("importcost.toml", "orders/app.py", "refunds/app.py")
    files = {one: MEMBERS[one] for one in kept}
    files |= {name: before, "refunds/requirements.txt": "six\n"}
    folder = committed(tmp_path / "repository", files)
    change(folder, **{name: after})
    assert taken(folder) == {
        "orders": (f"{name} (changed) lists packages, and no list of its own says what it has",)
    }


def test_a_list_whose_packages_are_the_same_takes_nothing(tmp_path):
    project = "[project]\nname='a'\ndependencies=['six']\n"
    folder = committed(tmp_path / "repository", {**FILES, "pyproject.toml": project})
    assert names_after(folder, {"pyproject.toml": f"{project}[tool.ruff]\nline-length=99\n"}) == []


def test_files_that_a_list_includes_count_wherever_they_are(tmp_path):
    files = {
        **FILES,
        "orders/requirements.txt": "-r ../all.txt\n",
        "refunds/requirements.txt": "six\n-c ../pins/six.txt\n",
        "all.txt": "click @ https://user:password@example.com/click-1.whl\n",
        "pins/six.txt": "six==1.16.0\n",
    }
    folder = committed(tmp_path / "repository", files)
    change(folder, **{"all.txt": files["all.txt"].replace("-1", "-2")})
    assert taken(folder) == {"orders": ("its packages changed: click from another place",)}
    change(folder, **{"all.txt": files["all.txt"], "pins/six.txt": "six==1.17.0\n"})
    assert sorted(taken(folder)) == ["refunds"]


def test_another_name_of_the_configuration_changes_no_setting(tmp_path):
    tables = CONFIG.replace("[handlers", "[tool.importcost.handlers")
    files = {name: text for name, text in FILES.items() if name != "importcost.toml"}
    folder = committed(tmp_path / "repository", {**files, "pyproject.toml": tables})
    assert names_after(folder, {"pyproject.toml": None, "importcost.toml": CONFIG}) == []
    change(folder, **{"importcost.toml": CONFIG.replace("refunds]", "refunds]\nmax_modules = 9")})
    assert taken(folder) == {"refunds": ("its settings changed: max_modules",)}
    commit(folder)
    git(folder, "mv", "importcost.toml", "gate.toml")
    git(folder, "commit", "--quiet", "-m", "x")
    git(folder, "mv", "gate.toml", "importcost.toml")
    assert taken(folder, "HEAD") == {}


def test_renamed_and_removed_handlers_are_named(repository):
    change(repository, **{"importcost.toml": CONFIG.replace("handlers.orders", "handlers.sales")})
    selection = selection_of(repository)
    assert [(one.name, one.reasons) for one in selection.taken] == [
        ("sales", ("it is new, and was called orders",))
    ]
    assert selection.gone == ("orders",)
    assert selection_lines(selection)[-1] == "No longer there: orders"


def test_a_file_behind_a_link_in_a_judged_package_counts(tmp_path):
    config = CONFIG.replace('root = "."\n[handlers.r', "max_package_mb = 9\n[handlers.r")
    folder = tmp_path / "repository"
    change(folder, **{**FILES, "importcost.toml": config})
    (folder / "orders/data").symlink_to("../data")
    committed(folder, {})
    change(folder, **{"data/table.json": "{1: 2}"})
    said = "data/table.json (changed), its package is judged, by its link data"
    assert taken(folder) == {"orders": (said,)}


def test_layers_and_local_projects_count_with_all_their_files(tmp_path):
    config = """
[handlers.orders]
handler = "orders/app.py"
layers = ["layer"]
[handlers.refunds]
handler = "refunds/app.py"
requirements = "refunds/requirements.txt"
"""
    files = {
        "importcost.toml": config,
        "orders/app.py": "def handler(e, c): ...\n",
        "refunds/app.py": "def handler(e, c): ...\n",
        "refunds/requirements.txt": "./lib\n",
        "layer/python/tool.py": "",
        "lib/pyproject.toml": "[project]\nname='lib'\nversion='1'\n",
        "lib/lib.py": "",
    }
    folder = committed(tmp_path / "repository", files)
    change(folder, **{"layer/python/tool.py": "X = 1\n", "refunds/lib/lib.py": ""})
    assert sorted(taken(folder)) == ["orders"]
    commit(folder)
    change(folder, **{"refunds/lib/pyproject.toml": files["lib/pyproject.toml"]})
    commit(folder)
    change(folder, **{"refunds/lib/lib.py": "X = 1\n"})
    reasons = taken(folder)
    assert "requirements.txt names it" in reasons["refunds"][0]


def test_files_besides_code_count_if_the_setting_inputs_names_them(repository):
    settings = CONFIG.replace("[handlers.refunds]", 'inputs = ["data"]\n[handlers.refunds]')
    change(repository, **{"importcost.toml": settings})
    commit(repository)
    assert names_after(repository, {"data/table.json": "[]", "data/new.csv": ""}) == ["orders"]


def test_a_budget_on_the_package_makes_every_file_of_it_count(tmp_path):
    files = {
        "importcost.toml": '[handlers.a]\nhandler = "a/app.py"\nmax_package_mb = 5\n'
        '[handlers.b]\nhandler = "b/app.py"\n',
        "a/app.py": "def handler(e, c): ...\n",
        "a/data.bin": "1",
        "b/app.py": "def handler(e, c): ...\n",
        "b/data.bin": "1",
    }
    folder = committed(tmp_path / "repository", files)
    assert names_after(folder, {"a/data.bin": "2", "b/data.bin": "2"}) == ["a"]


TWO = '[handlers.a]\nhandler = "a/app.py"\n[handlers.b]\nhandler = "b/app.py"\n'
DYNAMIC = [
    "import importlib, os\nimportlib.import_module(os.environ['PLUGIN'])\n",
    "from importlib import import_module as load\nfor n in (1,):\n    load(f'plugin{n}')\n",
    "__import__(name := 'plug' + str(1))\n",
    "import pkgutil, plugins\nlist(pkgutil.iter_modules(plugins.__path__))\n",
    "exec(open('plugins/one.py').read())\n",
    "import runpy\nrunpy.run_path('plugins/one.py')\n",
    "from importlib.metadata import entry_points\nentry_points(group='x')\n",
    "import importlib.util as u\nu.spec_from_file_location('one', 'plugins/one.py')\n",
    "import sys\nsys.path.append(open('x').read())\n",
    "import sys\np = sys.path\np.append('plugins')\n",
    "import importlib\ngetattr(importlib, 'import_' + 'module')\nx = 'import_module'\n",
    "import importlib\nimportlib.import_module('plugins.' + 'one')\n",
    "import importlib\nimportlib.import_module('plugins.%s' % 'one')\n",
    "import importlib\nn = 'one'\nimportlib.import_module(f'plugins.{n}')\n",
    "import importlib\nimportlib.import_module('.one', 'plugins')\n",
    "import logging.config\nlogging.config.dictConfig({'()': 'plugins.one.Handler'})\n",
    (
        "import sys, os\nsys.path.insert(0, os.path.join(\n"
        "    os.path.dirname(__file__), '..', 'plugins'))\nimport one\n"
    ),
    (
        "import sys\nfrom pathlib import Path\nHERE = Path(__file__).resolve().parents[1]\n"
        "sys.path[0:0] = [str(HERE / 'plugins')]\nimport one\n"
    ),
    (
        "import sys\nfrom pathlib import Path\n"
        "sys.path.append(str(Path(__file__).parent.parent / 'plugins'))\nimport one\n"
    ),
    "import site\nsite.addsitedir('plugins')\nimport one\n",
    "import sys\nsys.path += ['plugins']\nimport one\n",
    "import celery\ncelery.Celery(include=['plugins'])\n",
    "from plugins import *\n",
]


@pytest.mark.parametrize("source", DYNAMIC)
def test_a_dynamic_import_takes_the_handler_rather_than_missing_it(tmp_path, source):
    files = {
        "importcost.toml": CONFIG,
        "orders/__init__.py": "",
        "orders/app.py": source + "def handler(e, c): ...\n",
        "refunds/__init__.py": "",
        "refunds/app.py": "def handler(e, c): ...\n",
        "plugins/__init__.py": "__all__ = ['one']\n",
        "plugins/one.py": "",
    }
    folder = committed(tmp_path / "repository", files)
    assert names_after(folder, {"plugins/one.py": "X = 1\n"}) == ["orders"]


PRECISE = [
    "import importlib\nimportlib.import_module('plugins.two')\n",
    "import importlib\nn = 'x'\nimportlib.import_module(f'orders.{n}')\n",
    "import sys\nif 'plugins' not in sys.path: pass\n",
    "import sys, os\nsys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))\n",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import plugins.one\n",
    '"""Loads plugins.one, they say."""\n',
    "import sys\nsys.path.insert(0, '/opt/python')\n",
]


@pytest.mark.parametrize("source", PRECISE)
def test_what_surely_loads_something_else_is_left_out(tmp_path, source):
    files = {
        "importcost.toml": CONFIG,
        "orders/__init__.py": "",
        "orders/app.py": source + "def handler(e, c): ...\n",
        "refunds/__init__.py": "",
        "refunds/app.py": "def handler(e, c): ...\n",
        "plugins/__init__.py": "",
        "plugins/two.py": "",
        "plugins/one.py": "",
    }
    folder = committed(tmp_path / "repository", files)
    assert names_after(folder, {"plugins/one.py": "X = 1\n"}) == []


def test_symbolic_links_are_followed_and_count_themselves(tmp_path):
    files = {
        "importcost.toml": TWO,
        "a/app.py": "import common.tool\ndef handler(e, c): ...\n",
        "b/app.py": "import tool\ndef handler(e, c): ...\n",
        "common/tool.py": "",
        "other/tool.py": "",
    }
    folder = committed(tmp_path / "repository", files)
    (folder / "a/common").symlink_to("../common")
    (folder / "b/tool.py").symlink_to("../common/tool.py")
    commit(folder)
    assert names_after(folder, {"common/tool.py": "X = 1\n"}) == ["a", "b"]
    commit(folder)
    (folder / "a/common").unlink()
    (folder / "a/common").symlink_to("../other")
    assert sorted(taken(folder)) == ["a"]


@pytest.mark.unhurried
def test_a_submodule_counts_with_the_files_that_changed_in_it(tmp_path):
    lib = committed(tmp_path / "lib", {"used.py": "", "unused.py": ""})
    folder = committed(
        tmp_path / "repository",
        {
            "importcost.toml": TWO.replace("a/", "").replace("b/app", "b/x"),
            "app.py": "from lib import used\ndef handler(e, c): ...\n",
            "b/x.py": "def handler(e, c): ...\n",
        },
    )
    git(folder, "submodule", "--quiet", "add", str(lib), "lib")
    commit(folder)
    assert taken(folder) == {}
    change(folder, **{"lib/unused.py": "X = 1\n"})
    assert taken(folder) == {}
    change(folder, **{"lib/used.py": "X = 1\n"})
    assert sorted(taken(folder)) == ["a"]
    commit(folder / "lib")
    assert sorted(taken(folder)) == ["a"]
    commit(folder)
    git(folder, "submodule", "--quiet", "deinit", "--force", "lib")
    assert sorted(taken(folder, "HEAD~1")) == ["a"]


def test_what_git_does_not_have_is_taken_with_any_change(repository):
    change(repository, **{".gitignore": "generated.py\n", "refunds/generated.py": ""})
    change(repository, **{"refunds/local.py": "from . import generated\n"})
    commit(repository)
    assert taken(repository) == {}
    change(repository, **{"README.md": "other"})
    ((name, (reason,)),) = taken(repository).items()
    assert name == "refunds"
    assert reason.startswith("git does not have refunds/generated.py, imported by")


@pytest.mark.unhurried
def test_a_new_baseline_entry_takes_its_handler(repository):
    done = run_here(repository, "check", "--runner", "local", "--update-baseline", "--runs", "6")
    assert done.returncode == 0, done.stderr
    assert sorted(taken(repository)) == ["orders", "refunds"]
    commit(repository)
    file = repository / "importcost-baseline.json"
    data = json.loads(file.read_text())
    data["handlers"]["orders"]["modules"].append("zzz")
    file.write_text(json.dumps(data))
    assert taken(repository) == {"orders": ("its baseline changed",)}


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      {{ CodeUri: orders/, Handler: app.handler, Runtime: python3.11, MemorySize: {memory} }}
  Refunds:
    Type: AWS::Serverless::Function
    Properties: {{ CodeUri: refunds/, Handler: app.handler, Runtime: python3.11 }}
"""


@pytest.mark.unhurried
def test_functions_of_a_project_are_planned_from_its_template(tmp_path):
    files = {
        "importcost.toml": 'project = "template.yaml"\n',
        "template.yaml": TEMPLATE.format(memory=128),
        "orders/app.py": "import local\ndef handler(e, c): ...\n",
        "orders/local.py": "",
        "refunds/app.py": "def handler(e, c): ...\n",
    }
    folder = committed(tmp_path / "repository", files)
    assert names_after(folder, {"orders/local.py": "X = 1\n"}) == ["Orders"]
    commit(folder)
    change(folder, **{"template.yaml": TEMPLATE.format(memory=256)})
    assert taken(folder) == {"Orders": ("its settings changed: memory",)}
    third = TEMPLATE.format(memory=128) + TEMPLATE.partition("  Orders")[2].replace(
        "    Type", "  Third:\n    Type", 1
    ).partition("  Refunds")[0].lstrip(":\n").format(memory=128)
    change(folder, **{"template.yaml": third})
    assert taken(folder) == {"Third": ("it is new",)}


def test_inline_code_is_its_template(tmp_path):
    inline = TEMPLATE.format(memory=128).replace(
        "CodeUri: refunds/, Handler: app.handler", 'InlineCode: "X = 1", Handler: index.handler'
    )
    files = {
        "importcost.toml": 'project = "template.yaml"\n',
        "template.yaml": inline,
        "orders/app.py": "def handler(e, c): ...\n",
    }
    folder = committed(tmp_path / "repository", files)
    assert names_after(folder, {"orders/app.py": "def handler(e, c): return 1\n"}) == ["Orders"]
    commit(folder)
    assert names_after(folder, {"template.yaml": inline.replace("X = 1", "X = 2")}) == ["Refunds"]


def test_folders_on_pythonpath_are_searched(tmp_path):
    files = {
        "importcost.toml": TWO + 'env = { PYTHONPATH = "/var/task/lib:/opt/python" }\n',
        "a/app.py": "import tool\ndef handler(e, c): ...\n",
        "b/app.py": "import tool\ndef handler(e, c): ...\n",
        "b/lib/tool.py": "",
        "b/other.py": "",
    }
    folder = committed(tmp_path / "repository", files)
    assert names_after(folder, {"b/other.py": "X = 1\n"}) == []
    assert names_after(folder, {"b/lib/tool.py": "X = 1\n"}) == ["b"]


def test_a_place_that_is_named_is_planned_too(tmp_path, monkeypatch):
    files = {
        "importcost.toml": 'handler = "orders/app.py"\n',
        "template.yaml": TEMPLATE.format(memory=128),
        "orders/app.py": "def handler(e, c): ...\n",
        "refunds/app.py": "def handler(e, c): ...\n",
    }
    folder = committed(tmp_path / "repository", files)
    monkeypatch.chdir(folder)
    change(folder, **{"refunds/app.py": "def handler(e, c): ...\n\n", "note.txt": ""})
    assert sorted(taken(folder, names=("template.yaml",))) == ["Refunds"]
    assert sorted(taken(folder, names=("refunds/app.py",))) == ["refunds/app.py"]


@pytest.mark.unhurried
def test_a_shallow_clone_without_the_base_names_the_remedy(tmp_path, repository):
    git(repository, "checkout", "--quiet", "-b", "branch")
    change(repository, **{"refunds/local.py": "X = 1\n"})
    commit(repository)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", str(clone))
    with pytest.raises(MeasurementError, match=r"shallow.*git fetch --unshallow"):
        selection_of(clone, "main")
    git(clone, "fetch", "--quiet", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    with pytest.raises(MeasurementError, match=r"shallow.*git fetch --unshallow"):
        selection_of(clone, "main")
    git(clone, "fetch", "--quiet", "--unshallow", "origin", "+refs/heads/*:refs/remotes/origin/*")
    assert [one.name for one in selection_of(clone, "main").taken] == ["refunds"]


@pytest.mark.parametrize(
    ("ref", "words"), [("nowhere", "There is no commit nowhere"), ("", "There is no commit")]
)
def test_a_base_that_is_not_there_is_one_sentence(repository, ref, words):
    with pytest.raises(UsageError, match=words):
        selection_of(repository, ref)


def test_outside_of_a_repository_git_is_asked_for(tmp_path):
    change(tmp_path, **FILES)
    with pytest.raises(UsageError, match="needs a git repository"):
        selection_of(tmp_path)


@pytest.mark.unhurried
def test_the_command_measures_what_was_taken_and_counts_the_rest(repository):
    change(repository, **{"refunds/local.py": "X = 1\n"})
    args = ("check", "--since", "main", "--runner", "local")
    done = run_here(repository, *args, "--junit", "j.xml")
    assert done.returncode == 0, done.stderr
    assert "1 file changed: 1 of 2 handlers measured, 1 left out." in done.stdout
    assert "refunds: refunds/local.py (changed), imported by refunds/app.py:2" in done.stdout
    assert "Checking refunds" in done.stderr
    assert "Checking orders" not in done.stderr
    assert 'skipped="1"' in (repository / "j.xml").read_text()
    (repository / "j.xml").unlink()
    data = json.loads(run_here(repository, *args, "--json").stdout)
    assert data["since"]["left_out"] == ["orders"]
    git(repository, "checkout", "--quiet", ".")
    done = run_here(repository, *args, "--markdown", "../m.md")
    assert done.returncode == 0
    assert "There was nothing to measure." in done.stdout
    text = (repository.parent / "m.md").read_text()
    assert "### importcost: nothing to measure" in text


def test_names_are_told_from_texts_and_imports(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("from . import b\nimport c.d\nX = 'e.f:g'\n")
    found = {(one.manner, one.name, one.level) for one in source_names(file).mentions}
    assert found == {
        (Manner.IMPORT, "b", 1),
        (Manner.IMPORT, "c.d", 0),
        (Manner.TEXT, "e.f", 0),
        (Manner.TEXT, "g", 0),
    }
    file.write_text("import (\n")
    assert [one.manner for one in source_names(file).mentions] == [Manner.UNPARSED]
    os.mkfifo(tmp_path / "pipe.py")
    found = [one.manner for one in source_names(tmp_path / "pipe.py").mentions]
    assert found == [Manner.UNREADABLE]
