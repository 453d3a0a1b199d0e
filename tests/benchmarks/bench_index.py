"""A project's page on thousands of functions, beside the page of one profile.

`python tests/benchmarks/bench_index.py [--functions N ...] [--rounds N]` prints a table for each
size: rendering, bytes, time and CPU to interactive, and the longest frames while one types, sorts,
chooses and scrolls. Interactive is as in bench_page.py, whose page of 20,000 nodes is opened in
turn with this one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from importcost.reports.index.page import render_project_page
from tests.benchmarks.bench_page import (
    TRACE,
    build,
    cpu_to_interactive,
    interactive,
    rounded,
    row,
)
from tests.benchmarks.tell import tell
from tests.reports.page.browser import chromium, emulate, main_thread_tasks, wait_until_complete
from tests.reports.project_factory import large_project

PAGE = "importcost"
NODES = 20_000
STEPS = """
const done = arguments[arguments.length - 1];
const box = document.getElementById('search');
const scroller = document.getElementById('table-scroll');
const type = (text) => { box.value = text; box.dispatchEvent(new Event('input')); };
const all = (kind) => [...document.querySelectorAll(kind)];
const texts = ['o', 'or', 'ord', 'orders', 'orders1', '']
  .map((text) => ['search', () => type(text)]);
const sorts = all('.sort').map((button) => ['sort', () => button.click()]);
const culprits = all('.culprit').slice(0, 6).map((button) => ['choose', () => button.click()]);
const scrolls = [300, 2000, 9000, 0].map((top) => ['scroll', () => { scroller.scrollTop = top; }]);
const steps = [...texts, ...sorts, ...culprits, ['choose', () => all('#choice-clear')[0].click()],
  ...scrolls];
const worst = {search: 0, sort: 0, choose: 0, scroll: 0, idle: 0};
let kind = 'idle', previous = performance.now(), began = previous, at = -1;
const frame = (now) => {
  worst[kind] = Math.max(worst[kind], now - previous);
  previous = now;
  if (now - began > 330) {
    at += 1;
    if (at === steps.length) { performance.mark('over'); done(worst); return; }
    kind = steps[at][0];
    performance.mark(`step-${at}-${kind}`);
    began = now;
    steps[at][1]();
  }
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--functions", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as name:
        single = build(Path(name), None, NODES)
        for functions in asked.functions:
            measure(Path(name) / f"{functions}.html", functions, asked.rounds, single)


def measure(file: Path, functions: int, rounds: int, single: dict) -> None:  # type: ignore[type-arg]
    """Print the table of one size."""
    print(f"{functions:,} functions")
    project = large_project(functions)
    wall, cpu = time.perf_counter(), time.process_time()
    text = render_project_page(project)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    file.write_text(text, encoding="utf-8")
    row("rendering, s wall (CPU)", f"{wall:.2f} ({cpu:.2f})", "")
    row("file, bytes", f"{len(text.encode()):,}", "")
    pages = {PAGE: lambda driver: driver.get(file.as_uri())}
    ours, others = [], []
    for _ in range(rounds):
        ours += interactive(pages, 1)[PAGE]
        others += interactive(single, 1)[PAGE]
    row("interactive, ms", f"{statistics.median(ours):.0f} {rounded(ours)}", "")
    mine, other = statistics.median(ours), statistics.median(others)
    tell(
        render_s=(cpu, f"{functions:,} functions"),
        file_mb=len(text.encode()) / 1e6,
        beside_single=(mine / other, f"{mine:.0f} / {other:.0f} ms"),
    )
    cpus = []
    row("  a single page of 20,000 nodes", f"{statistics.median(others):.0f} {rounded(others)}", "")
    for label, chosen in (("", pages), ("  of the single page", single)):
        used = [cpu_to_interactive(PAGE, chosen[PAGE]) for _ in range(rounds)]
        row(f"{label or 'CPU to interactive, ms'}", f"{statistics.median(used):.0f}", "")
        cpus.append(statistics.median(used))
    tell(cpu_beside_single=(cpus[0] / cpus[1], f"{cpus[0]:.0f} / {cpus[1]:.0f} ms"))
    found = [frames(file) for _ in range(rounds)]
    tasks_ms, frames_ms = {}, {}
    for kind in ("search", "sort", "choose", "scroll", "idle"):
        worst = [one[kind] for one, _ in found]
        work = statistics.median(one.get(kind, 0.0) for _, one in found)
        row(
            f"worst frame, ms: {kind} (its longest task, CPU)",
            f"{statistics.median(worst):.1f} ({work:.1f})",
            "",
        )
        tasks_ms[kind], frames_ms[kind] = work, statistics.median(worst)
    tell(
        task_ms={"search": tasks_ms.pop("search"), "others": slowest(tasks_ms)},
        frame_ms=slowest(frames_ms),
    )


def slowest(times_ms: dict[str, float]) -> tuple[float, str]:
    """Return the longest of some times, and all of them in words; doing nothing does not count."""
    done = {kind: one for kind, one in times_ms.items() if kind != "idle"}
    return max(done.values()), ", ".join(f"{kind} {one:.0f}" for kind, one in done.items())


def frames(file: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Return the longest times between frames, and the longest task's CPU, by what is done."""
    with tempfile.TemporaryDirectory() as user, chromium(Path(user), TRACE) as driver:
        emulate(driver, "light", motion="no-preference")
        driver.get(file.as_uri())
        wait_until_complete(driver)
        time.sleep(1)
        driver.set_script_timeout(120)
        worst: dict[str, float] = driver.execute_async_script(STEPS)
        tasks, marks = main_thread_tasks(driver)
    steps = sorted((at, name) for name, at in marks.items() if name.startswith(("step-", "over")))
    work: dict[str, float] = {}
    for (begin, name), (end, _) in pairwise(steps):
        kind = name.rpartition("-")[2]
        longest = max((cpu for start, cpu in tasks if begin - 8 <= start < end), default=0.0)
        work[kind] = max(work.get(kind, 0.0), longest)
    return worst, work


if __name__ == "__main__":
    main()
