"""The samples in a real container, with the runtime's own registry of hooks."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.harness import PATIENCE_S, write_files

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


LABEL = 'LABEL com.amazonaws.lambda.feature.snapstart="Allow"'
OWN = {
    "handler.py": "import uuid, helper\nID = uuid.uuid4()\ndef handler(e, c):\n    import wave\n",
    "helper.py": "import time\nAT = time.time()\n",
}


@pytest.mark.parametrize(("line", "taken"), [(LABEL, "yes"), ("", "no")])
def test_a_function_s_own_image_is_read_by_the_engine_and_checked_inside(
    engine, lambda_image, tmp_path, line, taken
):
    dockerfile = f"FROM {lambda_image}\nCOPY handler.py helper.py /var/task/\n{line}\n"
    context = write_files(tmp_path / "context", {**OWN, "Dockerfile": dockerfile})
    name = f"importcost-test/own-{uuid.uuid4().hex[:12]}:1"
    build = [engine.command, "build", "--quiet", "--tag", name, str(context)]
    subprocess.run(build, capture_output=True, timeout=PATIENCE_S, check=True)
    words = (
        "--runner",
        engine.name,
        "--image",
        name,
        "--package-type",
        "image",
        "--json",
        "--prime",
        "{}",
    )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "importcost", "snapstart", "handler.handler", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    finally:
        remove = [engine.command, "rmi", "--force", name]
        subprocess.run(remove, capture_output=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1, done.stderr
    data = json.loads(done.stdout)
    assert [(one["about"], one["taken"]) for one in data["support"]] == [("image", taken)]
    found = {(Path(one["file"]).name, one["kind"]) for one in data["findings"]}
    assert found == {("handler.py", "uuid"), ("helper.py", "clock")}
    assert "wave" in data["priming"]["loaded"]
