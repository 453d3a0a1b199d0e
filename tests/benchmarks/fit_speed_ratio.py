"""Fit the speed reference: what the calibration workload would take on Lambda, per Python.

    python tests/benchmarks/fit_speed_ratio.py --traces fourtheorem_importtime_on_lambda.csv \
        --python PATH_3.9 --python PATH_3.10 ... [--optimised-python PATH_3.14 ...] \
        --output src/importcost/billing/data/speed-reference.json

The first --python must be 3.9, the version of the traces. Method, result and error stand in
SPEED_RATIO.md beside this file.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "src" / "importcost" / "billing" / "data"
WORKLOAD = DATA.parents[1] / "probe" / "speed_workload.py"
MIN_SELF_US = 200
# Loaded while the interpreter starts, before Lambda's disk and ours are comparable, or not
# Python code at all.
EXCLUDED = re.compile(
    r"(site|sitecustomize|usercustomize|zipimport|codecs|io|abc|os|stat|posixpath|genericpath"
    r"|_collections_abc|_sitebuiltins|_bootlocale|encodings(\..*)?|_sysconfigdata.*)$"
)
ROW = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| \s*(\S+)$")
FIND_STDLIB = """
import importlib.util, json, sys, sysconfig
lib = sysconfig.get_path("stdlib")
found = []
for name in json.load(sys.stdin):
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        continue
    origin = (spec and spec.origin) or ""
    if origin.startswith(lib) and origin.endswith(".py") and "site-packages" not in origin:
        found.append(name)
print(json.dumps(found))
"""
FACTS = (
    "import platform, sysconfig; print(platform.python_version(), '|',"
    " sysconfig.get_config_var('CONFIG_ARGS'))"
)
# From a throttled CI machine to a fast laptop with an optimised build, in round numbers.
UNKNOWN_MACHINE = {"low": 0.5, "value": 1.0, "high": 4.0, "basis": "assumed"}
Traces = dict[tuple[str, str], dict[str, int]]


def read_traces(path: Path) -> Traces:
    """Return {(package, log stream): {module: self_us}}, in the file's order."""
    traces: Traces = defaultdict(dict)
    with path.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            trace = traces[row["package"], row["log_stream"]]
            trace.setdefault(row["module"], int(row["self_us"]))
    return traces


def stdlib_modules(python: str, traces: Traces) -> list[str]:
    """Return the traced modules that are pure-Python standard library, in import order."""
    names = list(dict.fromkeys(name for trace in traces.values() for name in trace))
    names = [name for name in names if not EXCLUDED.match(name)]
    answer = subprocess.run(
        [python, "-I", "-c", FIND_STDLIB],
        input=json.dumps(names),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout)


def run_cpu_share(argv: Sequence[str], stderr: Path) -> float:
    """Run to the end; return CPU time / wall time, to tell disturbed runs apart."""
    with stderr.open("w") as stream:
        started = time.monotonic()
        process = subprocess.Popen(argv, stderr=stream)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{argv} failed:\n{stderr.read_text()[-2000:]}")
    return (usage.ru_utime + usage.ru_stime) / (time.monotonic() - started)


def speed_us(python: str, scratch: Path) -> int:
    result = scratch / "speed.json"
    subprocess.run([python, str(WORKLOAD), str(result)], check=True)
    return json.loads(result.read_text())["speed_us"]


class Session:
    """Interleaved measurements: one traced import of all modules, one workload per Python."""

    def __init__(self, pythons: Sequence[str], modules: Sequence[str]) -> None:
        self.pythons = pythons
        self.modules = modules
        self.self_us: list[dict[str, int]] = []
        self.cpu_share: list[float] = []
        self.speed: dict[str, list[int]] = defaultdict(list)

    def run(self, rounds: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            script = scratch / "import_all.py"
            script.write_text("".join(f"__import__({name!r})\n" for name in self.modules))
            # The first two rounds write bytecode and fill the page cache.
            for number in range(-2, rounds):
                self._round(scratch, script, keep=number >= 0)

    def _round(self, scratch: Path, script: Path, *, keep: bool) -> None:
        log = scratch / "rows.log"
        argv = [self.pythons[0], "-I", "-X", "importtime", str(script)]
        share = run_cpu_share(argv, log)
        speeds = {python: speed_us(python, scratch) for python in self.pythons}
        if not keep:
            return
        rows = [ROW.match(line) for line in log.read_text().splitlines()]
        self.self_us.append({row[2]: int(row[1]) for row in rows if row})
        self.cpu_share.append(share)
        for python, value in speeds.items():
            self.speed[python].append(value)

    def local_medians(self) -> dict[str, float]:
        """Return per-module medians over the half of the runs that was disturbed least."""
        order = sorted(range(len(self.self_us)), key=lambda i: -self.cpu_share[i])
        kept = [self.self_us[i] for i in order[: max(15, len(order) // 2)]]
        names = set.intersection(*(set(run) for run in kept))
        return {name: statistics.median(run[name] for run in kept) for name in names}


def quantile(values: Sequence[float], q: float) -> float:
    ordered = sorted(values)
    position = q * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def lambda_medians(traces: Traces, kinds: Sequence[str]) -> dict[str, float]:
    values = defaultdict(list)
    for (package, _), trace in traces.items():
        if package in kinds:
            for name, self_us in trace.items():
                values[name].append(self_us)
    return {name: statistics.median(found) for name, found in values.items()}


def theil_sen(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    slopes = [
        (b[1] - a[1]) / (b[0] - a[0])
        for i, a in enumerate(points)
        for b in points[i + 1 :]
        if a[0] != b[0]
    ]
    slope = statistics.median(slopes)
    return slope, statistics.median(y - slope * x for x, y in points)


def fit_kind(traces: Traces, kinds: Sequence[str], local: dict[str, float]) -> dict[str, Any]:
    """Compare Lambda's and the local self times for the traces of some package types."""
    remote = lambda_medians(traces, kinds)
    names = [n for n in sorted(remote) if n in local and remote[n] >= MIN_SELF_US]
    ratios = {name: remote[name] / local[name] for name in names}
    per_trace = []
    for (package, _), trace in traces.items():
        common = [name for name in names if name in trace]
        if package in kinds and common:
            per_trace.append(sum(trace[n] for n in common) / sum(local[n] for n in common))
    slope, intercept = theil_sen([(local[n], remote[n]) for n in names])
    return {
        "modules": len(names),
        "names": names,
        "lambda_ms": sum(remote[n] for n in names) / 1000,
        "local_ms": sum(local[n] for n in names) / 1000,
        "ratio_of_sums": sum(remote[n] for n in names) / sum(local[n] for n in names),
        "median_of_ratios": statistics.median(ratios.values()),
        "p10_p90_of_ratios": [quantile(list(ratios.values()), q) for q in (0.1, 0.9)],
        "per_trace_ratio_of_sums": per_trace,
        "theil_sen": [slope, intercept],
    }


def simulate_functions(traces: Traces, fit: dict[str, Any], local: dict[str, float]) -> list[float]:
    """Return p10 and p90 of the ratio of a made-up function: 30 random modules, one trace."""
    chance = random.Random(20231208)
    zips = [trace for (package, _), trace in traces.items() if package.startswith("zip")]
    results = []
    for _ in range(4000):
        trace = chance.choice(zips)
        names = [n for n in chance.sample(fit["names"], 30) if n in trace]
        results.append(sum(trace[n] for n in names) / sum(local[n] for n in names))
    return [quantile(results, 0.1), quantile(results, 0.9)]


def minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def versions_table(
    session: Session, optimised: Sequence[str], ratio: float
) -> tuple[dict[str, Any], dict[str, float]]:
    """Return (per-version entries, gain of optimised builds by version).

    `ratio` was fitted with a plain build against AWS's optimised one, so it holds for plain
    builds; an optimised build's time is turned into a plain one's with the gain seen where
    both builds of one version are at hand.
    """
    facts = {}
    for python in session.pythons:
        answer = subprocess.run([python, "-c", FACTS], capture_output=True, text=True, check=True)
        facts[python] = [part.strip() for part in answer.stdout.split("|", 1)]
        print(f"{facts[python][0]:8} {facts[python][1][:90]}")
    speeds = {python: statistics.median(values) for python, values in session.speed.items()}
    plain = {minor(facts[p][0]): p for p in session.pythons if p not in optimised}
    fast = {minor(facts[p][0]): p for p in optimised}
    gains = {v: speeds[plain[v]] / speeds[fast[v]] for v in plain if v in fast}
    gain = statistics.geometric_mean(gains.values()) if gains else 1.0
    table = {}
    for version in sorted({*plain, *fast}, key=lambda v: int(v.split(".")[1])):
        python = plain.get(version) or fast[version]
        factor = 1.0 if version in plain else gain
        table[version] = {
            "lambda_us": round(ratio * factor * speeds[python]),
            "here_us": round(speeds[python]),
            "here_spread": [round(quantile(session.speed[python], q)) for q in (0.1, 0.9)],
            "python": facts[python][0],
            "build": "plain" if version in plain else "optimised (PGO)",
            "basis": "measured" if version in plain else "measured x build gain",
        }
    return table, gains


def report(label: str, fit: dict[str, Any]) -> None:
    slope, intercept = fit["theil_sen"]
    print(
        f"{label:16} n={fit['modules']:3} Lambda {fit['lambda_ms']:.1f} ms, here"
        f" {fit['local_ms']:.1f} ms; ratio of sums {fit['ratio_of_sums']:.3f}, median of ratios"
        f" {fit['median_of_ratios']:.3f}, p10-p90"
        f" {fit['p10_p90_of_ratios'][0]:.2f}-{fit['p10_p90_of_ratios'][1]:.2f}; Theil-Sen"
        f" {slope:.2f} x + {intercept:.0f} us; per trace"
        f" {[round(x, 2) for x in fit['per_trace_ratio_of_sums']]}"
    )


def round_all(values: Sequence[float]) -> list[float]:
    return [round(value, 3) for value in values]


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--traces", type=Path, required=True)
    parser.add_argument("--python", action="append", required=True)
    parser.add_argument("--optimised-python", action="append", default=[])
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--output", type=Path)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    options = parse_arguments(argv)
    traces = read_traces(options.traces)
    pythons = [*options.python, *options.optimised_python]
    session = Session(pythons, stdlib_modules(pythons[0], traces))
    session.run(options.runs)
    local = session.local_medians()
    kinds = {"zip": ("zip", "zip_layers"), "zip only": ("zip",), "image": ("image",)}
    fits = {label: fit_kind(traces, members, local) for label, members in kinds.items()}
    for label, fit in fits.items():
        report(label, fit)
    simulated = simulate_functions(traces, fits["zip"], local)
    ratio = fits["zip"]["ratio_of_sums"]
    table, gains = versions_table(session, options.optimised_python, ratio)
    print("gain of optimised builds:", gains, "simulated functions:", simulated)
    document = {
        "figure": "CPU time of speed_workload.py on Lambda x86_64, by Python version",
        "source": "fitted by tests/benchmarks/fit_speed_ratio.py on -X importtime traces of"
        " python3.9 on Lambda, github.com/fourTheorem/lambda-datasci-perf @5604b9a",
        "licence": "MIT",
        "date": "2023-12-08",
        "fitted": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "fit": {
            "ratio_of_sums": round(ratio, 3),
            "median_of_ratios": round(fits["zip"]["median_of_ratios"], 3),
            "p10_p90_of_module_ratios": round_all(fits["zip"]["p10_p90_of_ratios"]),
            "per_trace_ratio_of_sums": round_all(fits["zip"]["per_trace_ratio_of_sums"]),
            "modules": fits["zip"]["modules"],
            "image_ratio_of_sums": round(fits["image"]["ratio_of_sums"], 3),
            "image_median_of_ratios": round(fits["image"]["median_of_ratios"], 3),
            "optimised_build_gain": {v: round(g, 3) for v, g in gains.items()},
        },
        "unknown_machine": UNKNOWN_MACHINE,
        "versions": table,
    }
    text = json.dumps(document, indent=2) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
