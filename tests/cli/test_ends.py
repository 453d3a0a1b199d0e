"""The end of the process: interrupted at any moment, on a bug, before work that would be lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.harness import PATIENCE_S, write_files

# Runs `importcost` with one thing replaced, as a bug would.
BROKEN = """
import sys
import importcost.app.profile.from_log as module
def broken(*_, **__):
    {body}
module.profile_log = broken
sys.argv = ["importcost", "profile", "--from-log", "x.log", *sys.argv[1:]]
from importcost.cli.main import main
main()
"""


def run(folder, *argv: str):
    return subprocess.run(
        [sys.executable, *argv],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("return {}['absent']", "KeyError: 'absent'"),
        ("open('/no/such/folder/x')", "FileNotFoundError"),
        ("raise OSError(5, 'Input/output error')", "OSError"),
        ("return f(*_) if (f := broken) else 0", "RecursionError"),
    ],
)
def test_a_bug_is_called_one_and_is_no_verdict(tmp_path, body, error):
    (tmp_path / "x.log").write_text("")
    done = run(tmp_path, "-c", BROKEN.format(body=body))
    assert done.returncode == 3
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"Error: importcost itself failed ({error}")
    assert "this is a bug in importcost" in last
    assert "Traceback (most recent call last)" in done.stderr
    assert "cannot be written" not in done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "x.log"]


@pytest.mark.unhurried
def test_a_closed_input_is_not_taken_for_the_output(tmp_path):
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m importcost profile --from-log - <&-"],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Standard input is closed" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("output", "reason"),
    [("/proc/x.html", "No such file"), ("/sys/x.json", ""), ("locked/x.html", "")],
)
def test_a_report_that_cannot_be_written_is_noticed_before_measuring(tmp_path, output, reason):
    files = {"handler.py": "open('ran', 'w')\n", "locked/x": ""}
    folder = write_files(tmp_path, files)
    (folder / "locked").chmod(0o500)
    if output.startswith("locked") and os.access(folder / "locked", os.W_OK):
        output = "/proc/self/x.html"  # root may write anywhere else
    done = run(folder, "-m", "importcost", "profile", "handler.py", "--runner", "local",
               "-o", "a.json", "-o", output)  # fmt: skip
    assert done.returncode == 2
    assert f"The report {output} cannot be written ({reason}" in done.stderr
    assert "with -o." in done.stderr
    assert not (folder / "ran").exists()
    assert not list(folder.glob("*.json"))
    assert not list(folder.glob(".a*"))


def started(folder, code: str) -> subprocess.Popen[str]:
    """Start `code` and return when it has printed a line."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline().strip() == "ready"
    return process


# Not one long sleep: a signal that comes right before it begins would be answered after it.
WAITING = "[time.sleep(0.05) for _ in range(12_000)]"
EARLY = f"""
import sys, time
import importcost.cli.main as module
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            print("ready")
            {WAITING}
sys.meta_path.insert(0, Slow())
sys.argv = ["importcost", "--help"]
module.main()
"""
LATE = """
import sys, time
import importcost.app.profile.from_log as module
def slow(*_, **__):
    try:
        print("ready")
        {waiting}
    finally:
        print("cleaning")
        {cleaning}
        print("cleaned")
module.profile_log = slow
sys.argv = ["importcost", "profile", "--from-log", "x.log"]
from importcost.cli.main import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_before_click_is_there_shows_no_traceback(tmp_path, number):
    process = started(tmp_path, EARLY)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert stderr == "Interrupted: everything that was started has been removed.\n"


@pytest.mark.unhurried
def test_a_second_interrupt_waits_for_the_removal(tmp_path):
    (tmp_path / "x.log").write_text("")
    done = tmp_path / "done"
    is_done = f"__import__('os').path.exists({str(done)!r})"
    cleaning = f"[time.sleep(0.05) for _ in iter(lambda: {is_done}, True)]"
    process = started(tmp_path, LATE.format(waiting=WAITING, cleaning=cleaning))
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline().strip() == "cleaning"
    process.send_signal(signal.SIGINT)
    assert "Still removing" in process.stderr.readline()
    done.touch()
    stdout, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert stdout.strip() == "cleaned"
    assert stderr.endswith("has been removed.\n")
    assert "Traceback" not in stderr


@pytest.mark.unhurried
def test_a_third_interrupt_ends_a_removal_that_hangs(tmp_path):
    (tmp_path / "x.log").write_text("")
    process = started(tmp_path, LATE.format(waiting=WAITING, cleaning=WAITING))
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline().strip() == "cleaning"
    process.send_signal(signal.SIGINT)
    assert "Still removing" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "cleaned" not in stdout
    assert "Traceback" not in stderr


INTERRUPTED_REMOVAL = """
import sys
from importcost.measure.runners import killed_runs, launcher
def interrupted(folder):
    raise KeyboardInterrupt
launcher.remove_folder = interrupted
sys.argv = ["importcost", "profile", "handler.py", "--runner", "local", "--runs", "6"]
from importcost.cli.main import main
main()
"""


@pytest.mark.unhurried
def test_an_interrupt_within_a_removal_leaves_nothing(tmp_path, monkeypatch):
    folder = write_files(tmp_path / "project", {"handler.py": "def handler(event, context): ...\n"})
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    done = run(folder, "-c", INTERRUPTED_REMOVAL)
    assert done.returncode == 130, done.stderr
    assert list((tmp_path / "tmp").iterdir()) == []
