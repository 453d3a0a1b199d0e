"""The state of a machine as its calibration samples and launches show it."""

from __future__ import annotations

from random import Random

import pytest

from importcost.model.interval import Interval
from importcost.model.machine.speed import (
    MachineState,
    OtherUse,
    SpeedSample,
    machine_speed,
    two_speeds,
)

ANY = Interval(9.0, 10.0, 11.0)
IDLE = OtherUse(others=0.02, stolen=0.0)


def judged(cpu_us, waiting=0.0, other=IDLE):
    shares = waiting if isinstance(waiting, list) else [waiting] * len(cpu_us)
    samples = [SpeedSample(us, share) for us, share in zip(cpu_us, shares, strict=True)]
    return machine_speed(samples, [], ANY, other)


def test_a_steady_machine_has_no_state():
    found = judged([7000, 7100, 6900, 7300, 7050, 6950])
    assert found.states == ()
    assert (found.samples, found.waiting_share, found.others_share) == (6, 0.0, 0.02)


def test_two_cpu_times_without_waiting_mean_that_the_machine_switches():
    found = judged([7000, 11_200, 7100, 11_400, 11_000, 6900])
    assert found.states == (MachineState.SWITCHING,)
    assert found.speeds_us == (7000, 11_200)


@pytest.mark.parametrize(
    "busy",
    [
        {"waiting": 0.4},
        {"other": OtherUse(others=0.5, stolen=0.0)},
        {"other": OtherUse(others=0.0, stolen=0.2)},
    ],
)
def test_a_busy_machine_is_told_from_one_that_switches(busy):
    found = judged([7000, 7400, 6900, 7600, 7200, 8000], **busy)
    assert found.states == (MachineState.BUSY,)


def test_times_of_samples_that_waited_say_nothing_of_two_speeds():
    waited = [0.0, 0.6, 0.0, 0.6, 0.6, 0.0]
    found = judged([7000, 11_200, 7100, 11_400, 11_000, 6900], waited)
    assert found.states == (MachineState.BUSY,)
    assert found.speeds_us == ()


def test_a_busy_machine_may_switch_as_well():
    cpu_us = [7000, 11_200, 7100, 11_400, 11_000, 6900]
    found = judged(cpu_us, other=OtherUse(others=0.5, stolen=0.0))
    assert found.states == (MachineState.BUSY, MachineState.SWITCHING)


def test_unknown_shares_are_not_those_of_a_busy_machine():
    found = machine_speed([SpeedSample(7000.0), SpeedSample(7100.0)], [], ANY, None)
    assert found.states == ()
    assert (found.waiting_share, found.others_share, found.stolen_share) == (None, None, None)


@pytest.mark.parametrize(
    "times",
    [
        [],
        [7000],
        [7000, 11_000],  # a speed shows in two samples
        [7000, 7000, 7000, 7000, 7000, 11_000],
        [7000, 7100, 7900, 8100],  # too near
        [6000, 7000, 8000, 9000, 10_000, 11_000],  # a drift
    ],
)
def test_these_are_not_two_speeds(times):
    assert two_speeds(times) == ()


def test_a_switch_during_a_sample_does_not_hide_the_two_speeds():
    assert two_speeds([7000, 7100, 9000, 11_200, 11_300, 11_100]) != ()


def test_the_noise_of_samples_is_seldom_taken_for_two_speeds():
    seen = 0
    for seed in range(1000):
        random = Random(seed)
        seen += bool(two_speeds([7000 * random.lognormvariate(0, 0.05) for _ in range(6)]))
    assert seen <= 5
