"""Samples of the machine's speed during init: they are there, and the handler notices nothing."""

from __future__ import annotations

import json

import pytest

from importcost.model.profile import RunKind
from tests.harness import Handler, interpreters, write_files

MANY = {f"part{n}.py": "VALUE = sum([n for n in b'x' * 60_000])\n" for n in range(40)}
IMPORTS = "".join(f"import part{n}\n" for n in range(40))


def sampled(tmp_path, text, **options):
    handler = Handler(write_files(tmp_path, {"handler.py": text, **MANY}), **options)
    return handler.session().launch_probe(RunKind.TIMED, speed_samples=True, list_modules=True)


@pytest.mark.parametrize("python", interpreters())
def test_a_longer_init_is_sampled_from_its_beginning_to_its_end(tmp_path, python):
    found = sampled(tmp_path, IMPORTS, python=python)
    places = [at for at, _ in found["speed_samples"]]
    assert places == sorted(places)
    assert places[0] == 0
    # Init's own time is without the samples, and the last of them is at its end.
    assert places[-1] == found["phases"]["function_init"]["cpu_ns"]
    assert len(places) > 5
    assert all(took > 0 for _, took in found["speed_samples"])


def test_init_is_sampled_only_if_asked(tmp_path):
    handler = Handler(write_files(tmp_path, {"handler.py": ""}))
    assert handler.session().launch_probe(RunKind.TIMED)["speed_samples"] is None


NOTICED = """
import sys
before = set(sys.modules)
import gc
gc.disable()
{imports}
import json
seen = json.dumps({{
    "gc": "gc" in before,
    "collects": gc.isenabled(),
    "samples": [name for name in sys.modules if "speed" in name],
}})
raise ValueError(seen)
"""


def test_the_handler_notices_nothing(tmp_path):
    """Its error carries what it saw: gc was not loaded for it, and stays off once it is off."""
    text = NOTICED.format(imports=IMPORTS)
    handler = Handler(write_files(tmp_path, {"handler.py": text, **MANY}))
    session = handler.session()
    with pytest.raises(Exception, match="ValueError"):
        session.launch_probe(RunKind.TIMED, speed_samples=True)
    seen = json.loads(session.last.result["error"]["message"])
    assert seen == {"gc": False, "collects": False, "samples": []}


THREADED = f"""
import threading
def load():
    exec({IMPORTS!r}, {{}})
thread = threading.Thread(target=load)
thread.start()
thread.join()
"""


@pytest.mark.parametrize(
    "text",
    [
        f"import sys\nsys.setrecursionlimit(60)\n{IMPORTS}",
        f"import builtins\nbuiltins.sorted = builtins.range = builtins.property = None\n{IMPORTS}",
        THREADED,
        f"import os\npid = os.fork()\nif not pid:\n    os._exit(0)\nos.waitpid(pid, 0)\n{IMPORTS}",
        f"import sys\nsys.settrace(lambda *_: None)\n{IMPORTS}",
    ],
    ids=["shallow", "no builtins", "thread", "fork", "traced"],
)
def test_odd_handlers_are_sampled_or_not_and_work_in_any_case(tmp_path, text):
    found = sampled(tmp_path, text)
    assert found["error"] is None
    assert found["speed_samples"]
    assert "part39" in found["modules"]
    assert found["phases"]["function_init"]["cpu_ns"] > 0
