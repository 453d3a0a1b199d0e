"""What the intervals of few launches promise, held against machines whose speed changes.

Each of many comparisons is made as `importcost defer` makes it, on a made-up machine or on launches
that were recorded. The true saving is known, so that one can count how often the interval holds it,
and how often it shows the saving. All chance is seeded: the counts are always the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from importcost.measure.pairs import PairedSubject, RoundLimits, verify
from importcost.measure.session import Variant
from importcost.model.advice import TOO_NOISY
from tests.machines import Machine, Recorded, busy, drifting, flipping, numbered, steady
from tests.measure.test_session import SUBJECT

INIT_S = 1.9
SAVING_S = 0.1
OTHERS_S = (0.475, 0.228, 0.038, 0.0, 0.76)
"""The savings of the other variants, the last of them the best set's."""
LAUNCHES = 42
"""Those that a defer of 60 launches has for rounds, after the profile."""
QUICK_LAUNCHES = 12
RECORDED = Path(__file__).with_name("recorded-launches.csv")
"""CPU time (us) and slowness (ns) of one import again and again, while others used the machine."""


@dataclass
class Counted:
    """What became of all comparisons of one kind."""

    held: int = 0
    intervals: int = 0
    shown: int = 0
    trials: int = 0
    most_launches: int = 0

    @property
    def coverage(self) -> float:
        return self.held / self.intervals

    @property
    def power(self) -> float:
        return self.shown / self.trials

    def add(self, found, shares: dict[str, float]) -> None:
        self.trials += 1
        self.shown += found["saved"].failure is None
        for name, share in shares.items():
            interval = found[name].saving_us
            # The original's median is what its init takes at the speed of these rounds.
            saving_us = share * found[name].original_us
            width = interval.high - interval.low
            self.held += interval.low <= saving_us <= interval.high
            self.intervals += 1
            assert width > 0


def compare(runner, names, launches, random):
    variants = [PairedSubject(name, replace(SUBJECT, variant=Variant(name, {}))) for name in names]
    return verify(
        runner,
        SUBJECT,
        variants,
        limits=RoundLimits(launches, 1e9),
        random=random,
        on_progress=lambda *_: None,
    )


def work_of(savings: dict[str, float]) -> dict[str, float]:
    return {"": INIT_S, **{name: INIT_S - saving for name, saving in savings.items()}}


def count(kind, savings, launches, trials, follows=1.0) -> Counted:
    counted = Counted()
    for random in numbered(trials):
        machine = Machine(work_of(savings), kind(random), random, follows)
        found = compare(machine, savings, launches, random)
        counted.add(found, {name: saving / INIT_S for name, saving in savings.items()})
        counted.most_launches = max(counted.most_launches, machine.launches)
    return counted


SIX = {"saved": SAVING_S, **{f"other {n}": saving for n, saving in enumerate(OTHERS_S)}}


@pytest.mark.parametrize(
    "kind",
    [flipping, *(pytest.param(kind, marks=pytest.mark.slow) for kind in (steady, drifting, busy))],
)
def test_a_tenth_of_a_second_is_shown_among_six_changes_on_any_machine(kind):
    counted = count(kind, SIX, LAUNCHES, trials=60)
    assert counted.coverage >= 0.93
    assert counted.power >= 0.95
    assert counted.most_launches <= LAUNCHES


@pytest.mark.slow
@pytest.mark.parametrize("follows", [0.7, 1.2])
def test_init_need_not_follow_the_speed_of_the_samples_exactly(follows):
    counted = count(flipping, SIX, LAUNCHES, trials=40, follows=follows)
    assert counted.coverage >= 0.93
    assert counted.power >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("kind", [steady, flipping, drifting, busy])
def test_the_best_set_alone_is_held_in_the_launches_of_quick(kind):
    counted = count(kind, {"saved": 0.2}, QUICK_LAUNCHES, trials=200)
    assert counted.coverage >= 0.93
    assert counted.power >= 0.95
    assert counted.most_launches <= QUICK_LAUNCHES


@pytest.mark.slow
def test_what_saves_nothing_is_seldom_said_to_save():
    counted = count(flipping, {"saved": 0.0, "other": 0.0}, LAUNCHES, trials=80)
    # Half of the 5 % that an interval misses are misses to one side.
    assert counted.power <= 0.04


def recorded_launches() -> list[tuple[int, int]]:
    rows = [line.split(",") for line in RECORDED.read_text().splitlines() if line[0].isdigit()]
    return [(int(cpu_us), int(slowness_ns)) for cpu_us, slowness_ns in rows]


@pytest.mark.unhurried
def test_recorded_launches_of_a_busy_machine_are_covered_too():
    recorded = recorded_launches()
    shares = {name: saving / INIT_S for name, saving in SIX.items()}
    counted = Counted()
    for random in numbered(100):
        left = {"": 1.0, **{name: 1 - share for name, share in shares.items()}}
        runner = Recorded(recorded, left, random.randrange(len(recorded)))
        counted.add(compare(runner, shares, LAUNCHES, random), shares)
    assert counted.coverage >= 0.93
    assert counted.power >= 0.95


@pytest.mark.unhurried
def test_without_samples_the_machine_is_too_noisy_and_said_to_be():
    """What the samples are for: the same launches without them tell nothing."""
    failures = []
    for random in numbered(40):
        machine = Machine(work_of(SIX), flipping(random), random)
        real = machine.launch

        def unsampled(*args, _real=real):
            launch = _real(*args)
            return replace(launch, result={**launch.result, "speed_samples": None})

        machine.launch = unsampled
        failures.append(compare(machine, SIX, LAUNCHES, Random(1))["saved"].failure)
    assert failures.count(TOO_NOISY) > 20
