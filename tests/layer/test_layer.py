"""The layer's programs, around a runtime on this machine."""

from __future__ import annotations

import io
import json
import shutil
import sys
import zipfile

import pytest

from importcost.app.layer.pack import pack_layer
from importcost.errors import UsageError
from importcost.measure.programs import read_program
from importcost.model.importtime.parse import parse_importtime
from tests.layer.emulated import unpack
from tests.layer.fake_runtime import FakeFunction, layer_line, said

APP = """import sys
import wave
import xml.dom.minidom
try:
    import not_there
except ImportError:
    pass


def handler(event, context):
    import csv
    return event, sys.argv, sys.path[:2], sys.modules["__main__"].__file__
"""


@pytest.fixture(scope="module")
def packed():
    return pack_layer(()).data


@pytest.fixture
def opt(tmp_path, packed):
    unpack(packed, tmp_path / "opt")
    return tmp_path / "opt"


@pytest.fixture
def function(tmp_path, opt):
    return FakeFunction(tmp_path / "function", {"task/app.py": APP}, opt)


def names_of(log):
    return set(parse_importtime(log.encode()).rows.names)


@pytest.mark.unhurried
def test_one_line_a_cold_start_and_nothing_else_changes(function):
    plain, watched = function.start(layer=False), function.start()
    assert (plain.returncode, watched.returncode) == (0, 0)
    assert watched.stderr == plain.stderr == ""
    line = layer_line(watched.stdout)
    answers = [answer for answer in watched.stdout.splitlines() if answer != line]
    assert watched.stdout.splitlines().index(line) == 1  # after the first answer
    assert answers == plain.stdout.splitlines()
    assert len(answers) == 2
    found = said(line)
    assert found["whole"] is True
    assert (found["memory_mb"], found["kind"], found["on_lambda"]) == (512, "on-demand", False)


def test_rows_are_those_of_a_traced_run(function):
    traced = names_of(function.start(layer=False, flags=("-X", "importtime")).stderr)
    start = names_of(
        function.start(layer=False, flags=("-X", "importtime"), words=("-c", "pass")).stderr
    )
    found = said(layer_line(function.start().stdout))
    loaded_by_the_first_request = {"csv", "_csv"}
    # CPython prints no row for what import_module loads.
    assert set(found["rows"]) == traced - start - loaded_by_the_first_request | {"app"}
    own = found["rows"][found["border"] :]
    assert own[-1] == "app"
    assert {"wave", "xml.dom.minidom", "not_there"} <= set(own)
    assert "awslambdaric.lambda_runtime_client" in found["rows"][: found["border"]]


def test_no_value_of_a_variable_is_written(function):
    canary = {"TOKEN": "canary-token", "AWS_SECRET_ACCESS_KEY": "canary-key"}
    reserved = {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "canary-kind",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "canary-size",
        "AWS_LAMBDA_LOG_LEVEL": "canary-level",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/30/[$LATEST]canary",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
    }
    done = function.start(**canary, **reserved)
    assert "canary" not in done.stdout + done.stderr + json.dumps(said(layer_line(done.stdout)))


def test_a_failing_init_reads_as_without_the_layer(tmp_path, opt):
    files = {"task/app.py": "import wave\nimport broken\n", "task/broken.py": "1 / 0\n"}
    function = FakeFunction(tmp_path / "function", files, opt)
    plain, watched = function.start(layer=False), function.start()
    assert watched.returncode == plain.returncode == 1
    line, posted = watched.stdout.splitlines()
    assert posted == "posted ZeroDivisionError"
    found = said(line)
    assert found["whole"] is False
    assert {"wave", "broken", "app"} <= set(found["rows"])
    # Its importer's frames are left out as ever; one is shown for import_module.
    assert watched.stderr.count("frozen importlib") == plain.stderr.count("frozen importlib") + 1
    assert "importcost" not in watched.stderr


def test_warnings_still_name_the_importing_line(tmp_path, opt):
    files = {
        "task/app.py": "import old\n\ndef handler(event, context):\n    return old.PLACE\n",
        "task/old.py": "import warnings\nwith warnings.catch_warnings(record=True) as found:\n"
        "    warnings.simplefilter('always')\n    warnings.warn('x', stacklevel=2)\n"
        "PLACE = found[0].filename.rpartition('/')[2]\n",
    }
    done = FakeFunction(tmp_path / "function", files, opt).start()
    assert "answer app.py" in done.stdout


def test_imports_of_other_threads_are_apart(tmp_path, opt):
    text = "import threading\nt = threading.Thread(target=__import__, args=('wave',))\nt.start()\n"
    files = {"task/app.py": f"{text}t.join()\n\ndef handler(event, context): pass\n"}
    done = FakeFunction(tmp_path / "function", files, opt).start()
    found = said(layer_line(done.stdout))
    assert "wave" in found["thread_names"]
    assert "wave" not in found["rows"]
    assert found["threads"][0] == len(found["thread_names"])


def test_in_the_json_format_the_line_is_a_record_of_a_level_that_is_let_through(function):
    done = function.start(AWS_LAMBDA_LOG_FORMAT="JSON", AWS_LAMBDA_LOG_LEVEL="ERROR")
    entry = json.loads(layer_line(done.stdout))
    assert entry["level"] == "ERROR"
    assert said(entry["message"])["whole"] is True


@pytest.mark.parametrize("damage", ["missing", "broken", "no record"])
def test_the_function_starts_whatever_is_wrong_with_the_layer(function, damage):
    plain = function.start(layer=False).stdout
    shutil.rmtree(function.opt / "importcost" / "__pycache__")
    name = "record.py" if damage == "no record" else "watch.py"
    if damage == "missing":
        (function.opt / "importcost" / name).unlink()
    else:
        (function.opt / "importcost" / name).write_text("raise KeyError(1)\n")
    done = function.start()
    assert done.returncode == 0
    assert done.stderr == ""
    told = ["importcost-init: error=KeyError"] if damage == "no record" else []
    assert done.stdout.splitlines()[1 : 1 + len(told)] == told
    assert [one for one in done.stdout.splitlines() if one not in told] == plain.splitlines()


def test_another_program_than_a_script_is_started_as_it_is(function):
    done = function.start(words=("-c", "import sys; print(sys.argv)"))
    assert (done.stdout, done.stderr) == ("['-c']\n", "")


def test_bytecode_is_used(function):
    for name in ("watch.py", "record.py"):
        (function.opt / "importcost" / name).write_text("raise SystemExit(9)\n")
    assert said(layer_line(function.start().stdout))["whole"] is True


def test_the_wrapper_may_be_executed(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        modes = {one.filename: one.external_attr >> 16 for one in archive.infolist()}
    assert modes.pop("importcost-wrapper") == 0o100755
    assert set(modes.values()) == {0o100644}
    text = read_program("layer/wrapper.py")
    assert text.startswith("#!/var/lang/bin/python3\n")


def test_an_interpreter_that_does_not_start_is_refused():
    with pytest.raises(UsageError, match="no-such-python is not a CPython"):
        pack_layer(("/no-such-python",))


@pytest.mark.unhurried
def test_bytecode_of_this_interpreter_is_in_it():
    layer = pack_layer((sys.executable,))
    assert f"python3.{sys.version_info[1]}" in layer.compiled
    assert not set(layer.compiled) & set(layer.uncompiled)
