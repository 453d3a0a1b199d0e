"""The use of the machine's processors by others while launches ran, as the kernel counts it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from importcost.model.machine.speed import OtherUse

PROCESSORS = Path("/proc/stat")
BUSY_FIELDS = (0, 1, 2, 5, 6)
"""In a `cpu` line of /proc/stat: user, nice, system, irq, softirq."""
STOLEN_FIELD = 7
COUNTED_FIELDS = 8
"""The others are part of user and nice."""


@dataclass(frozen=True, slots=True)
class ProcessorTimes:
    """The machine's processor time so far, in the kernel's ticks."""

    busy: int
    stolen: int
    total: int


def processor_times() -> ProcessorTimes | None:
    """Return the machine's processor time so far; None where there is no /proc/stat."""
    try:
        with PROCESSORS.open(encoding="ascii", errors="replace") as stream:
            ticks = [int(word) for word in stream.readline().split()[1:]]
    except (OSError, ValueError):
        return None
    if len(ticks) < COUNTED_FIELDS:
        return None
    busy = sum(ticks[field] for field in BUSY_FIELDS)
    return ProcessorTimes(busy, ticks[STOLEN_FIELD], sum(ticks[:COUNTED_FIELDS]))


def other_use(
    before: ProcessorTimes | None, after: ProcessorTimes | None, own_s: float
) -> OtherUse | None:
    """Return the use by others between two readings; `own_s` is this tool's own meanwhile.

    Give too much as `own_s` rather than too little: others are then not blamed for it.
    """
    if before is None or after is None or after.total <= before.total:
        return None
    total = after.total - before.total
    others = (after.busy - before.busy - own_s * os.sysconf("SC_CLK_TCK")) / total
    return OtherUse(min(1.0, max(0.0, others)), (after.stolen - before.stolen) / total)
