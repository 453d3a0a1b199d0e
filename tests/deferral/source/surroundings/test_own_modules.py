"""Imports that must keep their moment because of what the function's own files do."""

from __future__ import annotations

import pytest

from importcost.deferral.source.surroundings.installed import InstalledSources
from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict

STAYS = VerdictKind.NOT_DEFERRABLE
MOVES = VerdictKind.DEFERRABLE

CLOCK = """
import status
def handler(event, context):
    if event:
        return status.age()
"""

KEPT_TIMES = {
    "a variable": "import time\nSTARTED = time.time()\n",
    "an imported name": "from time import monotonic\nSTARTED = monotonic()\n",
    "a date": "from datetime import datetime as dt, timezone\nSTARTED = dt.now(timezone.utc)\n",
    "a default": "import datetime\ndef age(now=datetime.date.today()): return now\n",
    "a class attribute": "import time\nclass Status:\n    started = time.perf_counter()\n",
    "a function called": "import time\ndef now(): return time.time()\nSTARTED = now()\n",
    "another file": "from kept import STARTED\ndef age(): return STARTED\n",
}
TIMES_OF_CALLS = {
    "in a function": "import time\ndef age(): return time.time()\n",
    "a factory": "import time\nclass Status:\n    clock = time.time\n",
}


@pytest.mark.parametrize("name", KEPT_TIMES)
def test_a_module_that_keeps_the_time_of_its_import_stays(name):
    files = analysed(CLOCK, status=KEPT_TIMES[name], kept="import time\nSTARTED = time.time()\n")
    verdict = import_verdict(files, "status")
    assert verdict.kind is STAYS
    assert "() when it is imported" in verdict.reason


@pytest.mark.parametrize("name", TIMES_OF_CALLS)
def test_a_module_that_reads_the_clock_later_can_move(name):
    files = analysed(CLOCK, status=TIMES_OF_CALLS[name])
    assert import_verdict(files, "status").kind is MOVES


HOOK = """
import boto3
def __getattr__(name):
    if name == "client":
        return boto3.client("sqs")
    raise AttributeError(name)
def send(): ...
LIMIT = 3
"""


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("from lib import client", STAYS),
        ("from lib import client as sqs", STAYS),
        ("from lib import send, client", STAYS),
        ("from lib import send", MOVES),
        ("from lib import LIMIT as client", MOVES),
    ],
)
def test_a_name_that_a_module_makes_when_it_is_asked_for_is_not_asked_for_again(line, kind):
    use = line.rpartition(" ")[2]
    text = f"{line}\ndef handler(event, context):\n    if event:\n        return {use}\n"
    verdict = import_verdict(analysed(text, lib=HOOK), "lib")
    assert verdict.kind is kind, verdict.reason


LOADED = """
import sys
import numpy
import kinds
def handler(event, context):
    if event:
        return numpy.array(event)
    return kinds.found()
"""
LOOK_UPS = {
    "in": "import sys\ndef found(): return 'numpy' in sys.modules\n",
    "not in": "from sys import modules\ndef found(): return 'numpy' not in modules\n",
    "get": "import sys\ndef found(): return sys.modules.get('numpy')\n",
    "imported table": "from sys import modules\ndef found(): return 'numpy' in modules\n",
    "imported by another name": (
        "def found():\n    from sys import modules as loaded\n    return loaded.get('numpy')\n"
    ),
    "subscript": "import sys\ndef found(): return sys.modules['numpy'].ndarray\n",
    "a table": "import sys\nALL = ('numpy', 'pandas')\n"
    "def found(): return [name for name in ALL if name in sys.modules]\n",
}
OTHER_LOOK_UPS = {
    "another table": "def found(event):\n    modules = event\n    return 'numpy' in modules\n",
    "another module": "import sys\ndef found(): return 'pandas' in sys.modules\n",
    "itself": "import sys\nNAMES = ('numpy',)\ndef found(): return sys.modules[__name__]\n",
    "a class's module": "import sys\nN = 'numpy'\ndef found(o): return sys.modules[o.__module__]\n",
}


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_module_stays_that_own_code_looks_for_among_the_loaded_ones(name):
    verdict = import_verdict(analysed(LOADED, kinds=LOOK_UPS[name]), "numpy")
    assert verdict.kind is STAYS
    assert verdict.reason.endswith(" of kinds looks in sys.modules for numpy")


ASKED = {
    "dir": "dir(tools)",
    "vars": "vars(tools)",
    "namespace": "tools.__dict__.get(event['tool'])",
    "hasattr": "hasattr(tools, 'first')",
    "getattr": "getattr(tools, event['tool'])",
    "getmembers": "inspect.getmembers(tools)",
}


@pytest.mark.parametrize("name", ASKED)
def test_a_module_stays_if_own_code_asks_its_package_for_it(name):
    text = (
        "import inspect, tools\nfrom tools import first\ndef use(): return first.X\n"
        "def handler(event, context):\n    if event is None: return use()\n    return %s\n"
    )
    others = {"tools": "", "tools.first": "X = 1\n"}

    def verdict_on_first(asks):
        (found,) = (
            item for item in analysed(text % asks, **others)["app"].imports if item.line == 2
        )
        return found.verdict

    verdict = verdict_on_first(ASKED[name])
    assert verdict.kind is STAYS
    assert "asks tools for what it has, first among it" in verdict.reason
    for calm in ("getattr(tools, 'second')", "dir(event)", "vars(first)"):
        assert verdict_on_first(calm).kind is MOVES


@pytest.mark.parametrize("deed", ["shutil.rmtree('/tmp/x')", "os.remove(event)"])
def test_a_module_below_tmp_stays_if_a_function_removes_files(deed):
    text = (
        "import os, shutil\nimport late\ndef use(): return late.X\n"
        f"def handler(event, context):\n    {deed}\n    return use()\n"
    )
    places = (
        ("/tmp/sls-py-req", STAYS),
        ("/tmp/venv/lib/python3.12/site-packages", MOVES),
        ("/opt/python", MOVES),
    )
    for folder, kind in places:
        installed = InstalledSources({"late": f"{folder}/late.so"}, {})
        assert import_verdict(analysed(text, installed=installed), "late").kind is kind


@pytest.mark.parametrize("path", ["sys.path", "pkg.__path__"])
def test_a_module_of_a_relative_folder_stays_if_the_folder_changes(path):
    text = (
        f"import os, sys, pkg\n{path}.append('vendored')\nimport pkg.late\n"
        "def use(): return pkg.late.X\n"
        "def handler(event, context):\n    os.chdir('/tmp')\n    return use()\n"
    )
    others = {"pkg": "", "pkg.late": "X = 1\n"}
    files = analysed(text, folders={"pkg.late": "/var/task/vendored"}, **others)
    assert import_verdict(files, "pkg.late").kind is STAYS


@pytest.mark.parametrize("name", OTHER_LOOK_UPS)
def test_looking_for_another_module_leaves_it_free(name):
    assert import_verdict(analysed(LOADED, kinds=OTHER_LOOK_UPS[name]), "numpy").kind is MOVES


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("import sys\nclass Settings: ...\nsys.modules[__name__] = Settings()\n", STAYS),
        ("import sys\nclass M: ...\nsys.modules[__name__].__class__ = M\nREGION = 1\n", STAYS),
        ("from sys import modules\nmodules[__name__] = object()\n", STAYS),
        ("REGION = 'x'\nTABLE = {}\nTABLE[__name__] = 1\n", MOVES),
    ],
)
def test_names_of_a_module_that_replaces_itself_are_read_once(text, kind):
    handler = "from settings import REGION\ndef handler(event, context):\n    return REGION\n"
    assert import_verdict(analysed(handler, settings=text), "settings").kind is kind
