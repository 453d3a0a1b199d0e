"""Launch the local runner's interpreter under a program that counts its instructions.

Addresses and hashes are the same for every run (`setarch -R`, PYTHONHASHSEED=0), so that a second
run counts within a fraction of a percent of the first.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType

from importcost.errors import NoCounterError
from importcost.measure.runners.base import InterpreterFacts, Launch, Layout, Runner
from importcost.measure.runners.local import LocalRunner

LONGEST_S = 3600.0
FIXED_HASHES = {"PYTHONHASHSEED": "0"}
"""Sets of strings have the same order in every run."""


@dataclass(frozen=True, slots=True)
class CountingRunner:
    """Launches an interpreter under a counting program; created by `under_program`.

    `program` are the words before the interpreter. A launch may take `slower_by` times as long.
    `check` raises NoCounterError for a launch without a result in which the program failed.
    """

    inner: LocalRunner
    name: str
    python: str
    program: tuple[str, ...]
    slower_by: int
    check: Callable[[Launch], None]

    @property
    def image(self) -> str | None:
        """Return None: there is no image."""
        return None

    @property
    def layout(self) -> Layout:
        """The places of the folders, as for the local runner."""
        return self.inner.layout

    def facts(self) -> InterpreterFacts:
        """Return the interpreter's facts."""
        return self.inner.facts()

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
        launch = self.inner.launch(
            (self.facts().machine, "-R", *self.program, self.python, *python_args),
            files,
            min(timeout_s * self.slower_by, LONGEST_S),
            folders,
        )
        if launch.result is None and not launch.timed_out:
            self.check(launch)
        return launch

    def __enter__(self) -> CountingRunner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing: each launch removes its own scratch folder."""


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
    return CountingRunner(inner, name, runner.python, (counter, *flags), slower_by, check)
