"""How long the help and a completion take beside `python -c 'import click'`: interleaved CPU time.

python tests/benchmarks/bench_start.py
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

PAIRS = 60
LIMITS = {"ratio": 1.15, "completion": 1.3}
"""By the value that is told: of `--help`, and of completing a command's name."""
COMPLETION = {
    "_IMPORTCOST_COMPLETE": "bash_complete",
    "COMP_WORDS": "importcost pro",
    "COMP_CWORD": "1",
}


def cpu_s(command: list[str], variables: Mapping[str, str]) -> float:
    """Run a command and return the CPU time it used, seconds.

    From getrusage: os.times counts in ticks of 10 ms, a fifth of what is measured.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, **variables}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def beside_click(command: list[str], variables: Mapping[str, str]) -> tuple[float, float, float]:
    """Return milliseconds of a command and of importing click, and the median ratio of pairs."""
    bare = [sys.executable, "-c", "import click"]
    for words in (command, bare):
        cpu_s(words, variables)  # bytecode and page cache
    pairs = []
    for number in range(PAIRS):  # in turns, each of them first as often as the other
        order = (command, bare) if number % 2 else (bare, command)
        used = {words is command: cpu_s(words, variables) for words in order}
        pairs.append((used[True], used[False]))
    ours, clicks = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    return ours, clicks, statistics.median(a / b for a, b in pairs)


def main() -> None:
    program = str(Path(sys.executable).parent / "importcost")
    environment_writes = os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    commands = {"ratio": ([program, "--help"], {}), "completion": ([program], COMPLETION)}
    print("| told as | ms | import click ms | ratio (median of pairs) | limit |")
    print("|---|---|---|---|---|")
    missed = []
    for name, (command, variables) in commands.items():
        ours, clicks, ratio = beside_click(command, variables)
        print(f"| {name} | {ours:.1f} | {clicks:.1f} | {ratio:.3f} | {LIMITS[name]} |")
        tell(**{name: (ratio, f"{ours:.1f} / {clicks:.1f} ms, {PAIRS} pairs")})
        missed += [name] if ratio > LIMITS[name] else []
    print(f"load {os.getloadavg()[0]:.1f}")
    if environment_writes is not None:
        os.environ["PYTHONDONTWRITEBYTECODE"] = environment_writes
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
