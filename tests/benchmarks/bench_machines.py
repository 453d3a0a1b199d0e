"""How often the few launches of `defer` verify a saving, on made-up and on recorded machines.

    python tests/benchmarks/bench_machines.py [--trials 60]

Verified: 100 ms of 1.9 s are shown to be saved, among six changes in 42 launches, or for --quick
one change of 200 ms in 12. Covered: how often the 95 % intervals hold the true savings. Nothing is
launched: the machines are those of tests/machines.py, as tests/measure/test_coverage.py has them.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell
from tests.machines import Recorded, busy, drifting, flipping, numbered, steady
from tests.measure.test_coverage import (
    INIT_S,
    LAUNCHES,
    QUICK_LAUNCHES,
    SIX,
    Counted,
    compare,
    count,
    recorded_launches,
)

MACHINES = {"flipping": flipping, "steady": steady, "drifting": drifting, "busy": busy}


def on_recorded(trials: int) -> Counted:
    """Return what recorded launches give, as the test does it."""
    recorded = recorded_launches()
    shares = {name: saving / INIT_S for name, saving in SIX.items()}
    counted = Counted()
    for chance in numbered(trials):
        left = {"": 1.0, **{name: 1 - share for name, share in shares.items()}}
        runner = Recorded(recorded, left, chance.randrange(len(recorded)))
        counted.add(compare(runner, shares, LAUNCHES, chance), shares)
    return counted


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=60)
    trials = parser.parse_args().trials
    random.seed(1)
    whole = {name: count(kind, SIX, LAUNCHES, trials) for name, kind in MACHINES.items()}
    whole["recorded"] = on_recorded(trials)
    quick = {
        name: count(kind, {"saved": 0.2}, QUICK_LAUNCHES, 3 * trials)
        for name, kind in MACHINES.items()
    }
    for label, table in (("42 launches", whole), ("quick", quick)):
        for name, counted in table.items():
            print(f"{label}, {name}: shown {counted.power:.1%}, covered {counted.coverage:.1%}")
    covered = {
        label: {name: 100 * one.coverage for name, one in table.items()}
        for label, table in (("whole", whole), ("quick", quick))
    }
    others = {name: 100 * one.power for name, one in whole.items() if name != "flipping"}
    tell(
        verified={
            "flipping": (100 * whole["flipping"].power, f"of {trials}"),
            "least_of_others": least(others, trials),
        },
        covered={"least": least(covered["whole"], trials)},
        covered_quick={"least": least(covered["quick"], 3 * trials)},
    )


def least(percents: dict[str, float], trials: int) -> tuple[float, str]:
    """Return the least of some percentages, with the machine that it belongs to."""
    name = min(percents, key=lambda one: percents[one])
    return percents[name], f"{name}, {trials} trials each"


if __name__ == "__main__":
    main()
