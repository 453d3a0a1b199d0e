"""The probe's runs that time statements, replace sources and call the handler."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importcost.measure.session import Variant
from importcost.model.profile import RunKind
from tests.harness import Handler, interpreters, write_files

SLOW = "sum(range(3_000_000))"


def statements_of(handler, *names):
    result = handler.session().launch_probe(
        RunKind.STATEMENTS, timed_files=[str(handler.root / name) for name in names]
    )
    return [
        {
            "line": row[1],
            "end": row[2],
            "own": row[3],
            "import": row[4],
            "events": [": ".join(event) for event in row[6]],
        }
        for row in result["statements"]
    ]


@pytest.mark.parametrize("python", interpreters())
def test_each_statement_is_timed_without_the_imports_in_it(tmp_path, python):
    files = {
        "handler.py": '"""Doc."""\nfrom __future__ import annotations\nimport slow\n'
        f"A = {SLOW}\n\n\ndef wrap(f):\n    return f\n\n\n@wrap\ndef handler(e, c):\n    pass\n",
        "slow.py": f"B = {SLOW}\n",
    }
    found = statements_of(Handler(write_files(tmp_path, files), python=python), "handler.py")
    assert [(one["line"], one["end"]) for one in found] == [(3, 3), (4, 4), (7, 8), (11, 13)]
    imported, computed, *_ = found
    assert imported["import"] > 10 * imported["own"]
    assert computed["own"] > 1_000_000
    assert computed["import"] == 0


def test_a_statement_of_another_function_file_belongs_to_that_file(tmp_path):
    files = {"handler.py": "import helper\n", "helper.py": f"X = {SLOW}\nY = 1\n"}
    outer, slow, quick = statements_of(
        Handler(write_files(tmp_path, files)), "handler.py", "helper.py"
    )
    assert slow["own"] > 20 * max(quick["own"], outer["own"] // 10)
    assert outer["import"] >= slow["own"]


def test_what_reaches_out_at_import_is_seen(tmp_path):
    text = (
        "import socket, subprocess, tempfile, sys\n"
        "import contextlib\n"
        "with contextlib.suppress(OSError):\n"
        "    socket.create_connection(('127.0.0.1', 9), 0.1)\n"
        "subprocess.run([sys.executable, '-c', ''])\n"
        "open(tempfile.gettempdir() + '/note.txt', 'w').close()\n"
        "open(__file__).close()\n"
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))\n"
        "import os; os.makedirs(tempfile.gettempdir() + '/made')\n"
    )
    found = statements_of(Handler(write_files(tmp_path, {"handler.py": text})), "handler.py")
    events = {one["line"]: " ".join(one["events"]) for one in found}
    assert "socket.connect: ('127.0.0.1', 9)" in events[3]
    assert "subprocess.Popen" in events[5]
    assert "open for writing: " in events[6]
    assert "note.txt" in events[6]
    assert events[7] == ""
    assert "socket.sendto: ('127.0.0.1', 9)" in events[8]
    assert "os.mkdir" in events[9]


def test_a_module_that_fails_half_way_does_not_shift_the_times(tmp_path):
    files = {
        "handler.py": f"try:\n    import broken\nexcept ValueError:\n    pass\nA = {SLOW}\n",
        "broken.py": "raise ValueError(1)\n",
    }
    rows = statements_of(Handler(write_files(tmp_path, files)), "handler.py", "broken.py")
    assert [row["line"] for row in rows] == [1, 5, 1]
    assert rows[1]["own"] > rows[0]["own"]


def variant_session(base, bytecode="zip", folder=None, **replacements):
    session = replace(base, bytecode=bytecode, bytecode_dir=folder).session()
    texts = {str(base.root / f"{name}.py"): data for name, data in replacements.items()}
    session._subject = replace(session._subject, variant=Variant("v1", texts))
    return session


def test_a_replaced_source_is_what_runs_and_the_file_stays(tmp_path):
    handler = Handler(write_files(tmp_path, {"handler.py": "import wave\n", "other.py": "X = 1\n"}))
    session = variant_session(handler, handler=b"import other\nassert other.X == 2\n", other=b"X=2")
    modules = session.launch_probe(RunKind.TIMED, list_modules=True)["modules"]
    assert "wave" not in modules
    assert "other" in modules
    assert (tmp_path / "handler.py").read_text() == "import wave\n"


def test_replaced_bytes_keep_their_declared_encoding(tmp_path):
    handler = Handler(write_files(tmp_path, {"handler.py": ""}))
    text = "# coding: latin-1\nassert 'é' == chr(233)\n".encode("latin-1")
    variant_session(handler, handler=text).launch_probe(RunKind.TIMED)


@pytest.mark.unhurried
def test_a_replaced_source_never_meets_bytecode_of_the_original(tmp_path):
    root = write_files(tmp_path / "root", {"handler.py": "import helper\n", "helper.py": "A = 1\n"})
    folder = str(tmp_path / "bytecode")
    handler = Handler(root, bytecode="image", bytecode_dir=folder)
    handler.session().launch_probe(RunKind.WARM_UP)
    session = variant_session(handler, "image", folder, helper=b"import wave\n")
    for kind in (RunKind.WARM_UP, RunKind.TIMED):
        assert "wave" in session.launch_probe(kind, list_modules=True)["modules"]
    again = handler.session().launch_probe(RunKind.TIMED, list_modules=True)
    assert "wave" not in again["modules"]


def invocation(tmp_path, text, event=None):
    handler = Handler(write_files(tmp_path, {"handler.py": text}), function="handler")
    return handler.session().launch_probe(RunKind.INVOKE, event=event)["invocation"]


def test_the_handler_is_called_with_the_event_and_a_context(tmp_path):
    text = (
        "def handler(event, context):\n    import wave\n"
        "    return {'name': event['name'], 'mb': context.memory_limit_in_mb,\n"
        "            'left': context.get_remaining_time_in_millis() > 0}\n"
    )
    found = invocation(tmp_path, text, {"name": "Ada"})
    assert found["result"] == '{"left": true, "mb": "512", "name": "Ada"}'
    assert "wave" in found["loaded"]
    assert found["span"]["wall_ns"] > 0


@pytest.mark.parametrize(
    ("body", "error"),
    [("raise KeyError('x')", "KeyError"), ("import sys; sys.exit(3)", "SystemExit")],
)
def test_an_invocation_that_fails_says_how(tmp_path, body, error):
    found = invocation(tmp_path, f"def handler(event, context):\n    {body}\n")
    assert found["error"]["type"] == error
    assert found["result"] is None


def test_a_result_that_is_no_json_is_shown_as_python_shows_it(tmp_path):
    found = invocation(tmp_path, "def handler(event, context):\n    return {1, 1}\n")
    assert (found["result"], found["is_json"]) == ("{1}", False)
