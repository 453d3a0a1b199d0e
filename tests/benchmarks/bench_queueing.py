"""Ten million simulated arrivals, and their spillover beside Erlang B over a table of loads.

`python tests/benchmarks/bench_queueing.py [arrivals]` prints, for each load and number of
environments, the simulated share that spills over, the formula's, their difference and the CPU
seconds. On-demand environments serve what spills over, with idle reclaim and recycling.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.billing.queueing.arrivals import RandomArrivals
from importcost.billing.queueing.capacity import FixedCapacity
from importcost.billing.queueing.erlang import erlang_b
from importcost.billing.queueing.simulate import EnvironmentRules, simulate
from tests.benchmarks.tell import tell

RULES = EnvironmentRules(init_s=1.0, idle_s=600.0, recycle_low_s=3600.0, recycle_high_s=14_400.0)
SERVICE_S = 0.12
TABLE = ((0.2283, 1), (0.2283, 2), (1.0, 1), (1.0, 3), (5.0, 7), (20.0, 24), (100.0, 105))
"""Loads in erlangs, and environments."""
SECONDS_LIMIT = 10.0
ERROR_LIMIT = 0.02


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    print("| erlangs | environments | simulated | Erlang B | difference | cold | CPU s |")
    print("|---|---|---|---|---|---|---|")
    is_good = True
    errors, taken = [], []
    for load, environments in TABLE:
        arrivals = RandomArrivals(load / SERVICE_S, SERVICE_S, count=count)
        start = time.process_time()
        found = simulate(arrivals, RULES, FixedCapacity(environments))
        seconds = time.process_time() - start
        seconds *= count / (found.requests * 1.2)  # a fifth as many warm up
        blocked = erlang_b(load, environments)
        error = found.spilled_share / blocked - 1
        errors.append(100 * error)
        taken.append(seconds)
        is_good &= abs(error) <= ERROR_LIMIT and seconds <= SECONDS_LIMIT
        print(
            f"| {load:g} | {environments} | {found.spilled_share:.4%} | {blocked:.4%} "
            f"| {error:+.2%} | {found.cold_share:.4%} | {seconds:.1f} |"
        )
    tell(
        worst_s=(max(taken), f"{min(taken):.1f} to {max(taken):.1f} s by load, {count:,} arrivals"),
        worst_percent=(max(errors, key=abs), f"of {len(TABLE)} loads"),
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
