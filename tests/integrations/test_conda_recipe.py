"""The conda recipe, rendered by rattler-build itself, is the package of pyproject.toml."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from importcost import __version__
from tests.harness import PATIENCE_S

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "release" / "conda" / "recipe.yaml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PLATFORMS = ("linux-64", "linux-aarch64", "osx-arm64", "win-64")


def rendered(platform="linux-64", text=None):
    from rattler_build import PlatformConfig, RenderConfig, Stage0Recipe, VariantConfig

    recipe = Stage0Recipe.from_file(RECIPE) if text is None else Stage0Recipe.from_yaml(text)
    config = RenderConfig(platform=PlatformConfig(target_platform=platform))
    (variant,) = recipe.render(VariantConfig({}), config)
    return variant.recipe.to_dict()


def bounds(requirement):
    """Return name and bounds of a requirement of PyPI or conda, in one form."""
    asked = Requirement(re.sub(r"^(\S+) ([\d.]+)\.\*$", r"\1 ==\2.*", requirement))
    return asked.name.lower(), asked.specifier


@pytest.mark.parametrize("platform", PLATFORMS)
def test_it_is_the_project(platform):
    made = rendered(platform)
    assert made["package"] == {"name": PROJECT["name"], "version": __version__}
    assert made["build"]["noarch"] == "python"
    scripts = [f"{name} = {place}" for name, place in PROJECT["scripts"].items()]
    assert made["build"]["python"]["entry_points"] == scripts
    assert made["about"]["summary"] == PROJECT["description"]
    assert made["about"]["license"] == PROJECT["license"]
    (source,) = made["source"]
    assert (RECIPE.parent / source["path"]).resolve() == ROOT
    assert (ROOT / made["about"]["license_file"][0]).is_file()


def test_it_needs_what_the_project_needs():
    needs = dict(bounds(line) for line in rendered()["requirements"]["run"])
    assert needs.pop("python") == Requirement(f"python{PROJECT['requires-python']}").specifier
    assert needs == dict(bounds(line) for line in PROJECT["dependencies"])
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    host = dict(bounds(line) for line in rendered()["requirements"]["host"] if " " in line)
    assert host["hatchling"] == bounds(build["requires"][0])[1]
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert str(host["python"]) == f"=={lowest}.*"


@pytest.mark.parametrize(
    "change",
    [
        ("noarch: python", "noarch: pyton"),
        ("host:", "hosts:"),
        ("${{ version }}", "${{ versoin }}"),
    ],
)
def test_a_mistake_in_it_is_found(change):
    from rattler_build import RattlerBuildError

    with pytest.raises(RattlerBuildError):
        rendered(text=RECIPE.read_text(encoding="utf-8").replace(*change))


@pytest.mark.slow
def test_its_script_builds_what_passes_its_tests(tmp_path):
    made = rendered()
    source = tmp_path / "source"
    for name in ("src", "templates", "release", "sample_handlers"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "host"], check=True)
    python = tmp_path / "host/bin/python"

    def run(words, folder):
        done = subprocess.run(
            words.replace("${{ PYTHON }}", str(python)), shell=True, cwd=folder, text=True,
            env={"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]

    wanted = made["requirements"]["host"] + made["requirements"]["run"]
    wanted = [f"'{line}'" for line in wanted if not line.startswith("python ")]
    run(f"python -m pip install -c {ROOT / 'constraints.txt'} {' '.join(wanted)}", source)
    run(made["build"]["script"], source)
    imports, scripted = made["tests"]
    for name in imports["python"]["imports"]:
        run(f"python -c 'import {name}'", tmp_path)
    run("python -m pip check", tmp_path)
    for name in scripted["files"]["source"]:
        shutil.copytree(source / name, tmp_path / "tried" / name)
    for line in scripted["script"]:
        run(line, tmp_path / "tried")
