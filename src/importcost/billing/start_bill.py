"""The bill of a start on a platform that is not modelled: its price for the times of this machine.

Where vCPUs and memory are allocated, a start is billed for both as long as it takes, in steps.
Where use is billed, it is billed for its processor time and for the memory that it holds meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from importcost.billing.figures.platforms import StartPrice
from importcost.model.interval import Interval
from importcost.model.profile import Phase, Profile, RunKind, Settings


@dataclass(frozen=True, slots=True)
class StartBill:
    """The billed milliseconds of a start, and its US dollars per million.

    `second_dollars` are those of one more second of computing.
    """

    billed_ms: Interval
    dollars_per_million: Interval
    second_dollars: float


def interpreter_start_ms(profile: Profile) -> float:
    """Return the processor time here of the interpreter's start, milliseconds; 0 in a log."""
    if not profile.runs:
        return 0.0
    found = (time for time in profile.phases if time.phase is Phase.INTERPRETER_START)
    return sum(max(0, time.cpu_us) for time in found) / 1000


def start_bill(
    price: StartPrice, profile: Profile, settings: Settings, init_ms: Interval
) -> StartBill:
    """Return the bill of a start that takes `init_ms` here."""
    if price.step_ms:
        gib = settings.memory_mb / 1024
        second = price.vcpus_at(settings.memory_mb) * price.vcpu_second + gib * price.gb_second
        billed = _each(init_ms, lambda ms: _stepped(ms, price.step_ms))
        return StartBill(billed, _each(billed, lambda ms: ms * second * 1000), second)
    memory = _peak_mb(profile, price.least_memory_mb) / 1024 * price.gb_second
    processors = _processor_ms(profile) / max(init_ms.value, 1e-9)
    busy = processors * price.vcpu_second + memory
    return StartBill(
        billed_ms=_each(init_ms, lambda ms: _stepped(ms, 1.0)),
        dollars_per_million=_each(init_ms, lambda ms: ms * busy * 1000),
        second_dollars=_threads(profile) * price.vcpu_second + memory,
    )


def _each(interval: Interval, change: Callable[[float], float]) -> Interval:
    low, value, high = (change(ms) for ms in (interval.low, interval.value, interval.high))
    return Interval(low, value, high, interval.confidence)


def _stepped(ms: float, step_ms: float) -> float:
    """Round up to whole steps; binary rounding noise must not bill one."""
    return math.ceil(round(ms / step_ms, 6)) * step_ms


def _processor_ms(profile: Profile) -> float:
    """Return the processor time of all threads from the interpreter's start on."""
    own_us = max(profile.function_init.process_cpu_us, profile.function_init.cpu_us.value)
    return interpreter_start_ms(profile) + own_us / 1000


def _threads(profile: Profile) -> float:
    """Return how many processors the init keeps busy while it computes, at least 1."""
    init = profile.function_init
    return max(1.0, init.process_cpu_us / max(init.cpu_us.value, 1.0))


def _peak_mb(profile: Profile, least_mb: float) -> float:
    """Return the memory that a start holds here, megabytes; at least what is billed anyhow."""
    peaks = [
        run.peak_rss_kb / 1024
        for run in profile.runs
        if run.kind is RunKind.TIMED and run.peak_rss_kb is not None
    ]
    return max(least_mb, median(peaks)) if peaks else least_mb
