"""Launch the interpreter through the function's AWS_LAMBDA_EXEC_WRAPPER, and time that program.

The program gets the interpreter's command line, as on Lambda. What it takes before the interpreter
runs counts as a part of init: the floor is that of a function without it.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from importcost.errors import MeasurementError
from importcost.measure.programs import read_program
from importcost.measure.runners.base import PYTHON_WORD, Runner
from importcost.measure.speed.own_time import FUNCTION_LABEL, ModuleTimes
from importcost.model.profile import Run, Timing
from importcost.model.stats import median
from importcost.model.tree import NO_PARENT, ImportTree

BARE_LAUNCHES = 3
BARE_TIMEOUT_S = 60.0
_FIELDS = ("wall_ns", "cpu_ns", "process_cpu_ns")


def wrapped_words(program: str, flags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command line of a launch through `program`."""
    return (program, *_interpreter(flags))


def wrapped_files(runner: Runner, kind: str, token: str) -> dict[str, str]:
    """Return the files of such a launch beside the probe's own.

    A container's interpreter has packages of its image; this machine's shows none of its own.
    """
    site = "site" if runner.image is not None else ""
    return {
        "bootstrap.py": read_program("bootstrap.py"),
        "arguments": f"{kind}\n{token}\n{site}\n",
    }


def _interpreter(flags: tuple[str, ...]) -> tuple[str, ...]:
    return (PYTHON_WORD, "-S", *flags, "{scratch}/bootstrap.py")


def bare_start(runner: Runner) -> Timing:
    """Return what starting the interpreter takes without the program, the median of a few.

    Raises MeasurementError if it does not start.
    """
    files = wrapped_files(runner, "bare", "")
    starts = [_bare(runner, files) for _ in range(BARE_LAUNCHES)]
    wall, cpu, process = (round(median([one[at] for one in starts]) / 1000) for at in range(3))
    return Timing(wall, cpu, process, 0)


def _bare(runner: Runner, files: Mapping[str, str]) -> tuple[int, ...]:
    launch = runner.launch(_interpreter(()), files, BARE_TIMEOUT_S)
    found: Mapping[str, Any] = launch.result or {}
    if any(not isinstance(found.get(name), int) for name in _FIELDS):
        raise MeasurementError("The interpreter could not be started without the exec wrapper.")
    return tuple(found[name] for name in _FIELDS)


@dataclass(slots=True)
class ProgramClock:
    """Takes the time of the program that starts a runner's interpreters, launch by launch.

    How long its children waited for a processor is not known, so what the least disturbed launch
    shows beyond their CPU time counts as waiting.
    """

    runner: Runner
    program: str | None
    bare: Timing | None = None
    least_wait_us: int | None = None

    def included(self, run: Run) -> tuple[Run, Timing | None]:
        """Return a run with the program's time as a part of its init, and that time.

        Without a program the run stays. Raises MeasurementError if the interpreter does not start
        without it.
        """
        start, init = run.interpreter_start, run.function_init
        if self.program is None or start is None or init is None:
            return run, None
        if self.bare is None:
            self.bare = bare_start(self.runner)
        took = self._surplus(start, self.bare)
        return replace(run, interpreter_start=self.bare, function_init=_sum(init, took)), took

    def _surplus(self, start: Timing, bare: Timing) -> Timing:
        wall = max(0, start.wall_us - bare.wall_us)
        cpu = min(wall, max(0, start.cpu_us - bare.cpu_us))
        wait = wall - cpu
        if self.least_wait_us is None or wait < self.least_wait_us:
            self.least_wait_us = wait
        process = max(cpu, start.process_cpu_us - bare.process_cpu_us)
        return Timing(wall, cpu, process, wait - self.least_wait_us)


def _sum(init: Timing, more: Timing) -> Timing:
    delay = None if init.run_delay_us is None else init.run_delay_us + (more.run_delay_us or 0)
    return Timing(
        init.wall_us + more.wall_us,
        init.cpu_us + more.cpu_us,
        init.process_cpu_us + more.process_cpu_us,
        delay,
    )


def with_program_row(tree: ImportTree, program: str, wall_us: int) -> ImportTree:
    """Return a traced run's tree with a row for the program, first of the function's."""
    if FUNCTION_LABEL not in tree.phases:
        return tree
    first = array("q", [0])
    shifted = array("q", (up if up == NO_PARENT else up + 1 for up in tree.parents))
    phase = array("q", [tree.phases.index(FUNCTION_LABEL)])
    return replace(
        tree,
        names=(program, *tree.names),
        name_ids=first + array("q", (one + 1 for one in tree.name_ids)),
        parents=array("q", [NO_PARENT]) + shifted,
        self_us=array("q", [wall_us]) + tree.self_us,
        cumulative_us=array("q", [wall_us]) + tree.cumulative_us,
        phase_ids=phase + tree.phase_ids,
    )


def with_program_time(
    result: Mapping[str, Any], program: str | None, took: Timing | None
) -> ModuleTimes | None:
    """Return a traced run's times of modules, with the program's own beside them."""
    times: ModuleTimes | None = result.get("module_times")
    if program is None or took is None or times is None:
        return times
    return {**times, program: [took.cpu_us * 1000, (took.blocked_us or 0) * 1000]}
