"""`importcost check` and `compare` in a real engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.harness import PATIENCE_S, write_files

pytestmark = [pytest.mark.engine, pytest.mark.slow]
WORK = "sum(range(400_000))\n"
FILES = {
    "importcost.toml": '[handlers.orders]\nhandler = "handler.py"\nforbid = ["wave"]\n',
    "handler.py": WORK,
}


def importcost(folder, *args):
    return subprocess.run(
        [sys.executable, "-m", "importcost", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_both_judge_what_runs_inside(engine, lambda_image, tmp_path):
    write_files(tmp_path / "base", FILES)
    head = write_files(tmp_path / "head", {**FILES, "handler.py": "import wave\n" + WORK * 10})
    inside = ("--runner", engine.name, "--image", lambda_image)
    checked = importcost(head, "check", *inside)
    assert checked.returncode == 1, checked.stderr
    assert "handler (handler.py:1) > wave" in checked.stdout
    compared = importcost(head, "compare", "../base", *inside, "--pairs", "8", "--no-attribution")
    assert compared.returncode == 1, compared.stderr
    assert "✗ slower  orders" in compared.stdout
    counted = importcost(head, "compare", "../base", *inside, "--metric", "instructions")
    assert counted.returncode == 1, counted.stderr
    assert "counts on this machine only" in counted.stderr  # valgrind and perf, so bytecodes are
