"""Profile a web app again and again, as the machine is and with busy loops beside.

    python tests/benchmarks/bench_web.py FOLDER main:app --python PYTHON [--loops 0 2] [--times 3]

Prints the estimate of each profile with its band, and its handler form's; then, for each number of
loops, how far the estimates lie apart as a share of their median.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Keep `count` processes computing."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def profile(asked: argparse.Namespace) -> dict:
    words = ("profile", asked.app, "--adapter", "lwa", "--runner", "local", "--runs", "10")
    done = subprocess.run(
        [sys.executable, "-m", "importcost", *words, "--python", asked.python, "-o", "-", "-q"],
        cwd=asked.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def band(interval: dict | None) -> str:
    if interval is None:
        return "not measured"
    return f"{interval['value']:,.0f} ({interval['low']:,.0f} to {interval['high']:,.0f})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("app")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--loops", type=int, nargs="+", default=[0, 2])
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    for loops in asked.loops:
        found = []
        with busy_loops(loops):
            for _ in range(asked.times):
                data = profile(asked)
                init, web = data["derived"]["estimate"]["init_ms"], data["web"]
                form = web["handler_form"] and web["handler_form"]["init_ms"]
                ready = data["derived"]["web"]["init_us"] / 1000
                found.append(init["value"])
                print(
                    f"{loops} loops, load {os.getloadavg()[0]:.0f}: {band(init)} ms modelled, "
                    f"ready here after {ready:,.0f} ms, as a handler {band(form)} ms",
                    flush=True,
                )
        apart = (max(found) - min(found)) / statistics.median(found)
        print(f"{loops} loops: {apart:.1%} apart")


if __name__ == "__main__":
    main()
