"""Clocks and counters of this process, and the spans between two readings."""

import sys
import time

from importcost.probe.init.own import own_open

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


monotonic_ns = time.monotonic_ns
thread_time_ns = time.thread_time_ns
process_time_ns = time.process_time_ns
own_clocks = (thread_time_ns, process_time_ns)
_set_timer: "Any" = getattr(sys.modules.get("_signal"), "setitimer", None)


def run_delay_ns() -> "int | None":
    """Return how long this thread waited for a processor, ns; None where that is not told."""
    # Linux counts how long a thread was ready to run and waited for a processor: the wall time
    # beyond this and the CPU time was spent blocked (sleep, disk, network).
    try:
        with own_open("/proc/thread-self/schedstat", "rb") as stream:
            return int(stream.read().split()[1])
    except (OSError, IndexError, ValueError):
        return None


own_run_delay = run_delay_ns


def read_clocks() -> "Any":
    """Return wall, thread CPU, process CPU and run delay at the beginning of a span, ns."""
    # Wall time is last here and first at the end, so the other readings lie outside the span.
    delay, cpu, process_cpu = run_delay_ns(), thread_time_ns(), process_time_ns()
    return (monotonic_ns(), cpu, process_cpu, delay)


def read_clocks_at_end() -> "Any":
    """Return the same four at the end of a span, ns."""
    # The clocks first: reading /proc must be in no phase, at neither of its borders.
    now = (monotonic_ns(), thread_time_ns(), process_time_ns())
    return (*now, run_delay_ns())


def span_between(start: "Any", end: "Any") -> "Any":
    """Return what passed between two readings, ns."""
    delay = None if start[3] is None or end[3] is None else end[3] - start[3]
    return {
        "wall_ns": end[0] - start[0],
        "cpu_ns": end[1] - start[1],
        "process_cpu_ns": end[2] - start[2],
        "run_delay_ns": delay,
    }


def read_peak_rss_kb() -> "int | None":
    """Return the most memory that was resident in this process, kB; None where it is not told."""
    # Not ru_maxrss: it is inherited from the process that launched this one.
    try:
        with own_open("/proc/self/status", "rb") as stream:
            for line in stream:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1])
    except (OSError, IndexError, ValueError):
        pass
    return None


def rss_pages() -> "int | None":
    """Return the pages of this process that are resident, None where it is not told."""
    try:
        with own_open("/proc/self/statm", "rb") as stream:
            return int(stream.read().split()[1])
    except (OSError, IndexError, ValueError):
        return None


def stop_timers() -> None:
    """Stop the timers that the handler set: they were to end its init, not the probe's work."""
    try:
        for timer in range(3 if _set_timer else 0):  # of real, virtual and profiling time
            _set_timer(timer, 0)
        watchdog = sys.modules.get("faulthandler")
        if watchdog is not None:
            watchdog.cancel_dump_traceback_later()
    except BaseException:  # noqa: BLE001, S110 - a timer's own handler, or a module of that name
        pass
