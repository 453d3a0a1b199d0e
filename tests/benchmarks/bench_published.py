"""The cost model beside what was published of real Lambda functions. Nothing is fitted here.

    python tests/benchmarks/bench_published.py --data FOLDER [--python PYTHON3.9 --packages FOLDER]

`--data` holds the published tables (maxday_summary_by_quarter.csv, fourtheorem_*.csv,
initscope.csv; see each table's repository below). With `--python` (a CPython 3.9) the functions
are profiled as a user would: their pinned requirements are installed once below `--packages`, the
handler holds the import lines of the published one, bytecode is a ZIP's. Three tables:

1. floors.json against maxday/lambda-perf @6070b79;
2. Init Duration of fourTheorem/lambda-datasci-perf @5604b9a against the same run's own rows: the
   floor and the self times of what follows the runtime's rows (self times, because CloudWatch
   shuffles the lines of a millisecond and nesting is lost), once with the floor of today that
   the product uses, once with that of the quarter of the traces. Traces that CloudWatch cut off
   are marked: what is missing is missing. For four no Init is published;
3. Init Duration of InitScope @10db179 against a local profile.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost.billing.floors import find_floor, load_floors

QUARTER = "2026-Q3"
TRACED = "2023-Q4"
IMPORTCOST = (sys.executable, "-m", "importcost")


@dataclass(frozen=True)
class Case:
    """A published function: requirements as pinned, import lines of its handler, its Init (ms)."""

    name: str
    requirements: tuple[str, ...]
    code: str
    row: str
    remark: str = ""


IGRAPH = ("igraph==0.11.4",)
# Handlers: github.com/initscope/InitScope, applications/*/original, import lines only.
CASES = (
    Case("file_compression", (), "import os\nimport shutil", "rainbowcake_file_compression"),
    Case("graph_bfs", IGRAPH, "import igraph", "rainbowcake_graph_bfs"),
    Case("graph_mst", IGRAPH, "import igraph", "rainbowcake_graph_mst"),
    Case("graph_pagerank", IGRAPH, "import igraph", "rainbowcake_graph_pagerank"),
    Case("markdown", ("Markdown==3.6",), "import markdown\nimport base64", "rainbowcake_markdown"),
    Case(
        "sentiment",
        ("nltk==3.8.1", "textblob==0.18.0"),
        "import nltk\nfrom textblob import TextBlob",
        "rainbowcake_sentiment_analysis",
        "its init also calls nltk.download, which is left out here",
    ),
    Case(
        "video",
        ("imageio-ffmpeg==0.4.9", "ffmpeg-python==0.2.0"),
        "import os, sys, stat, subprocess\nimport ffmpeg\nimport shutil",
        "rainbowcake_video_processing",
    ),
    Case(
        "skimage",
        # Left open there; 0.22.0 was built against NumPy 1 and fails with 2.
        ("scikit-image==0.22.0", "numpy==1.26.4"),
        "from skimage import io\nimport urllib.request",
        "faaslight7_skimage_numpy",
    ),
    Case(
        "dna",
        ("squiggle==0.3.1", "requests==2.31.0"),
        "import os, sys, json\nfrom squiggle import transform\nimport requests",
        "rainbowcake_dna_visualization",
        "published twice: 497 and 842 ms",
    ),
)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--python", help="CPython 3.9; without it the third table is left out")
    parser.add_argument("--packages", type=Path, help="where requirements are installed once")
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--only", help="of the functions, only those whose name has this in it")
    options = parser.parse_args(argv)
    floors(options.data)
    traces(options.data)
    if options.python:
        with tempfile.TemporaryDirectory() as scratch:
            functions(options, options.packages or Path(scratch))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def floors(data: Path) -> None:
    wanted = defaultdict(list)
    for row in read(data / "maxday_summary_by_quarter.csv"):
        if row["quarter"] == QUARTER and row["runtime"].startswith("python3."):
            wanted[row["runtime"], row["package"], row["arch"]].append(row)
    off = []
    for floor in load_floors().table.values():
        rows = wanted[floor.runtime, floor.package_type, floor.arch]
        count = sum(int(row["n"]) for row in rows)
        p50 = sum(float(row["p50"]) * int(row["n"]) for row in rows) / count
        off.append(abs(floor.p50_ms - p50))
    print(f"1. floors: {len(off)} of {len(wanted)}, largest difference {max(off):.2f} ms\n")


def traces(data: Path) -> None:
    rows = defaultdict(list)
    for row in read(data / "fourtheorem_importtime_on_lambda.csv"):
        rows[row["package"], row["memory_mb"]].append(row)
    published = {
        (row["package"], row["memory_mb"]): row
        for row in read(data / "fourtheorem_init.csv")
        if row["kind"].startswith("single")
    }
    today = find_floor("python3.9", "zip", "x86_64").ms.value
    then = floor_of(data, TRACED)
    print(
        f"2. {'trace':17} {'rows':>5} {'init ms':>8} {f'floor {today:.0f}':>10} {'error':>6}"
        f" {f'floor {then:.0f}':>10} {'error':>6}"
    )
    errors: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for place, found in rows.items():
        known = published.get(place)
        if known is None:
            print(f"   {' '.join(place):17} {len(found):>5} {'none':>8}")
            continue
        init, own = float(known["init_ms"]), own_ms(found)
        pair = ((today + own) / init - 1, (then + own) / init - 1)
        is_cut = known["kind"].endswith("truncated")
        errors[is_cut].append(pair)
        print(
            f"   {' '.join(place):17} {len(found):>5} {init:>8,.0f} {today + own:>10,.0f}"
            f" {pair[0]:>+6.1%} {then + own:>10,.0f} {pair[1]:>+6.1%}"
            f"{'  rows cut off' if is_cut else ''}"
        )
    for is_cut, word in ((False, "whole traces"), (True, "cut off")):
        first, second = (median(one) for one in zip(*errors[is_cut], strict=True))
        print(f"   median absolute error, {word}: {first:.1%}; floor of {TRACED}: {second:.1%}")
    print()


def floor_of(data: Path, quarter: str) -> float:
    """Return the hello-world p50 of python3.9, zip, x86_64 in a quarter, ms."""
    rows = [
        row
        for row in read(data / "maxday_summary_by_quarter.csv")
        if row["quarter"] == quarter
        and row["runtime"].endswith(("python3.9", "python39"))
        and row["package"] == "zip"
        and row["arch"] in ("x86_64", "")
    ]
    count = sum(int(row["n"]) for row in rows)
    return sum(float(row["p50"]) * int(row["n"]) for row in rows) / count


def own_ms(rows: Sequence[dict[str, str]]) -> float:
    """Return the self times of all rows from the handler's first module on, ms."""
    names = [row["module"] for row in rows]
    start = names.index("timed_import")
    return sum(int(row["self_us"]) for row in rows[start:]) / 1000


def median(errors: Iterable[float]) -> float:
    return statistics.median(abs(error) for error in errors)


def profile(*args: str, cwd: Path | None = None) -> dict:
    """Run `importcost profile` and return its estimate."""
    command = [*IMPORTCOST, "profile", *args, "-o", "-", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)["derived"]["estimate"]


def functions(options: argparse.Namespace, packages: Path) -> None:
    known = {row["app"]: row for row in read(options.data / "initscope.csv")}
    print(f"3. {'function':18} {'init ms':>8} {'predicted':>9} {'error':>6}  band")
    errors, hits = [], []
    for case in CASES:
        if options.only and options.only not in case.name:
            continue
        root = packages / ("-".join(case.requirements).replace("==", "_") or "none")
        if not root.is_dir():
            install(options.python, root, case.requirements)
        (root / f"{case.name}_handler.py").write_text(case.code + "\n\ndef handler(e, c): ...\n")
        bill = profile(
            f"{case.name}_handler.py:handler",
            *("--python", options.python, "--runtime", "python3.9", "--runner", "local"),
            *("--package-type", "zip", "--runs", str(options.runs)),
            cwd=root,
        )
        init, band = float(known[case.row]["init_ms_mean"]), bill["init_ms"]
        error, inside = band["value"] / init - 1, band["low"] <= init <= band["high"]
        errors.append(error)
        hits.append(inside)
        print(
            f"   {case.name:18} {init:>8,.0f} {band['value']:>9,.0f} {error:>+6.1%}"
            f"  {band['low']:,.0f} to {band['high']:,.0f}: {'inside' if inside else 'outside'}"
            f"{'; ' + case.remark if case.remark else ''}"
        )
    print(
        f"   median absolute error {median(errors):.1%}; {sum(hits)} of {len(hits)}"
        f" ({sum(hits) / len(hits):.0%}) in the band"
    )


def install(python: str, root: Path, requirements: Sequence[str]) -> None:
    root.mkdir(parents=True)
    if requirements:
        command = [python, "-m", "pip", "install", "-q", "--no-compile", "--target", str(root)]
        subprocess.run([*command, *requirements], check=True)


if __name__ == "__main__":
    main()
