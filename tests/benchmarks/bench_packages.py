"""Profile well-known packages by `-m`, and hold the order beside import times that were published.

    python tests/benchmarks/bench_packages.py [--python ENVIRONMENT/bin/python] [--work FOLDER]

Without `--python`, an environment is made below `--work` (a new folder without it) and the packages
of packages/popular.json and packages/published.json are installed into it with pip. A package
without a wheel for this Python is left out, and said. Each is profiled in six launches, as a user
would do it; the table has time, modules, memory and exit code.

Then the ten packages of packages/published.json: each figure is from the package's own issue
tracker, of its version, machine and Python of that day. Pairs in the other order are listed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.gate.subject import local_time
from importcost.model.profile import Phase, Profile
from importcost.reports.json_ import read_profile
from tests.benchmarks.tell import tell

DATA = Path(__file__).with_name("packages")
WANTED = 50
CLOSE = 0.9
"""Two times whose ratio is nearer to 1 than this have no order."""


@dataclass(frozen=True)
class Measured:
    """One package's result: `ms` of the import alone, `start_ms` of the interpreter before it."""

    package: str
    module: str
    exit_code: int
    said: str
    ms: float = 0.0
    start_ms: float = 0.0
    modules: int = 0
    memory_mb: float = 0.0


def environment(folder: Path, packages: Iterable[str]) -> tuple[Path, list[str]]:
    """Make an environment with the packages; return its Python, and those that did not install."""
    python = folder / "environment" / "bin" / "python"
    if not python.exists():
        venv.create(python.parents[1], with_pip=True)
    install = [str(python), "-m", "pip", "install", "-q", "--only-binary", ":all:"]
    failed = []
    if subprocess.run([*install, *packages], check=False).returncode:
        tried = {one: subprocess.run([*install, one], check=False) for one in packages}
        failed = [one for one, done in tried.items() if done.returncode]
    return python, failed


def measured(package: str, module: str, python: Path, folder: Path, *, goes_on: bool) -> Measured:
    """Profile one package as a user would, or read what an earlier run measured if it `goes_on`."""
    file = folder / f"{package}.json"
    options = ["--python", str(python), "--runs", "6", "-q", "-o", str(file)]
    command = [sys.executable, "-m", "importcost", "profile", "-m", module, *options]
    code, said = 0, ""
    if not (goes_on and file.exists()):
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=folder, check=False, timeout=600
        )
        code, said = done.returncode, (done.stderr.strip().splitlines() or [""])[-1]
    if code != 0 or not file.exists():
        return Measured(package, module, code, said)
    profile = read_profile(file.read_text(encoding="utf-8"), str(file))
    found = local_time(profile)
    starts = [one.cpu_us for one in profile.phases if one.phase is Phase.INTERPRETER_START]
    peaks = sorted(run.peak_rss_kb for run in profile.runs if run.peak_rss_kb)
    return Measured(
        package,
        module,
        code,
        said,
        found.value if found else 0.0,
        sum(starts) / 1000,
        own_modules(profile),
        peaks[len(peaks) // 2] / 1024 if peaks else 0.0,
    )


def own_modules(profile: Profile) -> int:
    """Return the number of modules that importing the package loads."""
    graph = profile.graph
    loaded = graph.modules if graph else ()
    return sum(one.phase == Phase.HANDLER_IMPORTS.value for one in loaded)


def table(results: Iterable[Measured]) -> str:
    """Return the results as a table, the slowest first."""
    lines = ["| package | module | ms here | modules | MB | exit |", "|---|---|---|---|---|---|"]
    for one in sorted(results, key=lambda found: -found.ms):
        said = f" {one.said}" if one.exit_code else ""
        lines.append(
            f"| {one.package} | {one.module} | {one.ms:.1f} | {one.modules} | "
            f"{one.memory_mb:.0f} | {one.exit_code}{said} |"
        )
    return "\n".join(lines)


def order(published: Mapping[str, Mapping[str, object]], results: Mapping[str, Measured]) -> None:
    """Print the ten beside their published times, and the pairs in the other order."""
    pairs = {}
    print("| package | published ms | of | ms here | link |\n|---|---|---|---|---|")
    for name, one in published.items():
        found = results[name]
        here = found.ms + (found.start_ms if one["start"] else 0.0)
        there = float(str(one["ms"]))
        if not found.exit_code:
            pairs[name] = (there, here)
        print(f"| {name} | {there:g} | {one['version']} | {here:.1f} | {one['link']} |")
    turned, close = [], []
    for first, second in itertools.combinations(pairs, 2):
        ratios = [pairs[first][side] / pairs[second][side] for side in (0, 1)]
        if any(CLOSE < ratio < 1 / CLOSE for ratio in ratios):
            close.append(f"{first} and {second}")
        elif (ratios[0] > 1) != (ratios[1] > 1):
            turned.append(f"{first} and {second}")
    count = len(pairs) * (len(pairs) - 1) // 2
    rank = spearman(list(pairs.values()))
    print(f"\n{len(turned)} of {count} pairs in the other order: {'; '.join(turned) or 'none'}.")
    print(f"{len(close)} without an order, within a tenth: {'; '.join(close) or 'none'}.")
    print(f"Rank correlation {rank:.2f}.")
    agree = count - len(turned) - len(close)
    words = f"{agree} of {count} agree, {len(close)} within a tenth; rank correlation {rank:.2f}"
    tell(turned=(len(turned), words))


def spearman(pairs: list[tuple[float, float]]) -> float:
    """Return the rank correlation of pairs without ties."""
    ranks = [
        {value: rank for rank, value in enumerate(sorted(pair[side] for pair in pairs))}
        for side in (0, 1)
    ]
    squares = sum((ranks[0][there] - ranks[1][here]) ** 2 for there, here in pairs)
    count = len(pairs)
    return 1 - 6 * squares / (count * (count * count - 1))


def main() -> None:
    """Install, profile, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--go-on", action="store_true", help="measure what --work lacks, only")
    options = parser.parse_args()
    popular = json.loads((DATA / "popular.json").read_text())["modules"]
    published = json.loads((DATA / "published.json").read_text())["packages"]
    modules = {**popular, **{name: one["module"] for name, one in published.items()}}
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        python, failed = options.python, []
        if python is None:
            python, failed = environment(work, modules)
        results = {}
        for package, module in modules.items():
            if package not in failed:
                results[package] = measured(
                    package, module, python.absolute(), work, goes_on=options.go_on
                )
    broken = [one for name, one in results.items() if one.exit_code and name in popular]
    tried = [name for name in results if name in popular]
    print(table(one for name, one in results.items() if name in popular))
    print(f"\nNot installed here: {', '.join(failed) or 'none'}.\n")
    words = f"{len(tried)} packages tried, {len(tried) - len(broken)} profiled"
    tell(broken=(len(broken) if len(tried) >= WANTED else WANTED - len(tried), words))
    order(published, results)


if __name__ == "__main__":
    main()
