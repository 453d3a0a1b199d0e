"""The machine while it measured: its speed, and whether it was busy or switched between speeds.

A processor that other processes use makes launches wait, which CPU time does not count. A machine
that switches speeds (a host that throttles or shares its cores) changes CPU time itself, while
nobody waits. The first goes away with the other work, the second does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import exp, log

from importcost.model.interval import Interval
from importcost.model.stats import median

BUSY_SHARE = 0.1
"""From this share of the time on, waiting for a processor or others' use of it is worth saying."""
OTHERS_SHARE = 0.25
APART = log(1.25)
"""Two speeds differ by this factor at least: a sample alone varies by 4 % (standard deviation)."""
NEAR = log(1.08)
"""Samples of one speed lie this near to their median."""
FEWEST_OF_A_SPEED = 2
MOST_BETWEEN = 0.2
"""The share of samples that may lie between the speeds: a switch may come during a sample."""


class MachineState(str, Enum):
    """A disturbance of the machine; a steady machine has none."""

    BUSY = "busy"
    """Other processes, or a CPU quota, made launches wait for a processor."""
    SWITCHING = "switching"
    """The same work took one of two CPU times."""


@dataclass(frozen=True, slots=True)
class SpeedSample:
    """A launch's CPU time in microseconds, and the share (0 to 1) of its time that it waited.

    It is the wait for a processor, as a share of the time in which the launch could have run; None
    if the platform does not report it.
    """

    cpu_us: float
    waiting_share: float | None = None


@dataclass(frozen=True, slots=True)
class OtherUse:
    """The use of the machine's processors by others, as shares (0 to 1) of what they offer.

    `others` is that of other processes here, `stolen` what the host of a virtual machine gave to
    other machines.
    """

    others: float
    stolen: float


@dataclass(frozen=True, slots=True)
class MachineSpeed:
    """The machine's speed and state during the timed launches.

    `relative` is the function init's CPU time over that of the calibration sample beside it: the
    median of all pairs with its interval. It is free of the machine's speed. `samples` counts the
    calibration samples. `states` is empty for a steady machine. `waiting_share` is the median share
    (0 to 1) of the time in which a launch was ready to run and waited for a processor;
    `others_share` and `stolen_share` are those of `OtherUse`. They are None if the platform does
    not report them. `speeds_us` are the two CPU times of the calibration workload between which the
    machine switched, microseconds, empty if it did not.
    """

    relative: Interval
    samples: int
    states: tuple[MachineState, ...]
    waiting_share: float | None
    others_share: float | None
    stolen_share: float | None
    speeds_us: tuple[int, ...] = ()


def machine_speed(
    samples: Sequence[SpeedSample],
    launches: Sequence[SpeedSample],
    relative: Interval,
    other: OtherUse | None,
) -> MachineSpeed:
    """Judge a machine by its calibration samples and by the timed launches beside them."""
    shares = [one.waiting_share for one in (*samples, *launches) if one.waiting_share is not None]
    waiting = median(shares) if shares else None
    is_busy = (waiting or 0.0) >= BUSY_SHARE
    if other is not None:
        is_busy = is_busy or other.others >= OTHERS_SHARE or other.stolen >= BUSY_SHARE
    # Caches and cores that others use change CPU times as well: a sample that waited does not say
    # how fast the processor is on its own.
    calm = [one.cpu_us for one in samples if (one.waiting_share or 0.0) < BUSY_SHARE]
    speeds = two_speeds(calm)
    return MachineSpeed(
        relative=relative,
        samples=len(samples),
        states=(
            *([MachineState.BUSY] if is_busy else []),
            *([MachineState.SWITCHING] if speeds else []),
        ),
        waiting_share=None if waiting is None else round(waiting, 4),
        others_share=None if other is None else round(other.others, 4),
        stolen_share=None if other is None else round(other.stolen, 4),
        speeds_us=tuple(round(one) for one in speeds),
    )


def two_speeds(times: Sequence[float]) -> tuple[float, ...]:
    """Return the two times around which these lie, the shorter first; () if there are no two.

    Each has two of the times near it at least, and few lie near neither.
    """
    ordered = sorted(log(one) for one in times if one > 0)
    found: list[tuple[int, float, float]] = []
    for place in range(FEWEST_OF_A_SPEED, len(ordered) - FEWEST_OF_A_SPEED + 1):
        sides = (ordered[:place], ordered[place:])
        fast, slow = (median(side) for side in sides)
        near = [
            sum(abs(one - middle) <= NEAR for one in side)
            for side, middle in zip(sides, (fast, slow), strict=True)
        ]
        between = len(ordered) - sum(near)
        is_clear = min(near) >= FEWEST_OF_A_SPEED and between <= MOST_BETWEEN * len(ordered)
        if slow - fast >= APART and is_clear:
            found.append((between, fast, slow))
    return (exp(min(found)[1]), exp(min(found)[2])) if found else ()
