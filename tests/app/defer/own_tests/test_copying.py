"""The project around a handler, and its copy: complete, and separate from the user's files."""

import os
from pathlib import Path

import pytest

from importcost.app.defer.own_tests import project as project_module
from importcost.app.defer.own_tests.copying import copy_project, write_copies
from importcost.app.defer.own_tests.project import find_project
from importcost.errors import MeasurementError, UsageError
from importcost.files.journal import FileEdit
from tests.harness import write_files

NOWHERE = Path("/nowhere")
FILES = {
    "proj/src/handler.py": "import json\n",
    "proj/src/data/rates.json": "{}",
    "proj/tests/test_handler.py": "import handler\n",
    "proj/.env": "STAGE=test",
}


@pytest.fixture
def folder(tmp_path):
    (write_files(tmp_path, FILES) / "proj" / ".git").mkdir()
    return tmp_path / "proj"


def found(folder, here=NOWHERE, home=NOWHERE):
    return find_project(folder / "src", here, home)


def copy_of(project, tmp_path):
    copy = tmp_path.resolve() / "copy" / project.folder.name
    copy_project(project, copy)
    return copy


def listed(copy):
    return {path.relative_to(copy).as_posix() for path in copy.rglob("*") if not path.is_dir()}


def test_the_project_is_the_git_working_tree_around_the_task_root(folder):
    assert found(folder).folder == folder
    assert found(folder, here=folder / "tests").folder == folder


def test_without_git_it_is_the_current_folder_or_the_task_root(folder):
    (folder / ".git").rmdir()
    assert found(folder, here=folder).folder == folder
    assert found(folder, here=folder / "tests").folder == folder / "src"


def test_a_home_folder_is_not_a_project_even_if_git_knows_it(folder):
    assert found(folder, home=folder).folder == folder / "src"
    assert found(folder, here=folder / "src", home=folder).folder == folder / "src"


def test_a_repository_that_is_too_large_is_left_for_the_current_folder(folder, monkeypatch):
    write_files(folder, {f"assets/{number}": "x" * 100 for number in range(20)})
    monkeypatch.setattr(project_module, "MOST_BYTES", 1_000)
    assert found(folder, here=folder / "src").folder == folder / "src"
    monkeypatch.setattr(project_module, "MOST_BYTES", 5)
    with pytest.raises(UsageError, match=f"{folder} cannot be copied for --test"):
        found(folder, here=folder / "src")


def test_too_many_files_are_too_much_as_well(folder, monkeypatch):
    monkeypatch.setattr(project_module, "MOST_FILES", 1)
    with pytest.raises(UsageError, match="run importcost in the smallest folder"):
        found(folder)


def test_the_copy_has_the_files_and_neither_history_nor_caches(folder, tmp_path):
    left = {
        ".git/config": "x",
        "src/__pycache__/handler.cpython-312.pyc": "x",
        ".pytest_cache/v": "x",
        ".tox/py312/x.py": "x",
    }
    write_files(folder, left)
    assert listed(copy_of(found(folder), tmp_path)) == {
        name.removeprefix("proj/") for name in FILES
    }


@pytest.mark.parametrize("marker", [".venv/pyvenv.cfg", "env/conda-meta/x", "node_modules/a.js"])
def test_environments_are_linked_not_copied(folder, tmp_path, marker):
    write_files(folder, {marker: "x"})
    copy = copy_of(found(folder), tmp_path)
    name = marker.partition("/")[0]
    assert (copy / name).readlink() == folder / name
    assert found(folder).size_bytes == sum(
        path.stat().st_size for path in folder.rglob("*") if path.is_file() and name not in
        path.parts
    )  # fmt: skip


def test_links_into_the_project_lead_into_the_copy_and_others_stay(folder, tmp_path):
    write_files(tmp_path, {"shared/rates.txt": "1"})
    (folder / "tests" / "handler.py").symlink_to("../src/handler.py")
    (folder / "whole.py").symlink_to(folder / "src" / "handler.py")
    (folder / "data").symlink_to(folder / "src" / "data")
    (folder / "outside").symlink_to("../shared")
    (folder / "broken").symlink_to("missing")
    copy = copy_of(found(folder), tmp_path)
    for name in ("tests/handler.py", "whole.py"):
        assert (copy / name).resolve() == copy / "src" / "handler.py"
    assert (copy / "data").resolve() == copy / "src" / "data"
    assert (copy / "outside").resolve() == tmp_path.resolve() / "shared"
    assert (copy / "broken").is_symlink()


def test_writing_in_the_copy_never_writes_in_the_project(folder, tmp_path):
    for name in ("whole.py", "tests/again.py"):
        (folder / name).symlink_to(folder / "src" / "handler.py")
    copy = copy_of(found(folder), tmp_path)
    for path in copy.rglob("*"):
        if path.is_file():
            path.write_text("spoilt")
    assert (folder / "src" / "handler.py").read_text() == "import json\n"
    assert (folder / ".env").read_text() == "STAGE=test"


def test_edits_are_written_to_the_copy_with_the_files_mode(folder, tmp_path):
    source = folder / "src" / "handler.py"
    source.chmod(0o555)
    project = found(folder)
    copy = copy_of(project, tmp_path)
    write_copies([FileEdit(source, b"import json\n", b"pass\n")], project, copy)
    assert (copy / "src" / "handler.py").read_bytes() == b"pass\n"
    assert (copy / "src" / "handler.py").stat().st_mode & 0o777 == 0o555
    assert source.read_bytes() == b"import json\n"


def test_a_file_behind_a_link_out_of_the_project_is_never_edited(folder, tmp_path):
    outside = write_files(tmp_path, {"shared/util.py": "import json\n"}) / "shared" / "util.py"
    (folder / "src" / "shared").symlink_to(outside.parent)
    (folder / "src" / "util.py").symlink_to(outside)
    project = found(folder)
    copy = copy_of(project, tmp_path)
    named = [folder / "src" / "shared" / "util.py", folder / "src" / "util.py", outside]
    for path in named:
        with pytest.raises(UsageError, match="lies outside of the project"):
            write_copies([FileEdit(path, b"", b"spoilt")], project, copy)
    assert outside.read_text() == "import json\n"


def test_what_is_no_file_is_left_out(folder, tmp_path):
    os.mkfifo(folder / "pipe")
    assert "pipe" not in listed(copy_of(found(folder), tmp_path))


def test_a_file_that_went_in_between_is_left_out(folder, tmp_path):
    project = found(folder)
    (folder / ".env").unlink()
    assert ".env" not in listed(copy_of(project, tmp_path))


def test_a_disk_that_cannot_be_written_is_said(folder):
    with pytest.raises(MeasurementError, match="cannot be copied to /proc"):
        copy_project(found(folder), Path("/proc/importcost/copy"))


def test_a_folder_above_the_working_tree_is_not_the_project(folder, tmp_path):
    assert found(folder, here=tmp_path).folder == folder


def test_a_file_that_the_edit_adds_is_in_the_copy_only(folder, tmp_path):
    project = found(folder)
    copy = copy_of(project, tmp_path)
    write_copies([FileEdit(folder / "src" / "waits.py", None, b"x = 1\n")], project, copy)
    assert (copy / "src" / "waits.py").read_bytes() == b"x = 1\n"
    assert not (folder / "src" / "waits.py").exists()
