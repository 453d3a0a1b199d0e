"""Run every fuzz target on so many inputs, and count inputs and failures.

    python3.14 tests/benchmarks/bench_fuzz.py [--parsers 10000000] [--others 1000000] [--seed 1]

The parsers are those of `-X importtime` and of Lambda's logs as text. Groups share their inputs
evenly among their targets (`python -m tests.fuzz.drive TARGET`, which says what its engine sees).
A failure is a place in the code that raised, or an input that took more than 10 s.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

ROOT = Path(__file__).resolve().parents[2]

GROUPS = {
    "parsers": ("importtime", "rows", "log-text"),
    "log_records": ("log-records",),
    "profiles": ("profile",),
    "figures": ("figures",),
    "configuration": ("configuration",),
    "templates": ("template", "template-text", "tool-text"),
    "terraform": (
        *("terraform", "terraform-blocks", "terraform-expression"),
        *("terraform-plan", "terraform-text"),
    ),
    "archives": ("archive", "archive-bytes"),
    "handlers": ("source", "source-text"),
}


def fuzzed(target: str, inputs: int, seed: int, found: Path) -> dict:
    """Return the driver's summary of one target."""
    words = [sys.executable, "-m", "tests.fuzz.drive", target, "--inputs", str(inputs)]
    words += ["--seed", str(seed), "--found", str(found)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    summaries = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not summaries:
        raise SystemExit(f"{target}: {done.stderr.strip()[-500:]}")
    return json.loads(summaries[-1])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parsers", type=int, default=10_000_000)
    parser.add_argument("--others", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    inputs: dict[str, int] = {}
    failures = {}
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as name:
        for group, targets in GROUPS.items():
            wanted = given.parsers if group == "parsers" else given.others
            for target in targets:
                summary = fuzzed(target, wanted // len(targets), given.seed, Path(name))
                inputs[group] = inputs.get(group, 0) + summary["inputs"]
                failures.update(summary["found"])
                print(f"{target}: {summary['inputs']:,} inputs, {summary['cpu_s']} s of CPU")
            tell(inputs={group: inputs[group]})
    for place, file in failures.items():
        print(f"{file}: {place}")
    tell(failures=(len(failures), f"of {sum(inputs.values()):,} inputs of {len(GROUPS)} kinds"))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
