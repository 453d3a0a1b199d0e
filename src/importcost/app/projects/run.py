"""Measure all functions of a project: planned, cached, resumed, on any executor."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.contents import Contents
from importcost.app.projects.requests import request_for_function
from importcost.config.read import HandlerConfig
from importcost.errors import ImportcostError
from importcost.files.cache import cache_folder, sweep_parts, write_cached
from importcost.model.codec import from_plain, to_plain
from importcost.model.results.project import FunctionFigures, NotMeasured
from importcost.projects.functions import DeployedProject, ProjectFunction

MOST_ATTEMPTS = 3
"""Attempts at one function whose worker is lost (killed, disconnected) before it is left out."""


@dataclass(frozen=True, slots=True)
class FunctionTask:
    """The work on one function; it can be pickled and sent to another process.

    `key` identifies its result by content; `folder` is the project's. `run` is the id of the run
    over all functions, in which an installation that fails is tried once.
    """

    function: ProjectFunction
    request: ProfileRequest
    key: str
    folder: str
    run: str = ""


class FunctionResult(NamedTuple):
    """The result of one task: its figures, or the reason for having none.

    `page` is its report's bytes on the way from the worker to the cache, and `key` the name under
    which the cache has them.
    """

    name: str
    figures: FunctionFigures | None
    reason: str | None = None
    page: bytes | None = None
    key: str | None = None


Work = Callable[[FunctionTask], FunctionResult]
"""Measures one function. It must be a module's function, so that other processes can import it."""


class Workers(NamedTuple):
    """The place where tasks run: `open` gives an executor as a context, `at_once` limits its tasks.

    Any executor of `concurrent.futures` will do, or one that behaves as it does: a pool of
    processes, or `lambda: contextlib.nullcontext(client.get_executor())` of Dask's distributed
    client. A new one is opened after a worker was lost.
    """

    open: Callable[[], AbstractContextManager[Executor]]
    at_once: int


class ProjectListener(Protocol):
    """Receives the progress over a project's functions."""

    def note(self, message: str) -> None:
        """Receive one sentence."""

    def functions_done(self, done: int, total: int, name: str) -> None:
        """Receive that a function is done: measured, cached, or left out."""


class ResultCache:
    """Results by key, each in files of its own, so that a killed run loses only what it was at.

    They lie in many folders: one with tens of thousands of files is slow.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder() / "results"

    def read(self, key: str) -> FunctionResult | None:
        """Return the kept result, or None; a file that cannot be read is no result."""
        try:
            data = json.loads(self._figures(key).read_text(encoding="utf-8"))
            figures = from_plain(FunctionFigures, data["figures"], "figures")
            is_whole = self.page(key).stat().st_size == data["page_bytes"]
        except (OSError, ValueError, LookupError, TypeError, ImportcostError):
            return None
        return FunctionResult(figures.name, figures, key=key) if is_whole else None

    def page(self, key: str) -> Path:
        """Return the file of a kept report."""
        return self.folder / key[:2] / f"{key}.html"

    def _figures(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

    def keep(self, key: str, result: FunctionResult) -> None:
        """Keep a measured result, the page first: figures without a page are no result."""
        if result.figures is None or result.page is None:
            return
        write_cached(self.page(key), result.page)
        data = {"figures": to_plain(result.figures), "page_bytes": len(result.page)}
        write_cached(self._figures(key), json.dumps(data, separators=(",", ":")).encode())

    def sweep(self) -> None:
        """Remove what a killed run was writing."""
        sweep_parts(self.folder)


def planned(
    project: DeployedProject,
    request: ProfileRequest,
    given: Collection[str],
    contents: Contents,
    configured: Mapping[str, HandlerConfig],
) -> Iterator[FunctionTask | FunctionResult]:
    """Yield a task for each measurable function, and the reason for each other one.

    `request` has the user's options, `given` the fields that they set. `configured` are the
    functions' own handlers in the configuration, by name.
    """
    run = uuid.uuid4().hex
    for function in project.functions:
        if function.problem is not None:
            yield FunctionResult(function.name, None, f"{function.problem}.")
            continue
        try:
            own = request_for_function(function, request, given)
            own = replace(own, configured=configured.get(function.name))
            key = contents.key_of(own)
        except ImportcostError as error:
            yield FunctionResult(function.name, None, str(error))
            continue
        except OSError as error:
            yield FunctionResult(function.name, None, f"Its code cannot be read: {error.strerror}.")
            continue
        yield FunctionTask(function, own, key, project.folder, run)


def run_tasks(
    tasks: Sequence[FunctionTask],
    workers: Workers,
    work: Work,
    cache: ResultCache,
    listener: ProjectListener,
) -> tuple[FunctionResult, ...]:
    """Do `work` on every task whose result is not kept, and return all results in their order.

    A task whose worker is lost is given out again, three times in all: the last time alone, since
    a pool that breaks loses the tasks beside the one that broke it.
    """
    cache.sweep()
    results: dict[str, FunctionResult] = {}
    left: list[FunctionTask] = []
    for task in tasks:
        kept = cache.read(task.key)
        if kept is None or kept.figures is None:
            left.append(task)
            continue
        results[task.function.name] = _named(kept, task)
        listener.functions_done(len(results), len(tasks), task.function.name)
    if left:
        listener.note(_beginning(len(left), len(tasks), workers.at_once))
    for attempt in range(1, MOST_ATTEMPTS + 1):
        lost: list[FunctionTask] = []
        at_once = 1 if attempt == MOST_ATTEMPTS else workers.at_once
        for task, result in _outcomes(left, workers._replace(at_once=at_once), work):
            if result is None:
                lost.append(task)
                continue
            cache.keep(task.key, result)
            # The pages of ten thousand functions would fill the memory: they stay in the cache.
            results[task.function.name] = result._replace(page=None, key=task.key)
            listener.functions_done(len(results), len(tasks), task.function.name)
        left = lost
    for task in left:
        results[task.function.name] = _lost(task)
    return tuple(results[task.function.name] for task in tasks)


def _beginning(left: int, total: int, at_once: int) -> str:
    """Return the sentence before the first function: it may take a minute to be done."""
    of_all = f"{left:,}" if left == total else f"{left:,} of {total:,}"
    together = f", {at_once} at a time" if at_once > 1 else ""
    kept = f"; {total - left:,} kept from before" if left < total else ""
    return f"Measuring {of_all} function{'' if total == 1 else 's'}{together}{kept} ..."


def _outcomes(
    tasks: Sequence[FunctionTask], workers: Workers, work: Work
) -> Iterator[tuple[FunctionTask, FunctionResult | None]]:
    """Yield each task's result as it comes, None for one whose worker is lost.

    What was not given out when a pool broke goes to a new one.
    """
    waiting = list(reversed(tasks))
    while waiting:
        with workers.open() as executor:
            yield from _outcomes_until_broken(waiting, executor, workers.at_once, work)


def _outcomes_until_broken(
    waiting: list[FunctionTask], executor: Executor, at_once: int, work: Work
) -> Iterator[tuple[FunctionTask, FunctionResult | None]]:
    """Yield the outcomes of one executor, and take its tasks from the end of `waiting`.

    Few tasks are given out at a time, so that ten thousand functions need no more memory than ten.
    """
    pending: dict[Future[FunctionResult], FunctionTask] = {}
    has_taken = is_broken = False
    while pending or (waiting and not is_broken):
        while waiting and not is_broken and len(pending) < at_once:
            task = waiting.pop()
            try:
                pending[executor.submit(work, task)] = task
                has_taken = True
            except RuntimeError:  # the pool is broken and takes no more
                is_broken = True
                if has_taken:
                    waiting.append(task)
                else:  # counted, so that pools that take nothing come to an end
                    yield task, None
        if pending:
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield _outcome(pending.pop(future), future)


def _outcome(
    task: FunctionTask, future: Future[FunctionResult]
) -> tuple[FunctionTask, FunctionResult | None]:
    try:
        return task, future.result()
    except ImportcostError as error:
        return task, FunctionResult(task.function.name, None, str(error))
    except Exception:  # noqa: BLE001 - whatever an executor raises for a worker that is gone
        return task, None


def _lost(task: FunctionTask) -> FunctionResult:
    name = task.function.name
    reason = f"Its worker was lost {MOST_ATTEMPTS} times: measure {name} alone to see why."
    return FunctionResult(name, None, reason)


def _named(kept: FunctionResult, task: FunctionTask) -> FunctionResult:
    """Return a kept result under the task's own name: the same code may be deployed twice."""
    name = task.function.name
    figures = replace(kept.figures, name=name) if kept.figures else None
    return FunctionResult(name, figures, key=kept.key)


def left_out(results: Sequence[FunctionResult]) -> tuple[NotMeasured, ...]:
    """Return the functions without figures, with their reasons."""
    return tuple(
        NotMeasured(one.name, one.reason or "No figures came.")
        for one in results
        if one.figures is None
    )
