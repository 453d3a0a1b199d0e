"""Every argument that is a path, with every path that cannot be one: one sentence, no hang."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from importcost.cli.machine import refusal_of
from importcost.errors import MeasurementError, UsageError
from importcost.files import read
from importcost.model.codec import profile_to_plain
from tests.harness import write_files
from tests.hostile.answers import call
from tests.reports.page_factory import small_profile

LONG = "x" * 300
ODD = {
    "long": LONG,
    "long file": f"{LONG}.py",
    "long profile": f"{LONG}.json",
    "long path": "/".join(["d" * 100] * 45),
    "circle": "circle/x",
    "below a file": "handler.py/x.json",
    "undecodable": "\udcff\udcfe",
    "escapes": "a\n::error::b\x1b]0;c\x07",
}


def commands(path: str) -> dict[str, tuple[str, ...]]:
    """Return every command with `path` where it takes one, none of which measures anything."""
    return {
        "profile": ("profile", path, "--runner", "local"),
        "profile string": ("profile", f"{path}.handler", "--runner", "local"),
        "task root": ("profile", "handler.py", "--task-root", path, "--runner", "local"),
        "layer": ("profile", "handler.py", "--layer", path, "--runner", "local"),
        "python": ("profile", "handler.py", "--python", path, "--runner", "local"),
        "environment": ("profile", "handler.py", "--env-file", path, "--runner", "local"),
        "requirements": ("profile", "handler.py", "--requirements", path, "--runner", "local"),
        "log": ("profile", "--from-log", path),
        "view": ("view", path),
        "report": ("view", "good.json", "-o", path),
        "export": ("export", path, "--format", "csv"),
        "export to": ("export", "good.json", "--format", "csv", "-o", path),
        "estimate": ("estimate", path),
        "strategies": ("strategies", path, "--invocations", "9", "--duration", "5"),
        "arrivals": ("strategies", "good.json", "--arrivals", path),
        "why": ("why", path, "json"),
        "diff": ("diff", path, "good.json"),
        "diff to": ("diff", "good.json", path),
        "calibrate": ("calibrate", path, "--logs", "log.txt"),
        "logs": ("calibrate", "good.json", "--logs", path, "--validate"),
        "variants": ("calibrate", "--profile", path, "--logs", "log.txt", "--dry-run"),
        "store": ("calibrate", "good.json", "--logs", "log.txt", "--config", path),
        "compare": ("compare", path),
        "compare to": ("compare", "good.json", path),
        "configuration of compare": ("compare", "good.json", "good.json", "--config", path),
        "configuration": ("check", "--config", path),
        "baseline": ("check", "--config", "absent.toml", "--baseline", path),
        "junit": ("check", "--config", "absent.toml", "--junit", path),
        "init": ("init", path, "--no-measure"),
        "defer": ("defer", path, "--runner", "local"),
        "event": ("defer", "handler.py:handler", "--event", path, "--runner", "local"),
        "snapstart": ("snapstart", path, "--runner", "local"),
        "verify-init": ("verify-init", path),
    }


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(read, "PIPE_WAIT_S", 0.01)
    files = {
        "handler.py": "def handler(event, context): return 1\n",
        "good.json": json.dumps(profile_to_plain(small_profile())),
        "log.txt": "",
    }
    root = write_files(tmp_path / "work", files)
    (root / "circle").symlink_to("circle")
    os.mkfifo(root / "pipe")
    return root


@pytest.mark.unhurried
@pytest.mark.parametrize("path", ODD.values(), ids=ODD)
def test_no_odd_path_is_a_fault_of_importcosts(folder, path):
    for argv in commands(path).values():
        answer = call(folder, *argv)
        answer.assert_answered()
        assert "\x1b" not in answer.err
        assert not any(line.startswith("::") for line in answer.err.splitlines()), answer


READ = (
    "environment",
    "log",
    "view",
    "export",
    "arrivals",
    "diff",
    "logs",
    "event",
    "configuration",
)


@pytest.mark.parametrize("name", READ)
def test_a_pipe_that_nobody_writes_to_is_not_waited_for_without_end(folder, name):
    answer = call(folder, *commands("pipe")[name])
    answer.assert_answered((2,))
    assert "nothing came within 0.01 s" in answer.last


def test_a_pipe_is_read_to_its_end(folder, monkeypatch):
    monkeypatch.setattr(read, "PIPE_WAIT_S", 300)

    def write() -> None:
        with (folder / "pipe").open("wb") as stream:
            for part in (b"a" * 10, b"b" * 1_000_000):
                stream.write(part)
                stream.flush()

    writer = threading.Thread(target=write)
    writer.start()
    assert read.read_named(folder / "pipe") == b"a" * 10 + b"b" * 1_000_000
    writer.join()


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/dev/zero", "larger than 1 MB"), (".", "directory"), ("absent", "No such file")],
)
def test_reading_is_bounded(path, reason):
    with pytest.raises(OSError, match=reason):
        read.read_named(path, 1_000_000)
    assert read.read_named("/dev/null") == b""


@pytest.mark.parametrize("number", [errno.ENAMETOOLONG, errno.EACCES, errno.EROFS, errno.ELOOP])
def test_a_path_that_the_machine_refuses_is_the_users(number):
    found = refusal_of(OSError(number, os.strerror(number), "some/file"))
    assert isinstance(found, UsageError)
    assert str(found).startswith(f"some/file cannot be used ({os.strerror(number)}): ")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left", "x/y"), "no room for x/y"),
        (OSError(errno.ENOSPC, "No space left"), "TMPDIR"),
        (OSError(errno.EMFILE, "Too many open files", "x"), "ulimit -n"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "ulimit -u"),
        (MemoryError(), "no memory left"),
    ],
)
def test_what_runs_out_is_named(error, expected):
    found = refusal_of(error)
    assert isinstance(found, MeasurementError)
    assert expected in str(found)


def test_a_removed_current_folder_is_named(folder, monkeypatch):
    def gone() -> str:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(os, "getcwd", gone)
    assert "current folder has been removed" in str(refusal_of(FileNotFoundError(2, "No such")))


@pytest.mark.parametrize("error", [OSError(5, "x"), FileNotFoundError(2, "x", "y"), KeyError("x")])
def test_what_no_machine_refuses_stays_a_bug(error):
    assert refusal_of(error) is None
