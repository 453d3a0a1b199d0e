"""How far two counts of the bytecodes of the same init differ, and what change they still show.

`python tests/benchmarks/bench_bytecodes.py --python VENV/bin/python [--runs N] [--import NAME ...]`
needs an interpreter that has the packages. Each handler imports one package and is counted N times,
in fresh processes and in fresh folders by turns. Then the handler gets a loop that executes 1 % and
3 % of its count in addition, and `instruction_check` judges it as `compare` does. Exits with 1
where counts of the same code differ by more than the gate allows, or a change of 3 % is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.app.gate.instructions import (
    BYTECODE_NOISE_SHARE,
    Instructions,
    bytecodes_of,
    fixed_hashes,
    instruction_check,
)
from importcost.app.profile.bench import open_bench
from importcost.app.profile.request import ProfileRequest
from importcost.gate.budgets import Budgets, Levels
from importcost.gate.checks import Status
from tests.benchmarks.tell import tell

PACKAGES = ("boto3", "pandas", "fastapi", "sqlalchemy", "aws_lambda_powertools")
ROUND = 3
"""Instructions of one round of an empty loop, at least; a larger change is easier to see."""


class _Silent:
    """Says nothing."""

    def note(self, message: str) -> None:
        """Ignore it."""

    detail = note

    def progress(self, progress: object) -> None:
        """Ignore it."""


def counted(python: str, text: str) -> Instructions:
    """Count a handler's text in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "handler.py").write_text(text)
        request = ProfileRequest(
            f"{folder}/handler.py",
            python=python,
            environment=fixed_hashes({}),
            runner="local",
            is_built=False,
        )
        with open_bench(request, _Silent()) as bench:
            return bytecodes_of(bench)


def measured(python: str, package: str, runs: int) -> tuple[float, bool]:
    """Print one package's row; return the spread as a share, and whether 3 % more is found."""
    text = f"import {package}\n"
    started = time.monotonic()
    found = [counted(python, text) for _ in range((runs + 1) // 2)]
    seconds = (time.monotonic() - started) / (2 * len(found))
    lows = [one.total for one in found]
    highs = [one.total + one.spread for one in found]
    median = int(statistics.median([*lows, *highs]))
    spread = max(highs) - min(lows)
    base, verdicts = found[0], []
    for share in (0.01, 0.03):
        rounds = int(median * share / ROUND)
        longer = counted(python, f"{text}for number in range({rounds}):\n    pass\n")
        check = instruction_check("x", Levels(), Budgets(), base, longer)
        more = 100 * (longer.total - base.total) / base.total
        verdicts.append((check.status is Status.FAIL, more))
    words = ", ".join(f"+{more:.2f} % {'found' if ok else 'missed'}" for ok, more in verdicts)
    exact = len({*lows, *highs})
    print(
        f"| {package} | {median:,} | {spread} ({100 * spread / median:.4f} %), {exact} different "
        f"counts | {words} | {seconds:.1f} s |",
        flush=True,
    )
    return spread / median, verdicts[-1][0]


def main() -> int:
    """Print a row for each package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--import", dest="names", action="append")
    options = parser.parse_args()
    results = [measured(options.python, name, options.runs) for name in options.names or PACKAGES]
    spreads, found = zip(*results, strict=True)
    words = f"{len(results)} packages, {options.runs} counts each"
    tell(spread_percent=(100 * max(spreads), words), missed=(found.count(False), words))
    return 0 if max(spreads) <= BYTECODE_NOISE_SHARE and all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
