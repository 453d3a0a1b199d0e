"""Handlers that change the interpreter under the probe: figures, or the true reason for none."""

from __future__ import annotations

import pytest

from importcost.errors import HandlerError, MeasurementError
from importcost.model.profile import RunKind
from tests.harness import Handler, graph_of, interpreters, write_files

KINDS = (RunKind.GRAPH, RunKind.TRACED)  # a timed run does less than either

HARMLESS = {
    "open is gone": "import builtins\nbuiltins.open = None\n",
    "builtins replaced": "import builtins\nbuiltins.sorted = builtins.enumerate = None\n",
    "os replaced": "import os\nos.replace = os.write = os.getpid = os.stat = None\n",
    "_exit replaced": "import os\nos._exit = lambda code: None\n",
    "json replaced": "import json\njson.dumps = json.dump = json.JSONEncoder = None\n",
    "no files": "import resource as r\n"
    "r.setrlimit(r.RLIMIT_FSIZE, (0, r.getrlimit(r.RLIMIT_FSIZE)[1]))\n",
    "no descriptors": "import resource as r\n"
    "r.setrlimit(r.RLIMIT_NOFILE, (3, r.getrlimit(r.RLIMIT_NOFILE)[1]))\n",
    "no depth": "import sys\nsys.setrecursionlimit(60)\n",
    "streams replaced": "import sys\nsys.stdout = sys.stderr = 7\n",
    "odd module": "import sys\nclass Odd:\n    def __getattr__(self, name): raise OSError(name)\n"
    "sys.modules['odd'] = Odd()\n",
    "descriptor 2 closed": "import os\nos.close(2)\n",
    "both closed": "import os\nos.close(1)\nos.close(2)\n",
    "clocks replaced": "import time\ntime.thread_time_ns = time.monotonic_ns = lambda: 5\n",
}


@pytest.mark.unhurried
@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_what_a_handler_changes_does_not_keep_its_figures_back(tmp_path, text):
    session = Handler(write_files(tmp_path, {"handler.py": text})).session()
    for kind in KINDS:
        result = session.launch_probe(kind)
        assert result["error"] is None
        span = result["phases"]["function_init"]
        assert 0 < span["cpu_ns"] < span["wall_ns"] * 2 < 20_000_000_000


EVERYTHING = """
import builtins, json, os, sys, time
builtins.open = builtins.sorted = os.replace = os._exit = json.dumps = None
time.monotonic_ns = time.thread_time_ns = lambda: 5
sys.setrecursionlimit(60)
os.close(2)
class Odd:
    def __repr__(self): raise OSError
def handler(event, context):
    del sys.modules["json"]
    return Odd()
"""


@pytest.mark.unhurried
@pytest.mark.parametrize("python", interpreters())
def test_every_supported_python_comes_back_to_the_ground(tmp_path, python):
    root = write_files(tmp_path, {"handler.py": EVERYTHING, "email.py": "1 / 0\n"})
    session = Handler(root, function="handler", python=python).session()
    assert session.launch_probe(RunKind.GRAPH)["graph"]["modules"]
    assert session.launch_probe(RunKind.TRACED)["rows_redirected"]
    answer = session.launch_probe(RunKind.INVOKE, event={})["invocation"]
    assert (answer["result"], answer["is_json"]) == ("(its text cannot be shown)", False)
    assert all(run.function_init.cpu_us > 0 for run in session.runs)


def test_a_handler_named_like_a_standard_module_is_measured(tmp_path):
    files = {"email.py": "import csv\n", "csv.py": "", "zipfile.py": "1 / 0\n"}
    result, _ = graph_of(Handler(write_files(tmp_path, files), module="email"))
    files = {row[0]: row[1] for row in result["graph"]["modules"]}
    assert files["email"] == str(tmp_path / "email.py")
    assert files["csv"] == str(tmp_path / "csv.py")


def test_owners_are_found_though_a_file_shadows_a_standard_module(tmp_path):
    info = "lib-1.0.dist-info"
    files = {
        "csv.py": "raise RuntimeError('not the real one')\n",
        "handler.py": "import lib\n",
        "lib/__init__.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n",
        f"{info}/RECORD": f"lib/__init__.py,,\n{info}/METADATA,,\n{info}/RECORD,,\n",
    }
    result, _ = graph_of(Handler(write_files(tmp_path, files)))
    assert result["graph"]["owners"][str(tmp_path / "lib/__init__.py")] == "lib"


RAISING = {
    "text raises": (
        "class Odd(Exception):\n    def __str__(self): raise RuntimeError\nraise Odd\n",
        "Odd: (its text cannot be shown)",
    ),
    "shadowed": ("import linecache\nimport tokenize\n1 / 0\n", "ZeroDivisionError"),
}


@pytest.mark.parametrize(("text", "expected"), RAISING.values(), ids=RAISING)
@pytest.mark.parametrize("kind", KINDS)
def test_the_handlers_own_error_is_told(tmp_path, text, expected, kind):
    files = {"handler.py": text, "ast.py": "1 / 0\n"}
    session = Handler(write_files(tmp_path, files)).session()
    with pytest.raises(HandlerError, match="init would fail the same way") as caught:
        session.launch_probe(kind)
    assert expected in str(caught.value)
    assert "handler.py" in caught.value.traceback_text


def test_emptied_modules_are_the_import_systems_own_error(tmp_path):
    text = "import sys\nsys.modules.clear()\n"
    with pytest.raises(HandlerError, match="KeyError: 'handler'"):
        graph_of(Handler(write_files(tmp_path, {"handler.py": text})))


def test_a_limit_that_cannot_be_lifted_is_named(tmp_path):
    text = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    text += "resource.setrlimit = None\n"
    with pytest.raises(
        MeasurementError, match=r"could not take its figures \(OSError: .*too large"
    ):
        graph_of(Handler(write_files(tmp_path, {"handler.py": text})))


def test_a_probe_that_fails_does_not_blame_the_handler_for_ending(tmp_path):
    text = "import sys\ndef hook(event, args):\n    if event == 'open': raise OSError('no file')\n"
    text += "sys.addaudithook(hook)\n"
    with pytest.raises(MeasurementError) as caught:
        graph_of(Handler(write_files(tmp_path, {"handler.py": text})))
    assert "OSError: no file" in str(caught.value)
    assert "_exit" not in str(caught.value)
    assert not isinstance(caught.value, HandlerError)


def test_a_variable_that_keeps_python_from_starting_is_suspected(tmp_path):
    handler = Handler(
        write_files(tmp_path, {"handler.py": ""}), environment={"PYTHONHOME": str(tmp_path)}
    )
    with pytest.raises(MeasurementError, match=r"did not start .* PYTHONHOME first"):
        graph_of(handler)


def test_the_clocks_are_bound_before_the_handler_runs(tmp_path):
    text = "import time\nspin = time.thread_time() + 0.05\nwhile time.thread_time() < spin: pass\n"
    text += "time.thread_time_ns = time.monotonic_ns = time.process_time_ns = lambda: 5\n"
    session = Handler(write_files(tmp_path, {"handler.py": text})).session()
    span = session.launch_probe(RunKind.TIMED)["phases"]["function_init"]
    assert 50_000_000 <= span["cpu_ns"] <= 500_000_000
    assert span["process_cpu_ns"] >= 50_000_000
    assert span["wall_ns"] >= 50_000_000


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("import os\nos.close(2)\n", True),
        ("import os\nos.dup2(os.open(os.devnull, os.O_WRONLY), 2)\n", True),
        ("import os\nos.close(2)\nos.open(os.devnull, os.O_WRONLY)\n", True),
        ("import os\nos.write(2, b'x')\n", False),
    ],
)
def test_rows_that_go_elsewhere_are_told(tmp_path, text, is_told):
    session = Handler(write_files(tmp_path, {"handler.py": text})).session()
    assert session.launch_probe(RunKind.TRACED)["rows_redirected"] is is_told
    assert [marker.label for marker in session.logs[0].markers][-1] == "after"
