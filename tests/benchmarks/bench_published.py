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
   are marked: what is missing is missing. For four no Init is published. With `--python` their
   published handler is profiled here as well, and fills in what rows cannot show: the modules
   that a trace lacks and the module body, at the speed that the trace's own rows have beside the
   same modules here. Rows that init does not load here are the first request's and are left out;
3. Init Duration of InitScope @10db179 against a local profile.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.billing.figures.floors import find_floor, load_floors
from tests.benchmarks.tell import tell

QUARTER = "2026-Q3"
TRACED_QUARTER = "2023-Q4"
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


# Handler and requirements: github.com/fourTheorem/lambda-datasci-perf @5604b9a (MIT),
# lambda_datasci_perf/function. What its build leaves to the runtime (boto3, urllib3) is RUNTIME,
# as python3.9 had it that December; the layers are AWSSDKPandas-Python39:11 (awswrangler 3.4.2)
# and AWSLambdaPowertoolsPythonV2:46, their contents as released.
TRACED_CODE = """
import base64, os, sys, datetime, json
import boto3, numpy, pandas, pyarrow
import pyarrow.parquet
import aws_lambda_powertools as powertools

logger, tracer, metrics = powertools.Logger(), powertools.Tracer(), powertools.Metrics()
client = boto3.session.Session().client("s3")


def handler(event, context): ...
"""
RUNTIME = ("boto3==1.26.90", "botocore==1.29.90", "urllib3==1.26.11")
RUNTIME_MODULES = ("boto3", "botocore", "urllib3")
COMMON = (
    *("aws-lambda-powertools==2.26.1", "aws-xray-sdk==2.12.1", "pyarrow==14.0.1"),
    *("wrapt==1.16.0", "python-dateutil==2.8.2", "six==1.16.0", "pytz==2023.3.post1"),
)
TRACED = {
    "zip": (*COMMON, "numpy==1.24.4", "pandas==2.0.3", "s3fs==2023.10.0"),
    "zip_layers": (
        *(*COMMON, "numpy==1.26.2", "pandas==2.1.3", "awswrangler==3.4.2", "pg8000==1.30.3"),
        *("pymysql==1.1.0", "redshift_connector==2.0.917", "opensearch-py==2.4.2"),
        *("requests==2.31.0", "charset-normalizer==3.3.2", "cryptography==41.0.7"),
        *("pydantic==1.10.13", "fastjsonschema==2.19.0"),
    ),
}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--python", help="CPython 3.9; without it the third table is left out")
    parser.add_argument("--packages", type=Path, help="where requirements are installed once")
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--only", help="of the functions, only those whose name has this in it")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        packages = options.packages or Path(scratch)
        floors(options.data)
        traces(options.data)
        if options.python:
            filled_traces(options, packages)
            functions(options, packages)


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
    tell(floors=(sum(one <= 0.1 for one in off), f"largest difference {max(off):.2f} ms"))
    print(f"1. floors: {len(off)} of {len(wanted)}, largest difference {max(off):.2f} ms\n")


def traces(data: Path) -> None:
    rows, published = traced_rows(data), published_inits(data)
    today = find_floor("python3.9", "zip", "x86_64").ms.value
    then = floor_of(data, TRACED_QUARTER)
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
    every = [pair[0] for pairs in errors.values() for pair in pairs]
    whole = median(pair[0] for pair in errors[False])
    tell(traces_percent=(100 * median(every), f"whole traces {whole:.1%}, all {len(every)}"))
    for is_cut, word in ((False, "whole traces"), (True, "cut off")):
        first, second = (median(one) for one in zip(*errors[is_cut], strict=True))
        print(
            f"   median absolute error, {word}: {first:.1%};"
            f" floor of {TRACED_QUARTER}: {second:.1%}"
        )
    print()


def traced_rows(data: Path) -> dict[tuple[str, str], list[dict[str, str]]]:
    rows = defaultdict(list)
    for row in read(data / "fourtheorem_importtime_on_lambda.csv"):
        rows[row["package"], row["memory_mb"]].append(row)
    return rows


def published_inits(data: Path) -> dict[tuple[str, str], dict[str, str]]:
    return {
        (row["package"], row["memory_mb"]): row
        for row in read(data / "fourtheorem_init.csv")
        if row["kind"].startswith("single")
    }


@dataclass(frozen=True)
class Local:
    """The traces' handler as profiled here, ms of CPU: each module's own, and the body's."""

    modules: dict[str, float]
    body_ms: float


def filled_traces(options: argparse.Namespace, packages: Path) -> None:
    today = find_floor("python3.9", "zip", "x86_64").ms.value
    then = floor_of(options.data, TRACED_QUARTER)
    published = published_inits(options.data)
    local = {package: profiled_here(options, packages, package) for package in TRACED}
    print(
        f"   {'trace, filled in':17} {'rows':>6} {'lacking':>8} {'body':>5} {'speed':>6}"
        f" {f'floor {today:.0f}':>10} {'error':>6} {f'floor {then:.0f}':>10} {'error':>6}"
    )
    errors = []
    for place, found in traced_rows(options.data).items():
        if place not in published:
            continue
        init = float(published[place]["init_ms"])
        seen, lacking, body, speed = filled(found, local[place[0]])
        own = seen + lacking + body
        pair = ((today + own) / init - 1, (then + own) / init - 1)
        errors.append(pair)
        print(
            f"   {' '.join(place):17} {seen:>6,.0f} {lacking:>8,.0f} {body:>5,.0f} {speed:>6.2f}"
            f" {today + own:>10,.0f} {pair[0]:>+6.1%} {then + own:>10,.0f} {pair[1]:>+6.1%}"
        )
    first, second = (median(one) for one in zip(*errors, strict=True))
    worst = max(abs(one) for one, _ in errors)
    tell(filled_percent=(100 * first, f"worst {worst:.1%}"))
    print(
        f"   median absolute error, all {len(errors)}: {first:.1%};"
        f" floor of {TRACED_QUARTER}: {second:.1%}\n"
    )


def filled(rows: Sequence[dict[str, str]], local: Local) -> tuple[float, float, float, float]:
    """Return ms of the rows that init loads, of the modules without a row, of the body; the speed.

    The speed is taken from the function's own packages: the runtime's come with bytecode there
    and without it here.
    """
    names = [row["module"] for row in rows]
    traced: dict[str, float] = defaultdict(float)
    for row in rows[names.index("timed_import") :]:  # a name may repeat
        if row["module"] in local.modules:
            traced[row["module"]] += int(row["self_us"]) / 1000
    own = [name for name in traced if name.partition(".")[0] not in RUNTIME_MODULES]
    speed = sum(traced[name] for name in own) / sum(local.modules[name] for name in own)
    lacking = sum(ms for name, ms in local.modules.items() if name not in set(names))
    return sum(traced.values()), lacking * speed, local.body_ms * speed, speed


def profiled_here(options: argparse.Namespace, packages: Path, package: str) -> Local:
    runtime, layer = packages / "traces-runtime", packages / f"traces-{package}"
    if not runtime.is_dir():
        install(options.python, runtime / "python", RUNTIME)
    if not layer.is_dir():
        install(options.python, layer / "python", TRACED[package])
        for name in ("boto3", "botocore", *(("urllib3",) if package == "zip" else ())):
            shutil.rmtree(layer / "python" / name, ignore_errors=True)
    root = layer / "function"
    root.mkdir(exist_ok=True)
    (root / "traced_handler.py").write_text(TRACED_CODE)
    saved = saved_profile(
        "traced_handler.py:handler",
        *("--python", options.python, "--runtime", "python3.9", "--runner", "local"),
        *("--layer", str(layer), "--layer", str(runtime), "--memory", "1769"),
        *("--env", "POWERTOOLS_SERVICE_NAME=perf", "--env", "POWERTOOLS_METRICS_NAMESPACE=Perf"),
        *("--package-type", "zip", "--runs", str(options.runs), "--timeout", "120"),
        cwd=root,
    )
    tree, modules = saved["tree"], defaultdict(float)
    imports = tree["phases"].index("handler imports")
    for name, phase, own_us in zip(
        tree["name_ids"], tree["phase_ids"], tree["self_us"], strict=True
    ):
        if phase == imports:
            modules[tree["names"][name]] += own_us / 1000
    body = next(one for one in saved["phases"] if one["phase"] == "module body")
    return Local(dict(modules), body["cpu_us"] / 1000)


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
    return saved_profile(*args, cwd=cwd)["derived"]["estimate"]


def saved_profile(*args: str, cwd: Path | None = None) -> dict:
    """Run `importcost profile` and return what it saves."""
    command = [*IMPORTCOST, "profile", *args, "-o", "-", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


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
    tell(
        functions_percent=(100 * median(errors), f"{len(errors)} functions"),
        in_band_percent=(100 * sum(hits) / len(hits), f"{sum(hits)} of {len(hits)}"),
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
