"""Run tests as a benchmark: how many fail, and what time they take.

    python tests/benchmarks/run_tests.py PATH... [--marked "not slow"] [--workers 2]

Tells passed, failed (errors count as well) and skipped tests, seconds, minutes, and the CPU seconds
of all processes. Fails if no test passed and none failed: then nothing was looked at.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

ROOT = Path(__file__).resolve().parents[2]

BAD = ("failure", "error")


def counted(report: Path) -> Counter[str]:
    """Return the tests of a JUnit report by their end."""
    ends: Counter[str] = Counter()
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        end = "failed" if kinds & set(BAD) else "skipped" if "skipped" in kinds else "passed"
        ends[end] += 1
    return ends


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--marked", help="an expression of pytest's -m")
    parser.add_argument("--workers", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as folder:
        report = Path(folder, "report.xml")
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        words += ["-n", str(given.workers), f"--junitxml={report}", *given.paths]
        words += ["-m", given.marked] if given.marked else []
        began = time.monotonic()
        subprocess.run(words, cwd=ROOT, check=False)
        took_s = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        ends = counted(report) if report.exists() else Counter[str]()
    if not ends["passed"] + ends["failed"]:
        print(f"no test ran in {', '.join(given.paths)}", file=sys.stderr)
        return 3
    words_of_all = f"{ends['passed']} passed, {ends['skipped']} skipped"
    tell(
        failed=(ends["failed"], words_of_all),
        passed=ends["passed"],
        skipped=ends["skipped"],
        seconds=round(took_s, 1),
        minutes=round(took_s / 60, 2),
        cpu_s=round(used.ru_utime + used.ru_stime, 1),
    )
    return 1 if ends["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
