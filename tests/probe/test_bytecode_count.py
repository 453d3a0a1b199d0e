"""The counter of bytecodes, in real interpreters."""

from __future__ import annotations

import json
import subprocess

import pytest

from importcost.measure.programs import read_program
from tests.harness import PATIENCE_S, interpreters

LOOP = """
def work():
    for number in range({times}):
        number + 1
"""


def counted(python, code, before=""):
    """Count the instructions of `code`; `before` runs uncounted."""
    program = f"""
import json, sys
namespace = {{"__name__": "counter"}}
exec({read_program("bytecode_count.py")!r}, namespace)
exec({before!r}, globals())
code = compile({code!r}, "measured", "exec")
count = namespace["BytecodeCount"]()
count.start()
exec(code, {{}})
print(json.dumps(count.stop()))
"""
    done = subprocess.run(
        [python, "-I", "-c", program],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("python", interpreters())
def test_twice_the_rounds_are_twice_the_instructions(python):
    counts = [
        counted(python, f"{LOOP.format(times=times)}\nwork()")["count"] for times in (0, 500, 1000)
    ]
    assert counts[1] - counts[0] >= 500 * 3
    assert counts[2] - counts[1] == counts[1] - counts[0]


@pytest.mark.parametrize("python", interpreters())
def test_what_other_threads_do_is_not_counted(python):
    before = LOOP.format(times=50_000) + "import threading"
    threaded = "import __main__, threading\nthreads = [threading.Thread(target=__main__.work)]\n"
    code = f"{threaded}threads[0].start(); threads[0].join()"
    assert counted(python, code, before)["count"] < 50_000


@pytest.mark.parametrize("python", interpreters())
def test_native_work_is_not_counted(python):
    small, large = (counted(python, f"sum(range({n}))")["count"] for n in (10, 100_000))
    assert small == large


@pytest.mark.parametrize("python", interpreters())
def test_a_counter_that_was_taken_says_so(python):
    taken = """
import sys
if hasattr(sys, "monitoring"):
    for tool in range(6):
        if sys.monitoring.get_tool(tool):
            sys.monitoring.free_tool_id(tool)
sys.settrace(None)
"""
    assert counted(python, taken)["lost"] is True
    assert counted(python, "pass")["lost"] is False
