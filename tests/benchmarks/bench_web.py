"""Profile a web app again and again, as the machine is and with busy loops beside; or many apps.

    python tests/benchmarks/bench_web.py FOLDER main:app --python PYTHON [--loops 0 2] [--times 3]
    python tests/benchmarks/bench_web.py --apps LIST    # lines "FOLDER main:app", others' projects

Prints the estimate of each profile with its band, and its handler form's; then, for each number of
loops, how far the estimates lie apart as a share of their median. With --apps it profiles each app
once without any option but the adapter (and --timeout, --runs), and counts those that profile, by
server; of the others it prints the error.
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
from pathlib import Path

FEW = ("--runs", "5", "--timeout", "30")


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


def without_an_option(file: str) -> None:
    """Profile each app of a list and count them by server."""
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    apps = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    servers: dict[str, int] = {}
    for folder, app in apps:
        words = ("profile", app, "--adapter", "lwa", "--runner", "local")
        done = subprocess.run(
            [sys.executable, "-m", "importcost", *words, *FEW, "-o", "-", "-q"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        where = f"{'/'.join(folder.rstrip('/').split('/')[-2:])} {app}"
        if done.returncode != 0:
            error = (done.stderr.strip().splitlines() or ["no message"])[-1]
            print(f"no   {where}: exit code {done.returncode}, {error}", flush=True)
            continue
        data = json.loads(done.stdout)
        web, init = data["web"], data["derived"]["estimate"]["init_ms"]
        servers[web["server"]] = servers.get(web["server"], 0) + 1
        print(
            f"yes  {where}: {web['server']}, {web['kind']}, {band(init)} ms modelled, "
            f"{web['ready_when']} answered {web['status']}",
            flush=True,
        )
    by_server = ", ".join(f"{count} under {name}" for name, count in sorted(servers.items()))
    print(f"{sum(servers.values())} of {len(apps)} profile without an option: {by_server}")


def band(interval: dict | None) -> str:
    if interval is None:
        return "not measured"
    return f"{interval['value']:,.0f} ({interval['low']:,.0f} to {interval['high']:,.0f})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?")
    parser.add_argument("app", nargs="?")
    parser.add_argument("--apps", metavar="LIST")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--loops", type=int, nargs="+", default=[0, 2])
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    if asked.apps:
        without_an_option(asked.apps)
        return
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
