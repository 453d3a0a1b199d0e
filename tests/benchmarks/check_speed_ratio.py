"""Predict published cold starts of third-party packages with the speed ratio; fit nothing.

    python tests/benchmarks/check_speed_ratio.py --python PATH_3.9 --traces TRACES.csv \
        --case igraph=FOLDER=igraph=297.3 ... --output functions.json

A case is NAME=FOLDER=MODULES=INIT_MS: the folder holds what `pip install --target` put there,
MODULES are imported in order (comma-separated), INIT_MS is the Init Duration published.
MODULES `@NAME,...` stands for the modules of these packages in the zip traces; INIT_MS is then
left empty: what the traces say is taken.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

DATA = Path(__file__).parents[2] / "src" / "importcost" / "billing" / "data"
# What awslambdaric has loaded before it imports the handler is loaded first, unmeasured. The
# function's code is compiled on every start, as from a ZIP.
MEASURE = """
import importlib._bootstrap_external as loader, json, os, sys, time
stdlib = os.path.dirname(os.__file__)
folder, modules, tolerant = sys.argv[1], sys.argv[2].split(","), sys.argv[3] == "1"
valid = loader.cache_from_source
def cache_from_source(path, *args, **kwargs):
    if path.startswith(stdlib + os.sep):
        return valid(path, *args, **kwargs)
    raise NotImplementedError
loader.cache_from_source = cache_from_source
sys.dont_write_bytecode = True
sys.path.insert(0, folder)
import datetime, decimal, email, http.client, importlib, logging, random, socket, ssl
import traceback, warnings
thread, process, wall = time.thread_time_ns(), time.process_time_ns(), time.perf_counter_ns()
failed = []
for name in modules:
    try:
        __import__(name)
    except Exception as error:
        if not tolerant:
            raise
        failed.append(name + ": " + repr(error)[:80])
print(json.dumps([(time.thread_time_ns() - thread) / 1e6, (time.process_time_ns() - process) / 1e6,
                  (time.perf_counter_ns() - wall) / 1e6, failed]))
"""


def traced_rows(path: Path, python: str, packages: Sequence[str]) -> tuple[list[str], float]:
    """Return (modules, median of their summed self times in ms) over the full zip traces.

    The modules are those of some packages and the standard library's that were loaded after
    the runtime's own. Other packages are left out: botocore and what it needs came from the
    runtime with valid bytecode, the tracing library patches what it finds.
    """
    answer = subprocess.run(
        [python, "-c", "import os, sys; print(os.listdir(os.path.dirname(os.__file__)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = {*packages, *(name.split(".")[0] for name in ast.literal_eval(answer.stdout))}
    traces = defaultdict(dict)
    with path.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["package"] == "zip":
                traces[row["log_stream"]].setdefault(row["module"], int(row["self_us"]))
    sums = []
    for trace in traces.values():
        names = list(trace)
        names = names[names.index("timed_import") + 1 :]
        chosen = [name for name in names if name.split(".")[0] in wanted and "-" not in name]
        sums.append((sum(trace[name] for name in chosen) / 1000, chosen))
    full = sorted(sums, key=lambda found: found[0])
    return full[len(full) // 2][1], statistics.median(total for total, _ in full)


def measure(python: str, folder: str, modules: str, *, tolerant: bool) -> list[float]:
    argv = [python, "-c", MEASURE, folder, modules, str(int(tolerant))]
    answer = subprocess.run(argv, capture_output=True, text=True, check=True)
    *times, failed = json.loads(answer.stdout.splitlines()[-1])
    if failed:
        print(f"  not importable here ({len(failed)}): {failed[:4]} ...", file=sys.stderr)
    return times


def speed_us(python: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        subprocess.run(
            [python, str(DATA.parents[1] / "probe" / "speed_workload.py"), str(result)], check=True
        )
        return json.loads(result.read_text())["speed_us"]


def floor_ms() -> float:
    floors = json.loads((DATA / "floors.json").read_text())["floors"]
    wanted = {"runtime": "python3.9", "package_type": "zip", "arch": "x86_64"}
    return next(e["p50_ms"] for e in floors if wanted.items() <= e.items())


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True)
    parser.add_argument("--traces", type=Path, required=True)
    parser.add_argument("--case", action="append", required=True)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(argv)
    cases = []
    tolerant = set()
    for name, folder, modules, init_ms in (case.split("=") for case in options.case):
        if modules.startswith("@"):
            packages = modules[1:].split(",")
            names, rows_ms = traced_rows(options.traces, options.python, packages)
            tolerant.add(name)
            cases.append((name, folder, ",".join(names), rows_ms + floor_ms()))
        else:
            cases.append((name, folder, modules, float(init_ms)))
    times: dict[str, list[list[float]]] = defaultdict(list)
    speeds = []
    for number in range(options.runs + 1):  # the first round fills the page cache
        speeds.append(speed_us(options.python))
        for name, folder, modules, _ in cases:
            found = measure(options.python, folder, modules, tolerant=name in tolerant)
            if number:
                times[name].append(found)
    reference = json.loads((DATA / "speed-reference.json").read_text())
    here = statistics.median(speeds[1:])
    ratio = reference["versions"]["3.9"]["lambda_us"] / here
    floor = floor_ms()
    print(f"workload {here:.0f} us here, ratio {ratio:.3f}, floor {floor} ms")
    residuals = {}
    for name, _, _, init_ms in cases:
        cpu, process, wall = (
            statistics.median(column) for column in zip(*times[name], strict=True)
        )
        predicted = floor + ratio * cpu
        residuals[name] = (init_ms - floor) / cpu / ratio
        print(
            f"{name:14} cpu {cpu:7.1f} wall {wall:7.1f} process {process:7.1f} ms here;"
            f" init predicted {predicted:7.1f}, published {init_ms:7.1f}"
            f" ({predicted / init_ms - 1:+.0%}); implied ratio / ratio {residuals[name]:.2f}"
        )
    if options.output:
        options.output.write_text(json.dumps({"residuals": residuals}) + "\n")


if __name__ == "__main__":
    main()
