"""What a project's own files say of its app: its Python, packages, variables, root and port."""

from __future__ import annotations

import sys

import pytest

from importcost.measure.failures.diagnosis import _Search
from importcost.model.supplies import Placeholder
from importcost.targets.asked_python import interpreter_asked
from importcost.targets.dockerfile import installing_dockerfile
from importcost.targets.handler import resolve_target
from importcost.targets.interpreter import choose_interpreter
from importcost.targets.locks import read_lines
from importcost.targets.poetry_versions import specifiers
from importcost.targets.sample_variables import sample_values
from tests.harness import write_files


def program(path):
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_a_project_is_measured_by_the_oldest_python_that_it_asks_for(tmp_path):
    environ = {"PATH": f"{tmp_path}/shims:{tmp_path}/bin", "HOME": str(tmp_path)}
    program(tmp_path / "versions" / "3.9.18" / "bin" / "python3.9")
    wanted = program(tmp_path / "versions" / "3.12.1" / "bin" / "python3.12")
    newest = program(tmp_path / "bin" / "python3.14")
    program(tmp_path / "shims" / "python3.13")
    assert interpreter_asked(">=3.12", environ) == wanted
    assert interpreter_asked(">=3.12.2", environ) == newest
    assert interpreter_asked(">=3.15", environ) is None


def test_an_interpreter_that_a_project_does_not_take_is_said(tmp_path):
    root = tmp_path / "app"
    write_files(root, {".git": "", "pyproject.toml": '[project]\nrequires-python = ">=4"\n'})
    found = choose_interpreter(None, None, root, {"PATH": "", "HOME": str(tmp_path)})
    assert found.path == sys.executable
    assert "asks for Python >=4, which is not found here" in str(found.reason)
    write_files(root, {"pyproject.toml": '[project]\nrequires-python = "3.x or so"\n'})
    plain = choose_interpreter(None, None, root, {"PATH": "", "HOME": str(tmp_path)})
    assert plain.reason == "the interpreter that runs importcost"


def test_an_app_that_imports_by_its_package_has_the_folder_above_as_root(tmp_path, monkeypatch):
    write_files(
        tmp_path,
        {
            "shop/web/main.py": "from shop.web.views import hello\n",
            "shop/web/views.py": "",
            "shop/plain.py": "import json\n",
        },
    )
    monkeypatch.chdir(tmp_path / "shop" / "web")
    target = resolve_target("main:app")
    assert (target.module, target.task_root) == ("shop.web.main", str(tmp_path))
    monkeypatch.chdir(tmp_path / "shop")
    assert resolve_target("plain:app").module == "plain"
    named = resolve_target("web.main:app", task_root=str(tmp_path / "shop"))
    assert named.module == "web.main"


def test_the_nearest_sample_has_the_values(tmp_path):
    text = "# all\nexport A=1\nB='two words' # why\nC=\nD=x # why\nE\n"
    write_files(tmp_path, {".env.example": text, ".git": "", ".env": "SECRET=1\n"})
    write_files(tmp_path / "app", {"env.sample": "A=near\n", "main.py": ""})
    found = sample_values(str(tmp_path / "app"), str(tmp_path / "app" / "main.py"))
    assert found == {"A": "near", "B": "two words", "D": "x"}


def found_by(message, names=()):
    suspects = {"shown": [], "linked": [], "required": [], "mentioned": list(names)}
    return (
        {"module": None, "settings": [], "suspects": suspects, "reads": [], "values": {}},
        {"type": "ValueError", "message": message},
    )


def test_a_value_that_is_too_short_is_lengthened_in_any_language():
    search = _Search(None, {})
    search.values["KEY"] = Placeholder("KEY", "importcost", None, None)
    assert search.step(*found_by("KEY สั้นเกินไป (10 ตัว) อย่างน้อย 32 ตัว", ["KEY"]))
    assert len(search.values["KEY"].value) == 32
    assert not search.step(*found_by("KEY (32 of 64)", ["KEY"]))


def test_the_project_s_own_values_come_after_placeholders_once():
    search = _Search(None, {"ECHO": "true", "OTHER": "1"})
    search.values["ECHO"] = Placeholder("ECHO", "importcost", None, None)
    assert search.step(*found_by("neither true nor false"))
    assert {name: one.value for name, one in search.values.items()} == {"ECHO": "true"}
    assert not search.step(*found_by("neither true nor false"))


@pytest.mark.parametrize(
    ("stated", "line"),
    [
        ("^1.4.41", ">=1.4.41,<2"),
        ("^0.20.4", ">=0.20.4,<0.21"),
        ("^0.0.5", ">=0.0.5,<0.0.6"),
        ("~1.4", ">=1.4,<1.5"),
        ("~2", ">=2,<3"),
        ("2.1", "==2.1"),
        ("1.*", "==1.*"),
        ("*", ""),
        (">=1.2, !=1.3", ">=1.2,!=1.3"),
        ("^1.0 || ^2.0", ">=1.0,<2"),
    ],
)
def test_poetry_s_versions_are_those_of_installers(stated, line):
    assert specifiers(stated) == line


def test_a_project_of_poetry_without_a_lock_lists_its_packages(tmp_path):
    text = (
        "[tool.poetry.dependencies]\npython = '^3.8'\nflask = '^3.0'\n"
        "uvicorn = {version = '*', extras = ['standard']}\n"
        "redis = {version = '^5', optional = true}\nown = {path = '../own'}\n"
        "tzdata = {version = '*', markers = \"sys_platform == 'win32'\"}\n"
        "kept = {git = 'https://example.com/kept.git', tag = 'v1'}\n"
    )
    write_files(tmp_path, {"pyproject.toml": text})
    assert read_lines(tmp_path / "pyproject.toml") == (
        "flask>=3.0,<4",
        "uvicorn[standard]",
        "tzdata ; sys_platform == 'win32'",
        "kept @ git+https://example.com/kept.git@v1",
    )


def test_a_dockerfile_tells_which_server_its_image_has(tmp_path):
    text = "FROM python:3.12\nRUN pip install --no-cache-dir \\\n gunicorn==23.0 gevent\n"
    write_files(tmp_path, {"Dockerfile": text, "app/main.py": ""})
    root = str(tmp_path / "app")
    assert installing_dockerfile(root, "gunicorn") == str(tmp_path / "Dockerfile")
    assert installing_dockerfile(root, "uvicorn") is None
    assert installing_dockerfile(root, "corn") is None
