"""Time to first byte of the FastAPI sample, measured as importcost does and by curl, in turns.

    python tests/benchmarks/bench_first_byte.py [PYTHON] [--rounds 30]

PYTHON has sample_handlers/streaming_fastapi/requirements.txt installed; without it an environment
is made and removed. The target is a median difference of at most 5 ms from curl's own
time_starttransfer.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample_handlers/streaming_fastapi"
TARGET_MS = 5.0


def load_probe():
    """Load the file that runs beside the server; importcost itself only hands on its text."""
    file = ROOT / "src/importcost/probe/lwa_probe.py"
    spec = importlib.util.spec_from_file_location("lwa_probe", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def curl_ms(url: str) -> tuple[float, float]:
    words = ("curl", "-qsN", "-o", "/dev/null", "-w", "%{time_starttransfer} %{time_connect}", url)
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    first_byte, connected = done.stdout.split()
    return float(first_byte) * 1000, float(connected) * 1000


def environment(folder: Path) -> str:
    """Make an environment with what the sample requires, and return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    words = (python, "-m", "pip", "install", "-q", "-r", str(SAMPLE / "requirements.txt"))
    subprocess.run(words, check=True)
    return python


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("python", nargs="?")
    parser.add_argument("--rounds", type=int, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as folder:
        measure(asked, asked.python or environment(Path(folder, "environment")))


def measure(asked: argparse.Namespace, python: str) -> None:
    """Start the sample's server, ask it both ways in turns, and print the difference."""
    probe = load_probe()
    port = probe.free_port()
    words = (python, "-m", "uvicorn", f"--port={port}", "--log-level=warning", "main:app")
    server = subprocess.Popen(words, cwd=SAMPLE)
    try:
        readiness = probe.Readiness({}, port)
        while not readiness.ask(60)[0]:
            if server.poll() is not None:
                raise SystemExit("the server ended")
            time.sleep(0.01)
        ours, curls = [], []
        for _ in range(asked.rounds):
            ours.append(probe.ask(port, "GET", "/chat", 30)["first_byte_ns"] / 1e6)
            curls.append(curl_ms(f"http://127.0.0.1:{port}/chat"))
    finally:
        server.terminate()
        server.wait()
    mine, theirs = statistics.median(ours), statistics.median(one for one, _ in curls)
    connected = statistics.median(one for _, one in curls)
    print(f"first byte: importcost {mine:.2f} ms, curl {theirs:.2f} ms", end="")
    print(f", difference {mine - theirs:+.2f} ms (target {TARGET_MS:g} ms); ", end="")
    both = f"{mine:.2f} / {theirs:.2f} ms, {asked.rounds} rounds"
    print(f"of curl's, {connected:.2f} ms passed before it was connected")
    tell(difference_ms=(mine - theirs, both))


if __name__ == "__main__":
    main()
