"""`importcost defer --runner ENGINE`: changed sources inside a container, none of them on disk."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from engine.fixtures import engine, lambda_image
from harness import write_files
from importcost.model.codec import profile_from_plain

__all__ = ["engine", "lambda_image"]
pytestmark = [pytest.mark.engine, pytest.mark.slow]
BUSY = "sum(range(3_000_000))\n"
FILES = {
    "layer/python/heavy.py": f"def answer():\n    return 42\n{BUSY}",
    "task/app/__init__.py": "",
    "task/app/helper.py": "import heavy\n\n\ndef slow():\n    return heavy.answer()\n",
    "task/handler.py": "from app import helper\n\n\ndef handler(event, context):\n"
    "    return helper.slow() if event else 0\n",
    "big.json": "[1]",
}


def test_savings_are_verified_in_the_container(engine, lambda_image, tmp_path):
    write_files(tmp_path, FILES)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "importcost", "defer", "task/handler.py:handler"),
            *("--runner", engine.name, "--image", lambda_image, "--layer", "layer"),
            *("--runs", "8", "--verify-seconds", "2", "--event", "big.json", "-o", "out.json"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    advice = profile_from_plain(json.loads((tmp_path / "out.json").read_text())).advice
    found = {one.code: one for one in advice.findings}["import heavy"]
    assert found.place.file == str(tmp_path / "task/app/helper.py")
    assert found.verification.failure is None
    assert found.verification.gone == ("heavy",)
    assert found.triggered_by == ("big.json",)
    assert advice.bytecode.verification is not None
    assert "--- a/app/helper.py\n+++ b/app/helper.py\n" in done.stdout
    for name, text in FILES.items():
        assert (tmp_path / name).read_text() == text
    assert not list(tmp_path.rglob("*.pyc"))
