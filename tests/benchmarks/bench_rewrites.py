"""Edits over the standard library's own modules, in every style: which of them are wrong.

    python tests/benchmarks/bench_rewrites.py [--files 320] [--seed WORD]

An edit is wrong if its result does not compile, loses a line that it does not concern, or changes
once more on a second run. The files are those whose hashes with the seed come first; 0 takes all,
which takes many minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell
from tests.deferral.rewrite.test_stdlib import FITTING, ROOT, TOO_LARGE, run


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=320)
    parser.add_argument("--seed", default="")
    given = parser.parse_args()
    paths = [path for path in ROOT.rglob("*.py") if "site-packages" not in path.parts]
    if given.files:
        small = (path for path in paths if path.stat().st_size < TOO_LARGE)
        paths = sorted(
            small, key=lambda path: hashlib.sha256(f"{given.seed}{path}".encode()).digest()
        )[: given.files]
    began = time.process_time()
    tally, wrong = run(paths)
    cpu_s = time.process_time() - began
    edits = sum(tally["changes", style] for style in FITTING)
    refused = sum(tally["refused", style] for style in FITTING)
    for line in wrong:
        print(line)
    print(f"{edits} edits in {tally['readable']} readable files, {refused} refused, {cpu_s:.0f} s")
    tell(
        wrong=(len(wrong), f"of {edits:,} edits, {refused} refused"),
        files=tally["readable"],
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
