"""Worker processes end with the command that started them, however it ends."""

import os
import subprocess
import sys

import pytest

from importcost.app.projects.local_workers import local_workers, shares_of
from tests.harness import PATIENCE_S

STARTS_AND_DIES = """
import os, signal
from importcost.app.projects.local_workers import local_workers
if __name__ == "__main__":
    with local_workers(2).open() as executor:
        print(executor.submit(os.getpid).result(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.unhurried
def test_workers_of_a_killed_command_do_not_hold_its_output(tmp_path):
    """The output ends only when the last process that has it lets go."""
    (tmp_path / "program.py").write_text(STARTS_AND_DIES)
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == -9
    assert int(done.stdout) != os.getpid()


@pytest.mark.parametrize(
    ("cores", "jobs", "shares"),
    [
        ([0, 1], 2, [(0,), (1,)]),
        ([0, 1, 2, 3], 2, [(0, 1), (2, 3)]),
        ([0, 2, 4, 6, 8], 2, [(0, 2), (4, 6, 8)]),
        ([3], 2, [(3,), (3,)]),
        ([0, 1], 3, [(0,), (1,), (0,)]),
    ],
)
def test_workers_share_all_cores_and_none_twice_if_there_are_enough(cores, jobs, shares):
    assert shares_of(cores, jobs) == shares


@pytest.mark.unhurried
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this machine pins nothing")
def test_each_worker_keeps_to_its_cores():
    usable = sorted(os.sched_getaffinity(0))
    with local_workers(2).open() as executor:
        found = [executor.submit(os.sched_getaffinity, 0).result() for _ in range(4)]
    assert all(one in [set(share) for share in shares_of(usable, 2)] for one in found)
