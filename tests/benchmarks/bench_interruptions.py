"""Interrupt commands at random moments, and look at what they leave.

    python tests/benchmarks/bench_interruptions.py --moments 100

Each command runs in a project of its own with old reports in place. SIGINT, SIGTERM or SIGKILL
(drawn by the seed) reaches importcost's own process after a random part of its usual time. Then:
every file has its old bytes or complete new ones, and several edits are all old or all new; no
process is left, and nothing in the temporary folder, in `.git` or of the cache's drafts. After
SIGKILL that holds once the next command ended. Linux only: orphans become this process's children.
A further command is an entry of COMMANDS.
"""

from __future__ import annotations

import argparse
import ast
import collections
import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
PATIENCE_S = 300
LAST_PROCESSES_S = 20.0
"""Seconds that the last processes of a killed command may take to notice it."""
OLD = "old\n"
HANDLER = """import {module}
import shop


def handler(event, context):
    return shop.dump({module}.__name__) if event.get("rare") else 1
"""
SHOP = "import xml.dom.minidom\n\n\ndef dump(x):\n    return xml.dom.minidom.parseString(x)\n"
TEMPLATE = "Transform: AWS::Serverless-2016-10-31\nResources:\n" + "".join(
    f"  F{number}: {{Type: AWS::Serverless::Function, Properties: {{Runtime: python3.12,"
    f" CodeUri: f{number}, Handler: handler.handler}}}}\n"
    for number in range(3)
)
CONFIGURATION = '[handlers.a]\nhandler = "handler.py"\nmax_init_ms = 100000\n'
MEASURED = ("--runner", "local", "--runs", "5")


@dataclass(frozen=True)
class Command:
    """A command to interrupt; `reports` are the files that it writes, `edited` those it edits.

    `variables` are added to its environment, such as an endpoint that stands for an account.
    """

    words: tuple[str, ...]
    reports: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    commits: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)


ONE = {"handler.py": HANDLER.format(module="http.server"), "shop.py": SHOP}
MANY = {
    "template.yaml": TEMPLATE,
    **{
        f"f{number}/{name}": text
        for number, module in enumerate(("json", "decimal", "csv"))
        for name, text in (("handler.py", HANDLER.format(module=module)), ("shop.py", SHOP))
    },
}
_REPORTS = ("-o", "out.json", "-o", "out.html")
COMMANDS: Mapping[str, Command] = {
    "profile": Command(
        ("profile", "handler.py", *MEASURED, *_REPORTS), ("out.json", "out.html"), files=ONE
    ),
    "check": Command(
        ("check", "--runner", "local", "--runs", "6", "--junit", "out.xml", "--update-baseline"),
        ("out.xml", "importcost-baseline.json"),
        files={**ONE, "importcost.toml": CONFIGURATION},
    ),
    "compare": Command(
        ("compare", "HEAD~1", "HEAD", "--runner", "local", "--markdown", "out.md"),
        ("out.md",),
        files={**ONE, "importcost.toml": CONFIGURATION},
        commits=True,
    ),
    "defer": Command(
        ("defer", "handler.py", "--runner", "local", "--write", "--force"),
        edited=("handler.py", "shop.py"),
        files=ONE,
    ),
    "project": Command(
        ("profile", ".", *MEASURED, *_REPORTS), ("out.json", "out.html"), files=MANY
    ),
    "project of 2 jobs": Command(
        ("profile", ".", *MEASURED, "--jobs", "2", *_REPORTS),
        ("out.json", "out.html"),
        files=MANY,
    ),
}


class Place:
    """A project's folder, with a home, a cache and a temporary folder of its own."""

    def __init__(self, root: Path, command: Command) -> None:
        self.command = command
        self.folder, self.tmp, self.cache = root / "project", root / "tmp", root / "cache"
        for folder in (self.folder, self.tmp, self.cache, root / "home"):
            folder.mkdir(parents=True)
        own = {"HOME": root / "home", "TMPDIR": self.tmp, "IMPORTCOST_CACHE_DIR": self.cache}
        self.variables = {**os.environ, **command.variables}
        self.variables.update({name: str(path) for name, path in own.items()})
        self._write(command.files)
        if command.commits:
            self._commit()
        self._write({name: OLD for name in command.reports if name.startswith("out")})
        self.before = {name: self.text(name) for name in (*command.reports, *command.edited)}

    def _write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def _commit(self) -> None:
        self._git("init", "-q")
        for number in range(2):
            (self.folder / "shop.py").write_text(SHOP + f"X = {number}\n")
            self._git("add", "-A")
            self._git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", str(number))

    def _git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.folder, check=True, env=self.variables)

    def text(self, name: str) -> str | None:
        """Return a file's text, None if it is not there."""
        with suppress(FileNotFoundError):
            return (self.folder / name).read_text(encoding="utf-8", errors="replace")
        return None

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start importcost in the project, in a session of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "importcost", *words],
            cwd=self.folder, env=self.variables, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def reap_orphans() -> None:
    """Become the parent of whatever a command leaves, so that it can be seen."""
    set_child_subreaper = 36
    ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def descendants() -> list[int]:
    """Return the processes below this one that still run."""
    children = collections.defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            if state not in "ZX":
                children[int(parent)].append(int(entry.name))
    found, waiting = [], [os.getpid()]
    while waiting:
        below = children.pop(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _left_processes() -> list[str]:
    """Return the commands of processes that do not end by themselves, and end them."""
    until = time.monotonic() + LAST_PROCESSES_S
    while (left := descendants()) and time.monotonic() < until:
        _wait_for_ended()
        time.sleep(0.02)
    named = []
    for pid in left:
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            named.append(b" ".join(words).decode("utf-8", "replace")[:100])
            os.kill(pid, signal.SIGKILL)
    _wait_for_ended()
    return named


def _wait_for_ended() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def interrupted(place: Place, number: signal.Signals, after_s: float) -> int:
    """Send a signal after some seconds, and return the exit code; -9 after SIGKILL."""
    process = place.start(*place.command.words)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=after_s)
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        if process.stdout is not None:
            process.stdout.close()
        process.wait()
        return 999
    return process.returncode


def problems(place: Place, number: signal.Signals, code: int) -> Iterator[str]:
    """Yield what is wrong after an interruption, and after the next command if it was SIGKILL."""
    # A signal before importcost's first line is answered by Python, or by nobody.
    if code not in (0, 1, 130, *(-one for one in SIGNALS)):
        yield f"exit code {code}"
    if code == -signal.SIGKILL:
        _wait_for_ended()
        following = place.start(*_NEXT)
        following.communicate(timeout=PATIENCE_S)
        if following.returncode not in (0, 1):
            yield f"the next command ended with {following.returncode}"
    yield from (f"process: {one}" for one in _left_processes())
    yield from _wrong_files(place)
    yield from (f"left in TMPDIR: {one.name}" for one in place.tmp.iterdir())
    drafts = [*place.folder.rglob("*draft*"), *place.cache.rglob("*draft*")]
    yield from (f"draft: {one.name}" for one in drafts)
    if (place.folder / ".git" / "worktrees").exists():
        yield "left in .git: worktrees"
    if (place.cache / "journal").exists():
        yield "left in the cache: journal"


_NEXT = ("profile", "next.py", *MEASURED)
"""The next command after a killed one: it measures, which is when leftovers are looked for."""


def _wrong_files(place: Place) -> Iterator[str]:
    for name in place.command.reports:
        text = place.text(name)
        if text != place.before[name] and not _is_whole(name, text):
            yield f"half a file: {name}"
    edited = [place.text(name) for name in place.command.edited]
    for name, text in zip(place.command.edited, edited, strict=True):
        with suppress(SyntaxError):
            ast.parse(text or "(")
            continue
        yield f"half a file: {name}"
    changed = [place.text(name) != place.before[name] for name in place.command.edited]
    if any(changed) and place.command.edited and not all(changed):
        yield f"some old, some new: {', '.join(place.command.edited)}"


_COMPLETE: Mapping[str, Callable[[str], bool]] = {
    ".html": lambda text: text.rstrip().endswith("</html>"),
    ".json": lambda text: bool(json.loads(text)),
    ".xml": lambda text: text.rstrip().endswith("</testsuites>"),
    ".md": lambda text: text.endswith("\n") and len(text) > len(OLD),
}


def _is_whole(name: str, text: str | None) -> bool:
    try:
        return text is not None and _COMPLETE[Path(name).suffix](text)
    except ValueError:
        return False


def _fresh(command: Command) -> Place:
    place = Place(Path(tempfile.mkdtemp(prefix="moments-")), command)
    (place.folder / "next.py").write_text("def handler(event, context):\n    return 1\n")
    return place


def _removed(place: Place) -> None:
    shutil.rmtree(place.folder.parent, ignore_errors=True)


def usual_seconds(command: Command) -> float:
    """Return how long a command takes when nothing interrupts it. Raises if it fails."""
    place = _fresh(command)
    began = time.monotonic()
    process = place.start(*command.words)
    said = process.communicate(timeout=PATIENCE_S)[0]
    took = time.monotonic() - began
    wrong = list(problems(place, signal.SIGINT, process.returncode))
    if process.returncode not in (0, 1) or wrong:
        raise RuntimeError(f"{command.words}: {process.returncode} {wrong}\n{said.decode()}")
    unwritten = [name for name in place.before if place.text(name) == place.before[name]]
    if unwritten:
        raise RuntimeError(f"{command.words} wrote no {unwritten}\n{said.decode()}")
    _removed(place)
    return took


_END_OF_CODE = {130: "in time", -int(signal.SIGKILL): "in time"}


def run_command(name: str, moments: int, rng: random.Random) -> dict[str, object]:
    """Interrupt one command at so many moments; return the counts and each problem."""
    command = COMMANDS[name]
    usual_s = usual_seconds(command)
    ends: collections.Counter[str] = collections.Counter()
    wrong = []
    for _ in range(moments):
        number = rng.choice(SIGNALS)
        after_s = rng.uniform(0, 1.1 * usual_s)
        place = _fresh(command)
        code = interrupted(place, number, after_s)
        ends[f"{number.name} {_END_OF_CODE.get(code, 'at the start' if code < 0 else 'late')}"] += 1
        found = list(problems(place, number, code))
        wrong += [f"{number.name} after {after_s:.2f} s: {one}" for one in found]
        _removed(place)
    return {"command": name, "usual_s": round(usual_s, 1), "ends": dict(ends), "wrong": wrong}


def main() -> int:
    """Print a line for each command, and JSON of all; return 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--moments", type=int, default=100, help="for each command")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=COMMANDS, action="append")
    given = parser.parse_args()
    reap_orphans()
    rows = []
    for name in given.only or COMMANDS:
        row = run_command(name, given.moments, random.Random(f"{given.seed} {name}"))
        print(json.dumps(row), flush=True)
        rows.append(row)
        wrong = sum(len(one["wrong"]) for one in rows)  # type: ignore[arg-type]
        tell(wrong=(wrong, f"{len(rows)} commands"), moments=given.moments)
    return int(any(row["wrong"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
