"""A place for one hostile handler, and the one harness that tells how its measurement ended.

What was there before must be there afterwards, and nothing else: files (the user's folder with its
`.git`, the home and the temporary folder), processes, mounts, and containers.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from importcost.measure.runners.launcher import _children
from tests.commands import run_here
from tests.harness import PATIENCE_S
from tests.hostile.answers import Answer
from tests.hostile.handlers import MARK, Hostile

REPORT = "importcost-report.html"
TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")
FOLDERS = ("work", "home", "tmp")


@dataclass(frozen=True)
class Traces:
    """All that a measurement could leave behind."""

    files: dict[str, str]
    elsewhere: frozenset[str]
    processes: frozenset[str]
    mounts: frozenset[str]
    system_v: frozenset[str]
    children: frozenset[int]
    containers: frozenset[str]


@dataclass(frozen=True)
class Sandbox:
    """Folders of one handler, with a repository around it; `mark` is in every trace of it.

    A container that stays has those that are shared among its mounts.
    """

    root: Path
    mark: str
    containers: Callable[[], frozenset[str]] = frozenset
    is_shared: bool = False

    @property
    def work(self) -> Path:
        """Return the folder that the command runs in."""
        return self.root / "work"

    def run(self, *words: str) -> Answer:
        """Measure the handler as a user does. Fails if that has no end."""
        variables = {
            "TMPDIR": str(self.root / "tmp"),
            "HOME": str(self.root / "home"),
            "IMPORTCOST_CACHE_DIR": str(self.root / "cache"),
        }
        given = ("--env", f"{MARK}={self.mark}", "--no-install", "--memory", "512")
        argv = ("profile", *words, *given)
        with limited():
            done = run_here(self.work, *argv, variables=variables)
        return Answer(argv, done.returncode, done.stdout, done.stderr)

    def traces(self) -> Traces:
        """Return what is there now."""
        return Traces(
            {str(path): digest for path, digest in _files(self.root)},
            frozenset(_named_by(self.mark)),
            frozenset(_processes(self.mark, str(self.root), in_mounts=not self.is_shared)),
            frozenset(line for line in _mounts() if self.mark in line or str(self.root) in line),
            frozenset(_system_v()),
            frozenset(_children()),
            self.containers(),
        )


def make_sandbox(root: Path, one: Hostile, template: Path) -> Sandbox:
    """Write a handler and what lies beside it into a copy of a repository."""
    shutil.copytree(template, root / "work")
    for name in FOLDERS[1:]:
        (root / name).mkdir()
    write_handler(root / "work", "handler.py", one)
    return Sandbox(root, f"mark{uuid.uuid4().hex}")


def write_handler(folder: Path, name: str, one: Hostile) -> None:
    """Write a handler's file and those beside it."""
    # Named as all that is deployed, so that the tests' own environment is not looked through.
    for file, text in {name: one.source, "requirements.txt": "# none\n", **one.files}.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")


def make_repository(folder: Path) -> Path:
    """Return a folder that is a git repository with one commit."""
    folder.mkdir()
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for words in (("init", "--quiet"), ("commit", "--quiet", "--allow-empty", "-m", "first")):
        subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)
    return folder


def assert_end(one: Hostile, runner: str, answer: Answer, before: Traces, after: Traces) -> None:
    """Assert the end of one measurement: its answer, its cause, and that nothing is left."""
    code, says = one.end(runner)
    answer.assert_answered((0, 1, 2, 3), own_traceback=True)
    said = f"{answer.code}\n{answer.out[-2_000:]}\n{answer.err[-4_000:]}"
    assert answer.code == code, said
    assert says in answer.out + answer.err, said
    assert "\x1b" not in answer.out.replace("\x1b[", "") + answer.err.replace("\x1b[", ""), said
    if not one.changes_own_files:
        changed = sorted(after.files.items() ^ before.files.items())
        assert not changed, changed
    assert after.elsewhere == before.elsewhere
    assert after.processes == before.processes
    assert after.mounts == before.mounts
    assert after.system_v == before.system_v
    assert after.children == before.children
    assert after.containers == before.containers


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Fail after a time that only what has no end takes."""

    def fail(*_: object) -> None:
        raise AssertionError(f"not ended within {PATIENCE_S} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file and folder of the sandbox but for the cache and the report."""
    for name in FOLDERS:
        for folder, _, names in os.walk(root / name):
            yield Path(folder), "folder"
            for file in names:
                path = Path(folder, file)
                if file != REPORT:
                    yield path, _digest(path)


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return "no file"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _named_by(mark: str) -> Iterator[str]:
    for folder in (*TEMPORARY, str(Path.home()), "."):
        yield from (str(path) for path in Path(folder).iterdir() if mark in path.name)


def _system_v() -> Iterator[str]:
    """Yield what names each shared memory, semaphore and queue of System V."""
    for kind in ("shm", "sem", "msg"):
        lines = Path("/proc/sysvipc", kind).read_text(encoding="ascii").splitlines()
        yield from (f"{kind} {line.split()[1]}" for line in lines[1:])


def _mounts() -> list[str]:
    return Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()


def _processes(mark: str, root: str, *, in_mounts: bool) -> Iterator[str]:
    """Yield the processes of a launch: their variables, words, folder or mounts say so."""
    for entry in Path("/proc").glob("[0-9]*"):
        if entry.name == str(os.getpid()):
            continue
        about = b""
        for name in ("environ", "cmdline", *(["mountinfo"] if in_mounts else [])):
            with contextlib.suppress(OSError):
                about += (entry / name).read_bytes()
        if mark.encode() in about or f"{root}/tmp".encode() in about:
            yield entry.name
