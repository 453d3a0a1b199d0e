"""How often `importcost compare` is wrong, and how often it sees a slowdown, with real launches.

`python tests/benchmarks/bench_compare.py --python VENV/bin/python [--aa N] [--shifted N]
[--seconds S]` needs an interpreter that has boto3 and aws-lambda-powertools. Base and head are
two folders with the same handler; for the shifted rows head also executes +5 % or +10 % of base's
init CPU time in a loop. Each comparison is 15 interleaved pairs, extended once to 30 where
unclear, exactly as the command does it. The three kinds are measured in turn, so that a machine
that slows down does so for all of them; it ends with what it has when `--seconds` are over.

With `--others VENV` two other gates are asked in the same rounds; see other_gates.py. Beside the
gate's verdict stands what simpler methods say of the very same launches: the median
wall times over 2 % apart (what a script around `time` does), and the same of CPU time. Exits with
1 where more than 1 % of A/A comparisons raise an alarm.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from other_gates import OtherGates

from importcost.app.profile.bench import open_bench
from importcost.app.profile.request import ProfileRequest
from importcost.gate.compare import (
    DEFAULT_PAIRS,
    EXTENSION,
    ComparedVerdict,
    Step,
    compare_timings,
    next_step,
)
from importcost.measure.interleave import Interleaved, Version
from tests.benchmarks.tell import tell

HANDLER = """\
import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger(service="orders")
table = boto3.resource("dynamodb", region_name="us-east-1").Table("orders")

def handler(event, context):
    return {}
"""
STDLIB_HANDLER = """\
import asyncio, email.mime.multipart, http.client, sqlite3, ssl, unittest.mock, xml.dom.minidom

def handler(event, context):
    return {}
"""
# Work that takes the same CPU time whatever the machine's cache holds; one step is 100 us or so.
WORK = "\nfor _ in range({steps}):\n    sum(range(8_000))\n"
CALIBRATION_STEPS = 400
CALIBRATION_PAIRS = 15
SHIFTS = (0, 5, 10)
ROUND = (0, 5, 0, 10)
"""Twice as many without a shift: of those, one in a hundred matters."""
ALLOWED = 0.01


@dataclass(frozen=True)
class Quiet:
    """Says nothing."""

    def note(self, message):
        """Drop it."""

    def detail(self, message):
        """Drop it."""

    def progress(self, progress):
        """Drop it."""


def steps_for(open_version, base, handler):
    """Return how many steps of work are one percent of base's init, measured here in pairs."""
    worked = open_version(handler + WORK.format(steps=CALIBRATION_STEPS), "calibration")
    race = Interleaved(
        Version(base.runner, base.subject), Version(worked.runner, worked.subject), random.Random()
    )
    race.warm_up(lambda: None)
    pairs = race.pairs(CALIBRATION_PAIRS, lambda: None)
    plain = statistics.median(pair.base.cpu_us for pair in pairs)
    work = statistics.median(pair.head.cpu_us - pair.base.cpu_us for pair in pairs)
    step_us = work / CALIBRATION_STEPS
    print(f"init {plain / 1000:.0f} ms, one step {step_us:.0f} us", flush=True)
    return plain / 100 / step_us


def verdict_on(base, head):
    """Compare once, as the command does; return the verdict and all pairs that it took."""
    race = Interleaved(
        Version(base.runner, base.subject), Version(head.runner, head.subject), random.Random()
    )
    race.warm_up(lambda: None)
    pairs = list(race.pairs(DEFAULT_PAIRS, lambda: None))
    (found,) = compare_timings({"handler": pairs})
    if next_step(found, DEFAULT_PAIRS) is Step.EXTEND:
        more = race.pairs((EXTENSION - 1) * DEFAULT_PAIRS, lambda: None)
        pairs += more
        (found,) = compare_timings({"handler": pairs})
    return found, pairs


def over_2_percent(pairs, name):
    """Tell whether the median of head is 2 % over base's: what a simpler gate would say."""
    base = statistics.median(getattr(pair.base, name) for pair in pairs)
    head = statistics.median(getattr(pair.head, name) for pair in pairs)
    return head > 1.02 * base


def show(rows):
    """Print one line for each injected shift."""
    verdicts = " ".join(f"{one.value:>12}" for one in ComparedVerdict)
    others = sorted(name for name in rows[0][0] if name.startswith("import"))
    heads = ("extended", "measured", "wall>2%", "cpu>2%")
    rest = " ".join([*(f"{one:>9}" for one in heads), *(f"{one:>17}" for one in others)])
    print(f"\n{'shift':>6} {'n':>4} {verdicts} {rest}")
    for shift, found in sorted(rows.items()):
        count = len(found)
        shares = " ".join(
            f"{sum(one['verdict'] == verdict.value for one in found) / count:>12.1%}"
            for verdict in ComparedVerdict
        )
        extended = sum(one["pairs"] > DEFAULT_PAIRS for one in found) / count
        measured = statistics.median(one["percent"] for one in found)
        wall, cpu = (sum(one[name] for one in found) / count for name in ("wall", "cpu"))
        rest = f"{extended:>9.0%} {measured:>+8.1f}% {wall:>9.0%} {cpu:>9.0%}"
        rest += "".join(f" {sum(one[name] for one in found) / count:>17.0%}" for name in others)
        print(f"{shift:>+5}% {count:>4} {shares} {rest}", flush=True)


def tell_all(rows):
    """Tell the shares of alarms, and of what was caught, in percent."""

    def share(shift, name, wanted=True):
        found = [one[name] == wanted for one in rows[shift]]
        return 100 * sum(found) / len(found), f"{sum(found)} of {len(found)}"

    tell(
        alarms_percent=share(0, "verdict", "slower"),
        comparisons=len(rows[0]),
        shifted=min(len(rows[5]), len(rows[10])),
        wall_alarms_percent=share(0, "wall"),
        caught_percent={str(shift): share(shift, "verdict", "slower") for shift in (5, 10)},
        others={
            name.replace(".", "_"): share(0, name)
            for name in rows[0][0]
            if name.startswith("import")
        },
    )


def main():
    """Measure, print the table after every tenth round, and return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=True)
    parser.add_argument("--aa", type=int, default=200)
    parser.add_argument("--shifted", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=36_000)
    parser.add_argument("--stdlib", action="store_true", help="A quicker handler without boto3.")
    parser.add_argument("--others", metavar="VENV", help="With the other gates installed in it.")
    parser.add_argument("--log", help="Append each comparison as a line of JSON.")
    options = parser.parse_args()
    handler = STDLIB_HANDLER if options.stdlib else HANDLER
    wanted = {0: options.aa, 5: options.shifted, 10: options.shifted}
    started = time.monotonic()
    rows = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:

        def open_version(text, name):
            file = Path(folder, name, "handler.py")
            file.parent.mkdir()
            file.write_text(text)
            request = ProfileRequest(str(file), python=options.python, runner="local")
            return stack.enter_context(open_bench(request, Quiet()))

        others = stack.enter_context(OtherGates(options.others)) if options.others else None
        base = open_version(handler, "base")
        per_percent = steps_for(open_version, base, handler)
        texts = {
            shift: handler + (WORK.format(steps=round(shift * per_percent)) if shift else "")
            for shift in SHIFTS
        }
        heads = {shift: open_version(text, f"head{shift}") for shift, text in texts.items()}
        while time.monotonic() - started < options.seconds:
            due = [shift for shift in ROUND if len(rows[shift]) < wanted[shift]]
            if not due:
                break
            for shift in due:
                found, pairs = verdict_on(base, heads[shift])
                row = {
                    "shift": shift,
                    "verdict": found.verdict.value,
                    "pairs": found.pairs,
                    "percent": found.deciding.shift_percent.value,
                    "wall": over_2_percent(pairs, "wall_us"),
                    "cpu": over_2_percent(pairs, "cpu_us"),
                }
                if others:
                    row.update(others.alarms(handler, texts[shift]))
                rows[shift].append(row)
                if options.log:
                    with Path(options.log).open("a") as stream:
                        stream.write(json.dumps(row) + "\n")
            if len(rows[0]) % 10 == 0:
                show(rows)
    show(rows)
    alarms = sum(one["verdict"] == "slower" for one in rows[0])
    tell_all(rows)
    print(f"false alarms: {alarms} of {len(rows[0])} (allowed {ALLOWED:.0%})")
    return alarms > ALLOWED * len(rows[0])


if __name__ == "__main__":
    sys.exit(main())
