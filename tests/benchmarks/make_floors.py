"""Make floors.json from the published Init Durations of a hello-world function.

    python tests/benchmarks/make_floors.py maxday_summary_by_quarter.csv 2026-Q3 \
        src/importcost/billing/data/floors.json

Percentiles are pooled over memory sizes, weighted by the number of cold starts: the published
table has percentiles, not the cold starts, and they differ by a few milliseconds at most
between memory sizes.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PERCENTILES = ("p10", "p50", "p90")


def pooled(rows: Sequence[dict[str, str]]) -> dict[str, Any]:
    n = sum(int(row["n"]) for row in rows)
    return {
        "n": n,
        **{
            f"{p}_ms": round(sum(float(row[p]) * int(row["n"]) for row in rows) / n, 1)
            for p in PERCENTILES
        },
    }


def by_version(key: tuple[str, str, str]) -> tuple[int, str, str]:
    return int(key[0].rsplit(".", 1)[1]), key[1], key[2]


def main(table: str, quarter: str, output: str) -> None:
    groups: dict[tuple[str, str, str], list[dict[str, str]]] = defaultdict(list)
    with Path(table).open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["quarter"] == quarter and row["runtime"].startswith("python3."):
                groups[row["runtime"], row["package"], row["arch"]].append(row)
    document = {
        "figure": "Init Duration of a hello-world function",
        "source": "github.com/maxday/lambda-perf @6070b79",
        "licence": "Apache-2.0",
        "date": quarter,
        "method": "percentiles pooled over memory sizes 128 to 1024 MB, weighted by n",
        "floors": [
            {"runtime": r, "package_type": p, "arch": a, **pooled(groups[r, p, a])}
            for r, p, a in sorted(groups, key=by_version)
        ],
    }
    entries = document.pop("floors")
    head = json.dumps(document, indent=2)[:-2]
    lines = ",\n".join("    " + json.dumps(entry) for entry in entries)
    Path(output).write_text(f'{head},\n  "floors": [\n{lines}\n  ]\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
