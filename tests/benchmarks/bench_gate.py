"""How often the gate raises a false alarm and how often it catches a slowdown, simulated.

`python tests/benchmarks/bench_gate.py [comparisons]` prints a table: 15 pairs, extended once to 30
where unclear, of a 300 ms init under noise as recorded on a shared two-core machine: CPU time
varies by 5 %, wall time by 9 to 33 %. Most of the CPU time's variation is drift, which two launches
in a row share; a few launches are outliers. The last noise has nothing in common between two
launches, the worst case for pairs. `seq. median` is the method that the gate does not use: 15
launches of base, then 15 of head, and an alarm where the median wall times are 2 % apart. Exits
with 1 where false alarms exceed 1 %.
"""

from __future__ import annotations

import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.gate.compare import (
    DEFAULT_PAIRS,
    EXTENSION,
    ComparedVerdict,
    Step,
    compare_timings,
    next_step,
)
from importcost.model.profile import Pair, Timing
from tests.benchmarks.tell import tell

INIT_US = 300_000
COMPARISONS = 2_000
FALSE_ALARMS_ALLOWED = 0.01


@dataclass(frozen=True)
class Noise:
    """Shares of the init time: slow drift, jitter of each launch, outliers; wall time's own."""

    name: str
    drift: float
    jitter: float
    outlier_chance: float
    outlier_size: float
    wall_jitter: float
    blocked_us: int = 0


NOISES = (
    Noise("recorded: CPU 5 %, wall 9 %", 0.04, 0.025, 0.03, 0.15, 0.07),
    Noise("recorded: CPU 5 %, wall 33 %", 0.04, 0.025, 0.03, 0.15, 0.33),
    Noise("blocks 50 ms, wall 9 %", 0.04, 0.025, 0.03, 0.15, 0.07, 50_000),
    Noise("nothing in common, CPU 5 %", 0.0, 0.05, 0.0, 0.0, 0.09),
)


def launches(noise: Noise, chance: random.Random) -> Iterator[Callable[[float], Timing]]:
    """Yield launches in order of time: each takes what its version needs, 1.0 for the base's."""
    memory = 0.95
    drift = chance.gauss(0, noise.drift)
    while True:
        drift = memory * drift + (1 - memory**2) ** 0.5 * chance.gauss(0, noise.drift)
        factor = 1 + drift + chance.gauss(0, noise.jitter)
        if chance.random() < noise.outlier_chance:
            factor += chance.expovariate(1 / noise.outlier_size)
        stretch = abs(chance.gauss(0, noise.wall_jitter))

        def launch(work: float, factor: float = factor, stretch: float = stretch) -> Timing:
            cpu_us = round(INIT_US * work * max(factor, 0.5))
            delay_us = round(cpu_us * stretch)
            wall_us = cpu_us + delay_us + noise.blocked_us
            return Timing(wall_us, cpu_us, cpu_us, delay_us)

        yield launch


def pairs_of(noise: Noise, work: float, chance: random.Random) -> list[Pair]:
    """Return all pairs that an extended comparison would measure, in order of time."""
    stream = launches(noise, chance)
    pairs = []
    for _ in range(EXTENSION * DEFAULT_PAIRS):
        first, second = next(stream), next(stream)
        is_base_first = chance.random() < 0.5
        base, head = (first, second) if is_base_first else (second, first)
        pairs.append(Pair(base(1.0), head(work)))
    return pairs


def verdict_on(pairs: list[Pair]) -> tuple[ComparedVerdict, int]:
    """Compare as the command does: declared pairs first, twice as many where unclear."""
    (found,) = compare_timings({"handler": pairs[:DEFAULT_PAIRS]})
    if next_step(found) is Step.EXTEND:
        (found,) = compare_timings({"handler": pairs})
    return found.verdict, found.pairs


def sequential_alarm(noise: Noise, work: float, chance: random.Random) -> bool:
    """Compare the medians of launches in a row, as tools do that measure one version, then one."""
    stream = launches(noise, chance)
    base = statistics.median(next(stream)(1.0).wall_us for _ in range(DEFAULT_PAIRS))
    head = statistics.median(next(stream)(work).wall_us for _ in range(DEFAULT_PAIRS))
    return head > 1.02 * base


def row(
    noise: Noise, work: float, comparisons: int, seed: int = 5
) -> tuple[Counter[ComparedVerdict], str]:
    """Return the verdicts on so many comparisons, and their line of the table."""
    chance = random.Random(seed)
    found: Counter[ComparedVerdict] = Counter()
    extended = alarms = 0
    for _ in range(comparisons):
        verdict, pairs = verdict_on(pairs_of(noise, work, chance))
        found[verdict] += 1
        extended += pairs > DEFAULT_PAIRS
        alarms += sequential_alarm(noise, work, chance)
    shares = [f"{found[verdict] / comparisons:>8.2%}" for verdict in ComparedVerdict]
    line = f"{noise.name:<30}{work - 1:>+6.0%} " + " ".join(shares)
    return found, f"{line} {extended / comparisons:>9.1%} {alarms / comparisons:>11.1%}"


def main() -> int:
    """Print the table and return 1 where false alarms are too many."""
    comparisons = int(sys.argv[1]) if len(sys.argv) > 1 else COMPARISONS
    heads = " ".join(f"{verdict.value[:8]:>8}" for verdict in ComparedVerdict)
    print(f"{comparisons} comparisons a row")
    print(f"{'noise':<30}{'shift':>6} {heads} {'extended':>9} {'seq. median':>11}")
    worst = 0.0
    caught: dict[float, list[float]] = {1.05: [], 1.10: []}
    for noise in NOISES:
        for work in (1.0, 1.05, 1.10):
            found, line = row(noise, work, comparisons)
            print(line, flush=True)
            slower = found[ComparedVerdict.SLOWER] / comparisons
            if work == 1.0:
                worst = max(worst, slower)
            elif noise.name.startswith("recorded"):
                caught[work].append(100 * slower)
    print(f"worst rate of false alarms: {worst:.2%} (allowed {FALSE_ALARMS_ALLOWED:.0%})")
    words = f"{comparisons} comparisons a row"
    tell(
        worst_alarms_percent=(100 * worst, words),
        caught_percent={"5": (min(caught[1.05]), words), "10": (min(caught[1.10]), words)},
    )
    return worst > FALSE_ALARMS_ALLOWED


if __name__ == "__main__":
    sys.exit(main())
