"""Run the user's test command in a fresh copy of the project, again and again."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from importcost.app.defer.own_tests.command import OwnCommand, Relocation, environment_of
from importcost.app.defer.own_tests.copying import copied, copy_project, write_copies
from importcost.app.defer.own_tests.project import OwnProject
from importcost.app.defer.own_tests.reach import imported_below, is_imported
from importcost.app.defer.own_tests.said import failure_of, last_lines, plain_lines, summary_of
from importcost.errors import UsageError, remedy
from importcost.files.journal import FileEdit
from importcost.processes.bounded import Finished
from importcost.processes.bounded import run as run_bounded

GRACE_S = 2.0


@dataclass(frozen=True, slots=True)
class OwnRun:
    """One run of the command; `seconds` is its duration on this machine.

    `summary` are the words of a run that passed, `failure` the reason of one that did not, in the
    command's own words, and `tail` the last lines of its output. `reached` are those of the watched
    files whose copies it imported, `strayed` files of the user's own project that it imported
    instead of copies.
    """

    passed: bool
    summary: str | None
    failure: str
    tail: str
    seconds: float
    reached: frozenset[Path]
    strayed: tuple[Path, ...]
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class OwnTests:
    """A command, and the project in whose copies it runs; the user's own files are never written.

    `here` is the user's current folder, `environ` his variables, `path` the folders of programs.
    `work` is a private folder for all that the runs need; bytecode of installed packages stays in
    it from run to run. `first` are folders of the project whose copies come first on the module
    search path.
    """

    command: OwnCommand
    project: OwnProject
    here: Path
    environ: Mapping[str, str]
    path: str
    work: Path
    first: tuple[Path, ...] = field(default=())

    @property
    def program(self) -> str:
        """Return the path of the command's program, as the user's folder has it."""
        name = self.command.words[0]
        whole = str(self.here / name) if os.sep in name else name
        return shutil.which(whole, path=self.path) or name

    def run(self, edits: Sequence[FileEdit], watched: Sequence[Path], limit_s: float) -> OwnRun:
        """Run the command once, with these edits in a copy of its own.

        Raises UsageError if the command cannot be started, MeasurementError if no copy can be made.
        """
        bytecode = self.work / "bytecode"
        own = bytecode / self.project.folder.relative_to(self.project.folder.anchor)
        shutil.rmtree(own, ignore_errors=True)
        # A folder of another name each time: bytecode of one copy is not another's.
        with tempfile.TemporaryDirectory(dir=self.work, ignore_cleanup_errors=True) as folder:
            copy = Path(folder).resolve() / (self.project.folder.name or "project")
            copy_project(self.project, copy)
            write_copies(edits, self.project, copy)
            started = time.monotonic()
            finished = self._start(copy, bytecode, limit_s)
            seconds = time.monotonic() - started
            return self._judged(finished, copy, bytecode, watched, seconds)

    def _start(self, copy: Path, bytecode: Path, limit_s: float) -> Finished:
        moved = Relocation(self.project.folder, copy)
        program, *arguments = self.command.words
        words = [self._program(program, moved), *map(moved.of, arguments)]
        cwd = copied(self.here, self.project, copy) or copy
        environment = environment_of(
            self.command,
            self.environ,
            moved,
            path=self.path,
            bytecode=bytecode,
            first=self.first,
        )
        try:
            return run_bounded(
                words,
                timeout_s=limit_s,
                cwd=cwd,
                env={**environment, "PWD": str(cwd)},
                merges_streams=True,
                grace_s=GRACE_S,
            )
        except OSError as error:
            raise UsageError(
                f"The program {words[0]} of --test cannot be started ({error.strerror})",
                remedy("name a program that runs your tests"),
            ) from error

    def _program(self, name: str, moved: Relocation) -> str:
        """Return the program's path: that of an environment, not of the copy's link to it."""
        own = Path(os.path.normpath(self.here / name))
        project = self.project
        if os.sep in name and own.is_relative_to(project.folder):
            inside = own.relative_to(project.folder)
            if any(inside.is_relative_to(one) for one in project.environments):
                return str(own)
        return moved.of(name) if os.sep in name else shutil.which(name, path=self.path) or name

    def _judged(
        self,
        finished: Finished,
        copy: Path,
        bytecode: Path,
        watched: Sequence[Path],
        seconds: float,
    ) -> OwnRun:
        # Its reader knows the project, not the copy, which is gone by then.
        output = finished.out.replace(os.fsencode(copy), os.fsencode(self.project.folder))
        lines = plain_lines(output)
        passed = finished.exit_code == 0 and not finished.timed_out
        places = {path: copied(path, self.project, copy) for path in watched}
        return OwnRun(
            passed=passed,
            summary=summary_of(lines) if passed else None,
            failure="" if passed else _failure(finished, lines, seconds),
            tail=last_lines(lines),
            seconds=seconds,
            reached=frozenset(
                path
                for path, place in places.items()
                if place is not None and is_imported(place, bytecode)
            ),
            strayed=tuple(imported_below(self.project.folder, self.project.environments, bytecode)),
            timed_out=finished.timed_out,
        )


def _failure(finished: Finished, lines: Sequence[str], seconds: float) -> str:
    if finished.timed_out:
        return f"it did not end within {seconds:,.0f} s"
    said = failure_of(lines)
    if said is not None:
        return said
    code = finished.exit_code
    return f"signal {-code} ended it" if code < 0 else f"it ended with exit code {code}"
