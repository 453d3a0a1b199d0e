"""The profile's sum beside the emulator's init: 10 handlers x 4 memory sizes, throttled.

    python tests/benchmarks/bench_init.py [--rounds 5] [--runs 9] [--handlers 10] [--shuffle 1]

Throttled as init is with provisioned concurrency: memory / 1769 of a vCPU for both. The AWS-like
test image, podman, one container a cold start under the real emulator and the real awslambdaric.
Prints a row as soon as it is known, then the median of the absolute errors; the target is 5 %.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell
from tests.engine import image
from tests.engine.fixtures import _podman

MEMORY_MB = (256, 512, 1024, 1769)
TARGET = 0.05
LONG_MS = 150
# Small ones as well, though throttling by periods of 20 ms moves them by a fifth; most are what
# functions import. The value: packages to install, import lines.
HANDLERS = {
    "hello": ((), ""),
    "asyncio": ((), "import asyncio, concurrent.futures, multiprocessing"),
    "body": ((), "TABLE = [str(n) * 3 for n in range(200_000)]"),
    "boto3": ((), "import boto3"),
    "client": ((), "import boto3\ns3 = boto3.client('s3')"),
    "requests": (("requests==2.32.3",), "import requests"),
    "pydantic": (("pydantic==2.9.2",), "import pydantic"),
    "sqlalchemy": (("sqlalchemy==2.0.36",), "import sqlalchemy.orm"),
    "numpy": (("numpy==2.1.3",), "import numpy"),
    "fastapi": (("fastapi==0.115.5",), "import fastapi"),
}


def compare(tag: str, name: str, memory_mb: int, rounds: int, runs: int) -> dict:
    """Return what verify-init says of one handler."""
    packages, text = HANDLERS[name]
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as folder:
        file = Path(folder, "app.py")
        file.write_text(f"{text}\n\ndef handler(event, context):\n    return 1\n")
        if packages:
            Path(folder, "requirements.txt").write_text("\n".join(packages) + "\n")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "importcost", "verify-init", f"{file}:handler", "--json"),
                *("--runner", "podman", "--image", tag, "--memory", str(memory_mb)),
                *("--throttled", "--rounds", str(rounds), "--runs", str(runs)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--handlers", type=int, default=len(HANDLERS))
    parser.add_argument("--shuffle", type=int, default=1)
    asked = parser.parse_args()
    cells = [(name, memory) for name in list(HANDLERS)[: asked.handlers] for memory in MEMORY_MB]
    random.Random(asked.shuffle).shuffle(cells)
    errors: list[float] = []
    long: list[float] = []
    bare: list[float] = []
    print("| handler | MB | emulator ms | profile ms | emulator's own ms | error | bare sum |")
    print("|---|---|---|---|---|---|---|")
    with _podman():
        tag = image.load("podman")
        for name, memory in cells:
            found = compare(tag, name, memory, asked.rounds, asked.runs)
            rie, ours = found["emulator"]["init_us"] / 1000, found["profile"]["init_us"] / 1000
            own = found["emulator"]["own_wall_us"] / 1000
            errors.append(abs(found["error"]))
            if rie >= LONG_MS:
                long.append(abs(found["error"]))
            bare.append(abs(ours - rie) / rie)
            print(
                f"| {name} | {memory} | {rie:.0f} | {ours:.0f} | {own:.0f} | {found['error']:+.1%}"
                f" | {(ours - rie) / rie:+.1%} |",
                flush=True,
            )
    spread = f"{len(errors)} cells, largest {max(errors):.1%}"
    tell(median_percent=(100 * statistics.median(errors), spread))
    if long:
        tell(median_long_percent=(100 * statistics.median(long), f"{len(long)} cells"))
    within = sum(error <= TARGET for error in errors)
    print(f"\nmedian error {statistics.median(errors):.1%} (target {TARGET:.0%}); ", end="")
    print(f"{within} of {len(errors)} within it, largest {max(errors):.1%}")
    print(f"the bare sum, without the emulator's own work: {statistics.median(bare):.1%}")


if __name__ == "__main__":
    main()
