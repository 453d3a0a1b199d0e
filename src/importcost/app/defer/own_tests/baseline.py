"""The user's tests on the unchanged project: they must pass, and import the copy."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.defer.own_tests.command import find_program, parse_command, search_path
from importcost.app.defer.own_tests.project import OwnProject, find_project, is_environment
from importcost.app.defer.own_tests.reach import import_root
from importcost.app.defer.own_tests.runs import OwnRun, OwnTests
from importcost.app.profile.request import Listener
from importcost.errors import OwnTestsError, remedy
from importcost.files.leftovers import sweep_folders

WORK_PREFIX = "importcost-test-"
TEST_SECONDS = 600.0
"""Seconds that the first run may take, if the user says nothing else."""
SPARE_S = 60.0
SLOWDOWN = 5
"""Later runs may take this many times the first one and SPARE_S more: it was not hanging."""


@dataclass(frozen=True, slots=True)
class AskedTests:
    """The request to run a command; `limit_s` is the most seconds of each run."""

    command: str
    limit_s: float = TEST_SECONDS


@dataclass(frozen=True, slots=True)
class UserPlace:
    """The place where the user called: current folder, home folder and variables.

    `task_root` is the handler's, `python` the measured interpreter. `names_python` is True if the
    user named it.
    """

    here: Path
    home: Path
    environ: Mapping[str, str]
    task_root: Path
    python: str
    names_python: bool

    def prefers_python(self) -> bool:
        """Return True if the user chose the interpreter's environment, by name or by its place."""
        folder = Path(self.python).parent.parent
        above = (self.task_root, *self.task_root.parents)
        return self.names_python or (is_environment(folder) and folder.parent in above)


@dataclass(frozen=True, slots=True)
class UnchangedTests:
    """The tests, their run on the unchanged project, and the most seconds of each further one."""

    tests: OwnTests
    first: OwnRun
    limit_s: float


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """Give a private folder for copies, and remove it and those of killed processes."""
    sweep_folders(Path(tempfile.gettempdir()), WORK_PREFIX)
    prefix = f"{WORK_PREFIX}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def check_tests(asked: AskedTests, place: UserPlace, work: Path) -> OwnTests:
    """Return the tests, ready to run in the folder `work`.

    Raises UsageError if the command cannot be carried out.
    """
    command = parse_command(asked.command)
    path = search_path(place.environ, place.python, is_preferred=place.prefers_python())
    find_program(command, place.here, path)
    project = find_project(place.task_root, place.here, place.home)
    return OwnTests(command, project, place.here.resolve(), place.environ, path, work)


def run_unchanged(
    tests: OwnTests, asked: AskedTests, place: UserPlace, listener: Listener
) -> UnchangedTests:
    """Run the tests on an unchanged copy; they must pass.

    Tests that import the user's own files, for example through an editable installation, get the
    copy's folders in front. Raises OwnTestsError if they fail, UsageError if they cannot be
    started.
    """
    listener.note(
        f"Running {tests.command.text} on a copy of {tests.project.folder} "
        f"({_size(tests.project)}), first without any change ..."
    )
    listener.detail(f"The program is {tests.program}")
    first = tests.run((), (), asked.limit_s)
    if not first.passed:
        raise _fails_unchanged(tests, first)
    limit_s = min(asked.limit_s, SPARE_S + SLOWDOWN * first.seconds)
    for root in _roots(first, place.task_root):
        if not first.strayed:
            break
        moved = replace(tests, first=(*tests.first, root))
        again = moved.run((), (), limit_s)
        if again.passed and len(again.strayed) < len(first.strayed):
            tests, first = moved, again
    return UnchangedTests(tests, first, limit_s)


def _roots(run: OwnRun, task_root: Path) -> list[Path]:
    """Return the folders from which the strayed files were imported, the likeliest first."""
    own = task_root.resolve()
    below = [own] if any(path.is_relative_to(own) for path in run.strayed) else []
    return list(dict.fromkeys([*below, *(import_root(path) for path in run.strayed)]))[:3]


def _size(project: OwnProject) -> str:
    files = len(project.files)
    size_mb = project.size_bytes / 1e6
    return f"{files:,} file{'' if files == 1 else 's'}, {size_mb:,.1f} MB"


def _fails_unchanged(tests: OwnTests, run: OwnRun) -> OwnTestsError:
    if run.timed_out:
        return OwnTestsError(
            f"{tests.command.text} did not end within {run.seconds:,.0f} s on an unchanged copy of "
            f"{tests.project.folder}",
            remedy("raise --test-seconds if it is only slow", "leave --test out"),
            tail=run.tail,
        )
    return OwnTestsError(
        f"{tests.command.text} fails on an unchanged copy of {tests.project.folder} "
        f"({run.failure}), so it cannot judge a change",
        remedy(
            "correct the tests",
            "run importcost where they pass, in their environment",
            "name tests that need neither .git nor files outside of that folder",
        ),
        tail=run.tail,
    )
