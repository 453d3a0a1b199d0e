"""Interleaved pairs: interpreter start with temporary folders of its own, and with the machine's.

`python tests/benchmarks/bench_cold_start.py [PAIRS]`, the hello sample, this interpreter.
"""

from __future__ import annotations

import random
import statistics
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.measure.layout import lambda_environment, local_layout
from importcost.measure.runners.local import LocalRunner, inspect_interpreter
from importcost.measure.runners.shared_folders import SharedFolders
from importcost.measure.session import Session, Subject
from importcost.model.profile import RunKind, Settings, Target
from importcost.model.stats import median_interval
from tests.benchmarks.tell import tell

SAMPLE = Path(__file__).resolve().parents[2] / "sample_handlers" / "hello"
SETTINGS = Settings(memory_mb=512, arch="x86_64", package_type="zip", runtime="python3.12")
PHASES = ("interpreter_start", "runtime", "function_init")


def sessions() -> dict[str, Session]:
    """Return a session with private folders and one without."""
    target = Target("handler", "handler", str(SAMPLE), str(SAMPLE / "handler.py"))
    facts = inspect_interpreter(sys.executable)
    layout = local_layout(target, facts.minor_version)
    environment = lambda_environment(target, SETTINGS, str(SAMPLE))
    private = LocalRunner(facts.executable, facts, layout, environment)
    shared = replace(private, shared=SharedFolders(because="for comparison"))
    subject = Subject(target, SETTINGS, ("json", "logging", "traceback"), "zip", None, 60.0)
    return {"private": Session(private, subject), "shared": Session(shared, subject)}


def main() -> None:
    """Print the median difference of each phase with its 95 % interval."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    both = sessions()
    chance = random.Random(1)
    for _ in range(pairs + 1):
        order = list(both)
        chance.shuffle(order)
        for name in order:
            both[name].launch_probe(RunKind.TIMED)
    for clock in ("cpu_us", "wall_us"):
        for phase in PHASES:
            # The first pair reads files from disk.
            private, shared = (
                [float(getattr(getattr(run, phase), clock)) for run in both[name].runs[1:]]
                for name in ("private", "shared")
            )
            found = median_interval([a - b for a, b in zip(private, shared, strict=True)])
            base = statistics.median(shared)
            print(
                f"{clock} {phase}: shared {base / 1000:.2f} ms, private "
                f"{statistics.median(private) / 1000:.2f} ms, difference "
                f"{found.value / base:+.1%} ({found.low / base:+.1%} to {found.high / base:+.1%})"
            )
            if clock == "cpu_us":
                band = f"{found.low / base:+.1%} to {found.high / base:+.1%}, {pairs} pairs"
                tell(percent={phase: (100 * found.value / base, band)})


if __name__ == "__main__":
    main()
