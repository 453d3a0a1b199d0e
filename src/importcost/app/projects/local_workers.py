"""Workers on this machine: processes, each pinned to a core of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
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


@contextlib.contextmanager
def _pool(jobs: int) -> Iterator[Executor]:
    context = multiprocessing.get_context("spawn")
    cores = context.SimpleQueue()
    usable = usable_cores()
    for number in range(jobs):
        cores.put(usable[number % len(usable)])
    executor = ProcessPoolExecutor(jobs, context, initializer=_pin, initargs=(cores,))
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _pin(cores: multiprocessing.SimpleQueue[int]) -> None:
    """Keep this worker and its launches on one core: two on a core would slow each other."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {cores.get()})


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
