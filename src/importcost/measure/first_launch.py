"""Compare the first launch with later ones: on Lambda, every cold start is a first launch.

Only launches of one kind are compared: recording and tracing take time of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from importcost.model.profile import Run, RunKind, Timing
from importcost.model.stats import median

SEVERAL_TIMES = 3.0
MIN_EXCESS_US = 100_000
"""Less than a tenth of a second more is a machine's ordinary noise."""
COMPARED = (RunKind.GRAPH, RunKind.TIMED, RunKind.TRACED)


@dataclass(frozen=True, slots=True)
class FirstLaunch:
    """A function init that took several times as long as later ones, microseconds.

    `waiting_us` is the part of the difference that was spent blocked.
    """

    first_us: float
    later_us: float
    waiting_us: float

    @property
    def is_mostly_waiting(self) -> bool:
        """Return True if most of the difference was spent blocked."""
        return 2 * self.waiting_us >= self.first_us - self.later_us


def find_first_launch(runs: Iterable[Run]) -> FirstLaunch | None:
    """Return the first launch of a kind if it took several times as long as later ones."""
    runs = list(runs)
    for kind in COMPARED:
        spans = _spans(runs, kind)
        if len(spans) < 2:
            continue
        later_us = median([_own_us(span) for span in spans[1:]])
        if is_several_times(_own_us(spans[0]), later_us):
            waits = [float(span.blocked_us or 0) for span in spans]
            return FirstLaunch(_own_us(spans[0]), later_us, waits[0] - median(waits[1:]))
    return None


def needs_second_graph_run(runs: Sequence[Run]) -> bool:
    """Return True if only another graph run can show that the first launch was special.

    The graph run is the first launch, slower than the timed ones by nature, and usually the only
    one.
    """
    graph, timed = _spans(runs, RunKind.GRAPH), _spans(runs, RunKind.TIMED)
    if len(graph) != 1 or not timed:
        return False
    return is_several_times(_own_us(graph[0]), max(_own_us(span) for span in timed))


def is_several_times(first_us: float, later_us: float) -> bool:
    """Return True if a first launch is so much longer that it needs a cause."""
    return first_us >= SEVERAL_TIMES * later_us and first_us - later_us >= MIN_EXCESS_US


def _spans(runs: Iterable[Run], kind: RunKind) -> list[Timing]:
    return [run.function_init for run in runs if run.kind is kind and run.function_init is not None]


def _own_us(span: Timing) -> float:
    """Return the launch's own time, without waiting for a processor that others used."""
    return float(span.wall_us if span.blocked_us is None else span.cpu_us + span.blocked_us)
