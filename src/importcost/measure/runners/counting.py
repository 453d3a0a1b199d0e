"""Launch the local runner's interpreter under a program that counts its instructions.

Addresses and hashes are the same for every run (`setarch -R`, PYTHONHASHSEED=0), so that a second
run counts within a fraction of a percent of the first.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from importcost.errors import NoCounterError
from importcost.measure.runners.around import RunnerAround
from importcost.measure.runners.base import Launch, Runner
from importcost.measure.runners.local import LocalRunner

LONGEST_S = 3600.0
FIXED_HASHES = {"PYTHONHASHSEED": "0"}
"""Sets of strings have the same order in every run."""


class CountingRunner(RunnerAround):
    """Launches an interpreter under a counting program; created by `under_program`.

    `program` are the words before the interpreter, its full path first. A launch may take
    `slower_by` times as long. `check` raises NoCounterError for a launch without a result in which
    the program failed.
    """

    def __init__(
        self,
        inner: LocalRunner,
        program: tuple[str, ...],
        python: str,
        *,
        slower_by: int,
        check: Callable[[Launch], None],
    ) -> None:
        super().__init__(inner)
        self._words = (inner.facts().machine, "-R", *program, python)
        self._program = Path(program[0]).name
        self.slower_by = slower_by
        self._check = check

    @property
    def name(self) -> str:
        """Return the counting program's name."""
        return self._program

    def launch(
        self,
        python_args: tuple[str, ...],
        files: Mapping[str, str],
        timeout_s: float,
        folders: tuple[str, ...] = (),
    ) -> Launch:
        """Run the interpreter once under the program; see `Runner.launch`.

        Raises NoCounterError also if the program or setarch does not run.
        """
        words = (*self._words, *python_args)
        limit_s = min(timeout_s * self.slower_by, LONGEST_S)
        launch = super().launch(words, files, limit_s, folders)
        if launch.result is None and not launch.timed_out:
            self._check(launch)
        return launch


def under_program(
    runner: Runner,
    program: tuple[str, ...],
    *,
    slower_by: int,
    package: str,
    check: Callable[[Launch], None],
) -> CountingRunner:
    """Return the runner that launches as `runner` does, under a program of this machine.

    `package` is its package in Debian. Raises NoCounterError for a container, or if the program or
    setarch is not installed.
    """
    name, *flags = program
    if not isinstance(runner, LocalRunner):
        raise NoCounterError(f"{name} counts on this machine only, not in a container.")
    tools = {tool: shutil.which(tool) for tool in (name, "setarch")}
    missing = [tool for tool, path in tools.items() if path is None]
    counter, setarch = tools[name], tools["setarch"]
    if counter is None or setarch is None:
        raise NoCounterError(
            f"{' and '.join(missing)} is not on PATH (apt install {package} util-linux)."
        )
    environment = {**runner.environment, **FIXED_HASHES}
    inner = replace(runner, python=setarch, environment=environment)
    return CountingRunner(inner, (counter, *flags), runner.python, slower_by=slower_by, check=check)
