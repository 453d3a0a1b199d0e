"""The overhead of the layer on init, under the real emulator and awslambdaric, in pairs.

    python tests/benchmarks/bench_layer.py [--rounds 40] [--engine podman]

All cold starts run in one container of the AWS-like test image. A round starts each function once
without anything, with the layer, with the layer's bytecode taken out, and with `-X importtime`, in
random order. The figure is CPU time of the runtime's process from its start to the first event,
which the function itself returns, and its ratio to the start without anything in the same round.
Beside it stand the CPU time from there to the second event, in which the layer writes its line, and
the emulator's wall time of init. The limit of the layer's ratio is 1.03.

CPython gives stack memory back whenever the calls return across the border of a piece of it, so the
depth at which imports begin decides about thousands of page faults: boto3 takes up to 20 % more or
less, with the layer as without. So each round has another depth, the same for all ways, and the
ratio is that of the sums.
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

from importcost.app.layer.pack import pack_layer
from tests.benchmarks.tell import tell
from tests.engine import image
from tests.engine.fixtures import _podman
from tests.layer.emulated import EMULATOR, laid_out

LIMIT = 1.03
FUNCTIONS = {
    "nothing": "pass",
    "http.client": "import http.client",
    "boto3, a client": "import boto3; boto3.client('s3')",
}
SOURCE = """import os
import time

def init(frames):
    if frames:
        return init(frames - 1)
    {}

init(int(os.environ["FRAMES"]))

def handler(event, context):
    return time.process_time_ns()
"""
WAYS = ("without", "layer", "layer, no bytecode", "-X importtime")
DRIVER = r"""
import http.client, json, os, random, re, subprocess, sys, time

emulator, rounds, functions = sys.argv[1], int(sys.argv[2]), sys.argv[3:-1]
ways = sys.argv[-1].split("|")
RUNTIME = {
    "without": {},
    "layer": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/importcost-wrapper"},
    "layer, no bytecode": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/plain/importcost-wrapper"},
    "-X importtime": {"TRACING": "-Ximporttime"},
}
AWS = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


def cold_start(function, way, port, frames):
    words = [emulator, "--runtime-interface-emulator-address", "127.0.0.1:%d" % port,
             "--runtime-api-address", "127.0.0.1:%d" % (port + 1),
             "/var/runtime/bootstrap", function + ".handler"]
    log = open("/tmp/log", "w+b")
    variables = {**os.environ, **AWS, **RUNTIME[way], "FRAMES": str(frames)}
    running = subprocess.Popen(words, env=variables, stdout=log, stderr=log)
    answers = []
    try:
        for _ in range(2000):
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            try:
                link.request("POST", "/2015-03-31/functions/function/invocations", b"{}")
                answers.append(int(link.getresponse().read()) / 1e6)
                if len(answers) == 2:
                    break
            except ConnectionRefusedError:
                time.sleep(0.01)
    finally:
        running.kill()
        running.wait()
    log.seek(0)
    text = log.read().decode()
    found = re.search(r"INIT REPORT\(durationMs: ([0-9.]+)\)", text)
    assert ("importcost-init: eJ" in text) == way.startswith("layer"), text[-2000:]
    return answers[0], answers[1] - answers[0], float(found[1])


port, result = 9100, []
for number in range(-1, rounds):
    for function in functions:
        for way in random.sample(ways, len(ways)):
            port = port + 2 if port < 60000 else 9100
            measured = cold_start(function, way, port, 2 * (number % 20))
            if number >= 0:
                result.append((function, way, number, *measured))
print(json.dumps(result))
"""


def measured(engine: str, tag: str, rounds: int) -> list[tuple[str, str, int, float, float, float]]:
    """Return function, way, round and three milliseconds of each cold start.

    They are CPU time to the first event, CPU time from there to the second, and wall time of init.
    """
    with tempfile.TemporaryDirectory(prefix="importcost-layer-") as folder:
        layer = pack_layer(()).data
        task, runtime, opt = laid_out(Path(folder), "", layer)
        assert opt is not None
        plain = laid_out(Path(folder, "plain"), "", layer)[2]
        assert plain is not None
        plain.rename(opt / "plain")
        for path in (opt / "plain/importcost/__pycache__").iterdir():
            path.unlink()
        names = [f"function_{number}" for number in range(len(FUNCTIONS))]
        for name, text in zip(names, FUNCTIONS.values(), strict=True):
            (task / f"{name}.py").write_text(SOURCE.format(text))
        mounts = {task: "/var/task", opt: "/opt", runtime / "bootstrap": "/var/runtime/bootstrap",
                  runtime / "bootstrap.py": "/var/runtime/bootstrap.py"}  # fmt: skip
        volumes = [word for host, inside in mounts.items()
                   for word in ("--volume", f"{host}:{inside}:ro")]  # fmt: skip
        argv = [engine, "run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp:rw",
                *volumes, "--workdir", "/var/task", "--entrypoint", "/var/lang/bin/python3", tag,
                "-c", DRIVER, EMULATOR, str(rounds), *names, "|".join(WAYS)]  # fmt: skip
        done = subprocess.run(argv, check=True, stdout=subprocess.PIPE)
    known = dict(zip(names, FUNCTIONS, strict=True))
    return [(known[one[0]], *one[1:]) for one in json.loads(done.stdout)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--engine", default="podman")
    given = parser.parse_args()
    with _podman():
        rows = measured(given.engine, image.load(given.engine), given.rounds)
    print("| function | way | CPU ms | ratio of sums | more, ms | least | to 2nd event | wall ms |")
    print("|---|---|---|---|---|---|---|---|")
    worst = 0.0
    lines_ms: list[float] = []
    ratios: dict[str, list[float]] = {way: [] for way in WAYS}
    for function in FUNCTIONS:
        own = {(row[1], row[2]): row[3:] for row in rows if row[0] == function}
        for way in WAYS:
            these, bare = ([own[name, n] for n in range(given.rounds)] for name in (way, WAYS[0]))
            ratio = sum(row[0] for row in these) / sum(row[0] for row in bare)
            more = statistics.median(a[0] - b[0] for a, b in zip(these, bare, strict=True))
            cpu, after, wall = (statistics.median(column) for column in zip(*these, strict=True))
            least = min(row[0] for row in these)
            print(
                f"| {function} | {way} | {cpu:.1f} | {ratio:.3f} | {more:+.2f} | {least:.1f} |"
                f" {after:.1f} | {wall:.0f} |"
            )
            if way == "layer":
                worst = max(worst, ratio)
                lines_ms.append(after - statistics.median(row[1] for row in bare))
                tell(ratio={function: (ratio, f"{more:+.1f} ms of {cpu:.0f}")})
            ratios[way].append(ratio)
    every = {way: ", ".join(f"{one:.3f}" for one in ratios[way]) for way in WAYS}
    tell(
        ratio_without_bytecode=(max(ratios[WAYS[2]]), every[WAYS[2]]),
        ratio_of_importtime=(max(ratios[WAYS[3]]), every[WAYS[3]]),
        line_ms=(max(lines_ms), ", ".join(f"{one:.1f}" for one in lines_ms)),
    )
    if worst > LIMIT:
        raise SystemExit(f"The layer adds {worst - 1:.1%}, more than {LIMIT - 1:.0%}.")


if __name__ == "__main__":
    main()
