"""Local projects are installed as they will be deployed, and nothing is written beside them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from importcost.errors import UsageError, remedy
from importcost.processes.installer import ToInstall, install
from importcost.processes.local_projects import with_copies
from importcost.processes.wheels import InstallTarget
from importcost.targets.requirements import read_requirements
from tests.harness import write_files

# A build that needs no index, and leaves files beside its source as setuptools does.
BACKEND = """
import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    os.makedirs("build/lib", exist_ok=True)
    os.makedirs("own.egg-info", exist_ok=True)
    name = "own-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("own.py", open("own.py").read())
        facts = "Metadata-Version: 2.1\\nName: own\\nVersion: 1\\n"
        wheel.writestr("own-1.dist-info/METADATA", facts)
        wheel.writestr("own-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("own-1.dist-info/RECORD", "own.py,,\\n")
    return name
build_editable = build_wheel
"""
PROJECT = {
    "libs/own/pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
    'backend-path = ["."]\n[project]\nname = "own"\nversion = "1"\n',
    "libs/own/backend.py": BACKEND,
    "libs/own/own.py": "X = 1\n",
}
WAYS = (
    "-e ./libs/own",
    "./libs/own",
    "own @ file://{folder}/libs/own",
    "--editable=libs/own",
    "-r more.txt",
)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    root = write_files(tmp_path / "work", {**PROJECT, "more.txt": "./libs/own # ours\n"})
    monkeypatch.chdir(root)
    return root


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.unhurried
@pytest.mark.parametrize("line", WAYS)
def test_a_local_project_is_built_from_a_copy(folder, tmp_path, line):
    file = folder / "requirements.txt"
    file.write_text(f"{line.format(folder=folder)}\n")
    before = everything(folder)
    target = tmp_path / "cache" / "key" / "site-packages"
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    wanted = ToInstall("requirements.txt", remedy("correct it"), file=str(file))
    install(wanted, target, InstallTarget(sys.executable, version, "x86_64"), lambda _: None)
    assert (target / "own.py").read_text() == "X = 1\n"
    assert everything(folder) == before
    assert [path.name for path in target.parent.iterdir()] == ["site-packages"]


def test_a_file_without_local_projects_is_the_users_own(folder, tmp_path):
    text = "six==1.17.0 --hash=sha256:00 \\\n  --hash=sha256:11\n-c https://example.com/c.txt\n"
    text += "# ./libs/own\n"
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(f"{text}-r b.txt\nabsent/path\n")
    assert with_copies(str(folder / "a.txt"), tmp_path) == str(folder / "a.txt")


def test_what_stays_in_a_copied_file_leads_to_the_same_places(folder, tmp_path):
    text = "-r ../six.txt\n../libs/own[x] ; python_version > '3'\n"
    write_files(folder, {"all/in.txt": text, "six.txt": "six\n"})
    copy = Path(with_copies(str(folder / "all/in.txt"), tmp_path))
    included, project = copy.read_text().splitlines()
    assert Path(included.removeprefix("-r ")).resolve() == folder / "six.txt"
    path, _, rest = project.partition("[")
    assert (Path(path) / "own.py").is_file()
    assert rest == "x] ; python_version > '3'"
    assert not path.startswith(str(folder))


def test_an_included_address_is_left_to_the_installer(folder):
    (folder / "requirements.txt").write_text("-c https://example.com/c.txt\nsix\n")
    found = read_requirements(str(folder / "requirements.txt"))
    assert found is not None
    assert found.lines == ("six",)
    assert not found.is_plain


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-r /dev/zero", "not a file"),
        ("-r pipe", "not a file"),
        ("-r libs", "a folder"),
        ("-c absent.txt", "no such file"),
    ],
)
def test_what_no_installer_can_read_is_named(folder, line, reason):
    os.mkfifo(folder / "pipe")
    (folder / "requirements.txt").write_text(f"{line}\n")
    with pytest.raises(UsageError, match=reason):
        read_requirements(str(folder / "requirements.txt"))
