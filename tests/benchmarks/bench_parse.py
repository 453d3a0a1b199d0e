"""Parse and nest a million rows, against a bare regex loop over the same file.

`python tests/benchmarks/bench_parse.py [rows]` prints medians of CPU time, the ratio and peak
memory. Both run in fresh processes, in turn, so that a busy machine slows both. The log has the
shape of a real one (that of a large Lambda function: mean depth, length of names, share of
leaves), 70 bytes a row, names all different.
"""

from __future__ import annotations

import platform
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

PAIRS = 11
RATIO_LIMIT = 1.1
RSS_LIMIT_MB = 450

_TIMED = """
import sys, time
{imports}
start = time.process_time()
{body}
seconds = time.process_time() - start
try:  # not ru_maxrss: a child inherits its parent's
    lines = open("/proc/self/status").read().splitlines()
    peak_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
except OSError:
    import resource
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(seconds, peak_kb, count)
"""

BARE_LOOP = _TIMED.format(
    imports="import re",
    body="""
PATTERN = re.compile(r"import time:\\s+(-?\\d+) \\|\\s+(\\d+) \\|(\\s+\\S+)")
count = 0
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        match = PATTERN.match(line)
        if match:
            self_us, cumulative_us, name = int(match[1]), int(match[2]), match[3]
            count += 1
""",
)

PARSE_AND_NEST = _TIMED.format(
    imports="""
from pathlib import Path
from importcost.model.importtime.nest import build_tree
from importcost.model.importtime.parse import parse_importtime
""",
    body="""
count = len(build_tree(parse_importtime(Path(sys.argv[1]).read_bytes())))
""",
)


def write_log(path: Path, rows: int, seed: int = 1) -> None:
    """Write a log of exactly `rows` rows, whose figures add up."""
    random_ = random.Random(seed)
    words = ["core", "_libs", "utils", "client", "models", "exceptions", "compat", "abc", "parsers"]
    lines: list[str] = []
    waiting = [0] * 30  # cumulative times of finished rows whose parent is still to come

    def finish(depth: int) -> None:
        own = int(random_.lognormvariate(5.8, 1.2)) + 1
        total = own + waiting[depth + 1]
        waiting[depth + 1] = 0
        waiting[depth] += total
        number = len(lines)
        name = f"{random_.choice(words)}.{random_.choice(words)}_{number:x}.{number % 7}"
        lines.append(f"import time: {own:9d} | {total:10d} | {'  ' * depth}{name}\n")

    depth = 0
    while len(lines) < rows - 40:
        # A walk over depths: down to a leaf, then out of some packages.
        depth = min(depth + random_.choice((0, 0, 1, 1, 2, 4)), 16)
        finish(depth)
        while depth and random_.random() < 0.64:
            depth -= 1
            finish(depth)
    while len(lines) < rows - depth:
        finish(depth)
    while depth:
        depth -= 1
        finish(depth)
    with path.open("w", encoding="utf-8") as file:
        file.write("import time: self [us] | cumulative | imported package\n")
        file.writelines(lines)


def measure(program: str, log: Path) -> tuple[float, float, int]:
    """Run a program in a fresh interpreter: seconds, peak MB, rows seen."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(log)], capture_output=True, text=True, check=True
    )
    seconds, peak_kb, count = done.stdout.split()
    return float(seconds), int(peak_kb) / 1024, int(count)


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "importtime.log"
        write_log(log, rows)
        size_mb = log.stat().st_size / 1e6
        pairs = [(measure(BARE_LOOP, log), measure(PARSE_AND_NEST, log)) for _ in range(PAIRS)]
    assert {one[2] for pair in pairs for one in pair} == {rows}
    bare, ours = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(pair[1][0] / pair[0][0] for pair in pairs)
    bare_mb, ours_mb = (max(pair[side][1] for pair in pairs) for side in (0, 1))
    print("| rows | MB | Python | bare loop s | parse + nest s | ratio | peak RSS MB (bare) |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {rows:,} | {size_mb:.1f} | {platform.python_version()} | {bare:.2f} | {ours:.2f} "
        f"| {ratio:.2f} | {ours_mb:.0f} ({bare_mb:.0f}) |"
    )
    tell(
        ratio=(ratio, f"{ours:.2f} / {bare:.2f} s of CPU, {PAIRS} pairs"),
        peak_mb=(ours_mb, f"{bare_mb:.0f} of the bare loop"),
    )
    return 0 if ratio <= RATIO_LIMIT and ours_mb <= RSS_LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(main())
