"""The container's own init under the real Runtime Interface Emulator beside the profile's.

    python tests/benchmarks/bench_rie.py [--rounds 7]

Same image (the AWS-like test image), same task root, same CPU quota, podman. The emulator's
`INIT REPORT(durationMs)` is wall time from the start of the runtime process to its first call
for an event; beside it stands the profile's wall time of interpreter start, runtime and handler.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell
from tests.engine import image
from tests.engine.fixtures import _podman

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = {
    "json": "import json\n\ndef handler(event, context):\n    return 1\n",
    "boto3 client": "import boto3\ns3 = boto3.client('s3')\n\ndef handler(event, context):\n"
    "    return 1\n",
    "pandas": "import pandas\n\ndef handler(event, context):\n    return 1\n",
}
INVOKE = (
    "import urllib.request as u;"
    "u.urlopen(u.Request('http://127.0.0.1:8080/2015-03-31/functions/function/invocations',"
    "data=b'{}')).read()"
)
REPORT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")
CPUS = 2.0


def emulated_ms(tag: str, task_root: Path) -> float:
    """Return the init that the emulator reports for one cold start, milliseconds."""
    name = f"importcost-rie-{uuid.uuid4().hex}"
    flags = ["--network", "none", "--cpu-period", "20000", "--cpu-quota", str(int(CPUS * 20000))]
    flags += ["--memory", "1769m", "--read-only", "--tmpfs", "/tmp:rw,size=512m"]
    flags += ["--volume", f"{task_root}:/var/task:ro", "--workdir", "/var/task"]
    for key, value in {
        "PYTHONPATH": "/var/runtime",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        flags += ["--env", f"{key}={value}"]
    inside = ["/var/lang/bin/python3", "-m", "awslambdaric", "handler.handler"]
    emulator = "/usr/local/bin/aws-lambda-rie"
    subprocess.run(
        [
            *("podman", "run", "--detach", "--name", name, *flags),
            *("--entrypoint", emulator, tag, *inside),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(50):
            asked = subprocess.run(
                ["podman", "exec", name, "/var/lang/bin/python3", "-S", "-c", INVOKE],
                check=False,
                capture_output=True,
            )
            if asked.returncode == 0:
                break
            time.sleep(0.1)
        logs = subprocess.run(["podman", "logs", name], check=True, capture_output=True, text=True)
        found = REPORT.search(logs.stdout + logs.stderr)
        if found is None:
            raise SystemExit(f"no INIT REPORT:\n{logs.stdout}{logs.stderr}\n{asked.stderr!r}")
        return float(found[1])
    finally:
        subprocess.run(["podman", "rm", "-f", name], check=False, capture_output=True)


def profiled_ms(tag: str, task_root: Path) -> dict[str, float]:
    """Return the profile's median wall time of each phase in the same image, milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "profile.json")
        subprocess.run(
            [
                *(sys.executable, "-m", "importcost", "profile", str(task_root / "handler.py")),
                *("--runner", "podman", "--image", tag, "--memory", "1769", "--runs", "9"),
                *("-q", "-o", str(output)),
            ],
            check=True,
        )
        data = json.loads(output.read_text())
    return {phase["phase"]: phase["wall_us"] / 1000 for phase in data["phases"]}


@contextlib.contextmanager
def task_root_of(text: str) -> Iterator[Path]:
    """Lay out a task root with the handler and its packages in it."""
    with tempfile.TemporaryDirectory(prefix="importcost-rie-") as folder:
        root = Path(folder, "task")
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target"),
                *(str(root), "-r", str(ROOT / "sample_handlers/chatbot_naive/requirements.txt")),
            ],
            check=True,
        )
        (root / "handler.py").write_text(text)
        yield root


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    if shutil.which("podman") is None:
        raise SystemExit("podman is not installed")
    print("| handler | RIE ms | profile ms | of it interpreter start | difference | target |")
    print("|---|---|---|---|---|---|")
    with _podman():
        tag = image.load("podman")
        for name, text in HANDLERS.items():
            with task_root_of(text) as root:
                emulated_ms(tag, root)
                half = [emulated_ms(tag, root) for _ in range(rounds // 2)]
                phases = profiled_ms(tag, root)
                half += [emulated_ms(tag, root) for _ in range(rounds - rounds // 2)]
            rie, ours = statistics.median(half), sum(phases.values())
            start = phases["interpreter start"]
            off = (ours - rie) / rie
            print(f"| {name} | {rie:.0f} | {ours:.0f} | {start:.0f} | {off:+.1%} | 10 % |")
            tell(difference_percent={name: (100 * off, f"{rie:.0f} / {ours:.0f} ms")})


if __name__ == "__main__":
    main()
