"""The command line in the test's own process.

A start of Python with all that a command imports takes longer than most commands. A test whose
subject is not the process itself (signals, streams, locales, what is left behind) calls the same
code here.
"""

from __future__ import annotations

import inspect
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from importcost.app.profile import bench
from importcost.cli import main
from importcost.measure.runners.around import RunnerAround
from importcost.measure.runners.base import Launch, Runner


class Remembering(RunnerAround):
    """A runner that launches each job once, and gives its answer again when asked again.

    Launches of one job differ in their times only, so all that does not follow from times is as
    after real launches.
    """

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self._answers: dict[str, Launch] = {}

    def launch(
        self,
        python_args: tuple[str, ...],
        files: Mapping[str, str],
        timeout_s: float,
        folders: tuple[str, ...] = (),
    ) -> Launch:
        """Return the answer to this job, launching it if it is new."""
        job = json.dumps([python_args, files, timeout_s, folders])
        if job not in self._answers:
            self._answers[job] = super().launch(python_args, files, timeout_s, folders)
        return self._answers[job]


@contextmanager
def launched_once() -> Iterator[None]:
    """Let every measurement inside launch each job once, however many runs it asks for."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LocalRunner", "ContainerRunner"):
            real = getattr(bench, name)

            def remembering(*values: Any, _real: Any = real, **named: Any) -> Remembering:
                return Remembering(_real(*values, **named))

            patch.setattr(bench, name, remembering)
        yield


def click_runner() -> CliRunner:
    """Return click's own runner with the two streams apart, as it has them from click 8.2 on."""
    if "mix_stderr" in inspect.signature(CliRunner).parameters:
        return CliRunner(mix_stderr=False)
    return CliRunner()


@contextmanager
def _recursion_limit_kept() -> Iterator[None]:
    """Take back the limit that a command sets for its process; hypothesis watches it."""
    limit = sys.getrecursionlimit()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def run_here(
    folder: Path,
    *words: str,
    variables: Mapping[str, str | None] | None = None,
    stdin: str = "",
    each_launch: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run `importcost WORDS` in `folder` as a process of its own would, and return its end.

    `variables` are added to the environment, without those that are None. Jobs are launched once
    (see `Remembering`) unless `each_launch` says otherwise.
    """
    streams = {name: io.TextIOWrapper(io.BytesIO(), "utf-8") for name in ("stdout", "stderr")}
    with pytest.MonkeyPatch.context() as patch, _recursion_limit_kept():
        for name, value in (variables or {}).items():
            patch.delenv(name, raising=False) if value is None else patch.setenv(name, value)
        patch.setattr(tempfile, "tempdir", None)  # what TMPDIR says now
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["importcost", *words])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        if each_launch:
            code = main.exit_code_of_command()
        else:
            with launched_once():
                code = main.exit_code_of_command()
    said = {}
    for name, stream in streams.items():
        stream.flush()
        said[name] = stream.buffer.getvalue().decode("utf-8", "replace")
    return subprocess.CompletedProcess(words, code, said["stdout"], said["stderr"])
