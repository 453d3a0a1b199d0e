"""Runs in the emulator's container: asks for one cold start and prints the emulator's log.

Started as `python -S -c TEXT LOG TIMEOUT_S MODULE SEARCH_PATH SHARE LAUNCHER`: TEXT is this file,
SHARE is `throttled` or `boosted`, LAUNCHER the text of the launcher, whose `await_period` starts
a throttled init where a quota period begins, and whose `empty_folders` has it find an empty /tmp.
Standard library only, Python 3.9 to 3.15.
"""

import http.client
import os
import socket
import subprocess
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TASK_ROOT = "/var/task"
ADDRESS = ("127.0.0.1", 8080)
INVOCATIONS = "/2015-03-31/functions/function/invocations"
NO_EMULATOR = "importcost: no emulator"  # emulator_start.sh writes it
OWN_CPU = "importcost: emulator_us="  # measure/emulator.py reads it
# Imports once what init will: a new container's file system is cold, while all of the profile's
# runs but the first find a warm one.
WARM_UP = "import importlib, sys, awslambdaric.bootstrap; importlib.import_module(sys.argv[1])"
# The emulator has the container's first process id.
THREADS = "/proc/1/task"


def names_in(folder: str) -> "tuple[str, ...]":
    """Return the names in a folder, or an empty set for a missing one."""
    try:
        return tuple(os.listdir(folder))
    except OSError:
        return ()


def warm_up(module: str, search_path: str, launcher: "dict[str, Any]") -> None:
    """Import the handler once, and remove the files that it left; errors show in the emulator."""
    before = {folder: names_in(folder) for folder in launcher["WRITABLE_INSIDE"]}
    subprocess.run(
        [sys.executable, "-c", WARM_UP, module],
        env=dict(os.environ, PYTHONPATH=search_path),
        cwd=TASK_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    for folder, kept in before.items():
        launcher["empty_folders"]([folder], kept)


def emulator_us() -> "int | None":
    """Return the CPU time of the emulator's own threads so far, microseconds."""
    try:
        total = 0
        for task in os.listdir(THREADS):
            with open(THREADS + "/" + task + "/schedstat") as stream:
                total += int(stream.read().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return total // 1000


def keep_to_one_core() -> None:
    """Let the emulator share the core from which the quota's slices are taken."""
    for task in os.listdir(THREADS):
        try:
            os.sched_setaffinity(int(task), {max(os.sched_getaffinity(0))})
        except OSError:
            continue


def read_log(path: str) -> str:
    """Return what the emulator has logged so far."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def invoke(timeout_s: float, await_period: "Any") -> "int | None":
    """Send the first event, wait for the answer, and return the emulator's CPU time before it.

    Raises ConnectionRefusedError while the emulator does not listen, OSError if it hangs up.
    """
    socket.create_connection(ADDRESS, timeout=1).close()
    link = http.client.HTTPConnection(*ADDRESS, timeout=timeout_s)
    link.connect()
    time.sleep(0.1)
    before = emulator_us()
    if await_period is not None:
        keep_to_one_core()
        await_period()
    link.request("POST", INVOCATIONS, b"{}")
    link.getresponse().read()
    return before


def main(log: str, timeout_s: float, await_period: "Any") -> None:
    """Ask for one cold start as soon as the emulator listens, and print its log."""
    before = None
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and NO_EMULATOR not in read_log(log):
        try:
            before = invoke(timeout_s, await_period)
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
        except OSError:
            break
    after = emulator_us()
    sys.stdout.write(read_log(log))
    if before is not None and after is not None:
        print("\n" + OWN_CPU + str(after - before))


if __name__ == "__main__":
    launcher: "dict[str, Any]" = {"__name__": "launcher"}
    exec(sys.argv[6], launcher)
    warm_up(sys.argv[3], sys.argv[4], launcher)
    is_throttled = sys.argv[5] == "throttled"
    main(sys.argv[1], float(sys.argv[2]), launcher["await_period"] if is_throttled else None)
