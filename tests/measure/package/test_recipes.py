"""Each packager's recipe, carried out by its own tool: what it builds has valid bytecode.

The tools get a real requirement from the package index. What they built is packed with the dates
that the packager is known for, and looked at as Lambda will.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from importcost.app.package.deployed_package import packed_folder, recipe_for
from importcost.files.unpack import unpacked
from importcost.measure.package.contents import PackageSources, package_size
from importcost.measure.package.packagers import known_packagers
from importcost.model.package.bytecode import PackageBytecode, ShippedState
from tests.harness import PATIENCE_S, write_files
from tests.measure.package.test_contents import graph_of

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
REQUIREMENTS = "idna==3.10\nsix==1.17.0\n"
OWN = "import idna\nimport six\n\n\ndef handler(event, context):\n    return six.text_type(event)\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Give a function's folder in which `pythonX.Y` is this interpreter."""
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("python", f"python{PYTHON}"):
        (programs / name).symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return write_files(tmp_path / "project", {"requirements.txt": REQUIREMENTS, "src/app.py": OWN})


def run(command: str, folder: Path, **variables: str) -> None:
    environment = {**os.environ, "VIRTUAL_ENV": str(Path(sys.executable).parents[1]), **variables}
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def zipped(folder: Path, archive: Path, moment_s: int | None) -> Path:
    """Pack a folder; files have the packager's date, or their own as Python's zipfile keeps it."""
    with zipfile.ZipFile(archive, "w") as made:
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            moment = int(file.stat().st_mtime) if moment_s is None else moment_s
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), time.gmtime(moment)[:6])
            made.writestr(entry, file.read_bytes())
    return archive


def shipped(folder: Path) -> PackageBytecode:
    """Return the bytecode of a built folder, all of whose sources init is taken to load."""
    recipe = recipe_for([folder], PYTHON)
    sources = PackageSources(str(folder), PYTHON, recipe, packed_folder(folder))
    found = package_size(sources, graph_of(*sorted(folder.rglob("*.py")))).bytecode
    assert found is not None
    return found


def in_zip(folder: Path, key: str) -> PackageBytecode:
    """Return the bytecode of the ZIP that a packager makes of a folder."""
    archive = folder.with_name(f"{folder.name}-{key}.zip")
    return shipped(unpacked(zipped(folder, archive, known_packagers()[key].zip_moment_s)))


def states(found: PackageBytecode) -> set[ShippedState]:
    return {one.state for one in found.counts}


def installed_by_pip(project: Path, target: str, **variables: str) -> Path:
    run(
        f"python -m pip install -q --disable-pip-version-check --target {target} "
        "-r requirements.txt && cp src/*.py " + target,
        project,
        **variables,
    )
    return project / target


@pytest.mark.unhurried
@pytest.mark.parametrize("key", ["pip", "sam", "terraform", "cdk"])
def test_what_pip_compiles_is_stale_in_a_zip_until_the_recipe_ran(project, key):
    built = installed_by_pip(project, "build")
    before = in_zip(built, key)
    assert before.compiled
    assert states(before) >= {ShippedState.MISSING}  # own code is not compiled by pip
    if known_packagers()[key].zip_moment_s is not None:
        assert ShippedState.VALID not in states(before)
        assert ShippedState.OTHER_DATE in states(before)
    command = known_packagers()[key].commands(PYTHON, "build")[-1]
    run(command.replace("/asset-output", "build"), project)
    after = in_zip(built, key)
    assert states(after) == {ShippedState.HASHED}
    assert after.compiled == 0


@pytest.mark.unhurried
def test_the_serverless_recipe_makes_dependencies_and_own_code_hash_based(project):
    own, deploy = known_packagers()["serverless"].commands(PYTHON, ".")
    variable, _, command = deploy.partition(" ")
    assert command == "serverless deploy"  # which installs with pip, as here
    name, _, value = variable.partition("=")
    write_files(project, {"node_modules/x/tool.py": "x = 1\n", ".hidden/tool.py": "x = 1\n"})
    run(own, project)
    assert not list(project.glob("node_modules/**/*.pyc"))
    assert not list(project.glob(".hidden/**/*.pyc"))
    run(
        "python -m pip install -q --disable-pip-version-check --target build -r requirements.txt"
        " && cp -r src/. build",
        project,
        **{name: value},
    )
    found = in_zip(project / "build", "serverless")
    assert states(found) == {ShippedState.HASHED}


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")
def test_the_recipe_of_uv_compiles_by_hash(project):
    write_files(project, {"uv.lock": ""})
    dependencies, own = known_packagers()["uv"].commands(PYTHON, "build")
    without = dependencies.replace("PYC_INVALIDATION_MODE=UNCHECKED_HASH ", "")
    run(f"{without.replace('build', 'stale')} && cp src/*.py stale", project)
    before = in_zip(project / "stale", "uv")
    assert before.compiled
    assert before.recipe.packager == "uv"
    run(f"{dependencies} && cp src/*.py build && {own}", project)
    after = in_zip(project / "build", "uv")
    assert states(after) == {ShippedState.HASHED}


@pytest.mark.unhurried
def test_a_build_folder_of_sam_is_judged_by_the_dates_that_sam_will_give(project):
    built = installed_by_pip(project, ".aws-sam/build/Orders")
    run("python -m compileall -q .aws-sam/build/Orders", project)  # by timestamp: valid here only
    found = shipped(built)
    assert states(found) == {ShippedState.OTHER_DATE}
    assert "1980-01-01" in found.recipe.dates
    (command,) = known_packagers()["sam"].commands(PYTHON, ".aws-sam/build/Orders")
    assert shlex.split(command)[0] == f"python{PYTHON}"
    run(command, project)
    # without -f, compileall takes what is compiled by date for fresh and leaves it as it is
    assert states(shipped(built)) == {ShippedState.HASHED}
