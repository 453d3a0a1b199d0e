"""Count the entries of the table of known packages.

python tests/benchmarks/count_knowledge.py
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell


def main() -> None:
    text = (files("importcost") / "deferral" / "data" / "knowledge.json").read_text("utf-8")
    entries = json.loads(text)["entries"]
    print(f"{len(entries)} entries")
    tell(entries=len(entries))


if __name__ == "__main__":
    main()
