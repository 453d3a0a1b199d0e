"""Worker processes end with the command that started them, however it ends."""

import os
import subprocess
import sys

from tests.harness import PATIENCE_S

STARTS_AND_DIES = """
import os, signal
from importcost.app.projects.local_workers import local_workers
if __name__ == "__main__":
    with local_workers(2).open() as executor:
        print(executor.submit(os.getpid).result(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_of_a_killed_command_do_not_hold_its_output(tmp_path):
    """The output ends only when the last process that has it lets go."""
    (tmp_path / "program.py").write_text(STARTS_AND_DIES)
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == -9
    assert int(done.stdout) != os.getpid()
