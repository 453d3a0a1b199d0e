"""From what the user names to a target, an interpreter and what must be installed."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import pytest

from importcost.errors import UsageError
from importcost.targets.handler import resolve_target, target_in_image
from importcost.targets.interpreter import choose_interpreter
from importcost.targets.requirements import (
    find_requirements,
    read_requirements,
    start_of_paths,
)
from tests.harness import write_files


def test_a_files_task_root_is_its_folder(tmp_path):
    root = write_files(tmp_path, {"src/app.py": "import helper\n", "src/__init__.py": ""})
    target = resolve_target(str(root / "src/app.py"))
    assert (target.module, target.function, target.task_root) == ("app", None, str(root / "src"))


def test_relative_imports_move_the_task_root_above_the_package(tmp_path):
    files = {"a/__init__.py": "", "a/b/__init__.py": "", "a/b/app.py": "from . import x\n"}
    target = resolve_target(f"{write_files(tmp_path, files)}/a/b/app.py:main")
    assert (target.module, target.function, target.task_root) == ("a.b.app", "main", str(tmp_path))
    assert target.handler == "a/b/app.main"


@pytest.mark.parametrize(
    ("text", "root", "module"),
    [
        ("import app.db\n", "src", "app.main"),
        ("from app.db import x\n", "src", "app.main"),
        ("from app import db\n", "src", "app.main"),
        ("def handler(e, c):\n    import app.db\n", "src", "app.main"),
        ("import app.absent\n", "src/app", "main"),
        ("import app\n", "src/app", "main"),
        ("import db\n", "src/app", "main"),
        ("import json.decoder\n", "src/app", "main"),
        ("syntax error here\n", "src/app", "main"),
    ],
)
def test_importing_the_own_package_moves_the_task_root_above_it(tmp_path, text, root, module):
    files = {"src/app/main.py": text, "src/app/db.py": ""}
    target = resolve_target(str(write_files(tmp_path, files) / "src/app/main.py"))
    assert (target.task_root, target.module) == (str(tmp_path / root), module)


@pytest.mark.parametrize(
    ("text", "marker", "root"),
    [
        ("from app import client\n", "client = 1\n", "src"),
        ("from app import client\n", "", "src/app"),
        ("from app import client\n", "clients = 1\n", "src/app"),
        ("import app\n", "client = 1\n", "src/app"),
    ],
)
def test_a_name_of_the_own_packages_init_moves_the_task_root(tmp_path, text, marker, root):
    files = {"src/app/main.py": text, "src/app/__init__.py": marker}
    target = resolve_target(str(write_files(tmp_path, files) / "src/app/main.py"))
    assert target.task_root == str(tmp_path / root)


def test_a_package_beside_the_file_keeps_the_task_root(tmp_path):
    files = {"app/main.py": "import app.db\n", "app/db.py": "", "app/app/db.py": ""}
    target = resolve_target(str(write_files(tmp_path, files) / "app/main.py"))
    assert target.task_root == str(tmp_path / "app")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("handlr.py", "did you mean handler.py?"),
        ("quite_another.py", "name the handler's Python file"),
        ("", "is empty"),
        ("notes.txt", "is not a Python file by its name"),
    ],
)
def test_a_slip_is_answered_with_what_was_probably_meant(tmp_path, monkeypatch, name, expected):
    monkeypatch.chdir(write_files(tmp_path, {"handler.py": "", "notes.txt": ""}))
    with pytest.raises(UsageError, match=re.escape(expected)):
        resolve_target(name)


def test_the_python_folder_of_a_layer_is_not_the_layer(tmp_path):
    root = write_files(
        tmp_path, {"app.py": "", "layer/python/lib/python3.12/site-packages/a.py": ""}
    )
    with pytest.raises(UsageError, match=re.escape(f"name the one that holds it, {root}/layer.")):
        resolve_target(str(root / "app.py"), layers=(str(root / "layer" / "python"),))


def test_a_handler_string_may_name_a_package(tmp_path):
    root = write_files(tmp_path, {"orders/__init__.py": ""})
    target = resolve_target("orders.handler", task_root=str(root))
    assert (target.module, target.function) == ("orders", "handler")


def test_a_target_in_an_image_needs_no_file_here():
    for text in ("app/main.handler", "app/main.py:handler"):
        target = target_in_image(text)
        assert (target.module, target.function) == ("app.main", "handler")
        assert target.handler_file == "/var/task/app/main.py"


def make_environment(folder: Path) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return python


def test_the_interpreter_is_looked_for_in_the_promised_order(tmp_path):
    start = tmp_path / "project" / "src"
    start.mkdir(parents=True)
    assert choose_interpreter(None, None, start, {}).path == sys.executable
    beside = make_environment(tmp_path / "project" / ".venv")
    assert choose_interpreter(None, None, start, {}).path == str(beside)
    active = make_environment(tmp_path / "active")
    variables = {"VIRTUAL_ENV": str(tmp_path / "active")}
    assert choose_interpreter(None, None, start, variables).path == str(active)
    assert choose_interpreter(sys.executable, None, start, variables).path == sys.executable
    assert choose_interpreter(str(tmp_path / "active"), None, start, {}).path == str(active)


def test_a_runtime_takes_that_version_from_the_path(tmp_path):
    python = tmp_path / "python3.99"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    chosen = choose_interpreter(None, "python3.99", tmp_path, {"PATH": str(tmp_path)})
    assert chosen.path == str(python)


def test_requirements_beside_the_handler_are_found(tmp_path):
    root = write_files(tmp_path, {"a/handler.py": "", "requirements.txt": "", "a/x": ""})
    handler = str(root / "a/handler.py")

    def found() -> str:
        return find_requirements(None, handler, str(root)).requirements.path

    assert found() == str(root / "requirements.txt")
    write_files(root, {"a/requirements.txt": ""})
    assert found() == str(root / "a/requirements.txt")


@pytest.mark.parametrize(
    ("marker", "is_found"),
    [("serverless.yml", True), ("serverless.yaml", True), ("cdk.json", False), ("x.tf", False)],
)
def test_a_service_has_its_requirements_in_its_own_root(tmp_path, marker, is_found):
    files = {"src/items/handler.py": "", "requirements.txt": "six\n", marker: ""}
    root = write_files(tmp_path, files)
    folder = root / "src" / "items"
    found = find_requirements(None, str(folder / "handler.py"), str(folder)).requirements
    assert (found is not None) == is_found
    write_files(root, {"src/items/requirements.txt": "boto3\n"})
    found = find_requirements(None, str(folder / "handler.py"), str(folder)).requirements
    assert found.lines == ("boto3",)


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({}, "pyproject.toml"),
        ({"requirements.txt": "pytest\n"}, "pyproject.toml"),
        ({"src/requirements.txt": "boto3\n"}, "src/requirements.txt"),
        ({"cdk.json": "{}"}, None),
        ({"template.yaml": ""}, None),
    ],
)
def test_a_src_layout_has_its_dependencies_above(tmp_path, files, name):
    project = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["six"]\n'
    root = write_files(tmp_path, {"src/shop/create.py": "", "pyproject.toml": project, **files})
    found = find_requirements(None, str(root / "src/shop/create.py"), str(root / "src"))
    path = found.requirements.path if found.requirements else None
    assert path == (str(root / name) if name else None)


def test_included_files_count_and_change_the_key(tmp_path):
    files = {
        "requirements.txt": "-r more.txt\nboto3>=1 # pinned later\n",
        "more.txt": "six==1.16.0\n",
    }
    root = write_files(tmp_path, files)
    first = read_requirements(str(root / "requirements.txt"))
    assert set(first.lines) == {"boto3>=1", "six==1.16.0"}
    assert first.is_plain
    write_files(root, {"more.txt": "six==1.15.0\n"})
    assert read_requirements(str(root / "requirements.txt")).key != first.key


@pytest.mark.parametrize("name", ["orders/requirements.txt", "orders/src/get/requirements.txt"])
def test_relative_paths_of_requirements_start_where_all_of_them_lead_somewhere(tmp_path, name):
    shop = tmp_path / "shop"
    write_files(shop, {".git/HEAD": "", "shared/setup.py": "", name: "idna\n../shared\n"})
    requirements = read_requirements(str(shop / name))
    assert start_of_paths(requirements) == shop / "orders"


@pytest.mark.parametrize("line", ["idna", "../nowhere", "../outside"])
def test_other_requirements_start_where_the_installer_runs(tmp_path, line):
    shop = tmp_path / "deep" / "shop"
    write_files(shop, {".git/HEAD": "", "requirements.txt": f"{line}\n"})
    (tmp_path / "outside").mkdir()
    assert start_of_paths(read_requirements(str(shop / "requirements.txt"))) is None


def test_another_case_of_the_name_is_told_where_the_disk_finds_it_all_the_same(
    tmp_path, monkeypatch
):
    root = write_files(tmp_path, {"Orders.py": "", "orders.txt": ""})
    real = Path.stat

    def without_cases(self, **options):
        names = {one.casefold(): one for one in ("Orders.py",)}
        return real(self.with_name(names.get(self.name.casefold(), self.name)), **options)

    monkeypatch.setattr(Path, "stat", without_cases)
    monkeypatch.setattr(Path, "exists", lambda self, **_: _is_there(self))
    monkeypatch.setattr(Path, "is_file", lambda self, **_: _is_there(self))
    with pytest.raises(UsageError, match=r"tells a from A: did you mean \S+/Orders\.py\?"):
        resolve_target(str(root / "orders.py"))
    assert resolve_target(str(root / "Orders.py")).module == "Orders"


def _is_there(path):
    try:
        path.stat()
    except OSError:
        return False
    return True


def test_a_layers_zip_is_unpacked_once_as_lambda_does(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    root = write_files(tmp_path, {"app.py": "", "notes.txt": ""})
    archive = root / "shared.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("python/shared.py", "import json\n")
    first, second = (
        resolve_target(str(root / "app.py"), layers=(str(archive),)).layers for _ in range(2)
    )
    assert first == second
    assert (Path(first[0]) / "python" / "shared.py").is_file()
    with pytest.raises(UsageError, match="neither a folder nor a ZIP"):
        resolve_target(str(root / "app.py"), layers=(str(root / "notes.txt"),))
