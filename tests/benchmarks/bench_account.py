"""Survey an account of many functions over HTTP, and kill the survey at random moments.

    python tests/benchmarks/bench_account.py --functions 1000 --reports 100000 --moments 50

The account is on loopback (tests/account/aws.py). First a survey as a process of its own: its time,
the most memory that it had, and its requests beside the least that the limits of AWS's API allow
(50 functions a page, 500 metrics a request, 50 log groups a query, each query started and read
once). Then the same survey again and again, killed by SIGKILL after a random part of its time and
run once more: what it then counts must be what the first one counted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.account.aws import LoopbackAccount, loopback_account, report_line
from tests.benchmarks.tell import tell

COLD_SHARE = 20
"""One report of so many is a cold start."""


def fill(account: LoopbackAccount, functions: int, reports: int) -> int:
    """Put functions and their logs into the account; return the cold starts."""
    cold = 0
    for number in range(functions):
        name = f"service-{number:04}"
        account.function(name, Environment={"Variables": {"TOKEN": "canary-value"}})
        account.invocations(name, reports // functions)
        lines = []
        for request in range(reports // functions):
            is_cold = request % COLD_SHARE == 0
            cold += is_cold
            init = 150 + number + request if is_cold else None
            lines.append(report_line(f"{number}-{request}", 12.5, init))
        account.logs(f"/aws/lambda/{name}", lines)
    return cold


def least_requests(functions: int) -> int:
    """Return the fewest requests that can read all of it."""
    pages = -(-functions // 50)
    metrics = -(-2 * functions // 500)
    return pages + metrics + 2 * (-(-functions // 50))


def start(environment: dict[str, str], out: Path) -> subprocess.Popen[bytes]:
    """Start a survey."""
    words = [sys.executable, "-m", "importcost", "account", "-q", "-o", str(out)]
    return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE)


def counted(out: Path) -> dict[str, tuple[int, float]]:
    """Return what a survey counted: cold starts and billed seconds by function."""
    found = json.loads(out.read_text())
    return {
        row["function"]["name"]: (row["cold_starts"], round(row["billed_init_s"], 6))
        for row in found["rows"]
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--functions", type=int, default=1_000)
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with loopback_account() as account, tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        cold = fill(account, given.functions, given.reports)
        print(
            f"account filled in {time.monotonic() - begun:.0f} s: {cold:,} cold starts", flush=True
        )
        environment = (
            {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
            | account.environment
            | {"IMPORTCOST_CACHE_DIR": str(Path(folder) / "cache")}
        )
        out = Path(folder) / "account.json"
        begun = time.monotonic()
        process = start(environment, out)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - begun
        calls = json.loads(out.read_text())["calls"]
        least = least_requests(given.functions)
        whole = counted(out)
        total = sum(count for count, _ in whole.values())
        print(
            f"exit {os.waitstatus_to_exitcode(status)}: {took:.1f} s,"
            f" {usage.ru_utime + usage.ru_stime:.1f} s CPU, {usage.ru_maxrss / 1024:.0f} MB,"
            f" {sum(calls.values())} requests of at least {least}"
            f" ({sum(calls.values()) / least:.2f}), {total:,} of {cold:,} cold starts",
            flush=True,
        )
        print(json.dumps(calls))
        cpu_s = usage.ru_utime + usage.ru_stime
        tell(
            seconds=(took, f"{cpu_s:.1f} s of it CPU of its own"),
            peak_mb=usage.ru_maxrss / 1024,
            requests=(sum(calls.values()) / least, f"{sum(calls.values())} of {least}"),
            uncounted=(cold - total, f"of {cold:,}"),
        )
        wrong = resumed = 0
        for _ in range(given.moments):
            process = start(environment, out)
            time.sleep(chance.uniform(0.02, 1.0) * took)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            out.unlink(missing_ok=True)
            resumed += bool(list(Path(folder).rglob("*.jsonl")))
            process = start(environment, out)
            process.communicate()
            wrong += process.returncode != 0 or counted(out) != whole
        print(f"{given.moments} killed, {resumed} with something to go on from, {wrong} wrong")
        if given.moments:
            tell(wrong=(wrong, f"{resumed} went on from something"), moments=given.moments)
        kept = [path for path in Path(folder).rglob("*") if path.is_file()]
        leaks = [path for path in kept if b"canary" in path.read_bytes()]
        print(f"{len(kept)} files left, {len(leaks)} with a planted secret")
        tell(leaks=(len(leaks), f"of {len(kept)} files"))


if __name__ == "__main__":
    main()
