"""Timed launches beside calibration samples: on machines that switch speeds, drift, or are busy."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from statistics import median

import pytest

from importcost.measure.plan import is_settled
from importcost.measure.speed.beside import (
    relative_cpu,
    speed_of_machine,
    speed_us_beside,
    steadiest_us,
    timed_cpu_us,
)
from importcost.measure.speed.processors import ProcessorTimes, other_use, processor_times
from importcost.model.machine.speed import MachineState
from importcost.model.profile import Run, RunKind, Timing
from importcost.model.stats import median_interval
from tests.clockwork import jitter, two_speeds

INIT_US = 200_000
SAMPLE_US = 8_000
TRUE = INIT_US / SAMPLE_US


def span(cpu_us: float, waited_us: int | None = 0) -> Timing:
    return Timing(round(cpu_us) + (waited_us or 0), round(cpu_us), round(cpu_us), waited_us)


def run(kind: RunKind, order: int, cpu_us: float, waited_us: int | None = 0) -> Run:
    timing = span(cpu_us, waited_us)
    if kind is RunKind.SPEED:
        return Run(kind, order, 0, None, None, None, None, speed_us=round(cpu_us), sample=timing)
    return Run(kind, order, 0, timing, timing, timing, None)


def session(pairs: int, factors: Iterator[float], seed: int = 0, waited_us: int = 0) -> list[Run]:
    """Return pairs of a launch and a sample; each launch takes the next factor."""
    launch, sample = jitter(2 * seed, 0.03), jitter(2 * seed + 1, 0.06)
    runs = []
    for number in range(pairs):
        for place, kind, us, noise in (
            (0, RunKind.TIMED, INIT_US, launch),
            (1, RunKind.SPEED, SAMPLE_US, sample),
        ):
            cpu_us = us * next(factors) * next(noise)
            runs.append(run(kind, 2 * number + place, cpu_us, waited_us))
    return runs


def errors(estimate, kind, pairs: int = 6) -> list[float]:
    """Return the estimate's relative errors in many sessions, the smallest first."""
    found = [estimate(session(pairs, kind(seed), seed)) / TRUE - 1 for seed in range(200)]
    return sorted(map(abs, found))


def in_pairs(runs: list[Run]) -> float:
    machine = speed_of_machine(runs, None)
    assert machine is not None
    return machine.relative.value


def of_medians(runs: list[Run]) -> float:
    return median(timed_cpu_us(runs)) / median(run.speed_us for run in runs if run.speed_us)


def test_a_launch_is_compared_with_the_sample_right_after_it():
    kinds = [RunKind.SPEED, RunKind.TIMED, RunKind.SPEED, RunKind.TRACED, RunKind.TIMED]
    times = [1_000, 60_000, 6_000, 9_000_000, 90_000]
    runs = [run(kind, at, us) for at, (kind, us) in enumerate(zip(kinds, times, strict=True))]
    assert relative_cpu(runs) == [10.0, 15.0]  # the last has none after it: the nearest counts


def test_without_samples_nothing_is_relative():
    runs = [run(RunKind.TIMED, 0, 60_000)]
    assert relative_cpu(runs) == []
    assert speed_us_beside(runs) is None
    assert speed_of_machine(runs, None) is None
    assert steadiest_us(runs) == [60_000.0]


def test_pairs_hold_where_medians_of_two_speeds_do_not():
    pairs, medians = errors(in_pairs, two_speeds), errors(of_medians, two_speeds)
    assert pairs[len(pairs) // 2] < 0.025
    assert pairs[int(0.9 * len(pairs))] < 0.06
    assert medians[int(0.9 * len(medians))] > 0.2


def test_on_a_steady_machine_pairs_are_as_good_as_medians():
    pairs = errors(in_pairs, lambda seed: repeat(1.0))
    medians = errors(of_medians, lambda seed: repeat(1.0))
    assert pairs[len(pairs) // 2] < 1.2 * medians[len(medians) // 2]


@pytest.mark.parametrize("kind", [two_speeds, lambda seed: repeat(1.0)])
def test_the_interval_of_the_pairs_holds_the_true_quotient(kind):
    held = 0
    for seed in range(200):
        machine = speed_of_machine(session(8, kind(seed), seed), None)
        held += machine.relative.low <= TRUE <= machine.relative.high
    assert held >= 186  # of 95 % in 200: 190


def test_bill_and_speed_belong_together():
    runs = session(6, two_speeds(3), 3)
    bill_in_samples = median(timed_cpu_us(runs)) / speed_us_beside(runs)
    assert bill_in_samples == pytest.approx(in_pairs(runs), rel=0.001)


def test_the_steadier_of_both_decides_when_to_stop():
    switching = session(18, two_speeds(1), 1)
    assert median_interval(timed_cpu_us(switching)).high > 1.3 * INIT_US
    assert is_settled(steadiest_us(switching), 0.05)
    assert not is_settled(timed_cpu_us(switching), 0.05)
    steady = session(18, repeat(1.0), 1)
    assert steadiest_us(steady) == timed_cpu_us(steady)


def test_switching_and_busy_machines_are_told_apart():
    switching = speed_of_machine(session(12, two_speeds(1), 1), None)
    assert switching.states == (MachineState.SWITCHING,)
    assert switching.speeds_us[1] / switching.speeds_us[0] == pytest.approx(1.6, rel=0.1)
    busy = speed_of_machine(session(12, repeat(1.0), waited_us=50_000), None)
    assert busy.states == (MachineState.BUSY,)
    steady = speed_of_machine(session(12, repeat(1.0)), None)
    assert steady.states == ()


def test_own_launches_are_not_counted_as_others(monkeypatch):
    monkeypatch.setattr("os.sysconf", lambda name: {"SC_CLK_TCK": 100}[name])
    before = ProcessorTimes(busy=1_000, stolen=50, total=10_000)
    after = ProcessorTimes(busy=1_600, stolen=150, total=11_000)
    found = other_use(before, after, own_s=2.0)
    assert (found.others, found.stolen) == (pytest.approx(0.4), pytest.approx(0.1))
    assert other_use(before, after, own_s=60.0).others == 0.0
    assert other_use(None, after, own_s=0.0) is None
    assert other_use(after, after, own_s=0.0) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cpu  10 20 30 400 5 6 7 8 9 9\ncpu0 1 1\n", ProcessorTimes(73, 8, 486)),
        ("cpu  10 20 30\n", None),
        ("odd\n", None),
        ("cpu  a b c d e f g h\n", None),
    ],
)
def test_processor_times_are_read_from_the_kernel(text, expected, tmp_path, monkeypatch):
    file = tmp_path / "stat"
    file.write_text(text)
    monkeypatch.setattr("importcost.measure.speed.processors.PROCESSORS", file)
    assert processor_times() == expected
    monkeypatch.setattr("importcost.measure.speed.processors.PROCESSORS", tmp_path / "none")
    assert processor_times() is None
