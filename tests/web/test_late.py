"""A web app whose import ends, waits, or starts a server of its own: each says so, and where."""

from __future__ import annotations

import pytest

from importcost.errors import Audience, HandlerError, TimedOutError, worded
from importcost.measure.failures.calls_out import refused_words
from importcost.measure.failures.servers import raise_for_server
from importcost.measure.runners.base import Launch
from importcost.model.profile import Target
from tests.harness import write_files
from tests.web.test_web import profile

COMMAND = ("python", "-m", "gunicorn", "main:app")
MAIN = "import flask\napp = flask.Flask(__name__)\napp.run()\n"


def told(tmp_path, result, server=(), output="", error=HandlerError):
    write_files(tmp_path, {"main.py": MAIN})
    facts = {
        "outcome": "not ready",
        "detail": "",
        "status": 0,
        "listening_ns": 1,
        "ready_when": "GET /",
        "healthy": "100 to 499",
        **dict(server),
    }
    launch = Launch(1, False, False, 1, b"", {**result, "server": facts}, output, len(output))
    target = Target("main", "app", str(tmp_path), str(tmp_path / "main.py"))
    with pytest.raises(error) as found:
        raise_for_server(launch, target, COMMAND, 3)
    return worded(found.value, Audience.OPTIONS)


def standing(tmp_path, *names):
    own = str(tmp_path / "main.py")
    return [*(["/lib/werkzeug/serving.py", 9, name] for name in names), [own, 3, "<module>"]]


def test_a_server_that_the_app_starts_itself_is_named_with_its_line(tmp_path):
    frames = standing(tmp_path, "serve_forever", "run_simple")
    sentence = told(tmp_path, {}, {"stands": frames, "asked": []})
    assert f"{tmp_path}/main.py line 3 (`app.run()`) starts a server of its own" in sentence
    assert "--server 'python main.py'" in sentence


def test_an_import_that_waits_for_this_machine_says_for_what(tmp_path):
    server = {"stands": standing(tmp_path, "connect"), "asked": ["127.0.0.1:5432"]}
    sentence = told(tmp_path, {}, server, "no database yet: [Errno 111] Connection refused")
    assert "line 3 (`app.run()`) calls out while it is imported, and nobody answered" in sentence
    assert "nothing listens on 127.0.0.1:5432 here" in sentence
    assert "it asked 127.0.0.1:5432" in told(tmp_path, {}, server)


def test_an_import_that_has_not_ended_says_where_it_is(tmp_path):
    server = {"stands": standing(tmp_path, "load"), "asked": []}
    sentence = told(tmp_path, {}, server, error=TimedOutError)
    assert f"its import still was at {tmp_path}/main.py line 3 (`app.run()`)" in sentence
    server = {"stands": [["/lib/other.py", 1, "wait"]], "asked": []}
    sentence = told(tmp_path, {}, server, error=TimedOutError)
    assert "its port takes connections but does not answer" in sentence


@pytest.mark.parametrize(
    ("code", "library", "words"),
    [
        (None, "", "line 3 calls sys.exit(0) while it is imported"),
        ("2", '  File "/lib/argparse.py", line 1, in exit\n', "reads a command line"),
        ("no file", "", "calls sys.exit('no file')"),
    ],
)
def test_an_app_that_ends_the_interpreter_is_told_as_that(tmp_path, code, library, words):
    frame = f'  File "{tmp_path}/main.py", line 3, in <module>\n'
    error = {"type": "SystemExit", "message": "", "exit_code": code, "traceback": frame + library}
    facts = {"outcome": "ended", "exit_code": -15}
    sentence = told(tmp_path, {"error": error, "app_failed": True, "nearby": []}, facts)
    assert words in sentence
    assert "`python -m gunicorn main:app` gets no app" in sentence


def test_a_start_up_hook_that_is_refused_says_so_as_an_import_does(tmp_path):
    output = "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 5432)"
    facts = {"outcome": "ended", "exit_code": 3}
    sentence = told(tmp_path, {"error": None}, facts, output)
    assert "nobody answered: nothing listens on 127.0.0.1:5432 here" in sentence


@pytest.mark.parametrize(
    ("said", "asked", "words"),
    [
        ('connection to server at "127.0.0.1", port 5432 failed: Connection refused', (), "5432"),
        ("Error 111 connecting to localhost:6390. Connection refused.", (), "localhost:6390"),
        ("[Errno 111] Connection refused", ("127.0.0.1:1", "127.0.0.1:27017"), "27017"),
        ("[Errno 111] Connection refused", (), "the port it asks"),
        ("could not translate host name", (), None),
        ("Name or service not known", ("127.0.0.1:1",), None),
    ],
)
def test_a_refusal_of_this_machine_names_the_place(said, asked, words):
    found = refused_words(said, asked)
    assert found is None if words is None else words in (found or "")


@pytest.mark.slow
def test_a_worker_that_ends_again_and_again_is_not_waited_for(tmp_path):
    master = (
        "import os, sys\n"
        "while True:\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        import main\n"
        "        sys.exit(3)\n"
        "    os.waitpid(child, 0)\n"
    )
    write_files(tmp_path, {"master.py": master, "main.py": "import sys\nsys.exit('no file')\n"})
    done = profile(tmp_path, "main:app", "--server", "python master.py", "-o", "-")
    assert done.returncode == 3
    assert "main.py line 2 calls sys.exit('no file') while it is imported" in done.stderr
