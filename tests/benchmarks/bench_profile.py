"""What measuring costs beside bare launches, how soon it answers, and whether it repeats.

    python tests/benchmarks/bench_profile.py [--rounds 3] [--answers] [--brief]

Answers: how long `importcost profile` takes as a user types it (its own start, the look for engines
and the page included), and how many launches it makes. `--answers` measures nothing else.

Overhead: `importcost profile X --runs 20` beside 20 launches of `python -X importtime -c 'import
...'` with the same bytecode (valid on both sides: package type image), interleaved, wall time.
Attribution and repeatability: two profiles of each sample, one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_handlers"
RUNS = 20


def importcost(*args: str) -> dict:
    """Profile once and return the saved profile."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "profile.json")
        subprocess.run(
            [
                *(sys.executable, "-m", "importcost", "profile", *args),
                *("--runner", "local", "-q", "-o", str(output)),
                *("-o", str(Path(folder, "page.html"))),
            ],
            check=True,
        )
        return json.loads(output.read_text())


def seconds(action) -> float:
    """Return the wall time of a call."""
    started = time.monotonic()
    action()
    return time.monotonic() - started


def bare_launches(search_path: list[str], bytecode: str) -> None:
    """Launch what the sample imports, RUNS times, as anyone would by hand."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(search_path)}
    environment |= {"PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-X", "importtime", "-c", "import handler"]
    for _ in range(RUNS):
        subprocess.run(command, env=environment, stderr=subprocess.DEVNULL, check=True)


def overhead(rounds: int) -> None:
    """Print the ratio of a profile to bare launches."""
    sample = str(SAMPLES / "chatbot_naive" / "handler.py")
    profile = importcost(sample, "--runs", "5", "--package-type", "image")
    file = next(m["file"] for m in profile["graph"]["modules"] if m["name"] == "boto3")
    packages = str(Path(file).parents[1])
    search_path = [str(SAMPLES / "chatbot_naive"), packages]
    with tempfile.TemporaryDirectory() as bytecode:
        bare_launches(search_path, bytecode)
        options = (sample, "--runs", str(RUNS), "--package-type", "image")
        pairs = [
            (
                seconds(lambda: importcost(*options)),
                seconds(lambda: bare_launches(search_path, bytecode)),
            )
            for _ in range(rounds)
        ]
    ratio = statistics.median(a / b for a, b in pairs)
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"| overhead of --runs {RUNS} | {ours:.1f} s | {bare:.1f} s | {ratio:.2f} | 1.15 |")
    tell(overhead=(ratio, f"{ours:.1f} / {bare:.1f} s, {rounds} pairs"))


def answer(sample: str) -> tuple[float, float, int, int]:
    """Profile a sample as a user would; return seconds, CPU seconds, handler launches and all.

    An idle machine takes the CPU seconds and little more: launches come one after the other.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "profile.json")
        command = [
            *(str(Path(sys.executable).parent / "importcost"), "profile"),
            *(str(SAMPLES / sample / "handler.py"), "-o", str(Path(folder, "page.html"))),
            *("-o", str(output)),
        ]
        before = os.times()
        took = seconds(lambda: subprocess.run(command, check=True, capture_output=True))
        after = os.times()
        cpu_s = sum(after[2:4]) - sum(before[2:4])  # the children's user and system time
        kinds = [run["kind"] for run in json.loads(output.read_text())["runs"]]
    return took, cpu_s, len(kinds) - kinds.count("speed"), len(kinds)


def answers(rounds: int) -> None:
    """Print how soon the samples are answered: the median of so many profiles after a first."""
    for sample, limit in (("hello", "4 s"), ("chatbot_naive", "20 launches")):
        answer(sample)  # bytecode, page cache, and the installed requirements
        found = [answer(sample) for _ in range(rounds)]
        took, cpu_s, of_handler, in_all = (
            statistics.median(column) for column in zip(*found, strict=True)
        )
        most = max(launches for *_, launches in found)
        print(
            f"| {sample}: answered after | {took:.1f} s, {cpu_s:.1f} s CPU | {of_handler:.0f} "
            f"launches of the handler, {in_all:.0f} with the machine's speed (at most {most}) | "
            f"load {os.getloadavg()[0]:.1f} | {limit} |"
        )
        tell(
            answered_s={sample: (took, f"{cpu_s:.1f} s of it CPU")},
            launches={sample: (of_handler, f"{in_all:.0f} with the machine's speed")},
        )


def attribute(sample: str) -> None:
    """Print how much of a sample's init a profile of 40 launches attributes."""
    profile = importcost(str(SAMPLES / sample / "handler.py"), "--runs", str(2 * RUNS))
    attributed = 1 - profile["function_init"]["unattributed_share"]
    print(f"| {sample}: attributed | {attributed:.1%} | | | 98 % |")
    tell(attributed={sample: 100 * attributed})


def repeat(sample: str) -> None:
    """Print attribution and the difference between two profiles of a sample."""
    path = str(SAMPLES / sample / "handler.py")
    profiles = [importcost(path, "--precise") for _ in range(2)]
    first, second = (profile["function_init"]["cpu_us"]["value"] / 1000 for profile in profiles)
    attributed = min(1 - profile["function_init"]["unattributed_share"] for profile in profiles)
    difference = abs(first - second) / max(first, second)
    print(f"| {sample}: attributed | {attributed:.1%} | | | 98 % |")
    print(f"| {sample}: two profiles | {first:.1f} ms | {second:.1f} ms | {difference:.1%} | 3 % |")
    tell(
        attributed={sample: 100 * attributed},
        repeated={sample: (100 * difference, f"{first:.1f} and {second:.1f} ms")},
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--answers", action="store_true", help="measure how soon answers come only")
    parser.add_argument("--brief", action="store_true", help="two profiles of the naive one only")
    given = parser.parse_args()
    print("| what | importcost | beside | ratio or difference | target |\n|---|---|---|---|---|")
    answers(given.rounds)
    if given.answers:
        return
    overhead(given.rounds)
    for sample in ("hello", "chatbot_lazy"):
        (attribute if given.brief else repeat)(sample)
    repeat("chatbot_naive")


if __name__ == "__main__":
    main()
