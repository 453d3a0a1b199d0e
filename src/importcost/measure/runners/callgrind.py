"""Count the instructions of one launch under valgrind's callgrind: exact, slow, local only.

Counts of two machines, or of two builds of an interpreter, cannot be compared.
"""

from __future__ import annotations

import re

from importcost.errors import MeasurementError, NoCounterError, remedy, words
from importcost.measure.runners.base import Launch, Runner
from importcost.measure.runners.counting import CountingRunner, under_program
from importcost.parameters import Parameter

SLOWER_BY = 100
"""Factor on the time that a launch may take, under callgrind."""
_COMPARE_CPU = words("compare CPU time with ", Parameter.METRIC.of("cpu"))
_COUNT_BYTECODES = words("count bytecodes with ", Parameter.METRIC.of("bytecode"))
_COLLECTED = re.compile(rb"^==\d+== Collected : (\d+)\s*$", re.MULTILINE)


def under_callgrind(runner: Runner) -> CountingRunner:
    """Return the runner that counts the launches of `runner`.

    Raises NoCounterError for a container, or if valgrind or setarch is not installed.
    """
    return under_program(
        runner,
        ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
        slower_by=SLOWER_BY,
        package="valgrind",
        check=_raise_for_tool,
    )


def collected(launch: Launch) -> int:
    """Return the number of instructions of a launch. Raises MeasurementError if there is none."""
    found = _COLLECTED.findall(launch.rows_text)
    if not found:
        raise MeasurementError(
            "callgrind counted nothing: the handler closed its streams or replaced the process",
            remedy(_COUNT_BYTECODES, _COMPARE_CPU, mark=";"),
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
        raise NoCounterError(
            f"valgrind does not run here ({known[0].strip()}; a container may need "
            "--security-opt seccomp=unconfined)."
        )
