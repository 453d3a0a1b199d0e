"""Compare each timed launch with the calibration sample right beside it.

A launch divided by its own sample is free of the machine's speed. On a machine that switches
between two speeds, the median launch and the median sample may have run at different ones; the
median of the quotients is that of pairs that ran at the same. A switch between the two of a pair
makes an outlier, which a median bears (tests/benchmarks/SPEED_RATIO.md has the comparison).
"""

from __future__ import annotations

from collections.abc import Sequence

from importcost.model.interval import Interval
from importcost.model.machine.speed import MachineSpeed, OtherUse, SpeedSample, machine_speed
from importcost.model.profile import Run, RunKind, Timing
from importcost.model.stats import median, median_interval


def timed_cpu_us(runs: Sequence[Run]) -> list[float]:
    """Return the function-init CPU of the timed runs, microseconds, in order."""
    return [float(span.cpu_us) for _, span in _timed(runs)]


def relative_cpu(runs: Sequence[Run]) -> list[float]:
    """Return the function-init CPU of each timed run over that of the sample beside it.

    The sample is the one right after it, or the nearest there is. Empty without any sample.
    """
    samples = [(run.order, run.speed_us) for run in runs if run.speed_us]
    if not samples:
        return []
    found = []
    for run, span in _timed(runs):
        # Of two that are as near, the one after it.
        _, own_us = min(samples, key=lambda one: (abs(one[0] - run.order), -one[0]))
        found.append(span.cpu_us / own_us)
    return found


def speed_us_beside(runs: Sequence[Run]) -> int | None:
    """Return the calibration workload's CPU time at the speed of the median launch; microseconds.

    None without calibration samples.
    """
    relative = relative_cpu(runs)
    quotient = median(relative) if relative else 0.0
    if quotient > 0:
        return round(median(timed_cpu_us(runs)) / quotient)
    samples = [float(run.speed_us) for run in runs if run.speed_us]
    return round(median(samples)) if samples else None


def steadiest_us(runs: Sequence[Run]) -> list[float]:
    """Return the timed runs' CPU, as it was or at one speed of the machine: what agrees better.

    Microseconds. Samples have noise of their own: on a steady machine they add to it.
    """
    measured = timed_cpu_us(runs)
    speed_us = speed_us_beside(runs)
    levelled = [quotient * (speed_us or 0) for quotient in relative_cpu(runs)]
    if len(levelled) < len(measured) or not measured:
        return measured
    return min(measured, levelled, key=_width)


def speed_of_machine(runs: Sequence[Run], other: OtherUse | None) -> MachineSpeed | None:
    """Return the machine's speed and state during these runs; None without calibration samples."""
    relative = relative_cpu(runs)
    if not relative:
        return None
    samples = [
        SpeedSample(float(run.speed_us), _waiting_share(run.sample)) for run in runs if run.speed_us
    ]
    launches = [SpeedSample(float(span.cpu_us), _waiting_share(span)) for _, span in _timed(runs)]
    return machine_speed(samples, launches, median_interval(relative), other)


def _timed(runs: Sequence[Run]) -> list[tuple[Run, Timing]]:
    return [
        (run, run.function_init)
        for run in runs
        if run.kind is RunKind.TIMED and run.function_init is not None
    ]


def _width(values: Sequence[float]) -> float:
    interval: Interval = median_interval(values)
    return (interval.high - interval.low) / max(interval.value, 1.0)


def _waiting_share(timing: Timing | None) -> float | None:
    if timing is None or timing.run_delay_us is None:
        return None
    ready_us = timing.cpu_us + timing.run_delay_us
    return timing.run_delay_us / ready_us if ready_us else 0.0
