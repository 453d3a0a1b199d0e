"""The report page on 20,000 nodes, beside speedscope and d3-flame-graph on the same tree.

`python tests/benchmarks/bench_page.py FOLDER [--nodes N] [--rounds N]` prints its table. FOLDER
holds the unpacked npm packages (`npm pack speedscope@1.25.0 d3-flame-graph@5 d3@7`, each unpacked
into a folder named after it); without FOLDER only the page itself is measured. Interactive is the
first frame after all boxes are drawn and the main thread answers, in a Chromium with a fresh
profile, from the start of the navigation; the tools take turns, the median counts.
"""

from __future__ import annotations

import argparse
import base64
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from selenium.webdriver import Chrome

from importcost.reports.exports.speedscope import render_speedscope
from importcost.reports.page.html import render_html
from tests.benchmarks.tell import tell
from tests.reports.page.browser import chromium, emulate, main_thread_tasks, wait_until_complete
from tests.reports.page_factory import estimate_of, facts_of, large_profile

TRACE = "toplevel,blink.user_timing"
MARK = """
const told = setInterval(() => {
  if (window.__interactive) { performance.mark('tool-interactive'); clearInterval(told); }
}, 5);
"""
LIMIT_SHARE = 0.8
LIMIT_FRAME_MS = 33.0
LIMIT_BYTES = int(1.2 * 2**20)
LIMIT_SECONDS = 1.0
LIMIT_MB = 150.0
WIDTH, HEIGHT = 1440, 900

# Looks at every frame whether the tool is done; then the main thread has to answer once more.
WATCH = """
const ready = () => { try { return %s; } catch { return false; } };
const look = () => {
  if (!ready()) { requestAnimationFrame(look); return; }
  requestAnimationFrame(() => setTimeout(() => { window.__interactive = performance.now(); }));
};
requestAnimationFrame(look);
"""
READY = {
    "importcost": "performance.getEntriesByName('interactive').length > 0",
    # Its canvas comes with the flame chart; the title then names the profile.
    "speedscope": "document.querySelectorAll('canvas').length > 1"
    " && document.title !== 'speedscope'",
    "d3-flame-graph": "window.__drawn === true",
}
FRAMES = """
const done = arguments[arguments.length - 1];
const canvas = document.getElementById('icicle');
const box = document.getElementById('search');
const bubbles = true;
const key = (name) => canvas.dispatchEvent(new KeyboardEvent('keydown', {key: name, bubbles}));
const type = (text) => { box.value = text; box.dispatchEvent(new Event('input', {bubbles})); };
const press = (id) => document.getElementById(id).click();
const zooms = ['ArrowDown', 'ArrowRight', 'ArrowRight', 'Enter', 'ArrowDown', 'Enter', 'ArrowDown',
  'Enter', 'Escape', 'Escape', '+', '+', '-', 'Home'].map((name) => ['zoom', () => key(name)]);
const texts = ['p', 'pa', 'pac', 'package1', 'package12', 'core', 'util.c', '', 'e', 'errors', '']
  .map((text) => ['search', () => type(text)]);
const orders = ['heavy', 'pay', 'time'].map((id) => ['order', () => press('order-' + id)]);
const steps = [...zooms, ...texts, ...orders];
const worst = {zoom: 0, search: 0, order: 0, idle: 0};
const settle = 330;
let kind = 'idle', previous = performance.now(), began = previous, at = -1;
const frame = (now) => {
  worst[kind] = Math.max(worst[kind], now - previous);
  previous = now;
  if (now - began > settle) {
    at += 1;
    if (at === steps.length) { performance.mark("over"); done(worst); return; }
    kind = steps[at][0];
    performance.mark(`step-${at}-${kind}`);
    began = now;
    steps[at][1]();
  }
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""
RENDER = """
import resource, sys, time
sys.path.insert(0, %r)
from importcost.reports.page.html import render_html
from tests.reports.page_factory import estimate_of, facts_of, large_profile, small_profile
profile = large_profile(%d)
bill = estimate_of(profile)
facts_of(small_profile(), bill)  # loads what it needs
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
wall, cpu = time.perf_counter(), time.process_time()
text = render_html(profile, bill, facts_of(profile, bill))
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(wall, cpu, (after - before) / 1024, after / 1024, len(text.encode()))
"""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    wall, cpu, grown, peak, size = rendering(asked.nodes)
    row("file, bytes", f"{size:,}", f"{LIMIT_BYTES:,}")
    tell(
        file_mb=(size / 2**20, f"{size:,} bytes"),
        render_s=(cpu, f"{wall:.2f} s wall"),
        render_mb=(grown, "more than before it"),
    )
    row("rendering, s wall (CPU)", f"{wall:.2f} ({cpu:.2f})", f"{LIMIT_SECONDS}")
    row("rendering, MB more (peak of all)", f"{grown:.0f} ({peak:.0f})", f"{LIMIT_MB:.0f}")
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as name:
        pages = build(Path(name), asked.folder, asked.nodes)
        times = interactive(pages, asked.rounds)
        for tool, values in times.items():
            row(
                f"interactive, ms: {tool}", f"{statistics.median(values):.0f} {rounded(values)}", ""
            )
        ours = statistics.median(times.pop("importcost"))
        if times:
            best = min(statistics.median(values) for values in times.values())
            row("beside the faster of the others", f"{ours / best:.2f}", f"{LIMIT_SHARE}")
            tell(beside_the_faster=(ours / best, f"{ours:.0f} / {best:.0f} ms"))
        used: dict[str, float] = {}
        for tool, go in pages.items():
            cpu = statistics.median(cpu_to_interactive(tool, go) for _ in range(asked.rounds))
            row(f"  CPU of the main thread, ms: {tool}", f"{cpu:.0f}", "")
            used[tool] = cpu
        own = used.pop("importcost")
        if used:
            least = min(used.values())
            tell(cpu_beside_the_faster=(own / least, f"{own:.0f} / {least:.0f} ms"))
        found = [frames(pages["importcost"]) for _ in range(asked.rounds)]
    for kind in ("zoom", "search", "order"):
        worst = [one[kind] for one, _ in found]
        # A trace of a browser that waits for a processor may lack some steps.
        traced = [one[kind] for _, one in found if kind in one] or [float("nan")]
        work = statistics.median(traced)
        limit = f"{LIMIT_FRAME_MS:.0f}" if kind in ("zoom", "search") else ""
        row(f"worst frame, ms: {kind}", f"{statistics.median(worst):.1f} {rounded(worst)}", limit)
        told = (statistics.median(worst), f"longest task {work:.1f} ms of CPU")
        tell(frame_ms={kind: told})
        row(f"  longest task, ms of CPU: {kind}", f"{work:.1f}", "")
    idle = [one["idle"] for one, _ in found]
    row("worst frame, ms: nothing done", f"{statistics.median(idle):.1f} {rounded(idle)}", "")


def row(label: str, value: str, limit: str) -> None:
    """Print one line of the table."""
    print(f"{label:<42} {value:<28} {'at most ' + limit if limit else ''}", flush=True)


def rounded(values: list[float]) -> str:
    """Return all values of a median."""
    return "(" + ", ".join(f"{value:.0f}" for value in values) + ")"


def rendering(nodes: int) -> tuple[float, ...]:
    """Return seconds of wall and CPU, MB more and at most, and bytes: median of three."""
    code = RENDER % (str(Path(__file__).parents[2]), nodes)
    rounds = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
        )
        rounds.append([float(word) for word in done.stdout.split()])
    *figures, size = (statistics.median(column) for column in zip(*rounds, strict=True))
    return (*figures, int(size))


def build(folder: Path, packages: Path | None, nodes: int) -> dict[str, Callable[[Chrome], None]]:
    """Write every tool's page and return how to open it."""
    profile = large_profile(nodes)
    bill = estimate_of(profile)
    ours = folder / "importcost.html"
    ours.write_text(render_html(profile, bill, facts_of(profile, bill)), encoding="utf-8")
    pages: dict[str, Callable[[Chrome], None]] = {"importcost": lambda d: d.get(ours.as_uri())}
    if packages is None:
        return pages
    saved = render_speedscope(profile, bill, facts_of(profile, bill))
    data = saved if isinstance(saved, bytes) else saved.encode()
    script = folder / "speedscope.js"
    encoded = base64.b64encode(data).decode()
    script.write_text(f'speedscope.loadFileFromBase64("tree.speedscope.json", "{encoded}")')
    index = next(packages.glob("speedscope*/package/dist/release/index.html"))
    pages["speedscope"] = lambda d: d.get(f"{index.as_uri()}#localProfilePath={script}")
    flame = folder / "d3.html"
    flame.write_text(d3_page(packages, profile), encoding="utf-8")
    pages["d3-flame-graph"] = lambda d: d.get(flame.as_uri())
    return pages


def d3_page(packages: Path, profile: Any) -> str:
    """Return a page with the library, its style and the tree in it, as its README shows."""
    tree = profile.tree
    boxes = [
        {"name": tree.name(n), "value": max(0, tree.cumulative_us[n])} for n in range(len(tree))
    ]
    root: dict[str, Any] = {"name": "cold start", "value": 0, "children": []}
    for node, parent in enumerate(tree.parents):
        above = root if parent < 0 else boxes[parent]
        above.setdefault("children", []).append(boxes[node])
        root["value"] += boxes[node]["value"] if parent < 0 else 0
    d3 = next(packages.glob("d3-7*/package/dist/d3.min.js")).read_text("utf-8")
    dist = next(packages.glob("d3-flame-graph*/package/dist"))
    library = (dist / "d3-flamegraph.umd.min.js").read_text("utf-8")
    return f"""<!doctype html><meta charset="utf-8"><title>d3</title>
<style>{(dist / "d3-flamegraph.css").read_text("utf-8")}</style><div id="chart"></div>
<script>{d3}</script><script>{library}</script>
<script>
const make = flamegraph.flamegraph || flamegraph.default || flamegraph;
const chart = make().width({WIDTH - 40}).minFrameSize(1).inverted(true);
d3.select('#chart').datum({json.dumps(root)}).call(chart);
window.__drawn = document.querySelectorAll('#chart svg g').length > 0;
</script>"""


def interactive(pages: dict[str, Callable[[Chrome], None]], rounds: int) -> dict[str, list[float]]:
    """Return milliseconds to interactive by tool, the tools in turn."""
    times: dict[str, list[float]] = {tool: [] for tool in pages}
    for _ in range(rounds):
        for tool, go in pages.items():
            times[tool].append(once(tool, go))
    return times


def once(tool: str, go: Callable[[Chrome], None]) -> float:
    """Open one page in a browser that has seen nothing yet."""
    with tempfile.TemporaryDirectory() as user, chromium(Path(user)) as driver:
        source = {"source": WATCH % READY[tool]}
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", source)
        go(driver)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            value = driver.execute_script("return window.__interactive || 0")
            if value:
                return float(value)
            time.sleep(0.05)
    raise SystemExit(f"{tool} was not ready within a minute")


def cpu_to_interactive(tool: str, go: Callable[[Chrome], None]) -> float:
    """Return the main thread's CPU until a tool is interactive, ms: other load does not count."""
    with tempfile.TemporaryDirectory() as user, chromium(Path(user), TRACE) as driver:
        source = {"source": WATCH % READY[tool] + MARK}
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", source)
        go(driver)
        until = time.monotonic() + 60
        marked = "return performance.getEntriesByName('tool-interactive').length"
        while not driver.execute_script(marked) and time.monotonic() < until:
            time.sleep(0.05)
        tasks, marks = main_thread_tasks(driver)
        return sum(cpu for start, cpu in tasks if start <= marks["tool-interactive"])


def frames(go: Callable[[Chrome], None]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the longest times between frames, and the longest task's CPU, by what is done."""
    with tempfile.TemporaryDirectory() as user, chromium(Path(user), TRACE) as driver:
        emulate(driver, "light", motion="no-preference")
        go(driver)
        wait_until_complete(driver)
        driver.set_script_timeout(60)
        worst: dict[str, float] = driver.execute_async_script(FRAMES)
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
    print(
        f"peak of this script: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )
