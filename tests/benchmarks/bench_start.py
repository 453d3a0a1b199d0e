"""How long `importcost --help` takes beside `python -c 'import click'`: interleaved CPU time.

python tests/benchmarks/bench_start.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

PAIRS = 60
LIMIT = 1.15


def cpu_s(command: list[str]) -> float:
    """Run a command and return the CPU time it used, seconds."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    used = after.children_user + after.children_system
    return used - before.children_user - before.children_system


def main() -> None:
    ours = [str(Path(sys.executable).parent / "importcost"), "--help"]
    bare = [sys.executable, "-c", "import click"]
    environment_writes = os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for command in (ours, bare):
        cpu_s(command)  # bytecode and page cache
    pairs = [(cpu_s(ours), cpu_s(bare)) for _ in range(PAIRS)]
    ratio = statistics.median(a / b for a, b in pairs)
    print("| --help ms | import click ms | ratio (median of pairs) | limit |")
    print("|---|---|---|---|")
    a = statistics.median(pair[0] for pair in pairs) * 1000
    b = statistics.median(pair[1] for pair in pairs) * 1000
    print(f"| {a:.0f} | {b:.0f} | {ratio:.2f} | {LIMIT} |")
    if environment_writes is not None:
        os.environ["PYTHONDONTWRITEBYTECODE"] = environment_writes
    sys.exit(ratio > LIMIT)


if __name__ == "__main__":
    main()
