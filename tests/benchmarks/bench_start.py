"""How long `importcost --help` takes beside `python -c 'import click'`: interleaved CPU time.

python tests/benchmarks/bench_start.py
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

PAIRS = 60
LIMIT = 1.15


def cpu_s(command: list[str]) -> float:
    """Run a command and return the CPU time it used, seconds.

    From getrusage: os.times counts in ticks of 10 ms, a fifth of what is measured.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    ours = [str(Path(sys.executable).parent / "importcost"), "--help"]
    bare = [sys.executable, "-c", "import click"]
    environment_writes = os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for command in (ours, bare):
        cpu_s(command)  # bytecode and page cache
    pairs = []
    for number in range(PAIRS):  # in turns, each of them first as often as the other
        order = (ours, bare) if number % 2 else (bare, ours)
        used = {command is ours: cpu_s(command) for command in order}
        pairs.append((used[True], used[False]))
    ratio = statistics.median(a / b for a, b in pairs)
    print("| --help ms | import click ms | ratio (median of pairs) | limit |")
    print("|---|---|---|---|")
    a = statistics.median(pair[0] for pair in pairs) * 1000
    b = statistics.median(pair[1] for pair in pairs) * 1000
    print(f"| {a:.1f} | {b:.1f} | {ratio:.3f} | {LIMIT} |")
    print(f"load {os.getloadavg()[0]:.1f}")
    tell(ratio=(ratio, f"{a:.1f} / {b:.1f} ms, {PAIRS} pairs"))
    if environment_writes is not None:
        os.environ["PYTHONDONTWRITEBYTECODE"] = environment_writes
    sys.exit(ratio > LIMIT)


if __name__ == "__main__":
    main()
