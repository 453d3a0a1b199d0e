"""Writes the one line of a cold start: importcost/record.py in the layer.

The line is `importcost-init: DATA`, DATA being JSON under zlib and the URL's base64, so that no
export of the log changes a character of it. It has module names and times, and no value of a
variable but Lambda's own memory size and kind of init. `model/cloudwatch/cold_start.py` reads it.
Standard library only, Python 3.9 to 3.15.
"""

import binascii
import json
import os
import sys
import time
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Row = tuple[str, int, int, int]

VERSION = 1
MOST_BYTES = 200_000  # of the line; Lambda cuts lines at 256 KB
MOST_NAMES = 50  # of modules that other threads loaded
MARK = "importcost-init: "
KINDS = ("on-demand", "provisioned-concurrency", "snap-start", "lambda-managed-instances")
LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
NO_ROW = -1


def write_record(watch: "Any", *, is_whole: bool) -> None:
    """Write the line of one cold start to standard output."""
    data = (line_of(record_of(watch, is_whole=is_whole), MOST_BYTES) + "\n").encode()
    while data:
        data = data[os.write(1, data) :]


def record_of(watch: "Any", *, is_whole: bool) -> "dict[str, Any]":
    """Return everything that the line says; times are microseconds.

    `spans` are wall time, CPU time of the process and of the importing thread: until the wrapper,
    before the handler's module, in it, and after it. `loading_us` is what loading the layer took.
    """
    moments = watch.moments
    begin, end = moments["begin"], moments["end"]
    handler = moments.get("handler", end)
    ends = (moments["run"], handler, moments.get("imported", end), end)
    spans = [[(b - a) // 1000 for a, b in zip(*pair)] for pair in zip(ends, ends[1:])]
    own = watch.rows.get(watch.thread, [])
    others = [row for thread, rows in watch.rows.items() if thread != watch.thread for row in rows]
    memory = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    kind = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "")
    return {
        "version": VERSION,
        "python": "%d.%d.%d" % sys.version_info[:3],
        "machine": os.uname().machine,
        "memory_mb": int(memory) if memory.isdecimal() and len(memory) < 7 else None,
        "kind": kind if kind in KINDS else None,
        # The emulator names no date.
        "on_lambda": "/" in os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
        "whole": is_whole,
        "spans": [[started_us(begin), begin[1] // 1000, begin[2] // 1000], *spans],
        "loading_us": (moments["run"][0] - begin[0]) // 1000,
        "border": watch.border if watch.border >= 0 else len(own),
        "rows": own,
        "threads": [len(others), sum(row[2] for row in others) // 1000],
        "thread_names": [row[0] for row in others[:MOST_NAMES]],
    }


def started_us(begin: "tuple[int, int, int]") -> int:
    """Return the wall time from the start of the process to `begin`, microseconds.

    The kernel tells the start in hundredths of a second, so the middle of those is taken, and the
    CPU time where that says more.
    """
    cpu_us = begin[1] // 1000
    try:
        with open("/proc/self/stat", "rb") as stream:
            ticks = int(stream.read().rpartition(b")")[2].split()[19])
        since_boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        tick_us = 1_000_000 // os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return cpu_us
    begin_us = (since_boot_ns - time.perf_counter_ns() + begin[0]) // 1000
    elapsed_us = begin_us - ticks * tick_us - tick_us // 2
    return max(cpu_us, elapsed_us) if elapsed_us < 10_000_000 else cpu_us


def line_of(record: "dict[str, Any]", most_bytes: int) -> str:
    """Return the line, with as many rows as fit; the cheapest are left out first."""
    rows = record["rows"]
    kept = len(rows)
    while True:
        columns = columns_of(rows, record["border"], kept)
        text = json.dumps({**record, **columns}, separators=(",", ":"))
        packed = zlib.compress(text.encode(), 6)
        data = binascii.b2a_base64(packed, newline=False).decode()
        line = logged(MARK + data.replace("+", "-").replace("/", "_"))
        if len(line) < most_bytes or not kept:
            return line
        kept = min(kept - 1, kept * most_bytes * 9 // (len(line) * 10))


def columns_of(rows: "list[Row]", border: int, kept: int) -> "dict[str, Any]":
    """Return the `kept` rows that took longest as columns, and what the others were below.

    An import takes longer than each of those within it, so no row loses the one above it. `lost`
    has a row's number (-1: no row), how many rows are missing below it, and their time.
    """
    order = sorted(range(len(rows)), key=lambda row: (rows[row][3], row))
    left_out = set(order[: len(rows) - kept])
    numbers: "dict[int, int]" = {}
    for row in range(len(rows)):
        if row not in left_out:
            numbers[row] = len(numbers)
    above: "list[int]" = []
    lost: "dict[tuple[int, bool], list[int]]" = {}
    for row in reversed(range(len(rows))):
        depth = rows[row][1]
        del above[depth:]
        owner = above[-1] if above else NO_ROW
        if row in left_out:
            missing = lost.setdefault((owner, row >= border), [0, 0])
            missing[0] += 1
            missing[1] += microseconds(rows[row][2])
            above.append(owner)
        else:
            above += [owner] * (depth - len(above)) + [numbers[row]]
    found = [rows[row] for row in numbers]
    return {
        "border": sum(row < border for row in numbers),
        "rows": [row[0] for row in found],
        "depths": [row[1] for row in found],
        "self_us": [microseconds(row[2]) for row in found],
        "lost": [[owner, int(after), *sums] for (owner, after), sums in sorted(lost.items())],
    }


def microseconds(nanoseconds: int) -> int:
    """Return them rounded up, as CPython does."""
    return -(-nanoseconds // 1000)


def logged(message: str) -> str:
    """Return the message in the function's log format, at a level that its log lets through."""
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() != "JSON":
        return message
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + ".%03dZ" % (now % 1 * 1000)
    entry = {"timestamp": stamp, "level": level if level in LEVELS else "INFO", "message": message}
    return json.dumps(entry)
