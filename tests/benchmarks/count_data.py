"""Figures that the repository's own data have: nothing is timed.

    python tests/benchmarks/count_data.py

The entries of the table of known packages, the ends of the cost model's bands, and the snippets
that pin the hazards of snapshots.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

SNIPPETS = Path(__file__).resolve().parents[1] / "snapstart" / "corpus"


def data(*path: str) -> Any:
    """Return a data file of the package."""
    return json.loads(files("importcost").joinpath(*path).read_text("utf-8"))


def main() -> None:
    entries = len(data("deferral", "data", "knowledge.json")["entries"])
    model = data("billing", "data", "cost-model.json")
    bands = {kind: model[kind]["band"] for kind in ("zip", "image")}
    snippets = len(list(SNIPPETS.glob("*.py")))
    print(f"{entries} known packages, {snippets} snippets, bands {bands}")
    tell(
        entries=entries,
        snippets=snippets,
        band_low={kind: band["low"] for kind, band in bands.items()},
        band_high={kind: band["high"] for kind, band in bands.items()},
    )


if __name__ == "__main__":
    main()
