"""Commands that are interrupted at random moments leave whole files and nothing else.

A few moments of each; `tests/benchmarks/bench_interruptions.py` takes a hundred.
"""

import json
import subprocess
import sys

import pytest

from tests.benchmarks.bench_interruptions import COMMANDS
from tests.harness import ROOT
from tests.sampling import is_whole

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds orphans in /proc"),
]
SCRIPT = ROOT / "tests" / "benchmarks" / "bench_interruptions.py"
MOMENTS = {"profile": 4, "defer": 1, "project of 2 jobs": 2}


@pytest.mark.parametrize("name", COMMANDS if is_whole() else MOMENTS)
def test_random_moments_leave_nothing_half_done(tmp_path, monkeypatch, name):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    moments = str(MOMENTS.get(name, 4))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--moments", moments, "--only", name],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    row = json.loads(done.stdout.splitlines()[0])
    assert row["wrong"] == []
    assert sum(row["ends"].values()) == int(moments)
    assert done.returncode == 0
