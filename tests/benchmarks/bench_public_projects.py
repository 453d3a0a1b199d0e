"""List the projects of public collections, draw functions to check by hand, and profile some.

    python tests/benchmarks/bench_public_projects.py list CHECKOUT [CHECKOUT ...]
    python tests/benchmarks/bench_public_projects.py draw CHECKOUT ... [--count 40 --seed 1631]
    python tests/benchmarks/bench_public_projects.py profile CHECKOUT ... --results FILE.jsonl
        [--most 260 --seed 16]

A checkout is a folder; nothing is fetched and nothing in it is written to. `list` reads every file
that a tool knows, and counts functions, refusals and crashes. `draw` prints functions at random
with the place that declares them and what was found, for somebody to read the template beside.
`profile` measures functions of all tools in turn by `importcost profile PLACE::NAME`, one launch
of each kind at least; results are appended, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.errors import ImportcostError
from importcost.projects.functions import ProjectFunction, ReadOptions
from importcost.projects.tools import TOOLS
from tests.benchmarks.tell import tell

LIMIT_S = 300.0
SKIPPED = (".git", "node_modules")


class Read(NamedTuple):
    """One file that a tool knows: the functions, or why there are none."""

    tool: str
    place: Path
    functions: tuple[ProjectFunction, ...] = ()
    refusal: str | None = None
    crash: str | None = None


def read_files(checkout: Path) -> Iterator[Read]:
    """Yield every file of a checkout that a tool knows; of Terraform's, one a folder."""
    for place, folders, files in os.walk(checkout):
        folders[:] = sorted(one for one in folders if one not in SKIPPED)
        modules = 0
        for name in sorted(files):
            file = Path(place, name)
            tool = next((one for one in TOOLS if one.knows(file)), None)
            if tool is None:
                continue
            if tool.name == "Terraform":
                modules += 1
                if modules > 1:
                    continue
            try:
                project = tool.read(file, ReadOptions())
            except ImportcostError as error:
                yield Read(tool.name, file, refusal=str(error))
            except Exception:  # noqa: BLE001 - a crash is what is looked for
                yield Read(tool.name, file, crash=traceback.format_exc())
            else:
                yield Read(project.tool, file, project.functions)


def is_python(function: ProjectFunction) -> bool:
    """Return True for a function whose runtime is Python's, by name or by its tool's rule."""
    if function.runtime is not None:
        return function.runtime.startswith("python")
    return any(one.what == "runtime" for one in function.unresolved)


def show_list(checkouts: list[Path]) -> int:
    """Print a row a collection; return 1 if a reader crashed."""
    crashes = files = 0
    print(f"{'collection':50} files refused crashed python ready")
    for checkout in checkouts:
        reads = list(read_files(checkout))
        found = [one for read in reads for one in read.functions if is_python(one)]
        refused = sum(1 for read in reads if read.refusal)
        broken = [read for read in reads if read.crash]
        ready = sum(1 for one in found if one.problem is None)
        row = f"{checkout.name[:50]:50} {len(reads):5} {refused:7} {len(broken):7}"
        print(f"{row} {len(found):6} {ready:5}")
        for read in broken:
            print(f"{read.place}\n{read.crash}", file=sys.stderr)
        crashes += len(broken)
        files += len(reads)
    tell(crashes=(crashes, f"{files:,} files of {len(checkouts)} collections"))
    return 1 if crashes else 0


def draw(checkouts: list[Path], count: int, seed: int) -> None:
    """Print functions at random, each once for the line that declares it."""
    found = {}
    for checkout in checkouts:
        for read in read_files(checkout):
            for one in read.functions:
                if is_python(one) and read.tool != "ZIP":
                    found[(*one.declared, one.name.rpartition("/")[2])] = one
    keys = random.Random(seed).sample(sorted(found), min(count, len(found)))
    for key in keys:
        one = found[key]
        print(f"{one.declared}: {one.name}")
        print(f"  handler {one.handler}, {one.memory_mb} MB, {one.code.form.value} {one.code.path}")
        print(f"  {one.problem or 'ready'}")


def profile(checkouts: list[Path], results: Path, most: int, seed: int) -> None:
    """Profile functions of all tools in turn, and append how each one ended."""
    pools: dict[str, list[tuple[str, str]]] = {}
    seen = set()
    for checkout in checkouts:
        for read in read_files(checkout):
            for one in read.functions:
                key = (one.handler, one.code.path or f"{read.place}{one.name}")
                usable = one.problem is None and one.package_type != "image" and is_python(one)
                if usable and key not in seen:
                    seen.add(key)
                    pools.setdefault(read.tool, []).append((str(read.place), one.name))
    for pool in pools.values():
        random.Random(seed).shuffle(pool)
    known = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    done = {(row["place"], row["name"]) for row in map(json.loads, known)}
    with results.open("a", encoding="utf-8") as stream:
        for tool, place, name in _in_turn(pools, most):
            if (place, name) not in done:
                row = {"tool": tool, "place": place, "name": name, **_profiled(place, name)}
                stream.write(json.dumps(row) + "\n")
                stream.flush()
    ends = Counter(
        (row["tool"], row["code"]) for row in map(json.loads, results.read_text().splitlines())
    )
    for (tool, code), number in sorted(ends.items()):
        print(f"{tool:22} exit {code:3}: {number}")
    good = sum(number for (_, code), number in ends.items() if code == 0)
    tell(profiled=(good, f"of {sum(ends.values())}"))


def _in_turn(pools: dict[str, list[tuple[str, str]]], most: int) -> Iterator[tuple[str, str, str]]:
    """Yield functions, one of each tool after the other, so that no tool is left for the end."""
    number = 0
    while any(pools.values()) and number < most:
        for tool in sorted(pools):
            if pools[tool] and number < most:
                number += 1
                yield tool, *pools[tool].pop(0)


def _profiled(place: str, name: str) -> dict[str, object]:
    """Return the exit code, the seconds and the last words of one profile."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "importcost", "profile", f"{place}::{name}"]
        command += ["--runs", "5", "-q", "-o", f"{folder}/profile.json"]
        try:
            done = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=LIMIT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"code": -1, "seconds": LIMIT_S, "said": "time limit"}
    seconds = round(time.monotonic() - began, 1)
    return {"code": done.returncode, "seconds": seconds, "said": done.stderr[-1500:]}


def main() -> int:
    """Run the command that is named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=("list", "draw", "profile"))
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=16)
    parser.add_argument("--most", type=int, default=260)
    parser.add_argument("--results", type=Path, default=Path("projects.jsonl"))
    given = parser.parse_args()
    checkouts = [one.resolve() for one in given.checkouts]
    if given.command == "list":
        return show_list(checkouts)
    if given.command == "draw":
        draw(checkouts, given.count, given.seed)
    else:
        profile(checkouts, given.results, given.most, given.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
