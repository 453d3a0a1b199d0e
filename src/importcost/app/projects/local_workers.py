"""Workers on this machine: processes, each pinned to cores of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from itertools import pairwise
from typing import Any

from importcost.app.projects.run import Workers

_LAST_S = 2.0
"""Seconds that a worker without a parent has for removing its launch."""


class InlineExecutor(Executor):
    """Does each task at once in this process, so that one job leaves the figures alone."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return a finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the future hands it on
            future.set_exception(error)
        return future


def local_workers(jobs: int) -> Workers:
    """Return workers on this machine; with one job the work is done in this process."""
    if jobs <= 1:
        return Workers(lambda: contextlib.nullcontext(InlineExecutor()), 1)
    return Workers(lambda: _pool(jobs), jobs)


def usable_cores() -> list[int]:
    """Return the cores that this process may use, by number."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def shares_of(cores: Sequence[int], jobs: int) -> list[tuple[int, ...]]:
    """Return the cores of each of so many workers: neighbours, and all of them used.

    A worker with several has what a single measurement has: packages that start a thread for each
    core do so. More workers than cores share them one by one.
    """
    if jobs >= len(cores):
        return [(cores[number % len(cores)],) for number in range(jobs)]
    borders = [number * len(cores) // jobs for number in range(jobs + 1)]
    return [tuple(cores[begin:end]) for begin, end in pairwise(borders)]


@contextlib.contextmanager
def _pool(jobs: int) -> Iterator[Executor]:
    context = multiprocessing.get_context("spawn")
    shares = context.SimpleQueue()
    for share in shares_of(usable_cores(), jobs):
        shares.put(share)
    executor = ProcessPoolExecutor(jobs, context, initializer=_pin, initargs=(shares,))
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _pin(shares: multiprocessing.SimpleQueue[tuple[int, ...]]) -> None:
    """Keep this worker and its launches on its cores: two on a core would slow each other."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, shares.get())


def _end_with_parent() -> None:
    """End this worker once its parent was killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # whoever reads the killed command's output need not wait
        os.dup2(nowhere, stream)
    os.kill(os.getpid(), signal.SIGINT)  # a launch under way removes what it made
    time.sleep(_LAST_S)
    os._exit(1)
