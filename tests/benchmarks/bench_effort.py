"""Launches, time and result of `importcost defer` on an ordinary handler of a shop.

    python tests/benchmarks/bench_effort.py [--keep FOLDER] [--times 3] [--quick|--both]

Installs the handler's requirements (boto3, powertools, jsonschema, requests) into a folder and runs
the command in this process, through a runner that counts every launch. Prints a line a run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.app.profile import bench
from importcost.cli.group import cli
from tests.benchmarks.tell import tell

ORDERS = Path(__file__).resolve().parents[1] / "data" / "orders"
TARGETS = {False: 60, True: 20}


class Counted:
    """A runner that counts what it launches through another one."""

    def __init__(self, runner: Any, launched: list[tuple[str, ...]]) -> None:
        self._runner = runner
        self._launched = launched

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runner, name)

    def __enter__(self) -> Counted:
        self._runner.__enter__()
        return self

    def __exit__(self, *error: Any) -> Any:
        return self._runner.__exit__(*error)

    def launch(self, python_args: tuple[str, ...], *args: Any) -> Any:
        self._launched.append(python_args)
        return self._runner.launch(python_args, *args)


def lay_out(folder: Path) -> Path:
    """Install the requirements as a layer, once, and return the task root."""
    packages = folder / "layer" / "python"
    if not packages.is_dir():
        pip = (sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target")
        words = (*pip, str(packages), "-r", str(ORDERS / "requirements.txt"))
        subprocess.run(words, check=True)
    task = folder / "task"
    task.mkdir(exist_ok=True)
    shutil.copy(ORDERS / "handler.py", task)
    return task


def run(task: Path, *, is_quick: bool) -> None:
    """Run the command once and print what it took and found."""
    launched: list[tuple[str, ...]] = []
    real = bench.LocalRunner
    bench.LocalRunner = lambda *args, **named: Counted(real(*args, **named), launched)  # type: ignore[assignment, misc]
    output = task.parent / "out.json"
    words = ["defer", f"{task / 'handler.py'}:handler", "--runner", "local", "--no-install", "-q"]
    words += ["--layer", str(task.parent / "layer"), "--no-diff", "-o", str(output)]
    began = time.monotonic()
    try:
        cli.main([*words, *(["--quick"] if is_quick else [])], standalone_mode=False)
    finally:
        bench.LocalRunner = real  # type: ignore[misc]
    took_s = time.monotonic() - began
    report(json.loads(output.read_text()), len(launched), took_s, is_quick=is_quick)


def report(saved: Any, launches: int, took_s: float, *, is_quick: bool) -> None:
    advice = saved["advice"]
    parts = [("best set", advice["best_set"]["verification"])]
    parts += [(one["code"], one["verification"]) for one in advice["findings"]]
    if advice["bytecode"]:
        parts.append(("bytecode", advice["bytecode"]["verification"]))
    words = []
    for name, verified in parts:
        if verified is None or verified["saving_us"] is None:
            continue
        low, value, high = (verified["saving_us"][end] / 1000 for end in ("low", "value", "high"))
        failure = f" ({verified['failure']})" if verified["failure"] else ""
        words.append(f"{name} {value:.0f} ms ({low:.0f} to {high:.0f}){failure}")
    name = "quick" if is_quick else "whole"
    tell(launches={name: (launches, f"{took_s:.0f} s: {'; '.join(words)}")})
    init_ms = saved["function_init"]["cpu_us"]["value"] / 1000
    print(
        f"{launches} launches (target {TARGETS[is_quick]}), {took_s:.0f} s at load "
        f"{os.getloadavg()[0]:.1f}, init {init_ms:.0f} ms: {'; '.join(words)}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", help="folder to install into, and to find installed")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--both", action="store_true", help="with and without --quick")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as scratch:
        folder = Path(args.keep or scratch)
        folder.mkdir(exist_ok=True)
        task = lay_out(folder)
        for is_quick in (False, True) if args.both else (args.quick,):
            for _ in range(args.times):
                run(task, is_quick=is_quick)


if __name__ == "__main__":
    main()
