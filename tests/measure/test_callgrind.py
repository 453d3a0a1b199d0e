"""A launch under valgrind keeps to its limit, too."""

from __future__ import annotations

import shutil
import sys

import pytest

from importcost.measure.runners.base import Layout
from importcost.measure.runners.callgrind import collected, under_callgrind
from importcost.measure.runners.local import LocalRunner, inspect_interpreter

SOON_S = 0.3


@pytest.fixture
def runner(tmp_path):
    if not (shutil.which("valgrind") and shutil.which("setarch")):
        pytest.skip("valgrind or setarch is not installed")
    facts = inspect_interpreter(sys.executable)
    layout = Layout(str(tmp_path), (str(tmp_path),), None)
    return under_callgrind(LocalRunner(facts.executable, facts, layout, {}))


def test_what_does_not_end_is_ended(runner):
    runner.slower_by = 1
    launch = runner.launch(("-c", "import time; time.sleep(600)"), {}, SOON_S)
    assert launch.timed_out
    assert launch.exit_code < 0


@pytest.mark.slow
def test_what_ends_in_time_is_counted(runner):
    assert collected(runner.launch(("-I", "-S", "-c", "pass"), {}, 6.0)) > 1_000_000
