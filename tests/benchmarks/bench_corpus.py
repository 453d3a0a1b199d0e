"""Verdicts on the corpus of small handlers: unsafe imports called deferrable, safe ones found.

python tests/benchmarks/bench_corpus.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell
from tests.deferral.source.test_corpus import CORPUS, STYLES, pairs_of


def main() -> int:
    pairs = [pair for path in CORPUS for pair in pairs_of(path)]
    safe = [found for expected, found in pairs if expected.safe]
    unsafe = [found for expected, found in pairs if not expected.safe]
    deferred = [one for one in safe if one.verdict.kind in STYLES]
    wrong = [one for one in unsafe if one.verdict.kind in STYLES]
    print(f"{len(CORPUS)} handlers with {len(pairs)} expected verdicts")
    tell(
        handlers=(len(CORPUS), f"{len(pairs)} expected verdicts"),
        unsafe=(len(wrong), f"of {len(unsafe)}"),
        safe_percent=(100 * len(deferred) / len(safe), f"{len(deferred)} of {len(safe)}"),
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
