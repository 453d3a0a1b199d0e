"""The Dockerfile's image, built by podman from a base without a registry, does a user's work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from importcost import __version__
from tests.engine import image
from tests.engine.fixtures import running
from tests.harness import PATIENCE_S, ROOT, write_files

pytestmark = [pytest.mark.engine, pytest.mark.slow]
HANDLER = "import csv\nimport helper\n\n\ndef handler(event, context):\n    return {}\n"
FILES = {"handler.py": HANDLER, "helper/__init__.py": "import decimal\n"}
CALLER = 4321
"""A user whom the image does not know."""
# What the official images have (pip, libraries found without a variable), and the packages that an
# index has: none is in reach.
BASE = """\
FROM {image}
COPY pip {site_packages}
COPY wheels /wheelhouse
RUN echo /var/lang/lib > /etc/ld.so.conf.d/python.conf && /sbin/ldconfig
ENV PIP_FIND_LINKS=/wheelhouse PIP_NO_INDEX=1
"""


def must(*words, **options):
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=PATIENCE_S, **options
    )
    assert done.returncode == 0, f"{words}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


def base_image(command, folder):
    """Make the Dockerfile's base: a Python with pip, and with packages instead of an index."""
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    (folder / "source").mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "constraints.txt"):
        shutil.copy(ROOT / name, folder / "source")
    for name in ("src", "templates", "release"):
        bytecode = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=bytecode)
    house = folder / "context" / "wheels"
    pins = ("-c", str(ROOT / "constraints.txt"))
    must(*pip, "wheel", "-w", str(house), *pins, str(folder / "source"), "hatchling")
    for own in house.glob("importcost_lambda-*"):
        own.unlink()  # the Dockerfile has to build it
    must(*pip, "install", "--target", str(folder / "context/pip"), "pip")
    library = f"/var/lang/lib/python{image.VERSION}/site-packages"
    text = BASE.format(image=image.load(command), site_packages=library)
    write_files(folder / "context", {"Dockerfile": text})
    return built(command, folder / "context")


def built(command, folder, *words):
    tag = f"importcost-test/own-{uuid.uuid4().hex[:12]}"
    must(command, "build", "--network", "none", "-t", tag, *words, str(folder))
    return tag


@pytest.fixture(scope="module", params=["podman"])
def own_image(request, tmp_path_factory):
    """The engine's command, and the image that the Dockerfile makes."""
    with running(request.param) as engine:
        base = base_image(engine.command, tmp_path_factory.mktemp("base"))
        tags = [base]
        try:
            tags.append(built(engine.command, ROOT, "--build-arg", f"BASE={base}"))
            yield engine.command, tags[-1]
        finally:
            subprocess.run([engine.command, "rmi", "-f", *tags], capture_output=True, check=False)


@pytest.fixture
def project(tmp_path):
    folder = write_files(tmp_path / "project", FILES)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, CALLER, CALLER)
    return folder


def run(own_image, folder, *words, user=f"{CALLER}:{CALLER}", flags=()):
    command, tag = own_image
    flags = [*flags, *(["--user", user] if user else [])]
    return subprocess.run(
        [command, "run", "--rm", "--network", "none", *flags, "-v", f"{folder}:/work", tag, *words],
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip


def test_a_report_belongs_to_the_caller_and_nothing_else_is_left(own_image, project):
    done = run(own_image, project, "profile", "handler.py", "-o", "r.html", "-o", "r.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("A cold start of handler.py bills about ")
    left = {path.relative_to(project).as_posix(): path for path in project.rglob("*")}
    assert set(left) == {"handler.py", "helper", "helper/__init__.py", "r.html", "r.json"}
    for name in ("r.html", "r.json"):
        assert (left[name].stat().st_uid, left[name].stat().st_gid) == (CALLER, CALLER)
    modules = {one["name"] for one in json.loads(left["r.json"].read_text())["graph"]["modules"]}
    assert {"csv", "helper", "decimal"} <= modules
    assert not modules & {"click", "jinja2"}


def test_without_a_user_it_runs_as_an_ordinary_one(own_image, project):
    project.chmod(0o777)
    done = run(own_image, project, "profile", "handler.py", user=None)
    assert done.returncode == 0, done.stderr
    assert (project / "importcost-report.html").stat().st_uid == 1000


def test_a_folder_that_the_user_may_not_write_is_said(own_image, project):
    done = run(own_image, project, "profile", "handler.py", user=None)
    assert done.returncode == 2
    assert "importcost itself failed" not in done.stderr
    assert "importcost-report.html" in done.stderr.splitlines()[-1]


def test_packages_are_installed_once_and_kept_in_a_volume(own_image, project):
    house = write_files(
        project / "house",
        {
            "requirements.txt": "markupsafe\n",
            "app.py": "import markupsafe\ndef handler(e, c): pass\n",
        },
    )
    volume = f"importcost-test-{uuid.uuid4().hex[:12]}"
    words = ("profile", "app.py", "-o", "-")
    try:
        for index in ("PIP_NO_INDEX=1", "PIP_FIND_LINKS=/nowhere"):
            flags = ("-v", f"{volume}:/home/importcost", "-e", index)
            done = run(own_image, house, *words, flags=flags)
            assert done.returncode == 0, done.stderr
            names = {one["name"] for one in json.loads(done.stdout)["graph"]["modules"]}
            assert "markupsafe" in names
    finally:
        subprocess.run([own_image[0], "volume", "rm", volume], capture_output=True, check=False)
    assert sorted(path.name for path in house.iterdir()) == ["app.py", "requirements.txt"]


def test_it_is_the_version_with_the_pinned_packages_and_no_tools_of_the_build(own_image, project):
    done = run(own_image, project, "--version")
    assert done.stdout == f"importcost, version {__version__}\n"
    assert run(own_image, project).stdout.startswith("Usage: importcost ")
    command, tag = own_image
    listed = must(command, "run", "--rm", "--entrypoint", "python", tag, "-m", "pip", "freeze")
    pins = (ROOT / "constraints.txt").read_text().lower().splitlines()
    frozen = [line for line in listed.lower().splitlines() if not line.startswith("importcost")]
    assert {line.split("==")[0] for line in frozen} >= {"click", "jinja2", "packaging", "pyyaml"}
    assert [line for line in frozen if line not in pins] == []
    assert "hatchling" not in listed
    found = must(command, "run", "--rm", "--entrypoint", "ls", tag, "/work", "/home/importcost")
    assert found.split() == ["/home/importcost:", "/work:"]
    user = must(command, "inspect", "--format", "{{.Config.User}}", tag)
    assert user.strip() == "1000:1000"


def test_the_base_is_an_official_slim_image_of_a_runtime():
    text = (Path(ROOT) / "Dockerfile").read_text()
    (version,) = re.findall(r"^ARG BASE=docker\.io/library/python:(3\.\d+)-slim-\w+$", text, re.M)
    runtimes = json.loads((ROOT / "src/importcost/measure/data/runtimes.json").read_text())
    assert f"python{version}" in json.dumps(runtimes)
