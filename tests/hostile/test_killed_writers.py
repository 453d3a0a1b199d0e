"""SIGKILL at each step of a command that writes: old or new, and nothing stray after the next."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from importcost.files import journal
from importcost.files.journal import FileEdit
from importcost.model.codec import profile_to_plain
from tests.cli.bill_factory import log_of, saved_profile
from tests.harness import write_files
from tests.hostile.answers import call
from tests.reports.page_factory import small_profile

STEPS = ("open", "write", "link", "rename", "replace", "unlink", "rmdir", "mkdir", "fsync", "close")
WRITERS: dict[str, tuple[tuple[str, ...], str]] = {
    "a page": (("view", "good.json", "-o", "page.html"), "page.html"),
    "an export": (("export", "good.json", "-o", "out.csv"), "out.csv"),
    "a pyproject that is extended": (
        ("init", "handler.py", "--no-measure", "--pyproject"),
        "pyproject.toml",
    ),
    "a new configuration": (("init", "handler.py", "--no-measure"), "importcost.toml"),
    "a calibration": (
        ("calibrate", "p.json", "--logs", "log.txt", "--config", "kept.toml"),
        "kept.toml",
    ),
}
FOUR = tuple(f"f{number}.py" for number in range(4))


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    files = {
        "handler.py": "def handler(event, context): return 1\n",
        "good.json": json.dumps(profile_to_plain(small_profile())),
        "log.txt": log_of(150.0, 30),
        "pyproject.toml": "[project]\nname = 'x'\n",
        "kept.toml": "handler = 'handler.py'\n",
        "page.html": "old",
        "out.csv": "old",
        **dict.fromkeys(FOUR, "old\n"),
    }
    root = write_files(tmp_path / "work", files)
    saved_profile(root)
    return root


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do `work` in a child that is killed before its call number `step`; False if it ended."""
    child = os.fork()
    if child == 0:
        left = step

        def counted(real):
            def call(*values, **named):
                nonlocal left
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*values, **named)

            return call

        for name in STEPS:
            setattr(os, name, counted(getattr(os, name)))
        try:
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def ends(work: Callable[[], object]) -> Iterator[None]:
    """Yield after each kill, one step later each time, until the work comes to its end."""
    step = 0
    while killed_at(step, work):
        yield
        step += 1
    assert step > 3  # else nothing was counted


@pytest.mark.unhurried
@pytest.mark.parametrize(("argv", "target"), WRITERS.values(), ids=WRITERS)
def test_one_file(folder, argv, target):
    before = content(folder)
    done = call(folder, *argv)  # so that all it needs is imported already
    new = content(folder)
    assert new[target] != before.get(target), done.err

    def restore() -> None:
        for name in content(folder).keys() - before.keys():
            (folder / name).unlink()
        write_files(folder, {name: data.decode() for name, data in before.items()})

    restore()
    for _ in ends(lambda: call(folder, *argv)):
        after = content(folder)
        assert after.get(target) in (before.get(target), new[target])
        restore_target = before.get(target)
        if restore_target is None:
            (folder / target).unlink(missing_ok=True)
        else:
            (folder / target).write_bytes(restore_target)
        call(folder, *argv)
        assert content(folder).keys() == new.keys()
        assert content(folder)[target] == new[target]
        restore()


@pytest.mark.unhurried
def test_four_files(folder):
    before = content(folder)

    def replace() -> None:
        edits = [FileEdit(folder / name, b"old\n", b"new\n") for name in FOUR]
        journal.replace_files(edits, lambda _: None)

    outcomes = set()
    for _ in ends(replace):
        journal.undo_killed()
        for name in FOUR:  # what a command does in the folder that it writes to
            journal.sweep_drafts((folder / name).parent)
        after = content(folder)
        assert after.keys() == before.keys()
        outcomes.add(tuple(after[name] for name in FOUR))
        assert not journal.journal_folder().exists() or not any(journal.journal_folder().iterdir())
        write_files(folder, dict.fromkeys(FOUR, "old\n"))
    assert outcomes <= {(b"old\n",) * 4, (b"new\n",) * 4}
