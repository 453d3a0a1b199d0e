"""The package that is deployed with a handler: found by what is there, counted file by file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from importcost.app.package.deployed_package import bytecode_in_image, is_built
from importcost.model.graph import STDLIB, BytecodeState
from importcost.model.package.bytecode import ShippedState
from tests.commands import run_here
from tests.harness import write_files
from tests.measure.package.test_contents import bytes_in, graph_of
from tests.measure.package.test_recipes import zipped
from tests.packages import installed

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
HANDLER = "import requests\nimport boto3\n\nS3 = boto3.client('s3')\n\n\ndef handler(e, c): pass\n"


def importcost(folder, *args):
    absent = dict.fromkeys(("VIRTUAL_ENV", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"))
    variables = {**absent, "IMPORTCOST_CACHE_DIR": str(folder.parent / "cache")}
    return run_here(folder, *args, "--runner", "local", variables=variables)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Build a function with real packages, compiled by date as installers do."""
    folder = tmp_path_factory.mktemp("built") / "package"
    uv = shutil.which("uv")
    install = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if uv:
        install = [uv, "pip", "install", "-q", "--python", sys.executable, "--compile-bytecode"]
    subprocess.run([*install, "--target", str(folder), "requests", "boto3"], check=True)
    return write_files(folder, {"app.py": HANDLER})


@pytest.mark.unhurried
def test_a_real_package_is_counted_to_the_byte_and_its_bytecode_told(built, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    zipped(built, project / "fn.zip", 315532800)
    write_files(
        project,
        {"importcost.toml": '[handlers.fn]\nhandler = "fn.zip::fn"\nmax_package_mb = 1\n'},
    )
    done = importcost(project, "profile", "fn.zip", "--runs", "5", "-o", "p.json")
    assert done.returncode == 0, done.stderr
    package = json.loads((project / "p.json").read_text())["package"]
    assert package["form"] == "built"
    (place,) = package["places"]
    assert place["size_bytes"] == bytes_in(built)
    assert sum(one["size_bytes"] for one in package["distributions"]) == place["size_bytes"]
    sizes = {one["name"]: one for one in package["distributions"]}
    assert {"botocore", "boto3", "requests", "urllib3", "idna", "function"} <= sizes.keys()
    assert sizes["botocore"]["loaded_bytes"] < sizes["botocore"]["size_bytes"] / 2
    assert package["services"]["loaded"] == ["s3"]
    assert package["services"]["services"] > 300
    states = {one["state"]: one["loaded"] for one in package["bytecode"]["counts"]}
    assert states["missing"] == 1  # app.py
    assert states["of another date"] > 100
    assert "dated 1980-01-01" in " ".join(done.stdout.split())
    done = importcost(project, "check", "--deterministic", "--json")
    assert done.returncode == 1, done.stderr
    checks = {one["rule"]: one for one in json.loads(done.stdout)["checks"]}
    assert checks["package-size"]["status"] == "fail"
    assert checks["package-size"]["measured"] == pytest.approx(bytes_in(built) / 2**20, abs=1e-3)
    assert checks["stale-bytecode"]["status"] == "fail"
    assert checks["stale-bytecode"]["level"] == "warn"
    assert "-m compileall -q -f" in checks["stale-bytecode"]["message"]


@pytest.mark.unhurried
def test_requirements_count_with_the_sources_and_the_environment_does_not(tmp_path):
    site = tmp_path / "site"
    installed(site, "unrelated", files=("unrelated.py",), texts={"unrelated.py": "x" * 9_999})
    project = write_files(
        tmp_path / "project",
        {
            "app.py": "import idna\n\n\ndef handler(e, c): pass\n",
            "requirements.txt": "idna==3.10\n",
        },
    )
    done = importcost(project, "profile", "app.py", "--runs", "5", "-o", "p.json")
    assert done.returncode == 0, done.stderr
    package = json.loads((project / "p.json").read_text())["package"]
    names = {one["name"] for one in package["distributions"]}
    assert names == {"idna", "function"}
    assert package["lacking"] == []
    assert package["bytecode"] is None  # nothing was built yet


def test_a_folder_is_built_if_a_tool_made_it_or_packages_lie_in_it(tmp_path):
    assert not is_built(write_files(tmp_path / "src", {"app.py": ""}))
    assert is_built(write_files(tmp_path / ".aws-sam/build/Fn", {"app.py": ""}))
    installed(tmp_path / "own", "thing")
    assert is_built(tmp_path / "own")


def test_bytecode_in_an_image_is_what_the_probe_saw_there(tmp_path):
    graph = graph_of(tmp_path / "a.py", tmp_path / "b.py", tmp_path / "c.py")
    a, b, c = graph.modules
    modules = (
        replace(a, bytecode=BytecodeState.VALID),
        replace(b, bytecode=BytecodeState.ABSENT),
        replace(c, bytecode=BytecodeState.ABSENT, distribution=STDLIB),
    )
    found = bytecode_in_image(replace(graph, modules=modules), "3.12")
    assert found is not None
    counts = {one.state: one.loaded for one in found.counts}
    assert counts == {ShippedState.VALID: 1, ShippedState.MISSING: 1}
    assert found.recipe.packager == "Docker"
    assert found.recipe.steps[0].endswith("${LAMBDA_TASK_ROOT}")
    assert bytecode_in_image(replace(graph, modules=()), "3.12") is None
