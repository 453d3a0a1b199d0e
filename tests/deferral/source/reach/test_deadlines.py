"""Code that somebody waits for until a deadline keeps what it needs at init."""

from __future__ import annotations

import pytest

from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

WORK = """
import heavy
import boto3

table = boto3.resource("dynamodb").Table("t")

def work(event):
    return heavy.answer(table.get_item(Key=event))

async def awork(event):
    return work(event)
"""
THREADS = {
    "result": "pool.submit(work, event).result(timeout=0.5)",
    "result by position": "pool.submit(work, event).result(event['seconds'])",
    "exception": "pool.submit(work, event).exception(1)",
    "exception of a catalog": "catalog = pool.submit(work, event)\n    catalog.exception(1)",
    "map": "list(pool.map(work, event, timeout=1))",
    "wait": "futures.wait([pool.submit(work, event)], timeout=1)",
    "as completed": "list(futures.as_completed([pool.submit(work, event)], 2))",
    "join": "thread = threading.Thread(target=work)\n    thread.start()\n    thread.join(0.5)",
    "join with a rest": (
        "thread = threading.Thread(target=work)\n    thread.start()\n    thread.join(end - now)"
    ),
    "asked if it is done": "future = pool.submit(work, event)\n    return future.done()",
    "asked if it is alive": (
        "thread = threading.Thread(target=work)\n    thread.start()\n    thread.is_alive()"
    ),
    "multiprocessing": "Pool(2).apply_async(work, event).get(timeout=1)",
}
TASKS = {
    "wait_for": "await asyncio.wait_for(awork(event), 0.5)",
    "wait_for of a thread": "await asyncio.wait_for(asyncio.to_thread(work, event), timeout=1)",
    "wait_for of a variable": (
        "task = asyncio.create_task(awork(event))\n    await asyncio.wait_for(task, 1)"
    ),
    "wait": "await asyncio.wait({asyncio.create_task(awork(event))}, timeout=1)",
    "timeout": "async with asyncio.timeout(1):\n        await awork(event)",
    "fail_after": "with anyio.fail_after(1):\n        await awork(event)",
}
OTHERS = {
    "alarm": "def handler(event, context):\n    signal.alarm(2)\n    return work(event)",
    "timer of signals": (
        "def handler(event, context):\n    signal.setitimer(signal.ITIMER_REAL, 0.5)\n"
        "    return work(event)"
    ),
    "decorator": (
        "@timeout_decorator.timeout(2)\ndef limited(event): return work(event)\n"
        "def handler(event, context): return limited(event)"
    ),
    "func_timeout": (
        "def handler(event, context):\n    return func_timeout.func_timeout(1, work, (event,))"
    ),
}
LIMIT = {
    "context manager": (
        "@contextlib.contextmanager\ndef limit(seconds):\n"
        "    signal.setitimer(signal.ITIMER_REAL, seconds)\n"
        "    try:\n        yield\n    finally:\n        signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "def handler(event, context):\n    with limit(0.5):\n        return work(event)"
    ),
    "class": (
        "class Limit:\n    def __enter__(self):\n        signal.alarm(2)\n"
        "    def __exit__(self, *error):\n        signal.alarm(0)\n"
        "def handler(event, context):\n    with Limit():\n        return work(event)"
    ),
    "start and stop": (
        "def start():\n    signal.alarm(2)\ndef stop():\n    signal.alarm(0)\n"
        "def handler(event, context):\n    start()\n    found = work(event)\n    stop()"
    ),
    "scope of a library": (
        "@contextlib.contextmanager\ndef limit(seconds):\n"
        "    with anyio.fail_after(seconds):\n        yield\n"
        "def handler(event, context):\n    with limit(0.5):\n        return work(event)"
    ),
}
HEAD = """
import contextlib
import asyncio, signal, threading
import anyio, func_timeout, timeout_decorator
from concurrent import futures
from multiprocessing import Pool
from concurrent.futures import ThreadPoolExecutor
from jobs import awork, work
"""
POOLED = "def handler(event, context):\n    pool = ThreadPoolExecutor(2)\n    "
AWAITED = "async def main(event):\n    %s\ndef handler(event, context): asyncio.run(main(event))"
CASES = {
    **{name: POOLED + text for name, text in THREADS.items()},
    **{f"task: {name}": AWAITED % text for name, text in TASKS.items()},
    **OTHERS,
    **{f"own {name}": text for name, text in LIMIT.items()},
}


@pytest.mark.parametrize("name", CASES)
def test_what_has_a_deadline_keeps_its_imports_and_objects(name):
    files = analysed(HEAD + CASES[name], jobs=WORK)
    heavy = import_verdict(files, "heavy", "jobs")
    assert heavy.kind is VerdictKind.NOT_DEFERRABLE
    assert heavy.reason.endswith("has a deadline, which making it may exceed")
    assert object_verdict(files, "table", "jobs").kind is VerdictKind.NOT_DEFERRABLE


CALM = {
    "no timeout": "pool.submit(work, event).result()",
    "none as timeout": "pool.submit(work, event).result(timeout=None)",
    "texts are joined": "list(pool.map(work, event))\n    return ', '.join(event)",
    "another's timeout": "list(pool.map(work, event))\n    return event.get(event, timeout=5)",
    "an error is logged": (
        "list(pool.map(work, event))\n    app_logger.exception(f'{event} failed')"
    ),
    "an error is logged by a class": (
        "list(pool.map(work, event))\n    event.app._log.exception(event)"
    ),
    "a watchdog is cancelled": (
        "list(pool.map(work, event))\n    watch = threading.Timer(9, print)\n    watch.cancel()"
    ),
}


@pytest.mark.parametrize("name", CALM)
def test_threads_that_are_waited_for_without_limit_may_import(name):
    files = analysed(HEAD + POOLED + CALM[name], jobs=WORK)
    assert import_verdict(files, "heavy", "jobs").kind is VerdictKind.DEFERRABLE


def test_an_alarm_that_a_function_stops_itself_does_not_limit_its_callers():
    limited = (
        "def ask(event):\n    signal.alarm(2)\n    found = len(event)\n    signal.alarm(0)\n"
        "def handler(event, context):\n    ask(event)\n    return work(event)"
    )
    files = analysed(HEAD + limited, jobs=WORK)
    assert import_verdict(files, "heavy", "jobs").kind is VerdictKind.DEFERRABLE
