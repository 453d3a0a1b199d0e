"""Machines that run out of something in the middle of a command: the real cause, in a sentence."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from importcost.measure.failures import explain
from importcost.measure.runners import local
from importcost.model.codec import profile_to_plain
from tests.harness import write_files
from tests.hostile.answers import OWN_FAULT, Answer, call
from tests.hostile.sandbox import make_repository
from tests.reports.page_factory import small_profile

HERE = ("--runner", "local")
COMMANDS: dict[str, tuple[str, ...]] = {
    "profile": ("profile", "handler.py", *HERE, "--runs", "5", "--no-install"),
    "defer": ("defer", "handler.py:handler", *HERE),
    "snapstart": ("snapstart", "handler.py", *HERE),
    "check": ("check", *HERE),
    "compare": ("compare", "HEAD", *HERE),
    "init": ("init", "handler.py", *HERE),
    "view": ("view", "good.json", "-o", "page.html"),
    "export": ("export", "good.json", "-o", "out.csv"),
}


MEASURING = ("profile", "defer", "snapstart", "check")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    for name in ("cache", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    files = {
        "handler.py": "import json\ndef handler(event, context): return 1\n",
        "requirements.txt": "# none\n",
        "importcost.toml": "handler = 'handler.py'\nmax_init_ms = 900\n",
        "good.json": json.dumps(profile_to_plain(small_profile())),
    }
    return write_files(make_repository(tmp_path / "work"), files)


def run(folder: Path, name: str) -> Answer:
    if name == "init":
        (folder / "importcost.toml").unlink()
    return call(folder, *COMMANDS[name])


@contextlib.contextmanager
def limit(kind: int, most: int) -> Iterator[None]:
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


def told(answer: Answer) -> str:
    """Return what a command that could not work says: an error, or the verdict of its gate."""
    said = " ".join((answer.err + answer.out).split())  # a verdict is in lines of its own
    assert "cannot be started" not in said, said
    assert OWN_FAULT not in said, said
    assert "Traceback" not in said, said
    assert answer.code in (2, 3), said
    assert answer.last.startswith("Error: ") or "not measured" in answer.out, said
    return said


@pytest.mark.parametrize("most", [0, 512])
@pytest.mark.parametrize("name", COMMANDS)
def test_files_may_not_grow(folder, monkeypatch, name, most):
    # Python takes no notice of bytecode that it could write in part only, and reads it next time.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    with limit(resource.RLIMIT_FSIZE, most):
        told(run(folder, name))


@pytest.mark.parametrize("name", MEASURING)
def test_no_file_may_be_opened(folder, name):
    call(folder, "view", "good.json")  # what is imported later cannot be read
    opened = len(list(Path("/proc/self/fd").iterdir()))
    with limit(resource.RLIMIT_NOFILE, opened + 2):
        answer = run(folder, name)
    assert "ulimit -n" in told(answer)


@pytest.mark.parametrize("name", MEASURING)
def test_a_temporary_folder_that_is_removed(folder, monkeypatch, name):
    launched = local.launcher.launch

    def launch(job):
        shutil.rmtree(folder.parent / "tmp")
        return launched(job)

    monkeypatch.setattr(local.launcher, "launch", launch)
    assert "was removed while" in told(run(folder, name))


SHORTAGES = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EFBIG: "ulimit -f",
    errno.EMFILE: "ulimit -n",
    errno.ENFILE: "ulimit -n",
    errno.EAGAIN: "ulimit -u",
    errno.ENOMEM: "ulimit -u",
}


@pytest.mark.parametrize("name", MEASURING)
def test_a_launchs_folder_that_is_removed_meanwhile(folder, monkeypatch, name):
    read = local.launcher._Watch.wait_for_exit

    def wait(watch):
        read(watch)
        for left in (folder.parent / "tmp").iterdir():
            shutil.rmtree(left)

    monkeypatch.setattr(local.launcher._Watch, "wait_for_exit", wait)
    assert "was removed while importcost used it" in told(run(folder, name))


@pytest.mark.parametrize("name", ["profile", "defer", "check"])
def test_a_handler_that_is_removed_before_its_launch(folder, monkeypatch, name):
    launched = local.launcher.launch

    def launch(job):
        (folder / "handler.py").unlink(missing_ok=True)
        return launched(job)

    monkeypatch.setattr(local.launcher, "launch", launch)
    answer = run(folder, name)
    assert answer.code in (1, 3)
    assert "handler.py was removed while" in " ".join((answer.err + answer.out).split())


@pytest.mark.parametrize("number", SHORTAGES, ids=errno.errorcode.__getitem__)
@pytest.mark.parametrize("name", MEASURING)
def test_a_launch_that_the_machine_has_nothing_for(folder, monkeypatch, name, number):
    def refuse(_job):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(local.launcher, "launch", refuse)
    answer = run(folder, name)
    assert SHORTAGES[number] in told(answer)


@pytest.mark.parametrize("name", ["profile", "defer", "compare"])
def test_a_user_without_a_home(folder, monkeypatch, name):
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for variable in ("IMPORTCOST_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    assert call(folder, *COMMANDS["view"]).code == 0
    assert "the variable HOME" in told(run(folder, name))


def test_a_folder_that_may_not_be_listed(folder, monkeypatch):
    """Python finds nothing in it. To the root user every folder is open, hence the stand-ins."""
    launched = local.launcher.launch

    def launch(job):
        os.rename(folder / "handler.py", folder / "hidden")  # noqa: PTH104
        answer = launched(job)
        os.rename(folder / "hidden", folder / "handler.py")  # noqa: PTH104
        return answer

    monkeypatch.setattr(local.launcher, "launch", launch)
    monkeypatch.setattr(explain.os, "access", lambda path, _mode: str(path) != str(folder))
    answer = run(folder, "profile")
    assert f"The folder {folder} may not be listed" in told(answer)


@pytest.mark.unhurried
def test_variables_that_no_process_can_be_given(folder):
    write_files(folder, {"large.env": f"LARGE={'x' * 200_000}\n"})
    answer = call(folder, *COMMANDS["profile"], "--env-file", "large.env")
    assert "variables are larger than" in told(answer)
