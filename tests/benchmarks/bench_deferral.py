"""Predicted exclusive saving beside the verified one, on statements of real packages.

    python tests/benchmarks/bench_deferral.py [--seconds 60] [--launches 60] [--keep FOLDER]

Installs the packages from PyPI as a layer, writes three handlers that share dependencies, and
runs `importcost defer` on each. Prints a line a statement and the median absolute error.

A prediction is a share of the profile's init, and is compared with the verified share.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

PACKAGES = (
    *("boto3==1.44.5", "pandas==3.1.1", "numpy==2.4.6", "requests==2.34.2", "pydantic==2.14.3"),
    *("sqlalchemy==2.1.9", "fastapi==0.165.0", "sympy==1.14.0", "scikit-learn==1.9.1"),
    *("scipy==1.17.1", "httpx==0.28.1", "jinja2==3.1.6", "pillow==13.0.0", "pyyaml==6.0.3"),
    *("networkx==3.6.1", "openpyxl==3.1.5", "rich==15.0.0", "cryptography==50.0.2"),
)
HANDLERS = {
    "web.py": (
        "import requests",
        "import boto3",
        "import sqlalchemy",
        "import httpx",
        "import jinja2",
        "from cryptography.fernet import Fernet",
        "from fastapi import FastAPI",
    ),
    "data.py": (
        "import pandas as pd",
        "import numpy as np",
        "import sympy",
        "from sklearn.linear_model import LinearRegression",
        "from scipy import stats",
        "import networkx",
    ),
    "mixed.py": (
        "import openpyxl",
        "import yaml",
        "from PIL import Image",
        "from pydantic import BaseModel",
        "import rich.console",
        "import requests",
        "import numpy as np",
        "import boto3",
    ),
}
TARGET = 0.10


def handler_text(statements: tuple[str, ...]) -> str:
    """Return a handler in which a function of its own uses each import."""
    names = [statement.split()[-1].split(".")[0] for statement in statements]
    uses = [f"def use_{n}():\n    return {name}\n" for n, name in enumerate(names)]
    head = "\n".join(statements)
    return f"{head}\n\n\n" + "\n\n".join(uses) + "\n\ndef handler(event, context):\n    return 1\n"


def install(folder: Path) -> None:
    if not folder.is_dir():
        pip = (sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target")
        subprocess.run([*pip, str(folder), *PACKAGES], check=True)


def findings(root: Path, name: str, seconds: float, launches: int) -> list[dict]:
    """Run the command and return its findings that ask for a change."""
    output = root / f"{name}.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "importcost", "defer", f"{root / 'task' / name}:handler"),
            *("--layer", str(root / "layer"), "--launches", str(launches)),
            *("--runner", "local", "--python", sys.executable, "--no-diff", "-q"),
            *("--timeout", "300"),
            *("--verify-seconds", str(seconds), "-o", str(output)),
        ],
        check=True,
    )
    data = json.loads(output.read_text())
    init_us = data["function_init"]["cpu_us"]["value"]
    found = [one for one in data["advice"]["findings"] if one["verification"]]
    for one in found:
        # The machine may have changed its speed between the profile and the pairs.
        one["speed"] = (one["verification"]["original_us"] or init_us) / init_us
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--launches", type=int, default=60)
    parser.add_argument("--keep", help="folder to install into, and to find installed")
    parser.add_argument("--handlers", default=",".join(HANDLERS), help="files, comma-separated")
    args = parser.parse_args()
    errors = []
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as scratch:
        root = Path(args.keep or scratch)
        root.mkdir(exist_ok=True)
        install(root / "layer" / "python")
        (root / "task").mkdir(exist_ok=True)
        print("| handler | statement | cumulative ms | predicted ms | verified ms (95 %) | error |")
        print("|---|---|---|---|---|---|")
        for name in args.handlers.split(","):
            statements = HANDLERS[name]
            (root / "task" / name).write_text(handler_text(statements))
            for one in findings(root, name, args.seconds, args.launches):
                saving = one["verification"]["saving_us"]
                if saving is None:
                    print(f"| {name} | {one['code']} | {one['verification']['failure']} | | | |")
                    continue
                predicted = one["exclusive_us"] * one["speed"] / 1000
                verified = saving["value"] / 1000
                errors.append(abs(predicted - verified) / verified)
                band = f"{saving['low'] / 1000:.1f} to {saving['high'] / 1000:.1f}"
                print(
                    f"| {name} | {one['code']} | {one['cumulative_us'] / 1000:.1f} "
                    f"| {predicted:.1f} | {verified:.1f} ({band}) | {errors[-1]:.1%} |",
                    flush=True,
                )
    middle = statistics.median(errors)
    spread = f"{100 * min(errors):.0f} to {100 * max(errors):.0f} %"
    tell(median_error_percent=(100 * middle, spread), statements=len(errors))
    print(f"\n{len(errors)} statements, median absolute error {middle:.1%} (target {TARGET:.0%})")
    return 0 if middle <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
