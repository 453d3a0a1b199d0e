"""In a container boto3 is the image's own, or the runtime's packages are mounted."""

from __future__ import annotations

import json
import platform
import subprocess
import sys

import pytest

from importcost.measure.deployed.runtime_packages import runtime_packages
from importcost.measure.runners.container.inside import RUNTIME_PACKAGES_DIR
from importcost.processes.installer import installed_folder
from importcost.processes.wheels import InstallTarget
from tests.harness import PATIENCE_S, write_files
from tests.packages import installed

pytestmark = [pytest.mark.engine, pytest.mark.slow]
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
HANDLER = "import boto3\n\ndef handler(event, context):\n    return boto3.__name__\n"


@pytest.fixture
def brought(tmp_path, monkeypatch):
    """A made-up boto3 where what the runtime brings is kept."""
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    target = InstallTarget(None, VERSION, platform.machine())
    folder = installed_folder(runtime_packages(VERSION).key, target)
    texts = {"boto3.py": "import time, botocore\ntime.sleep(0.3)\nWHENCE = 'runtime'\n"}
    installed(folder, "boto3", "1.42.97", files=("boto3.py",), texts=texts)
    installed(folder, "botocore", "1.42.97")
    return folder


def importcost(command, folder, engine, image, *words):
    argv = [command, str(folder / "handler.py") + ":handler", "--runner", engine.name]
    return subprocess.run(
        [sys.executable, "-m", "importcost", *argv, "--image", image, *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def profile(tmp_path, engine, image, text=HANDLER):
    folder = write_files(tmp_path / "a task, root", {"handler.py": text})
    saved = tmp_path / "profile.json"
    done = importcost("profile", folder, engine, image, "--runs", "5", "-o", str(saved))
    return done, json.loads(saved.read_text()) if saved.exists() else {}


def modules(profile):
    return {module["name"]: module for module in profile["graph"]["modules"]}


def test_an_image_without_boto3_gets_the_runtimes(tmp_path, engine, image_without_boto3, brought):
    done, saved = profile(tmp_path, engine, image_without_boto3)
    assert done.returncode == 0, done.stderr
    found = modules(saved)
    assert found["boto3"]["from_runtime"] is True
    assert found["boto3"]["distribution"] == "boto3"
    assert found["boto3"]["file"] == str(brought / "boto3.py")
    assert found["handler"]["from_runtime"] is False
    assert saved["environment"]["runtime_packages"].startswith("boto3 1.42.97 (")
    assert list(brought.rglob("__pycache__")) == []


def test_the_functions_own_stand_in_front_of_it(tmp_path, engine, image_without_boto3, brought):
    installed(tmp_path / "a task, root", "botocore", "1.42.97")
    done, saved = profile(tmp_path, engine, image_without_boto3)
    assert done.returncode == 0, done.stderr
    found = modules(saved)
    assert found["botocore"]["from_runtime"] is False
    assert found["botocore"]["file"] == str(tmp_path / "a task, root" / "botocore.py")
    assert found["boto3"]["from_runtime"] is True


def test_an_image_with_boto3_keeps_its_own(tmp_path, engine, lambda_image, brought):
    done, saved = profile(tmp_path, engine, lambda_image)
    assert done.returncode == 0, done.stderr
    assert modules(saved)["boto3"]["file"] == "/var/runtime/boto3/__init__.py"
    assert modules(saved)["boto3"]["from_runtime"] is True
    assert saved["environment"]["runtime_packages"] == "the image's own, in /var/runtime"


def test_the_emulator_finds_them_as_well(tmp_path, engine, image_without_boto3, brought):
    text = f"import boto3\nassert boto3.__file__.startswith({RUNTIME_PACKAGES_DIR!r})\n" + HANDLER
    folder = write_files(tmp_path / "a task, root", {"handler.py": text})
    words = ("--rounds", "1", "--runs", "5", "--memory", "512", "--json")
    done = importcost("verify-init", folder, engine, image_without_boto3, *words)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    # boto3's sleep is in both figures.
    assert all(duration_us > 300_000 for duration_us in data["emulator"]["runs_us"])
    own = ("handler imports", "module body")
    phases = data["profile"]["phases"]
    assert sum(phase["wall_us"] for phase in phases if phase["phase"] in own) >= 300_000
