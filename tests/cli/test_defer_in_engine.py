"""`importcost defer --runner ENGINE`: changed sources inside a container, none of them on disk."""

from __future__ import annotations

import json

import pytest

from importcost.model.codec import profile_from_plain
from tests.clockwork import Times, run_clocked
from tests.harness import write_files

pytestmark = [pytest.mark.engine, pytest.mark.slow]
FILES = {
    "layer/python/heavy.py": "def answer():\n    return 42\n",
    "task/app/__init__.py": "",
    "task/app/helper.py": "import heavy\n\n\ndef slow():\n    return heavy.answer()\n",
    "task/handler.py": "from app import helper\n\n\ndef handler(event, context):\n"
    "    return helper.slow() if event else 0\n",
    "big.json": "[1]",
}


def test_savings_are_verified_in_the_container(engine, lambda_image, tmp_path, monkeypatch):
    write_files(tmp_path, FILES)
    args = [
        *("defer", "task/handler.py:handler"),
        *("--runner", engine.name, "--image", lambda_image, "--layer", "layer"),
        *("--runs", "8", "--verify-seconds", "600", "--event", "big.json", "-o", "out.json"),
    ]
    times = Times({"handler": 30, "app": 10, "app.helper": 40, "heavy": 60_000})
    done = run_clocked(monkeypatch, tmp_path, args, times)
    assert done.returncode == 0, done.stderr
    advice = profile_from_plain(json.loads((tmp_path / "out.json").read_text())).advice
    found = {one.code: one for one in advice.findings}["import heavy"]
    assert found.place.file == str(tmp_path / "task/app/helper.py")
    assert found.verification.failure is None
    assert found.verification.gone == ("heavy",)
    assert found.verification.saving_us.value == pytest.approx(60_000, rel=0.05)
    assert found.triggered_by == ("big.json",)
    assert advice.bytecode.verification is not None
    assert "--- a/app/helper.py\n+++ b/app/helper.py\n" in done.stdout
    for name, text in FILES.items():
        assert (tmp_path / name).read_text() == text
    assert not list(tmp_path.rglob("*.pyc"))
