"""The packages of Lambda's runtime are there, behind the function's own, and marked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from importcost.measure.deployed.runtime_packages import runtime_packages
from importcost.measure.runners.local import inspect_interpreter
from importcost.processes.installer import installed_folder
from importcost.processes.wheels import InstallTarget
from tests.commands import run_here
from tests.harness import write_files
from tests.packages import installed

SITE = Path("lib") / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
NOWHERE = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "",
    "PIP_CONFIG_FILE": os.devnull,
    # uv installs where it is found, and heeds variables of its own.
    "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
    "UV_FIND_LINKS": "",
    "UV_NO_CONFIG": "1",
    "UV_HTTP_RETRIES": "0",
}


@pytest.fixture
def python(tmp_path) -> str:
    folder = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return str(folder / "bin" / "python")


def brought(tmp_path, python, monkeypatch, boto3=None) -> Path:
    """Put a made-up boto3 where the runtime's packages are kept."""
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    facts = inspect_interpreter(python)
    target = InstallTarget(facts.executable, facts.minor_version, facts.machine)
    folder = installed_folder(runtime_packages(facts.minor_version, boto3).key, target)
    texts = {"boto3.py": "import botocore\nWHENCE = 'runtime'\n"}
    needs = ("botocore>=1.42",)
    installed(folder, "boto3", "1.42.97", needs=needs, files=("boto3.py",), texts=texts)
    installed(folder, "botocore", "1.42.97")
    return folder


def profile(tmp_path, python, *words, handler="import boto3\n", **variables):
    root = write_files(tmp_path / "task", {"handler.py": handler + "def handler(e, c): pass\n"})
    saved = tmp_path / "profile.json"
    argv = ["profile", str(root / "handler.py"), "--python", python, "--runner", "local"]
    variables = {"IMPORTCOST_CACHE_DIR": str(tmp_path / "cache"), **variables}
    words = (*argv, "--runs", "6", "-o", str(saved), *words)
    done = run_here(tmp_path, *words, variables=variables)
    return done, json.loads(saved.read_text()) if done.returncode == 0 else {}


def modules(profile) -> dict[str, dict]:
    return {module["name"]: module for module in profile["graph"]["modules"]}


@pytest.mark.unhurried
def test_boto3_is_the_runtimes_and_every_report_says_so(tmp_path, python, monkeypatch):
    folder = brought(tmp_path, python, monkeypatch)
    page = tmp_path / "page.html"
    done, saved = profile(tmp_path, python, "-o", str(page), "-o", str(tmp_path / "tree.csv"))
    found = modules(saved)
    assert found["boto3"]["from_runtime"] is True
    assert found["boto3"]["distribution"] == "boto3"
    assert found["boto3"]["file"] == str(folder / "boto3.py")
    assert found["handler"]["from_runtime"] is False
    assert saved["environment"]["runtime_packages"].startswith("boto3 1.42.97 (")
    assert "From Lambda's runtime: boto3, botocore" in done.stdout
    assert '"from_runtime":true' in page.read_text().replace(": ", ":")
    rows = (tmp_path / "tree.csv").read_text().splitlines()
    assert [row.rpartition(",")[2] for row in rows if ",boto3,boto3," in row] == ["yes"]


@pytest.mark.unhurried
def test_the_functions_own_packages_stand_in_front_of_the_runtimes(tmp_path, python, monkeypatch):
    brought(tmp_path, python, monkeypatch)
    installed(tmp_path / "task", "botocore", "1.29.0")
    _, saved = profile(tmp_path, python)
    assert modules(saved)["botocore"]["from_runtime"] is False
    # On Lambda, too, this pair does not go together.
    (told,) = [one for one in saved["warnings"] if one["code"] == "runtime-conflict"]
    assert "the runtime's boto3 1.42.97 needs botocore>=1.42" in told["message"]


def test_a_conflict_is_named_where_init_fails_by_it(tmp_path, python, monkeypatch):
    brought(tmp_path, python, monkeypatch)
    installed(tmp_path / "task", "botocore", "1.29.0")
    text = "import boto3\nraise ImportError('cannot import name x from botocore')\n"
    done, _ = profile(tmp_path, python, handler=text)
    assert done.returncode == 3
    assert "does not go with the boto3 that Lambda's runtime brings" in done.stderr


@pytest.mark.unhurried
def test_bytecode_that_lies_beside_the_runtimes_packages_counts(tmp_path, python, monkeypatch):
    folder = brought(tmp_path, python, monkeypatch)
    mode = ["--invalidation-mode", "unchecked-hash"]
    subprocess.run([python, "-m", "compileall", "-q", *mode, str(folder)], check=True)
    _, saved = profile(tmp_path, python)
    assert modules(saved)["boto3"]["bytecode"] == "unchecked-hash"


@pytest.mark.unhurried
def test_boto3_none_leaves_it_out(tmp_path, python, monkeypatch):
    brought(tmp_path, python, monkeypatch)
    done, _ = profile(tmp_path, python, "--boto3", "none")
    assert done.returncode == 3
    assert "boto3" in done.stderr


@pytest.mark.unhurried
def test_another_version_is_another_folder(tmp_path, python, monkeypatch):
    brought(tmp_path, python, monkeypatch, "1.40.4")
    _, saved = profile(tmp_path, python, "--boto3", "1.40.4")
    assert "boto3 1.40.4 (asked for)" in saved["environment"]["runtime_packages"]


def test_a_version_that_is_none_is_refused(tmp_path, python):
    done, _ = profile(tmp_path, python, "--boto3", "latest")
    assert done.returncode == 2
    assert "--boto3 is latest: name a version like 1.40.4, or none" in done.stderr


@pytest.mark.unhurried
def test_a_handler_without_boto3_needs_no_index(tmp_path, python):
    done, saved = profile(tmp_path, python, handler="import csv\n", **NOWHERE)
    assert done.returncode == 0
    assert "Installing" not in done.stderr
    assert saved["environment"]["runtime_packages"] is None


@pytest.mark.unhurried
def test_without_an_index_one_sentence_says_what_is_needed(tmp_path, python):
    done, _ = profile(tmp_path, python, IMPORTCOST_CACHE_DIR=str(tmp_path / "c"), **NOWHERE)
    assert done.returncode == 3
    assert "which Lambda's runtime brings: boto3 1.42.97 is not in the cache yet" in done.stderr
    assert "or measure an environment that has boto3 with --python." in done.stderr
    assert list((tmp_path / "c/requirements").iterdir()) == []


@pytest.mark.unhurried
def test_without_an_index_the_environments_own_boto3_is_taken(tmp_path, python):
    site = Path(python).parents[1] / SITE
    installed(site, "boto3", "1.30.0", needs=("botocore",))
    installed(site, "botocore", "1.30.0")
    done, saved = profile(tmp_path, python, **NOWHERE)
    assert done.returncode == 0, done.stderr
    assert modules(saved)["boto3"]["file"] == str(site / "boto3.py")
    assert "boto3 1.30.0 of the measuring environment" in saved["environment"]["runtime_packages"]
