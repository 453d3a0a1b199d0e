"""The probe counts the threads that init and the call start, in each supported Python."""

from __future__ import annotations

import sys

import pytest

from importcost.model.profile import RunKind
from tests.harness import RUNTIME_MODULES, Handler, interpreters, write_files

NONE = "def handler(event, context):\n    return 1\n"
THREADS = (
    "import threading\n\n\ndef handler(event, context):\n"
    "    threads = [threading.Thread(target=print, args=(n,)) for n in range(3)]\n"
    "    for thread in threads:\n        thread.start()\n"
    "    for thread in threads:\n        thread.join()\n    return len(threads)\n"
)
# asyncio.run starts another thread to end the executor.
LOOP = (
    "import asyncio\n\n\ndef handler(event, context):\n"
    "    async def main():\n"
    "        return await asyncio.get_running_loop().run_in_executor(None, str, 3)\n\n"
    "    return asyncio.run(main())\n"
)
LOW = (
    "import _thread\nimport time\n\nDONE = []\n_thread.start_new_thread(DONE.append, (1,))\n"
    "while not DONE:\n    time.sleep(0)\n\n\ndef handler(event, context):\n    return DONE\n"
)
TIMER = (
    "from threading import Timer\n\ntimer = Timer(0, print)\ntimer.start()\ntimer.join()\n\n\n"
    "def handler(event, context):\n    return 1\n"
)


def counts(folder, text, python, runtime_modules=RUNTIME_MODULES):
    """Return the threads of init alone, and of init and call."""
    root = write_files(folder, {"handler.py": text})
    handler = Handler(root, function="handler", python=python, runtime_modules=runtime_modules)
    session = handler.session()
    graph = session.launch_probe(RunKind.GRAPH)
    call = session.launch_probe(RunKind.INVOKE, event={})
    assert call["invocation"]["error"] is None
    return graph["threads"], call["threads"]


@pytest.mark.unhurried
@pytest.mark.parametrize("python", interpreters())
def test_threads_are_counted_on_each_python(tmp_path, python):
    assert counts(tmp_path / "a", THREADS, python) == (0, 3)
    assert counts(tmp_path / "b", TIMER, python) == (1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(NONE, (0, 0)), (LOOP, (0, 2)), (LOW, (1, 1))],
    ids=("none", "loop", "low"),
)
def test_threads_are_counted_however_they_start(tmp_path, text, expected):
    assert counts(tmp_path, text, sys.executable) == expected


def test_threads_are_counted_once_where_the_runtime_has_imported_threading(tmp_path):
    assert counts(tmp_path, THREADS, sys.executable, (*RUNTIME_MODULES, "threading")) == (0, 3)


def test_no_launch_that_is_timed_counts(tmp_path):
    root = write_files(tmp_path, {"handler.py": TIMER})
    assert Handler(root).session().launch_probe(RunKind.TIMED)["threads"] is None
