"""Workers on this machine: processes, each pinned to a core of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any

from importcost.app.projects.run import Workers


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
    if hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {cores.get()})
