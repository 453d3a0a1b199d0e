"""Fit the cost model's coefficients on published inits and on `-X importtime` rows from Lambda.

    python tests/benchmarks/fit_cost_model.py --profiles FOLDER [--profiles FOLDER ...] \
        --traces fourtheorem_importtime_on_lambda.csv --floors maxday_summary_by_quarter.csv \
        --output src/importcost/billing/data/cost-model.json

`--profiles` holds what measure_published.py left, a folder a session. `--traces` is from
fourTheorem/lambda-datasci-perf @5604b9a, `--floors` from maxday/lambda-perf @6070b79. Prints the
tables of SPEED_RATIO.md. Method: there.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import itertools
import json
import math
import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importcost.billing.figures.floors import find_floor
from importcost.billing.figures.speed import speed_ratio
from importcost.billing.file_loads import FileLoad, function_loads
from importcost.model.codec import profile_from_plain
from importcost.model.profile import Phase, Profile

CASES = Path(__file__).with_name("published-inits.json")
PRIOR_WEIGHT = 1.0
"""The weight of the rows' coefficients in a fit on functions: an error of 100 % of one coefficient
counts as much as an error of 100 % of one function."""
NORMAL_80 = 1.2816
TERMS = ("computing", "module_ms", "native_ms_per_mb")
Row = tuple[float, float, float]
"""Scaled CPU time (ms), modules, megabytes of native code: what the coefficients multiply."""


@dataclass(frozen=True)
class Point:
    """One function in one session: its terms, and the init published (ms) with its floor then.

    `floor_ms` is today's, which the product adds.
    """

    name: str
    family: str
    row: Row
    init_ms: float
    floor_then_ms: float
    floor_ms: float

    def predicted(self, coefficients: Sequence[float]) -> float:
        return self.floor_ms + product(self.row, coefficients)


def product(row: Sequence[float], coefficients: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(row, coefficients, strict=True))


def load_profile(path: Path) -> Profile:
    return profile_from_plain(json.loads(path.read_text(encoding="utf-8")))


def ratio_of(profile: Profile) -> float:
    version = profile.environment.python_version
    return speed_ratio(profile.speed_us, python_version=version).ratio.value


def row_of(profile: Profile) -> Row:
    loads, loose = function_loads(profile.graph) or ({}, FileLoad())
    total = sum(loads.values(), loose)
    cpu_ms = profile.function_init.cpu_us.value / 1000
    return (cpu_ms * ratio_of(profile), float(total.modules), total.native_mb)


class Floors:
    """Mean init of hello-world functions by quarter, as published."""

    def __init__(self, path: Path) -> None:
        self._rows: dict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
        with path.open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                if row["arch"] in ("x86_64", ""):
                    digits = row["runtime"].rpartition("python")[2].replace(".", "")
                    place = (row["quarter"], digits, row["package"])
                    self._rows[place].append((float(row["mean_ms"]), float(row["n"])))

    def mean(self, quarter: str, python: str, package_type: str) -> float:
        found = self._rows[quarter, python.replace(".", ""), package_type]
        return sum(mean * n for mean, n in found) / sum(n for _, n in found)


def points(folders: Sequence[Path], floors: Floors, package_type: str) -> list[Point]:
    found = []
    for case, folder in itertools.product(cases(), folders):
        path = folder / f"{case['name']}.json"
        if case["package_type"] != package_type or not path.exists():
            continue
        runtime = f"python{case['python']}"
        found.append(
            Point(
                case["name"],
                case["family"],
                row_of(load_profile(path)),
                case["init_ms"],
                floors.mean(case["quarter"], case["python"], package_type),
                find_floor(runtime, package_type, "x86_64").ms.value,
            )
        )
    return found


def cases() -> list[dict[str, Any]]:
    return json.loads(CASES.read_text(encoding="utf-8"))["cases"]


def fitted_names() -> set[str]:
    return {case["name"] for case in cases() if case.get("fit", True)}


def solve(matrix: list[list[float]], right: list[float]) -> list[float] | None:
    """Solve a small system of linear equations; None if it is singular."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for at in range(size):
        pivot = max(range(at, size), key=lambda k: abs(rows[k][at]))
        if abs(rows[pivot][at]) < 1e-12:
            return None
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for k in range(size):
            if k != at:
                factor = rows[k][at] / rows[at][at]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[at], strict=True)]
    return [rows[at][size] / rows[at][at] for at in range(size)]


def non_negative(
    rows: Sequence[Sequence[float]],
    wanted: Sequence[float],
    weights: Sequence[float],
    prior: Sequence[float],
    prior_weights: Sequence[float],
) -> list[float]:
    """Return the non-negative least squares with a ridge towards `prior`, all relative."""
    terms = range(len(prior))
    best: tuple[float, list[float]] = (math.inf, [0.0] * len(prior))
    for count in range(1, len(prior) + 1):
        for chosen in itertools.combinations(terms, count):
            matrix = [
                [
                    sum(w * row[i] * row[j] for row, w in zip(rows, weights, strict=True))
                    + (i == j) * (prior_weights[i] / prior[i]) ** 2
                    for j in chosen
                ]
                for i in chosen
            ]
            right = [
                sum(w * row[i] * b for row, b, w in zip(rows, wanted, weights, strict=True))
                + prior_weights[i] ** 2 / prior[i]
                for i in chosen
            ]
            found = solve(matrix, right)
            if found is None or min(found) < 0:
                continue
            whole = [0.0] * len(prior)
            for i, value in zip(chosen, found, strict=True):
                whole[i] = value
            cost = sum(
                w * (product(row, whole) - b) ** 2
                for row, b, w in zip(rows, wanted, weights, strict=True)
            ) + sum(
                (k * (x - p) / p) ** 2 for x, p, k in zip(whole, prior, prior_weights, strict=True)
            )
            best = min(best, (cost, whole))
    return best[1]


def fit_functions(
    found: Sequence[Point], prior: Sequence[float], prior_weights: Sequence[float]
) -> list[float]:
    """Return the coefficients with the least sum of relative errors: one odd function moves little.

    Iteratively reweighted least squares. Functions of one family share one weight.
    """
    sizes = defaultdict(int)
    for point in found:
        sizes[point.family] += 1
    rows = [point.row for point in found]
    wanted = [point.init_ms - point.floor_then_ms for point in found]
    error = [1.0] * len(found)
    coefficients: list[float] = []
    for _ in range(50):
        weights = [
            1 / (point.init_ms**2 * max(one, 0.03) * sizes[point.family])
            for point, one in zip(found, error, strict=True)
        ]
        coefficients = non_negative(rows, wanted, weights, prior, prior_weights)
        error = [
            abs(product(row, coefficients) - b) / point.init_ms
            for row, b, point in zip(rows, wanted, found, strict=True)
        ]
    return coefficients


def fit_rows(traces: Path, profiles: Sequence[Path]) -> tuple[list[float], int]:
    """Fit the rows of ZIP functions on Lambda on the same modules here: least squares.

    Return the coefficients, medians over the sessions, and the number of modules.
    """
    remote = lambda_rows(traces)
    found = [trace_points(load_profile(path), remote) for path in profiles]
    fits = []
    for rows in found:
        weights = [1.0] * len(rows)
        fits.append(
            non_negative(
                [r for r, _ in rows], [b for _, b in rows], weights, (1.0,) * 3, (0.0,) * 3
            )
        )
    return [statistics.median(column) for column in zip(*fits, strict=True)], len(found[0])


def lambda_rows(traces: Path) -> Mapping[str, float]:
    """Return each module's median self time in the ZIP traces, ms."""
    by_stream: dict[str, dict[str, int]] = defaultdict(dict)
    with traces.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["package"] == "zip":
                by_stream[row["log_stream"]].setdefault(row["module"], int(row["self_us"]))
    values = defaultdict(list)
    for trace in by_stream.values():
        for name, self_us in trace.items():
            values[name].append(self_us / 1000)
    return {name: statistics.median(one) for name, one in values.items() if len(one) > 1}


def trace_points(profile: Profile, remote: Mapping[str, float]) -> list[tuple[Row, float]]:
    loads, _ = function_loads(profile.graph) or ({}, FileLoad())
    tree, ratio = profile.tree, ratio_of(profile)
    self_us: dict[str, int] = defaultdict(int)
    for node in range(len(tree)):
        if tree.phases[tree.phase_ids[node]] == Phase.HANDLER_IMPORTS.value:
            self_us[tree.name(node)] += tree.self_us[node]
    return [
        ((us / 1000 * ratio, float(loads[name].modules), loads[name].native_mb), remote[name])
        for name, us in self_us.items()
        if name in remote and name in loads
    ]


def leave_out(
    found: Sequence[Point], fit: Callable[[Sequence[Point]], Sequence[float]]
) -> dict[str, list[tuple[Point, float]]]:
    """Return the prediction of each function by a fit without its family, by name."""
    held = defaultdict(list)
    names = fitted_names()
    for family in dict.fromkeys(point.family for point in found):
        others = [one for one in found if one.family != family and one.name in names]
        coefficients = fit(others)
        for point in found:
            if point.family == family:
                held[point.name].append((point, point.predicted(coefficients)))
    return held


def resampled(
    found: Sequence[Point], fit: Callable[[Sequence[Point]], Sequence[float]], rounds: int = 300
) -> list[tuple[float, float]]:
    """Return the 10th and 90th percentile of each coefficient over bootstrapped families."""
    chance = random.Random(14)
    families = list(dict.fromkeys(point.family for point in found))
    fits = []
    for _ in range(rounds):
        drawn = chance.choices(families, k=len(families))
        sample = [point for family in drawn for point in found if point.family == family]
        fits.append(fit(sample))
    return [(quantile(column, 0.1), quantile(column, 0.9)) for column in zip(*fits, strict=True)]


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def band(held: Mapping[str, list[tuple[Point, float]]]) -> dict[str, float]:
    """Return the factors that hold 80 % of next functions, by the held-out residuals.

    Of the function's own part; log-normal, one residual a function and session. A function that is
    mostly floor says more about the floor, which has a band of its own: it does not count.
    """
    names = fitted_names()
    counted = {
        name: pairs
        for name, pairs in held.items()
        if name in names and pairs[0][0].init_ms > 2 * pairs[0][0].floor_ms
    }
    logs = [
        math.log((point.init_ms - point.floor_ms) / (predicted - point.floor_ms))
        for pairs in counted.values()
        for point, predicted in pairs
    ]
    count = len(counted)
    spread = math.sqrt(sum(one * one for one in logs) / len(logs)) * math.sqrt(1 + 1 / count)
    middle = statistics.median(logs)
    low, high = middle - NORMAL_80 * spread, middle + NORMAL_80 * spread
    if sum(low <= one <= high for one in logs) < 0.8 * len(logs):
        # Not normal: as wide as four of five of these very functions need.
        low, high = min(low, outer(logs, 0.1)), max(high, outer(logs, 0.9))
    return {
        "low": round(math.exp(min(low, 0)), 3),
        "value": 1.0,
        "high": round(math.exp(max(high, 0)), 3),
    }


def outer(values: Sequence[float], share: float) -> float:
    """Return the percentile for the next value (Weibull's), between the least and the greatest."""
    ordered = sorted(values)
    position = min(max(share * (len(ordered) + 1) - 1, 0), len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def union(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    low, high = min(one["low"], other["low"]), max(one["high"], other["high"])
    return {"low": low, "value": 1.0, "high": high}


def interval(value: float, ends: tuple[float, float]) -> dict[str, float]:
    return {
        "low": round(min(ends[0], value), 3),
        "value": round(value, 3),
        "high": round(max(ends[1], value), 3),
    }


def fit_package_type(
    found: Sequence[Point], prior: Sequence[float], native: float
) -> dict[str, Any]:
    """Fit one package type; `native` is the weight of the prior of native code."""
    weights = (PRIOR_WEIGHT, PRIOR_WEIGHT, native)
    names = fitted_names()
    chosen = [point for point in found if point.name in names]

    def fit(some: Sequence[Point]) -> list[float]:
        return fit_functions(some, prior, weights)

    coefficients, ends = fit(chosen), resampled(chosen, fit)
    held = leave_out(found, fit)
    bare = [
        Point(p.name, p.family, (p.row[0], 0.0, 0.0), p.init_ms, p.floor_then_ms, p.floor_ms)
        for p in found
    ]
    bare_chosen = [point for point in bare if point.name in names]

    def fit_bare(some: Sequence[Point]) -> list[float]:
        return [fit_functions(some, (1.0, 1.0, 1.0), (1e-6, 1.0, 1.0))[0], 0.0, 0.0]

    single, single_ends = fit_bare(bare_chosen), resampled(bare_chosen, fit_bare, 100)
    held_bare = leave_out(bare, fit_bare)
    table(held, held_bare)
    return {
        **{
            term: interval(value, one)
            for term, value, one in zip(TERMS, coefficients, ends, strict=True)
        },
        "band": band(held),
        "computing_alone": interval(single[0], single_ends[0]),
        # Knowing less never makes an estimate surer.
        "band_alone": union(band(held), band(held_bare)),
        "leave_one_out": {
            name: [round(predicted / point.init_ms - 1, 3) for point, predicted in pairs]
            for name, pairs in held.items()
        },
    }


def table(
    held: Mapping[str, list[tuple[Point, float]]], bare: Mapping[str, list[tuple[Point, float]]]
) -> None:
    names = fitted_names()
    errors, bare_errors = [], []
    for name, pairs in held.items():
        point = pairs[0][0]
        off = [predicted / one.init_ms - 1 for one, predicted in pairs]
        off_bare = [predicted / one.init_ms - 1 for one, predicted in bare[name]]
        used = name in names
        if used:
            errors.append(statistics.median(abs(one) for one in off))
            bare_errors.append(statistics.median(abs(one) for one in off_bare))
        print(
            f"| {name} | {point.row[0]:,.0f} | {point.row[1]:,.0f} | {point.row[2]:,.1f}"
            f" | {point.init_ms:,.0f} | {', '.join(f'{one:+.0%}' for one in off)}"
            f" | {', '.join(f'{one:+.0%}' for one in off_bare)}"
            f" |{'' if used else ' not fitted'}"
        )
    print(
        f"median absolute error {statistics.median(errors):.1%}; one coefficient alone"
        f" {statistics.median(bare_errors):.1%}; worst {max(errors):.0%}\n"
    )


def arm64() -> dict[str, float]:
    """Return arm64 over x86_64 of functions' own init: a run's hello-world is taken off."""
    pairs = json.loads(CASES.read_text(encoding="utf-8"))["arm64_pairs"]
    factors = [
        (one["arm64_ms"] - one["arm64_floor_ms"]) / (one["x86_64_ms"] - one["x86_64_floor_ms"])
        for one in pairs
    ]
    print("arm64 / x86_64:", ", ".join(f"{one:.2f}" for one in factors))
    value = statistics.median(factors)
    return {
        "low": round(min(factors), 3),
        "value": round(value, 3),
        "high": round(max(factors), 3),
    }


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profiles", type=Path, action="append", required=True)
    parser.add_argument("--traces", type=Path, required=True)
    parser.add_argument("--floors", type=Path, required=True)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(argv)
    traced = [path for folder in options.profiles if (path := folder / "datascience.json").exists()]
    prior, count = fit_rows(options.traces, traced)
    print(f"rows of {count} modules: {', '.join(f'{one:.3f}' for one in prior)}\n")
    floors = Floors(options.floors)
    document: dict[str, Any] = {
        "figure": "Time on Lambda x86_64 for interpreted code, module files and native code",
        "source": "fitted by tests/benchmarks/fit_cost_model.py on -X importtime rows of"
        " github.com/fourTheorem/lambda-datasci-perf @5604b9a and on inits of it, of"
        " github.com/initscope/InitScope @10db179, github.com/xutingl/lambda-trim-artifact @86d2fdb"
        " and github.com/cebert/aws-lambda-performance-benchmarks @c8c9c66",
        "date": "2025-11-30",
        "fitted": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "rows": {
            "modules": count,
            **{term: round(one, 3) for term, one in zip(TERMS, prior, strict=True)},
        },
    }
    # An image's native code is loaded block by block from elsewhere: the rows say nothing of it.
    for package_type, native in (("zip", PRIOR_WEIGHT), ("image", 1e-3)):
        print(package_type)
        found = points(options.profiles, floors, package_type)
        document[package_type] = fit_package_type(found, prior, native)
    document["arm64"] = arm64()
    text = json.dumps(document, indent=2) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
