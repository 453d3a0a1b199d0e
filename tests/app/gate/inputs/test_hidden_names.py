"""Modules and files that no import statement names take the handler, and the sentence is whole."""

from __future__ import annotations

import pytest

from tests.app.gate.since.repositories import commit, committed, git, taken
from tests.harness import write_files

TWO = """
[handlers.a]
handler = "a/handler.py"
root = "."
[handlers.b]
handler = "b/handler.py"
root = "."
"""
PLAIN = "def handler(e, c): ...\n"


def reasons_after(folder, source, files, changed):
    """Return the reasons by handler after a change; only `a` has the source."""
    known = {
        "importcost.toml": TWO,
        "a/__init__.py": "",
        "a/handler.py": source + PLAIN,
        "b/__init__.py": "",
        "b/handler.py": PLAIN,
        **files,
    }
    root = committed(folder / "repository", known)
    write_files(root, changed)
    return taken(root)


SHARED = {"shared/_impl.py": "", "shared/_other.py": ""}
STUB = {"shared/__init__.pyi": "from ._impl import f as f\n"}


@pytest.mark.parametrize(
    ("init", "stub"),
    [
        ("import lazy_loader as lazy\nlazy.attach_stub(__name__, __file__)\n", STUB),
        ("from lazy_loader import attach_stub\nattach_stub(__name__, __file__)\n", STUB),
        (
            "import lazy_loader as lazy\nx = lazy.attach_stub(__name__, __file__)\n",
            {"shared/__init__.pyi": "from . import _impl as _impl\n"},
        ),
        ("import lazy_loader as lazy\nlazy.attach(__name__, submodules=['_impl'])\n", {}),
        ("import lazy_loader as lazy\nlazy.attach(__name__, {'_impl'})\n", {}),
        ("import lazy_loader as lazy\nlazy.attach(__name__, None, {'_impl': ['f']})\n", {}),
        ("import lazy_loader as z\nz.attach(__name__, submod_attrs={'_impl': ['f']})\n", {}),
        ("import lazy_loader as z, names\nz.attach(__name__, submod_attrs=names.ALL)\n", {}),
    ],
)
def test_what_a_package_loads_lazily_counts(tmp_path, init, stub):
    files = {**SHARED, **stub, "shared/__init__.py": init}
    found = reasons_after(tmp_path, "import shared\n", files, {"shared/_impl.py": "X = 1\n"})
    assert list(found) == ["a"]


def test_what_a_stub_does_not_name_is_left_out(tmp_path):
    init = "import lazy_loader as lazy\nlazy.attach_stub(__name__, __file__)\n"
    files = {**SHARED, **STUB, "shared/__init__.py": init}
    assert not reasons_after(tmp_path, "import shared\n", files, {"shared/_other.py": "X = 1\n"})


@pytest.mark.parametrize(
    "source",
    [
        "from pathlib import Path\nexec(Path(__file__).with_name('c.tmpl').read_text())\n",
        "with open('c.tmpl') as f:\n    x = eval(f.read())\n",
        "with open('c.tmpl') as f:\n    code = compile(f.read(), 'c', 'exec')\n",
        "import builtins, helper\nbuiltins.exec(helper.load('c'))\n",
        "t = open('c.tmpl').read()\nexec(t)\n",
        "run = exec\nrun(open('c.tmpl').read())\n",
    ],
)
def test_a_file_of_any_ending_whose_text_is_run_counts(tmp_path, source):
    found = reasons_after(tmp_path, source, {"a/c.tmpl": "1"}, {"a/c.tmpl": "2"})
    assert list(found) == ["a"]
    assert "runs what it reads from a file" in found["a"][0]


@pytest.mark.parametrize(
    "source",
    [
        "import re\nx = re.compile(open(__file__).read())\n",
        "x = eval('1 + 1')\ny = open(__file__).read()\n",
        "exec('x = {}'.format(1))\n",
    ],
)
def test_data_is_left_out_where_no_text_of_a_file_is_run(tmp_path, source):
    assert not reasons_after(tmp_path, source, {"a/c.tmpl": "1"}, {"a/c.tmpl": "2"})


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import json, logging.config as c\nc.dictConfig(json.load(open('x')))\n", ["a"]),
        ("from logging.config import dictConfig as d\nimport s\nd(s.LOG)\n", ["a"]),
        ("from logging.config import fileConfig\nfileConfig('logging.ini')\n", ["a"]),
        ("import logging.config as c\nc.dictConfig({'version': 1})\n", []),
    ],
)
def test_logging_that_is_configured_by_no_literal_may_import_any_module(tmp_path, source, names):
    found = reasons_after(tmp_path, source, {"plug.py": ""}, {"plug.py": "X = 1\n"})
    assert list(found) == names


@pytest.mark.parametrize(
    ("source", "end"),
    [
        (
            "import importlib as i, os\ni.import_module(f'plugins.{os.name}')\n",
            "a/handler.py:2 imports modules under plugins",
        ),
        ("from plugins import *\n", "a/handler.py:1 imports all of plugins"),
        ("import celery\nX = 'plugins'\n", "a/handler.py:2 names plugins"),
    ],
)
def test_the_package_is_named_of_which_modules_may_be_loaded(tmp_path, source, end):
    files = {"plugins/__init__.py": "__all__ = dir()\n", "plugins/x.py": ""}
    found = reasons_after(tmp_path, source, files, {"plugins/x.py": "X = 1\n"})
    assert found == {"a": (f"plugins/x.py may be loaded: {end}",)}


def test_an_own_module_with_a_name_of_the_standard_library_says_so(tmp_path):
    found = reasons_after(tmp_path, "", {}, {"json.py": ""})
    said = "json.py (new), which has a name of the standard library or of Python's start"
    assert found == {"a": (said,), "b": (said,)}


def test_a_source_that_cannot_be_parsed_says_so(tmp_path):
    files = {"shared.py": "import (\n", "plug.py": ""}
    found = reasons_after(tmp_path, "import shared\n", files, {"plug.py": "X = 1\n"})
    assert found == {
        "a": ("plug.py may be loaded: shared.py:1 cannot be parsed: it may import any module",)
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("# pinned by hand\nwheel\n", []),
        ("\n\nwheel  # a reason\n\n", []),
        ("wheel<1\n", ["a", "b"]),
    ],
)
def test_comments_and_blank_lines_of_requirements_do_not_count(tmp_path, text, names):
    files = {"requirements.txt": "wheel\n"}
    found = reasons_after(tmp_path, "", files, {"requirements.txt": text})
    assert list(found) == names


def test_the_mode_of_a_file_does_not_count(tmp_path):
    root = committed(tmp_path / "repository", {"importcost.toml": TWO, "a/handler.py": PLAIN,
                                               "b/handler.py": PLAIN})  # fmt: skip
    git(root, "checkout", "--quiet", "-b", "branch")
    (root / "a/handler.py").chmod(0o755)
    assert taken(root) == {}
    commit(root)
    assert taken(root) == {}
    (root / "a/handler.py").write_text("import json\n" + PLAIN)
    assert list(taken(root)) == ["a"]
