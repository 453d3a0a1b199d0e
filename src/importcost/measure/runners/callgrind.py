"""Count the instructions of one launch under valgrind's callgrind: exact, slow, local only.

Addresses and hashes are the same for every run (`setarch -R`, PYTHONHASHSEED=0), so that a second
run counts within a fraction of a percent of the first. Counts of two machines, or of two builds of
an interpreter, cannot be compared.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType

from importcost.errors import MeasurementError, remedy, words
from importcost.measure.runners.base import InterpreterFacts, Launch, Layout, Runner
from importcost.measure.runners.local import LocalRunner
from importcost.parameters import Parameter

SLOWER_BY = 100
"""Factor on the time that a launch may take, under callgrind."""
LONGEST_S = 3600.0
_INSTRUCTIONS = Parameter.METRIC.of("instructions")
_COMPARE_CPU = words("compare CPU time with ", Parameter.METRIC.of("cpu"))
_COLLECTED = re.compile(rb"^==\d+== Collected : (\d+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CallgrindRunner:
    """Launches the local runner's interpreter under callgrind; created by `under_callgrind`."""

    inner: LocalRunner
    python: str
    valgrind: str

    @property
    def name(self) -> str:
        """Return `callgrind`."""
        return "callgrind"

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
        """Run the interpreter once under callgrind; see `Runner.launch`.

        Raises MeasurementError also if valgrind or setarch does not run.
        """
        launch = self.inner.launch(
            (
                self.facts().machine,
                "-R",
                self.valgrind,
                "--tool=callgrind",
                "--callgrind-out-file=/dev/null",
                self.python,
                *python_args,
            ),
            files,
            min(timeout_s * SLOWER_BY, LONGEST_S),
            folders,
        )
        if launch.result is None and not launch.timed_out:
            _raise_for_tool(launch)
        return launch

    def __enter__(self) -> CallgrindRunner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing: each launch removes its own scratch folder."""


def under_callgrind(runner: Runner) -> CallgrindRunner:
    """Return the runner that counts the launches of `runner`.

    Raises MeasurementError for a container, or if valgrind or setarch is not installed.
    """
    if not isinstance(runner, LocalRunner):
        raise MeasurementError(
            words(_INSTRUCTIONS, " counts on this machine only"),
            remedy(words("use it with ", Parameter.RUNNER.of("local"))),
        )
    tools = {name: shutil.which(name) for name in ("valgrind", "setarch")}
    valgrind, setarch = tools["valgrind"], tools["setarch"]
    if valgrind is None or setarch is None:
        missing = " and ".join(name for name, path in tools.items() if path is None)
        raise MeasurementError(
            words(_INSTRUCTIONS, f" needs {missing}, which is not on PATH"),
            remedy("install it (apt install valgrind util-linux)", _COMPARE_CPU),
        )
    environment = {**runner.environment, "PYTHONHASHSEED": "0"}
    inner = replace(runner, python=setarch, environment=environment)
    return CallgrindRunner(inner, runner.python, valgrind)


def collected(launch: Launch) -> int:
    """Return the number of instructions of a launch. Raises MeasurementError if there is none."""
    found = _COLLECTED.findall(launch.rows_text)
    if not found:
        raise MeasurementError(
            "callgrind counted nothing: the handler closed its streams or replaced the process",
            remedy(_COMPARE_CPU, mark=";"),
        )
    # Children that the handler starts are not counted, and print no line of their own.
    return int(found[-1])


def _raise_for_tool(launch: Launch) -> None:
    text = launch.rows_text.decode("utf-8", "replace")
    lines = text.strip().splitlines()
    known = [
        line
        for line in lines
        if line.startswith("setarch:") or "unhandled instruction" in line or "valgrind: " in line
    ]
    if known:
        raise MeasurementError(
            f"valgrind does not run here ({known[0].strip()})",
            remedy("a container may need --security-opt seccomp=unconfined", _COMPARE_CPU),
        )
