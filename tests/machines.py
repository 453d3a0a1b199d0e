"""Made-up machines whose speed changes: launches of a made-up handler on them, without a process.

A machine has a clock of its own, which its launches move on; its speed at any time depends on the
kind of machine. Init takes CPU time until its work is done, and samples time the machine meanwhile,
as the probe takes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import exp
from random import Random
from typing import Any

from importcost.measure.runners.base import Launch, Layout

SAMPLES_EVERY_S = 0.012
SAMPLE_NOISE = 0.15
OWN_NOISE = 0.016
BETWEEN_S = 0.3
"""As recorded of a handler whose import takes 0.65 s, on a machine that others use too."""

Speed = Callable[[float], float]
"""Gives how many times slower than usual a machine is, at a time in seconds."""


def steady(random: Random) -> Speed:
    """Return a machine that nobody else uses."""
    return lambda _: 1.0


def flipping(random: Random) -> Speed:
    """Return a machine that is 1.6 times slower every few seconds, for a few seconds."""
    borders = _borders(random, lambda: random.uniform(1.5, 4.5))
    is_odd = random.random() < 0.5
    return lambda now: 1.6 if (borders(now) % 2 == 1) is not is_odd else 1.0


def drifting(random: Random) -> Speed:
    """Return a machine that gets slower or faster all the time, by up to half in two minutes."""
    a_second = random.uniform(-0.0035, 0.0035)
    return lambda now: exp(a_second * now)


def busy(random: Random) -> Speed:
    """Return a machine on which others work in bursts of half a second."""
    borders = _borders(random, lambda: random.expovariate(2.0))
    levels: list[float] = []

    def speed(now: float) -> float:
        while len(levels) <= borders(now):
            levels.append(1.0 if random.random() < 0.7 else random.uniform(1.2, 3.0))
        return levels[borders(now)]

    return speed


def _borders(random: Random, wait: Callable[[], float]) -> Callable[[float], int]:
    """Return a function that counts the borders before a time."""
    times = [random.random() * wait()]

    def count(now: float) -> int:
        while times[-1] <= now:
            times.append(times[-1] + wait())
        return next(n for n in range(len(times) - 1, -1, -1) if n == 0 or times[n - 1] <= now)

    return count


class Machine:
    """A runner that launches on a made-up machine.

    `work_s` is the CPU time of init at the usual speed, by the variant's name ("" is the original).
    `follows` is the power of the machine's slowness that init's time follows.
    """

    name = "local"
    image = None
    layout = Layout("/task", (), None)

    def __init__(
        self, work_s: Mapping[str, float], speed: Speed, random: Random, follows: float = 1.0
    ) -> None:
        self._work_s = work_s
        self._speed = speed
        self._random = random
        self._follows = follows
        self._now = 0.0
        self.launches = 0

    def launch(self, python_args: Sequence[str], files: Mapping[str, str], *_: Any) -> Launch:
        """Return a launch's times on this machine."""
        self.launches += 1
        spec = json.loads(files["spec.json"])
        work_s = self._work_s[spec["variant"]] * exp(self._random.gauss(0, OWN_NOISE))
        self._now += BETWEEN_S
        cpu_s, done_s, samples = 0.0, 0.0, []
        while done_s < work_s:
            slow = self._speed(self._now)
            step = min(SAMPLES_EVERY_S, (work_s - done_s) * slow**self._follows)
            cpu_s += step
            done_s += step / slow**self._follows
            self._now += step
            took = 1e5 * slow * exp(self._random.gauss(0, SAMPLE_NOISE))
            samples.append([round(cpu_s * 1e9), round(took)])
        return made_up(cpu_s, samples)


class Recorded:
    """A runner that launches as was recorded of real launches of one handler, one after the other.

    A variant takes its share (0 to 1) of what the original took.
    """

    name = "local"
    image = None
    layout = Layout("/task", (), None)

    def __init__(
        self, recorded: Sequence[tuple[int, int]], share: Mapping[str, float], start: int
    ) -> None:
        self._recorded = recorded
        self._share = share
        self._at = start

    def launch(self, python_args: Sequence[str], files: Mapping[str, str], *_: Any) -> Launch:
        """Return the next recorded launch's times."""
        cpu_us, slowness_ns = self._recorded[self._at % len(self._recorded)]
        self._at += 1
        share = self._share[json.loads(files["spec.json"])["variant"]]
        return made_up(cpu_us * share / 1e6, [[0, slowness_ns]])


def made_up(cpu_s: float, samples: Sequence[Sequence[int]]) -> Launch:
    """Return a launch whose init took this CPU time and never waited."""
    span = {
        "wall_ns": round(cpu_s * 1e9),
        "cpu_ns": round(cpu_s * 1e9),
        "process_cpu_ns": round(cpu_s * 1e9),
        "run_delay_ns": 0,
    }
    result = {
        "phases": dict.fromkeys(("interpreter_start", "runtime", "function_init"), span),
        "peak_rss_kb": 50_000,
        "modules": [],
        "speed_samples": samples,
        "error": None,
        "handler_found": True,
    }
    return Launch(0, False, False, round(cpu_s * 1e6), b"", result, "", 0)


def numbered(count: int) -> Iterator[Random]:
    """Yield sources of chance, always the same."""
    for seed in range(count):
        yield Random(seed)
