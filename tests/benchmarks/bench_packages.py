"""Profile well-known packages by `-m`, and hold the order beside import times that were published.

    python tests/benchmarks/bench_packages.py [--work FOLDER] [--go-on] [--pure 50]
        [--then PYTHON3.9]

packages/popular.json has the most downloaded distributions in their order. Those that install here
are profiled, as a user would do it, until `--pure` of them are pure Python; what each imports is
found out from what is installed. The table has time, modules, memory and exit code.

Then the ten packages of packages/published.json: each figure is from the package's own issue
tracker, of its version, machine and Python of that day. Pairs in the other order are listed: of
today's releases, and of the releases of those days as far as they install with the Python of
`--then`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.gate.subject import local_time
from importcost.model.profile import Phase, Profile
from importcost.reports.json_ import read_profile
from tests.benchmarks.packages.environments import Distribution, Installer
from tests.benchmarks.tell import tell
from tests.harness import interpreters_by_name

DATA = Path(__file__).with_name("packages")
CLOSE = 0.9
"""Two times whose ratio is nearer to 1 than this have no order."""
RUNS_OF_POPULAR, RUNS_OF_PUBLISHED = 5, 6
MOST_S = 600


@dataclass(frozen=True)
class Measured:
    """One package's result: `ms` of the import alone, `start_ms` of the interpreter before it."""

    distribution: Distribution
    exit_code: int
    said: str
    ms: float = 0.0
    start_ms: float = 0.0
    modules: int = 0
    memory_mb: float = 0.0


@dataclass(frozen=True)
class Bench:
    """Profiles packages in a folder; with `goes_on`, what an earlier run left there counts."""

    folder: Path
    goes_on: bool

    def measured(self, found: Distribution, module: str, runs: int) -> Measured:
        """Profile one package as a user would."""
        file = self.folder / f"{found.name}-{found.version}.json"
        options = ["--python", str(found.python), "--runs", str(runs), "-q", "-o", str(file)]
        command = [sys.executable, "-m", "importcost", "profile", "-m", module, *options]
        code, said = 0, ""
        if not (self.goes_on and file.exists()):
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                cwd=self.folder,
                check=False,
                timeout=MOST_S,
            )
            code, said = done.returncode, (done.stderr.strip().splitlines() or [""])[-1]
        if code != 0 or not file.exists():
            return Measured(found, code or 3, said)
        profile = read_profile(file.read_text(encoding="utf-8"), str(file))
        time = local_time(profile)
        starts = [one.cpu_us for one in profile.phases if one.phase is Phase.INTERPRETER_START]
        peaks = sorted(run.peak_rss_kb for run in profile.runs if run.peak_rss_kb)
        return Measured(
            found,
            code,
            said,
            time.value if time else 0.0,
            sum(starts) / 1000,
            own_modules(profile),
            peaks[len(peaks) // 2] / 1024 if peaks else 0.0,
        )


def own_modules(profile: Profile) -> int:
    """Return the number of modules that importing the package loads."""
    graph = profile.graph
    loaded = graph.modules if graph else ()
    return sum(one.phase == Phase.HANDLER_IMPORTS.value for one in loaded)


def table(results: Iterable[Measured]) -> Iterator[str]:
    """Yield the results as a table, the slowest first."""
    yield "| package | module | pure | ms here | modules | MB | exit |"
    yield "|---|---|---|---|---|---|---|"
    for one in sorted(results, key=lambda found: -found.ms):
        found = one.distribution
        yield (
            f"| {found.name} {found.version} | {found.module} | {'yes' if found.is_pure else ''} | "
            f"{one.ms:.1f} | {one.modules} | {one.memory_mb:.0f} | "
            f"{one.exit_code}{f' {one.said}' if one.exit_code else ''} |"
        )


def popular(bench: Bench, installer: Installer, wanted: int) -> None:
    """Profile the most downloaded packages, as many as are needed for so many pure ones."""
    names = json.loads((DATA / "popular.json").read_text())["packages"]
    there = {}
    for one in installer.installed(names):
        there.setdefault(one.name, one)
    pure = [one for one in names if one in there and there[one].is_pure and there[one].module]
    last = names.index(pure[:wanted][-1]) + 1
    results, absent = {}, []
    for name in names[:last]:
        if name in there and (module := there[name].module):
            results[name] = bench.measured(there[name], module, RUNS_OF_POPULAR)
        else:
            absent.append(name)
    print("\n".join(table(results.values())))
    print(f"\nNot installed here, or without a module: {', '.join(absent) or 'none'}.\n")
    broken = [name for name in pure[:wanted] if results[name].exit_code]
    all_fine = sum(one.exit_code == 0 for one in results.values())
    words = (
        f"of the first {last} by downloads {len(results)} install and have a module, "
        f"{len(pure[:wanted])} of them pure; {all_fine} of {len(results)} profile"
    )
    tell(broken=(len(broken) + max(0, wanted - len(pure)), words))


def published_now(bench: Bench, installer: Installer) -> None:
    """Hold today's releases beside the published times."""
    published = json.loads((DATA / "published.json").read_text())["packages"]
    there = {one.name: one for one in installer.installed([*published])}
    results = {
        name: bench.measured(there[name], one["module"], RUNS_OF_PUBLISHED)
        for name, one in published.items()
        if name in there
    }
    tell(turned=order(published, results))


def published_then(bench: Bench, folder: Path, python: str) -> None:
    """Hold the releases of those days beside the published times, as far as they install."""
    published = json.loads((DATA / "published.json").read_text())["packages"]
    results = {}
    for name, one in published.items():
        if "then" not in one:
            print(f"{name} {one['version']}: {one['absent']}")
            continue
        installer = Installer(folder / f"then-{name}", python)
        there = installer.installed(one["then"], one.get("before", one["date"]))
        found = next((other for other in there if other.name == name), None)
        if found is None:
            print(f"{name} {one['version']} does not install here")
        else:
            results[name] = bench.measured(found, one["module"], RUNS_OF_PUBLISHED)
    tell(turned_then=order(published, results))


def order(
    published: Mapping[str, Mapping[str, Any]], results: Mapping[str, Measured]
) -> tuple[int, str]:
    """Print packages beside their published times; return the pairs in the other order."""
    pairs = {}
    print("| package | published ms | of | ms here | of | link |\n|---|---|---|---|---|---|")
    for name, found in results.items():
        one = published[name]
        here = found.ms + (found.start_ms if one["start"] else 0.0)
        if found.exit_code:
            print(f"{name} does not profile: {found.said}")
        else:
            pairs[name] = (float(one["ms"]), here)
            print(
                f"| {name} | {one['ms']:g} | {one['version']} | {here:.1f} | "
                f"{found.distribution.version} | {one['link']} |"
            )
    turned, close = turned_pairs(pairs)
    count = len(pairs) * (len(pairs) - 1) // 2
    rank = spearman([*pairs.values()])
    print(f"\n{len(turned)} of {count} pairs in the other order: {'; '.join(turned) or 'none'}.")
    print(f"{len(close)} without an order, within a tenth: {'; '.join(close) or 'none'}.\n")
    agree = count - len(turned) - len(close)
    return len(turned), (
        f"{agree} of {count} pairs of {len(pairs)} packages agree, {len(close)} within a tenth; "
        f"rank correlation {rank:.2f}; turned: {', '.join(turned) or 'none'}"
    )


def turned_pairs(pairs: Mapping[str, tuple[float, float]]) -> tuple[list[str], list[str]]:
    """Return the pairs of names that are in the other order, and those without an order."""
    turned, close = [], []
    for first, second in itertools.combinations(pairs, 2):
        ratios = [pairs[first][side] / pairs[second][side] for side in (0, 1)]
        if any(CLOSE < ratio < 1 / CLOSE for ratio in ratios):
            close.append(f"{first} and {second}")
        elif (ratios[0] > 1) != (ratios[1] > 1):
            turned.append(f"{first} and {second}")
    return turned, close


def spearman(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the rank correlation of pairs without ties."""
    ranks = [
        {value: rank for rank, value in enumerate(sorted(pair[side] for pair in pairs))}
        for side in (0, 1)
    ]
    squares = sum((ranks[0][there] - ranks[1][here]) ** 2 for there, here in pairs)
    count = len(pairs)
    if count < 2:
        return float("nan")
    return 1 - 6 * squares / (count * (count * count - 1))


def main() -> None:
    """Install, profile, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path)
    parser.add_argument("--go-on", action="store_true", help="measure what --work lacks, only")
    parser.add_argument("--pure", type=int, default=50, help="pure packages to profile")
    parser.add_argument("--then", default=interpreters_by_name().get("python3.9"), metavar="PYTHON",
                        help="measure the releases of those days with this Python")  # fmt: skip
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = (options.work or Path(scratch)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        bench = Bench(work, options.go_on)
        if options.then:
            published_then(bench, work, options.then)
        published_now(bench, Installer(work / "published"))
        popular(bench, Installer(work / "popular"), options.pure)


if __name__ == "__main__":
    main()
