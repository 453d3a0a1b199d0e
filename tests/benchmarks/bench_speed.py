"""One handler profiled again and again on a machine that is idle, busy, or has a CPU quota.

    python tests/benchmarks/bench_speed.py [--profiles 10] [--states idle,busy1,busy2,full,half]

States take turns, so that whatever else the machine does falls on all alike. `idle`, `busy1` and
`busy2` are local with none, one and two busy loops beside; `full` and `half` are in a container
(podman) with two cores and with half of one. Prints the estimate's median for each state, how far
it is from that without load or quota in the same place, the spread of the single estimates, and
whether all bands of that place overlap. The target is 5 %, and that they do.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.app.profile.bench import open_bench
from importcost.app.profile.request import ProfileRequest
from importcost.billing.estimate import estimate
from importcost.model.interval import Interval
from importcost.model.profile import Profile
from tests.benchmarks.tell import tell
from tests.engine import image
from tests.engine.fixtures import _podman

TARGET = 0.05
HANDLER = "import boto3\ns3 = boto3.client('s3', region_name='us-east-1')\n\n"
HANDLER += "def handler(event, context):\n    return 1\n"
LOOPS = {"idle": 0, "busy1": 1, "busy2": 2, "full": 0, "half": 0}
CORES = {"full": 2.0, "half": 0.5}
BASIS = {"idle": "idle", "busy1": "idle", "busy2": "idle", "full": "full", "half": "full"}


class Quiet:
    """A listener that says nothing."""

    def note(self, message: str) -> None: ...
    def detail(self, message: str) -> None: ...
    def progress(self, progress: object) -> None: ...


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep so many processes computing meanwhile."""
    processes = [subprocess.Popen([sys.executable, "-c", "while 1: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def profiled(file: Path, state: str, tag: str) -> Profile:
    """Return one quick profile of the handler in this state."""
    place = {"runner": "podman", "image": tag} if state in CORES else {"runner": "local"}
    request = ProfileRequest(
        str(file), memory_mb=1769, precise=False, cpus=CORES.get(state), **place
    )
    with busy(LOOPS[state]), open_bench(request, Quiet()) as bench:
        return bench.profile(Quiet())[1]


def report(bands: dict[str, list[Interval]], states: list[str]) -> bool:
    """Print the table; return True if the target is met."""
    is_met = True
    moved: dict[str, list[float]] = {"local": [], "container": []}
    apart = dict.fromkeys(moved, 0)
    print("| state | estimates' median ms | against unloaded | single ones | bands overlap |")
    print("|---|---|---|---|---|")
    for state in states:
        own, basis = bands[state], bands[BASIS[state]]
        middle = statistics.median(band.value for band in own)
        off = middle / statistics.median(band.value for band in basis) - 1
        single = [band.value / middle - 1 for band in own]
        together = [*own, *basis]
        overlaps = max(b.low for b in together) <= min(b.high for b in together)
        place = "container" if state in CORES else "local"
        moved[place].append(100 * off)
        low, high = min(b.high for b in together), max(b.low for b in together)
        apart[place] += sum(b.low > low or b.high < high for b in together)
        is_met = is_met and abs(off) <= TARGET and overlaps
        widths = statistics.median((band.high - band.low) / band.value for band in own)
        print(
            f"| {state} | {middle:.0f} | {off:+.1%} | {min(single):+.1%} to {max(single):+.1%} | "
            f"{'yes' if overlaps else 'NO'} ({widths:.0%} wide) |"
        )
    for place, offs in moved.items():
        if offs:
            every = ", ".join(f"{one:+.1f} %" for one in offs)
            worst = max(offs, key=abs)
            tell(**{place: {"moved_percent": (worst, every), "apart": apart[place]}})
    return is_met


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profiles", type=int, default=10)
    parser.add_argument("--states", default=",".join(LOOPS))
    asked = parser.parse_args()
    states = asked.states.split(",")
    bands: dict[str, list[Interval]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        file = Path(folder, "handler.py")
        file.write_text(HANDLER)
        tag = ""
        if CORES.keys() & set(states):
            stack.enter_context(_podman())
            tag = image.load("podman")
        for _ in range(asked.profiles):
            for state in states:
                profile = profiled(file, state, tag)
                bands[state].append(estimate(profile).init_ms)
                machine = profile.machine
                print(
                    f"{state}: {bands[state][-1].value:.0f} ms"
                    f" ({bands[state][-1].low:.0f} to {bands[state][-1].high:.0f}),"
                    f" {machine.samples if machine else 0} pairs,"
                    f" {[one.value for one in machine.states] if machine else []},"
                    f" cpu {profile.function_init.cpu_us.value / 1000:.0f}"
                    f" ms, speed {profile.speed_us} us, {machine}",
                    file=sys.stderr,
                    flush=True,
                )
    return 0 if report(bands, states) else 1


if __name__ == "__main__":
    sys.exit(main())
