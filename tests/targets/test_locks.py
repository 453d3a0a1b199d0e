"""Lock files and project files, read as what a function's package will hold."""

from __future__ import annotations

import json

import pytest

from importcost.errors import UsageError
from importcost.targets.locks import READERS
from importcost.targets.requirements import find_requirements
from tests.harness import write_files

PYLOCK = """
lock-version = "1.0"
[[packages]]
name = "six"
version = "1.17.0"
[[packages]]
name = "tomli"
version = "2.0.1"
marker = "python_version < '3.11'"
[[packages]]
name = "app"
directory = { path = "." }
"""
UV = """
version = 1
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "requests", extra = ["socks"] }, { name = "own" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "requests"
version = "2.32.3"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "idna" }]
[package.optional-dependencies]
socks = [{ name = "pysocks" }]
security = [{ name = "pyopenssl" }]
[[package]]
name = "idna"
version = "3.10"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "pysocks"
version = "1.7.1"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "pyopenssl"
version = "24.0"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "pytest"
version = "8.0"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "own"
version = "1.0"
source = { git = "https://example.org/own.git?rev=main#0123abc" }
"""
POETRY_2 = """
[[package]]
name = "six"
version = "1.17.0"
optional = false
groups = ["main"]
[[package]]
name = "pytest"
version = "8.0"
optional = false
groups = ["dev"]
"""
POETRY_1 = POETRY_2.replace('groups = ["main"]\n', "").replace('groups = ["dev"]\n', "")
PIPFILE = {
    "default": {
        "six": {"version": "==1.17.0", "markers": "python_version >= '3'"},
        "own": {"git": "https://example.org/own.git", "ref": "0123abc"},
    },
    "develop": {"pytest": {"version": "==8.0"}},
}
PDM = """
[[package]]
name = "six"
version = "1.17.0"
groups = ["default", "dev"]
[[package]]
name = "pytest"
version = "8.0"
groups = ["dev"]
"""
PROJECT = '[project]\nname = "app"\ndependencies = ["six>=1", "boto3"]\n'


def declared(tmp_path, files):
    root = write_files(tmp_path, {"handler.py": "", **files})
    return find_requirements(None, str(root / "handler.py"), str(root))


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        ({"pylock.toml": PYLOCK}, {"six==1.17.0", "tomli==2.0.1 ; python_version < '3.11'"}),
        (
            {"uv.lock": UV},
            {
                "requests==2.32.3",
                "idna==3.10",
                "pysocks==1.7.1",
                "own @ git+https://example.org/own.git@0123abc",
            },
        ),
        ({"poetry.lock": POETRY_2}, {"six==1.17.0"}),
        (
            {
                "poetry.lock": POETRY_1,
                "pyproject.toml": "[tool.poetry.dependencies]\nSix = '^1'\n",
            },
            {"six==1.17.0"},
        ),
        (
            {"Pipfile.lock": json.dumps(PIPFILE)},
            {
                "six==1.17.0 ; python_version >= '3'",
                "own @ git+https://example.org/own.git@0123abc",
            },
        ),
        ({"pdm.lock": PDM}, {"six==1.17.0"}),
        ({"pyproject.toml": PROJECT}, {"six>=1", "boto3"}),
    ],
    ids=["pylock", "uv", "poetry 2", "poetry 1", "pipenv", "pdm", "project"],
)
def test_what_is_for_development_only_is_not_deployed(tmp_path, files, lines):
    found = declared(tmp_path, files).requirements
    assert set(found.lines) == lines
    assert found.is_plain is not any("@" in line for line in lines)


def test_a_requirements_file_comes_before_a_lock_file_and_that_before_the_project(tmp_path):
    assert declared(tmp_path, {"pyproject.toml": PROJECT}).requirements.path.endswith(".toml")
    assert declared(tmp_path, {"uv.lock": UV}).requirements.path.endswith("uv.lock")
    assert declared(tmp_path, {"requirements.txt": ""}).requirements.path.endswith(".txt")


def test_a_lock_file_that_is_not_understood_is_named_and_the_next_file_taken(tmp_path):
    several = UV.replace('source = { git = "https://example.org/own.git?rev=main#0123abc" }', "")
    several += '[[package]]\nname = "b"\nversion = "1"\nsource = { editable = "." }\n'
    found = declared(tmp_path, {"uv.lock": several, "pyproject.toml": PROJECT})
    assert found.unread == (str(tmp_path / "uv.lock"),)
    assert found.requirements.path == str(tmp_path / "pyproject.toml")


@pytest.mark.parametrize(
    "text",
    ["", "[tool.importcost]\nruns = 5\n", '[project]\nname = "a"\ndynamic = ["dependencies"]\n'],
)
def test_a_project_without_a_list_of_dependencies_says_nothing(tmp_path, text):
    found = declared(tmp_path, {"pyproject.toml": text})
    assert (found.requirements, found.unread) == (None, ())


@pytest.mark.parametrize("name", [name for name in READERS if name != "requirements.txt"])
def test_a_file_that_does_not_parse_is_told_with_its_name(tmp_path, name):
    with pytest.raises(UsageError, match=rf"{name} is not valid (TOML|JSON) \("):
        declared(tmp_path, {name: "{{ [ oops"})
