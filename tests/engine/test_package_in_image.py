"""The package in a function's own image, built by a real engine as the Docker recipe says."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid

import pytest

from importcost.measure.package.packagers import DOCKER, known_packagers
from tests.harness import PATIENCE_S, write_files
from tests.packages import installed

pytestmark = [pytest.mark.engine, pytest.mark.slow]
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def build(engine, lambda_image, tmp_path):
    """Give what builds an image of a function with one package, with more lines at its end."""
    tags = []

    def run(*more: str) -> str:
        folder = write_files(
            tmp_path / "image",
            {"app.py": "import big\n\n\ndef handler(event, context):\n    return {}\n"},
        )
        installed(folder, "big", "2.1", files=("big/__init__.py", "big/data.bin"))
        (folder / "big" / "data.bin").write_bytes(b"x" * 50_000)
        lines = (f"FROM {lambda_image}", "COPY . ${LAMBDA_TASK_ROOT}", *more)
        (tmp_path / "Dockerfile").write_text("\n".join(lines) + "\n")
        tag = f"importcost-test/own-{uuid.uuid4().hex[:12]}"
        tags.append(tag)
        words = ("build", "-q", "--network", "none", "-t", tag, "-f", str(tmp_path / "Dockerfile"))
        done = subprocess.run(
            [engine.command, *words, str(folder)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return tag

    yield run
    for tag in tags:
        subprocess.run([engine.command, "rmi", "-f", tag], capture_output=True, check=False)


def package_of(engine, tag, folder):
    words = ("--runner", engine.name, "--image", tag, "--package-type", "image", "--runs", "5")
    command = [sys.executable, "-m", "importcost", "profile", "app.handler", *words]
    done = subprocess.run(
        [*command, "-o", "p.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "p.json").read_text())["package"], done.stdout


def test_the_recipe_of_docker_leaves_nothing_to_compile(engine, build, tmp_path):
    package, text = package_of(engine, build(), tmp_path)
    assert package["form"] == "image"
    (place,) = package["places"]
    assert place["size_bytes"] > 50_000_000  # with its base
    sizes = {one["name"]: one for one in package["distributions"]}
    assert sizes["big"]["size_bytes"] > 50_000 > sizes["big"]["loaded_bytes"]
    counts = {one["state"]: one["loaded"] for one in package["bytecode"]["counts"]}
    assert counts == {"missing": 2}
    assert "of Lambda's 10 GB" in text
    (command,) = known_packagers()[DOCKER].commands(VERSION, ".")
    assert command.startswith("RUN python ")
    here = command.replace("RUN python ", f"RUN python{VERSION} ")  # the name in this image
    compiled, text = package_of(engine, build(here), tmp_path)
    counts = {one["state"]: one["loaded"] for one in compiled["bytecode"]["counts"]}
    assert counts == {"hash-based": 2}
    assert "compileall" not in text
