"""Whole projects: overhead, jobs, the cache, a killed run, and ten thousand functions.

    python tests/benchmarks/bench_project.py small [--functions 200] [--jobs 2] [--folder F]
    python tests/benchmarks/bench_project.py pinned [--rounds 5] [--jobs 2]
    python tests/benchmarks/bench_project.py killed [--functions 12]
    python tests/benchmarks/bench_project.py many [--functions 10000]

small: `importcost profile PROJECT --runs 5 --jobs N` on functions that import a little, beside the
same launches alone (what a measurement of each does between its first and its last launch: nothing
is read, judged, rendered or kept), and beside five `python -X importtime -c "import app"` of each.
Wall time and CPU of all processes; the bare ones before and after, one after the other, divided by
the jobs; of a --sample of the functions, times their number, where all take too long. Then the
second run, from the cache.
pinned: the same functions with one job and with several, in turn: how far a figure moves.
killed: a run that is killed in the middle, and how many functions the next one measures.
many: listing, planning, caching and reporting, with made-up measurements instead of launches, each
in a process of its own whose peak memory is read.

The folder should not lie below /tmp: what does is shown to each launch by mounts of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

from importcost.app.profile.bench import open_bench
from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.listing import list_functions
from importcost.app.projects.requests import request_for_function
from importcost.cli.project_work import SilentListener
from importcost.measure.plan import Plan
from importcost.measure.session import measure
from tests.benchmarks.tell import tell

RUNS = 5
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
FUNCTION = """  F{number:05}:
    Type: AWS::Serverless::Function
    Properties: {{Handler: app.handler, Runtime: python{version}, CodeUri: f{number:05}}}
"""
SMALL = """import json
import logging

NUMBER = {number}


def handler(event, context):
    return NUMBER
"""
LARGER = """import argparse
import csv
import email.parser
import json
import urllib.request

NUMBER = {number}


def handler(event, context):
    return NUMBER
"""


def make_project(folder: Path, functions: int, source: str, *, shared: bool = False) -> Path:
    """Write a template with so many functions, each in a folder of its own unless shared."""
    lines = ["Resources:\n"]
    for number in range(functions):
        text = FUNCTION.format(number=number, version=VERSION)
        place = f"f{0 if shared else number:05}"
        lines.append(text.replace(f"CodeUri: f{number:05}", f"CodeUri: {place}"))
        file = folder / place / "app.py"
        if not file.exists():
            file.parent.mkdir(parents=True)
            file.write_text(source.format(number=number))
    (folder / "template.yaml").write_text("".join(lines))
    return folder


def used() -> tuple[float, float]:
    """Return wall time and the CPU time of this process and its children, seconds."""
    own, children = (resource.getrusage(who) for who in (0, resource.RUSAGE_CHILDREN))
    cpu_s = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return time.monotonic(), cpu_s


def took(action: Callable[[], object]) -> tuple[float, float]:
    """Return the wall and CPU seconds of a call."""
    wall_s, cpu_s = used()
    action()
    after = used()
    return after[0] - wall_s, after[1] - cpu_s


def command(project: Path, *options: str) -> list[str]:
    """Return the command that profiles a project into a page and JSON beside it."""
    outputs = ("-o", str(project / "index.html"), "-o", str(project / "index.json"))
    return [sys.executable, "-m", "importcost", "profile", str(project), "-q", *options, *outputs]


def environment(cache: Path) -> dict[str, str]:
    """Return the environment of a command with a cache of its own."""
    return {**os.environ, "IMPORTCOST_CACHE_DIR": str(cache)}


def profiled(project: Path, cache: Path, *options: str) -> None:
    """Profile a project as a user does."""
    subprocess.run(command(project, *options), check=True, env=environment(cache))


def sampled(project: Path, sample: int) -> list[Path]:
    """Return so many of a project's folders, spread evenly: the functions are all alike."""
    folders = sorted(project.glob("f*"))
    return folders[:: max(1, len(folders) // sample)]


def by_hand(folders: list[Path]) -> None:
    """Launch each function's module as anyone would."""
    for folder in folders:
        bare = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        for _ in range(RUNS):
            argv = [sys.executable, "-X", "importtime", "-c", "import app"]
            subprocess.run(argv, env=bare, stderr=subprocess.DEVNULL, check=True)


def quiet(_progress: object) -> None:
    """Drop the progress."""


def launches_alone(project: Path, folders: list[Path]) -> tuple[float, float]:
    """Make the launches of these functions' measurements, and return what they alone took."""
    names = {f"F{folder.name[1:]}" for folder in folders}
    found = [one for one in list_functions(str(project)).functions if one.name in names]
    plain = ProfileRequest(target=str(project), runs=RUNS)
    wall_s = cpu_s = 0.0
    for function in found:
        request = request_for_function(function, plain, ())
        with open_bench(request, SilentListener()) as bench:
            spent = took(
                partial(measure, bench.runner, bench.subject, Plan(RUNS), quiet, Random(1))
            )
        wall_s, cpu_s = wall_s + spent[0], cpu_s + spent[1]
    return wall_s, cpu_s


def small(folder: Path, functions: int, jobs: int, sample: int) -> None:
    """Print the overhead over bare launches, and the second run."""
    project, cache = make_project(folder / "small", functions, SMALL), folder / "cache"
    options = ("--runs", str(RUNS), "--jobs", str(jobs))
    profiled(make_project(folder / "warm", 2, SMALL), folder / "warm-cache", *options)
    os.environ["IMPORTCOST_CACHE_DIR"] = str(folder / "warm-cache")
    some = sampled(project, sample)
    share = len(some) / functions
    before = launches_alone(project, some), took(lambda: by_hand(some))
    first = took(lambda: profiled(project, cache, *options))
    after = launches_alone(project, some), took(lambda: by_hand(some))
    second = took(lambda: profiled(project, cache, *options))
    print(f"{functions} functions, {RUNS} runs each, {jobs} jobs, load {os.getloadavg()[0]:.1f}")
    for at, name in enumerate(("its launches alone", "importtime by hand")):
        wall_s, cpu_s = ((before[at][one] + after[at][one]) / 2 / share for one in (0, 1))
        print(
            f"| beside {name} | {first[0]:.1f} s wall, {first[1]:.1f} s CPU | {wall_s / jobs:.1f} s"
            f" wall, {cpu_s:.1f} s CPU | {first[0] / (wall_s / jobs):.2f} wall,"
            f" {first[1] / cpu_s:.2f} CPU | 1.1 |"
        )
    (alone_s, alone_cpu_s), (_, hand_cpu_s) = (
        [(before[at][one] + after[at][one]) / 2 / share for one in (0, 1)] for at in (0, 1)
    )
    tell(
        ratio={
            "cpu": (first[1] / alone_cpu_s, f"{first[1]:.0f} / {alone_cpu_s:.0f} s"),
            "wall": (first[0] / (alone_s / jobs), f"{first[0]:.0f} / {alone_s / jobs:.0f} s"),
            "by_hand_cpu": (first[1] / hand_cpu_s, f"{first[1]:.0f} / {hand_cpu_s:.0f} s"),
        },
        second_s=(second[0], f"{second[1]:.1f} s of CPU, {functions} functions"),
    )
    print(f"| second run | {second[0]:.2f} s wall, {second[1]:.2f} s CPU | | | 3 s |")


def figures(project: Path) -> dict[str, float]:
    """Return each function's own milliseconds as the index has them."""
    data = json.loads((project / "index.json").read_text())
    return {one["name"]: one["own_ms"] for one in data["functions"]}


def pinned(folder: Path, jobs: int, rounds: int, launches: int | None) -> None:
    """Print how far figures move between one job and several."""
    project = make_project(folder / "pinned", 2 * jobs, LARGER)
    found: dict[int, list[dict[str, float]]] = {1: [], jobs: []}
    for number in range(2 * rounds):
        many = (1, jobs)[(number + number // 2) % 2]
        runs = ("--runs", str(launches)) if launches else ("--precise",)
        profiled(project, folder / f"cache-{number}", "--jobs", str(many), *runs)
        found[many].append(figures(project))
    print(f"{rounds} rounds, {jobs} jobs beside 1, load {os.getloadavg()[0]:.1f}")
    moved = []
    for name in sorted(found[1][0]):
        alone, beside = (statistics.median(one[name] for one in found[many]) for many in (1, jobs))
        print(f"| {name} | {alone:.2f} ms | {beside:.2f} ms | {beside / alone - 1:+.1%} | 3 % |")
        moved.append(100 * (beside / alone - 1))
    every = ", ".join(f"{one:+.1f}" for one in moved)
    tell(worst_percent=(max(moved, key=abs), f"{every} %, {rounds} rounds"))


def killed(folder: Path, functions: int) -> None:
    """Kill a run after a third of its functions, and print what the next one measures."""
    project, cache = make_project(folder / "killed", functions, SMALL), folder / "cache"
    options = ("--runs", str(RUNS))
    started = subprocess.Popen(
        command(project, *options), env=environment(cache), start_new_session=True
    )
    results = cache / "results"
    while len(list(results.glob("*/*.json"))) < functions // 3:
        time.sleep(0.05)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    kept = {one.name: one.stat().st_mtime_ns for one in results.glob("*/*.json")}
    profiled(project, cache, *options)
    there = {one.name: one.stat().st_mtime_ns for one in results.glob("*/*.json")}
    same = sum(there.get(name) == moment for name, moment in kept.items())
    shown = len(figures(project))
    words = f"{len(kept)} of {functions} kept, {len(there) - len(kept)} measured afterwards"
    tell(again=(len(kept) - same, f"{words}, {shown} in the index"))
    print(
        f"| killed after {len(kept)} of {functions} | {len(there) - len(kept)} measured afterwards,"
        f" {same} kept ones untouched, {shown} in the index | | | only what is left |"
    )


LIST = """
from importcost.app.projects.listing import list_functions
print(len(list_functions({project!r}).functions), "functions")
"""
MEASURE = """
from tests.benchmarks.bench_project import many_at_once
many_at_once({project!r})
"""
STEPS = {
    "list": LIST,
    "measure (made up), cache and report": MEASURE,
    "again, from the cache": MEASURE,
}


def many_at_once(project: str) -> None:
    """Measure a project with made-up figures, and write its page and JSON."""
    from importcost.app.projects.profile_project import ProjectRun, profile_project
    from importcost.cli.whole_project import render_index
    from tests.app.projects_work import measure_by_number

    class Told:
        def note(self, message: str) -> None:
            print(message)

        def functions_done(self, done: int, total: int, name: str) -> None:
            pass

    request = ProfileRequest(target=project, runs=RUNS)
    found = profile_project(request, ProjectRun(), measure_by_number, Told())
    for kind in ("html", "json", "csv", "markdown"):
        size = len(render_index(found.figures, kind))
        print(kind, f"{size / 1e6:.1f} MB")
    print(len(found.figures.functions), "functions in the index")


def many(folder: Path, functions: int, *, shared: bool) -> None:
    """Print time and peak memory of each step on a large project."""
    project = make_project(folder / "many", functions, SMALL, shared=shared)
    print(f"{functions:,} functions, load {os.getloadavg()[0]:.1f}")
    tells = ("list", "measure", "again")
    for told, (name, text) in zip(tells, STEPS.items(), strict=True):
        with peak(text.format(project=str(project)), environment(folder / "cache")) as spent:
            wall_s, cpu_s, peak_mb, said = spent
        print(f"| {name} | {wall_s:.1f} s wall, {cpu_s:.1f} s CPU | {peak_mb:.0f} MB | {said} |")
        tell(
            cpu_s={told: (cpu_s, f"{wall_s:.1f} s wall")},
            peak_mb={told: (peak_mb, f"{cpu_s:.1f} s of CPU")},
        )


@contextlib.contextmanager
def peak(program: str, variables: dict[str, str]) -> Iterator[tuple[float, float, float, str]]:
    """Run a program and give its wall and CPU seconds, its peak memory in MB and its output."""
    started = time.monotonic()
    paths = (str(Path(__file__).parents[2]), variables.get("PYTHONPATH"))
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**variables, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        stdout=subprocess.PIPE,
        text=True,
    )
    said = process.stdout.read() if process.stdout else ""
    _, status, use = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"failed: {said}")
    cpu_s = use.ru_utime + use.ru_stime
    yield time.monotonic() - started, cpu_s, use.ru_maxrss / 1024, ", ".join(said.splitlines())


def main() -> None:
    """Measure one part and print its lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("small", "pinned", "killed", "many"))
    parser.add_argument("--functions", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, default=1_000, help="small: functions launched bare")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--launches", type=int, help="pinned: of each; default: --precise")
    parser.add_argument("--shared", action="store_true", help="many: one folder for all of them")
    parser.add_argument("--folder", help="where to work; default: a temporary one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="importcost-bench-", dir=asked.folder) as name:
        folder = Path(name)
        if asked.part == "small":
            small(folder, asked.functions or 200, asked.jobs, asked.sample)
        elif asked.part == "pinned":
            pinned(folder, asked.jobs, asked.rounds, asked.launches)
        elif asked.part == "killed":
            killed(folder, asked.functions or 12)
        else:
            many(folder, asked.functions or 10_000, shared=asked.shared)


if __name__ == "__main__":
    main()
