"""The samples in a real container, with the runtime's own registry of hooks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import PATIENCE_S

pytestmark = [pytest.mark.engine, pytest.mark.slow]
SAMPLES = Path(__file__).resolve().parents[2] / "sample_handlers"


@pytest.mark.parametrize(("sample", "code"), [("snapstart_session", 0), ("snapstart_broken", 1)])
def test_the_samples_come_out_the_same_inside(engine, lambda_image, sample, code):
    file = SAMPLES / sample / "handler.py"
    words = ("--runner", engine.name, "--image", lambda_image, "--json", "--memory", "512")
    done = subprocess.run(
        [sys.executable, "-m", "importcost", "snapstart", str(file), *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == code, done.stderr
    (found,) = json.loads(done.stdout)["findings"]
    assert Path(found["file"]) == file
    assert found["found_by"] == ["source", "run"]
