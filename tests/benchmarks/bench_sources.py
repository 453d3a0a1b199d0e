"""CPU time of judging a function's own sources beside parsing them, and how it grows.

    python tests/benchmarks/bench_sources.py [FOLDER] [--shop]

Judges chains of 25, 50, 100 and 200 files that import and call each other. With FOLDER, a task root
with packages installed into it (`pip install -t`), judges its handler.py as well; with --shop one
that it makes, cold (first thing in a process) and warm.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.app.defer.sources import read_sources
from importcost.deferral.source.parse import parse
from importcost.deferral.source.text import decode
from importcost.model.graph import FUNCTION, BytecodeState, ImportGraph, LoadedModule
from importcost.model.profile import Target
from tests.benchmarks.tell import tell

ORDERS = Path(__file__).resolve().parents[1] / "data" / "orders"
REPEATS = 3
PART = """import csv
import decimal
import json
import os
{following}
LIMIT = int(os.environ.get("LIMIT_{n}", "10"))


class Order:
    def __init__(self, lines):
        self.lines = lines
        self.total = decimal.Decimal(0)

    def text(self):
        return json.dumps(self.lines, default=str)


def read(path):
    with open(path) as stream:
        return list(csv.DictReader(stream))


def total(rows):
    return Order(rows).text() if len(rows) < LIMIT else {call}
"""


def write_chain(root: Path, count: int) -> list[str]:
    names = ["handler", *(f"part{n}" for n in range(1, count))]
    for n, name in enumerate(names):
        following = f"import {names[n + 1]}" if n + 1 < count else ""
        call = f"{names[n + 1]}.total(rows)" if n + 1 < count else "None"
        text = PART.format(n=n, following=following, call=call)
        (root / f"{name}.py").write_text(text)
    return names


def least_cpu_s(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def parsing_s(paths: Mapping[str, Path]) -> float:
    def work() -> None:
        for path in paths.values():
            parse(decode(str(path), path.read_bytes()))  # type: ignore[arg-type]

    return least_cpu_s(work)


def judging_s(root: Path, names: list[str]) -> float:
    modules = tuple(
        LoadedModule(
            name, str(root / f"{name}.py"), FUNCTION, BytecodeState.ABSENT, None, None, "x", None
        )
        for name in names
    )
    target = Target("handler", "total", str(root), str(root / "handler.py"))
    return least_cpu_s(lambda: read_sources(ImportGraph(modules, ()), target, (3, 12)))


def row(label: str, root: Path, names: list[str]) -> tuple[float, float]:
    """Print what judging takes beside parsing, and return both, seconds."""
    parsed = parsing_s({name: root / f"{name}.py" for name in names})
    judged = judging_s(root, names)
    print(f"{label}: {judged:.2f} s CPU, {judged / len(names) * 1000:.1f} ms a file,", end=" ")
    print(f"{judged / parsed:.1f} times parsing")
    return judged, parsed


def cold_s(root: Path) -> float:
    """Return the CPU of judging a folder's handler first thing in a process of its own."""
    program = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
    program += "from pathlib import Path; from tests.benchmarks import bench_sources as bench\n"
    program += f"bench.REPEATS = 1; print(bench.judging_s(Path({str(root)!r}), ['handler']))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def shop() -> None:
    """Judge a shop's handler with its requirements in the task root, cold and warm."""
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as folder:
        root = Path(folder)
        pip = (sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", folder)
        subprocess.run([*pip, "-r", str(ORDERS / "requirements.txt")], check=True)
        shutil.copy(ORDERS / "handler.py", root)
        cold = cold_s(root)
        warm = judging_s(root, ["handler"])
    print(f"a shop's handler: {cold:.2f} s CPU cold, {warm:.2f} s warm")
    tell(shop={"cold_s": cold, "warm_s": warm})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", help="with a handler.py and packages in it")
    parser.add_argument("--shop", action="store_true", help="install and judge a shop's handler")
    given = parser.parse_args()
    a_file = {}
    for count in (25, 50, 100, 200):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            judged, parsed = row(f"{count} files", root, write_chain(root, count))
            a_file[count] = judged / count
    tell(
        a_file_200_beside_25=(a_file[200] / a_file[25], f"{1000 * a_file[200]:.1f} ms a file"),
        beside_parsing=judged / parsed,
    )
    for place in given.folders:
        row(place, Path(place), ["handler"])
    if given.shop:
        shop()


if __name__ == "__main__":
    main()
