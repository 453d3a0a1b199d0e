"""Count the user-space instructions of one launch by the processor's own counter, with perf stat.

Nearly as fast as an uncounted launch. A virtual machine often has no such counter, and the kernel
may refuse it to users (kernel.perf_event_paranoid above 2).
"""

from __future__ import annotations

import re
from pathlib import Path

from importcost.errors import MeasurementError, NoCounterError, remedy, words
from importcost.measure.runners.base import Launch, Runner
from importcost.measure.runners.counting import CountingRunner, under_program
from importcost.parameters import Parameter

SLOWER_BY = 2
EVENT = "instructions:u"
PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")
MOST_PARANOID = 2
"""Up to this setting the kernel lets users count their own user-space instructions."""
_LINE = re.compile(rb"^(\d+|<not supported>|<not counted>),[^,\n]*,instructions:u", re.MULTILINE)


def under_perf(runner: Runner, setting: Path = PARANOID) -> CountingRunner:
    """Return the runner that counts the launches of `runner`.

    Raises NoCounterError for a container, if perf or setarch is not installed, or if the kernel's
    setting (its file) refuses counting.
    """
    counting = under_program(
        runner,
        ("perf", "stat", "-x", ",", "-e", EVENT, "--"),
        slower_by=SLOWER_BY,
        package="linux-perf",
        check=_raise_for_perf,
    )
    level = _level(setting)
    if level is not None and level > MOST_PARANOID:
        raise NoCounterError(
            f"kernel.perf_event_paranoid is {level} (sysctl kernel.perf_event_paranoid="
            f"{MOST_PARANOID} lets perf count)."
        )
    return counting


def perf_instructions(launch: Launch) -> int:
    """Return the number of instructions of a launch and of the processes that it waited for.

    Raises NoCounterError if the processor has no counter for them, MeasurementError if perf wrote
    none.
    """
    found = _LINE.findall(launch.rows_text)
    if not found:
        raise MeasurementError(
            "perf stat wrote no count of the launch",
            remedy(words("count bytecodes with ", Parameter.METRIC.of("bytecode")), mark=";"),
        )
    count = found[-1]  # the handler may print such a line before
    if not count.isdigit():
        raise NoCounterError("the processor's counters are hidden from this machine.")
    return int(count)


def _level(setting: Path) -> int | None:
    try:
        return int(setting.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _raise_for_perf(launch: Launch) -> None:
    text = launch.rows_text.decode("utf-8", "replace")
    for line in text.splitlines():
        if line.startswith(("setarch:", "Error:")) or "perf_event_open" in line:
            raise NoCounterError(f"perf does not count here ({line.strip()}).")
    if b"<not supported>" in launch.rows_text:
        perf_instructions(launch)
