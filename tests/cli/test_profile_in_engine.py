"""`importcost profile --runner ENGINE` as a user types it, in a real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.engine.fixtures import wait_until
from tests.harness import PATIENCE_S, write_files

pytestmark = [pytest.mark.engine, pytest.mark.slow]
FILES = {
    "handler.py": "import csv\nimport helper\n\ndef handler(event, context): return {}\n",
    "helper.py": "import wave\n",
    "endless.py": "while True: pass\n",
    "raises.py": "import os\nos.environ['AWS_PROFILE']\n",
    "lacks.py": "import os\nfrom nowhere_a import x\nimport nowhere_b\nos.environ['TABLE']\n",
    "reads.py": "import os\nT = os.environ['TABLE']\nN = os.getenv('N_LIMIT')\nprint(int(N))\n",
}


def containers(command: str) -> set[str]:
    listed = subprocess.run(
        [command, "ps", "--all", "--format", "{{.Names}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name for name in listed.stdout.split() if name.startswith("importcost")}


def argv(engine, image, target, *more):
    words = ("--runner", engine.name, "--image", image, "--runs", "6", *more)
    return [sys.executable, "-m", "importcost", "profile", target, *words]


def profile(folder, *args):
    return subprocess.run(
        argv(*args), cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@pytest.fixture
def folder(tmp_path):
    return write_files(tmp_path / "a task", FILES)


def test_a_handler_is_measured_inside_and_shown_as_it_lies_here(engine, lambda_image, folder):
    before = containers(engine.command)
    done = profile(folder, engine, lambda_image, "handler.py:handler", "-o", "p.json")
    assert done.returncode == 0, done.stderr
    assert "A cold start of handler.py:handler bills about" in done.stdout
    data = json.loads((folder / "p.json").read_text())
    assert data["environment"]["runner"] == engine.name
    assert data["environment"]["image"] == lambda_image
    assert "awslambdaric" in data["environment"]["runtime_source"]
    places = {(edge["imported"], edge["file"], edge["line"]) for edge in data["graph"]["edges"]}
    assert ("wave", str(folder / "helper.py"), 1) in places
    assert containers(engine.command) == before
    assert sorted(path.name for path in folder.rglob("*")) == sorted([*FILES, "p.json"])


def test_a_handler_that_fails_leaves_no_container_and_no_report(engine, lambda_image, folder):
    before = containers(engine.command)
    done = profile(folder, engine, lambda_image, "raises.py")
    assert done.returncode == 3
    assert "--env AWS_PROFILE=VALUE" in done.stderr
    assert "Traceback" in done.stderr
    assert containers(engine.command) == before
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


def test_what_init_lacks_is_found_in_the_container_too(engine, lambda_image, folder):
    done = profile(folder, engine, lambda_image, "lacks.py", "--no-install")
    assert done.returncode == 3
    assert "nowhere_a (lacks.py line 2) and nowhere_b (lacks.py line 3)" in done.stderr
    done = profile(folder, engine, lambda_image, "reads.py", "-o", "made.json")
    assert done.returncode == 0, done.stderr
    placeholders = json.loads((folder / "made.json").read_text())["supplies"]["placeholders"]
    assert [(one["name"], one["value"], one["line"]) for one in placeholders] == [
        ("TABLE", "importcost-table", 2),
        ("N_LIMIT", "1", 3),
    ]
    assert placeholders[0]["file"] == str(folder / "reads.py")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_ended_leaves_no_container(
    engine, lambda_image, folder, number, tmp_path
):
    before = containers(engine.command)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        argv(engine, lambda_image, "endless.py"),
        cwd=folder,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: containers(engine.command) - before, PATIENCE_S, "a container runs")
        process.send_signal(number)
        process.wait(timeout=PATIENCE_S)
        wait_until(lambda: containers(engine.command) == before, PATIENCE_S, "the container goes")
    finally:
        process.kill()
        process.wait()
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert list(temporary.iterdir()) == []
