"""Count the hostile handlers that the suite runs: `python tests/benchmarks/count_hostile.py`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell
from tests.hostile.handlers import HANDLERS, KINDS


def main() -> None:
    for kind, table in KINDS.items():
        print(f"{kind}: {len(table)}")
    tell(handlers=(len(HANDLERS), f"of {len(KINDS)} kinds"))


if __name__ == "__main__":
    main()
