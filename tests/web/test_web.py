"""Web apps under Lambda Web Adapter: readiness, streaming, and servers that do not come up.

The servers here are stand-ins of a few lines with the names of the real ones, so that the tests
decide how they behave; one slow test runs the FastAPI sample under the real uvicorn.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from importcost.errors import UsageError
from importcost.model.profile import Target
from importcost.model.web import WebAnswer, WebRequest
from importcost.targets.handler import resolve_target
from importcost.targets.web_app import choose_server, parse_request
from tests.harness import PATIENCE_S, write_files

TCP = "AWS_LWA_READINESS_CHECK_PROTOCOL=TCP"
SAMPLE = Path(__file__).resolve().parents[2] / "sample_handlers" / "streaming_fastapi"
# Answers / by what the app says, /whole at once, /parts word by word, /slow after a pause.
SERVER = """
import http.server, importlib, sys, time

port = int([word for word in sys.argv if word.startswith("--port=")][0].partition("=")[2])
module, _, name = sys.argv[-1].partition(":")
app = getattr(importlib.import_module(module), name)
started = time.monotonic()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = 500 if self.path == "/error" else 200
        self.send_response(app(time.monotonic() - started) if self.path == "/" else status)
        self.end_headers()
        if self.path == "/slow":
            time.sleep(0.2)
        parts = [b"word "] * 5 if self.path == "/parts" else [b"word " * 5]
        for part in parts:
            self.wfile.write(part)
            self.wfile.flush()
            if self.path == "/parts":
                time.sleep(0.2)

    def log_message(self, *args):
        pass


http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def profile(folder, app, *words, python=sys.executable, installs=False):
    argv = [sys.executable, "-m", "importcost", "profile", app, "--adapter", "lwa"]
    argv += () if installs else ("--no-install",)
    return subprocess.run(
        [*argv, "--runner", "local", "--python", python, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    return write_files(
        tmp_path,
        {
            "uvicorn/__init__.py": "",
            "uvicorn/__main__.py": SERVER,
            "main.py": "# fastapi\nimport wave\n\ndef app(age_s):\n    return 200\n",
            "late.py": "# fastapi\ndef app(age_s):\n    return 404 if age_s > 0.4 else 503\n",
            "never.py": "# fastapi\ndef app(age_s):\n    return 500\n",
            "broken.py": "# fastapi\nraise RuntimeError('no table')\n",
        },
    )


def web_of(done) -> dict:
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    return {**data["web"], **data["derived"]["web"]}


def test_readiness_and_requests_are_measured(folder):
    requests = ("/parts", "GET /whole", "GET /slow")
    words = [word for one in requests for word in ("--request", one)]
    done = profile(folder, "main:app", *words, "--runs", "5", "-o", "-")
    web = web_of(done)
    assert (web["app"], web["server"], web["status"]) == ("main:app", "uvicorn", 200)
    assert len(web["ready_us"]) == 3
    parts, whole, slow = web["requests"]
    assert [one["request"] for one in web["requests"]] == ["GET /parts", "GET /whole", "GET /slow"]
    assert parts["streams"]
    assert not whole["streams"]
    # Half of it: a busy machine may come to read the first word late.
    assert parts["last_byte_us"] - parts["first_byte_us"] >= 4 * 200_000 / 2
    assert slow["last_byte_us"] >= 200_000
    names = json.loads(done.stdout)["tree"]["names"]
    assert {"wave", "http.server", "uvicorn"} <= set(names)
    assert not list(folder.rglob("__pycache__"))


def test_a_variable_that_the_app_needs_gets_a_placeholder(folder):
    app = "# fastapi\nimport os\nLIMIT = int(os.environ['MAX_ITEMS'])\ndef app(age_s): return 200\n"
    write_files(folder, {"needs.py": app})
    done = profile(folder, "needs:app", "--runs", "5", "-o", "made.json")
    assert done.returncode == 0, done.stderr
    assert re.search(r"MAX_ITEMS=1\s\(needs.py:3\)", done.stdout)
    (one,) = json.loads((folder / "made.json").read_text())["supplies"]["placeholders"]
    assert one["name"] == "MAX_ITEMS"
    refused = profile(folder, "needs:app", "--runs", "5", "--no-placeholders")
    assert refused.returncode == 3
    assert "--env MAX_ITEMS=VALUE" in refused.stderr


def test_the_page_and_a_saved_profile_carry_the_app(folder):
    done = profile(folder, "main:app", "--runs", "6", "-o", "web.json", "-o", "web.html")
    assert done.returncode == 0, done.stderr
    data = json.loads((folder / "web.json").read_text())
    assert data["target"]["module"] == "main"
    assert data["settings"]["memory_mb"] == 128
    assert data["graph"]["modules"]
    labels = [one["label"] for one in page_of(folder / "web.html")["phases"]]
    assert labels[:2] == ["Lambda + interpreter start (floor)", "imports of server and app"]
    assert labels[-1] == "wait for the adapter's poll"
    assert page_of(folder / "web.html")["function"]["handler"] == "main:app under uvicorn"
    estimate = [sys.executable, "-m", "importcost", "estimate", "web.json"]
    billed = subprocess.run(estimate, cwd=folder, capture_output=True, text=True, check=True)
    assert "none is published for Lambda Web Adapter" in " ".join(billed.stdout.split())


def page_of(file: Path) -> dict:
    page = file.read_text()
    start = page.index('id="data">') + len('id="data">')
    return json.loads(page[start : page.index("</script>", start)])


def test_an_error_s_times_are_not_called_those_of_the_answer(folder):
    words = ("--runs", "5", "--request", "GET /error", "-o", "web.json")
    done = profile(folder, "main:app", *words)
    assert done.returncode == 0, done.stderr
    assert "GET /error: 500, first byte" in done.stdout
    assert "This is the duration of an error" in done.stdout
    assert "stream" not in done.stdout


def servers_in(folder: Path) -> list[str]:
    """Return the running servers whose current folder is `folder`."""
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes()
            if process.name.isdigit() and (process / "cwd").readlink() == folder:
                found += [words.decode()] if b"probed.json" in words else []
    return found


@pytest.mark.parametrize("ending", ["answers", "never ready", "killed"])
def test_no_server_stays_whatever_ends_it(folder, ending):
    name = f"left_{os.getpid()}_{ending.replace(' ', '_')}"
    status = 500 if ending != "answers" else 200
    write_files(folder, {f"{name}.py": f"# fastapi\ndef app(age_s):\n    return {status}\n"})
    app = f"{name}:app"
    if ending != "killed":
        patience = "2" if ending == "never ready" else str(PATIENCE_S)
        done = profile(folder, app, "--timeout", patience, "--runs", "5", "-o", "-")
        assert done.returncode == (0 if ending == "answers" else 3)
    else:
        words = ("profile", app, "--adapter", "lwa", "--runner", "local", "-o", "-")
        process = subprocess.Popen(
            [sys.executable, "-m", "importcost", *words],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not servers_in(folder):
                assert time.monotonic() < deadline, "the server was not started"
                time.sleep(0.05)
        finally:
            process.terminate()
        assert process.wait(PATIENCE_S) == 130
    assert not servers_in(folder)


def test_503_is_not_ready_and_404_is(folder):
    web = web_of(profile(folder, "late:app", "--runs", "5", "-o", "-"))
    assert web["status"] == 404
    assert all(one >= 400_000 for one in web["ready_us"])


def test_the_adapters_settings_decide_when_the_app_is_ready(folder):
    strict = ("--env", "AWS_LWA_READINESS_CHECK_HEALTHY_STATUS=200-399,410")
    done = profile(folder, "late:app", "--runs", "5", "--timeout", "2", *strict, "-o", "-")
    assert done.returncode == 3
    assert "let GET / answer with 200 to 399, 410" in done.stderr
    web = web_of(profile(folder, "never:app", "--runs", "5", "--env", TCP, "-o", "-"))
    assert (web["ready_when"], web["status"]) == ("a TCP connection", 0)


@pytest.mark.parametrize(
    ("app", "words", "told"),
    [
        (
            "main:app",
            ("--env", "AWS_LWA_READINESS_CHECK_PATH=up"),
            ("does not start", "CHECK_PATH"),
        ),
        ("never:app", ("--timeout", "1.5"), ("not ready within 1.5 s", "500")),
        ("broken:app", (), ("broken.py raised RuntimeError: no table", "where it is deployed")),
        ("main:app", ("--server", "gunicorn"), ("no gunicorn", "--requirements")),
        ("main:app", ("--server", "node server.js"), ("not start a Python program", "(node)")),
        ("main:app", ("--server", "python gone.py"), ("gone.py, which is not there",)),
        ("main:app", ("--server", "python -m http.server 8080"), ("no process of it", "main")),
        ("main:app", ("--server", "python -m wave"), ("exit code 0 before main:app was ready",)),
    ],
)
def test_what_does_not_get_ready_could_not_be_measured(folder, app, words, told):
    done = profile(folder, app, *words, "-o", "-")
    assert done.returncode == 3
    assert all(text in done.stderr for text in told), done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ("main.py", "--request", "GET /"),
        ("main:app", "--adapter", "lwa", "--request", "x"),
        ("main.py", "--server", "uvicorn"),
        ("main:app",),
        ("gone:app", "--adapter", "lwa"),
    ],
)
def test_requests_that_cannot_be_are_refused(folder, words):
    argv = [sys.executable, "-m", "importcost", "profile", *words, "--runner", "local"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert any(name in done.stderr for name in ("--request", "--adapter lwa", "--task-root"))


def test_a_log_has_no_adapter(folder):
    (folder / "log.txt").write_text("")
    words = ("profile", "--from-log", "log.txt", "--adapter", "lwa")
    argv = [sys.executable, "-m", "importcost", *words]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--adapter" in done.stderr


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("GET /chat", WebRequest("GET", "/chat")),
        ("/chat", WebRequest("GET", "/chat")),
        ("post /a?b=c", WebRequest("POST", "/a?b=c")),
        ("/caf\u00e9?q=%20\u65e5&r=1", WebRequest("GET", "/caf%C3%A9?q=%20%E6%97%A5&r=1")),
        ("/\udcff", WebRequest("GET", "/%FF")),
    ],
)
def test_requests_are_read(text, request_):
    assert parse_request(text) == request_


@pytest.mark.parametrize("text", ["", "GET", "GET chat", "GET / HTTP/1.1", "G3T /", "G\u00cbT /"])
def test_what_is_no_request_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text) + "$"):
        parse_request(text)


@pytest.mark.parametrize(
    ("first_us", "last_us", "bursts", "streams"),
    [(1, 50_000, 4, True), (1, 50_000, 1, False), (1, 3_000, 4, False), (None, 9, 0, False)],
)
def test_a_response_streams_if_its_body_takes_its_time(first_us, last_us, bursts, streams):
    answer = WebAnswer(200, 1, first_us, last_us, 10, bursts, True, None)
    assert answer.is_streamed is streams


@pytest.mark.parametrize(
    ("text", "module"),
    [("main:app", "main"), ("src.web:app", "src.web"), ("src:create_app()", "src")],
)
def test_apps_are_named_as_servers_name_them(tmp_path, text, module):
    write_files(tmp_path, {"main.py": "", "src/__init__.py": "", "src/web.py": ""})
    target = resolve_target(text, task_root=str(tmp_path))
    assert (target.module, target.task_root) == (module, str(tmp_path))
    assert target.function == text.partition(":")[2].removesuffix("()")


def test_an_app_that_is_not_there_is_named_with_its_folder(tmp_path):
    write_files(tmp_path, {"main.py": ""})
    with pytest.raises(UsageError, match=r"no module mian in .*; main may be meant"):
        resolve_target("mian:app", task_root=str(tmp_path))


RUN_SH = """#!/bin/bash
# uvicorn other:app
export X=1
PYTHONPATH=$LAMBDA_TASK_ROOT:$PYTHONPATH exec python -m gunicorn -w 2 \\
    --bind=:$PORT main:app
"""


@pytest.mark.parametrize(
    ("files", "wanted", "server"),
    [
        ({"main.py": "from fastapi import FastAPI"}, None, "python -m uvicorn"),
        ({"main.py": "from flask import Flask"}, None, "python -m gunicorn"),
        (
            {"main.py": "", "run.sh": RUN_SH},
            None,
            "PYTHONPATH=$LAMBDA_TASK_ROOT:$PYTHONPATH exec python -m gunicorn -w 2 --bind=:$PORT",
        ),
        ({"main.py": "", "run.sh": "exec uvicorn a:b"}, None, "python -m uvicorn"),
        ({"main.py": "from fastapi import FastAPI"}, "gunicorn", "python -m gunicorn"),
        ({"main.py": ""}, "hypercorn -b :8080 main:app", "hypercorn -b :8080 main:app"),
    ],
)
def test_the_server_is_the_one_that_the_function_starts(tmp_path, files, wanted, server):
    write_files(tmp_path, files)
    target = Target("main", "app", str(tmp_path), str(tmp_path / "main.py"))
    found = choose_server(wanted, target)
    assert " ".join(found.words).startswith(server)
    assert "main:app" in found.words
    assert found.name == next(
        name for name in ("uvicorn", "gunicorn", "hypercorn") if name in server
    )


@pytest.mark.parametrize("command", ["cd x && uvicorn main:app", "uvicorn 'main:app", " ", "a | b"])
def test_a_command_that_needs_a_shell_is_refused(tmp_path, command):
    with pytest.raises(UsageError, match="--server COMMAND"):
        choose_server(command, Target("main", "app", str(tmp_path), "main.py"))


@pytest.mark.slow
def test_the_fastapi_sample_streams_under_the_real_uvicorn(tmp_path):
    target = ("--task-root", str(SAMPLE), "--request", "GET /chat", "--request", "GET /")
    done = profile(tmp_path, "main:app", *target, "--runs", "5", "-o", "-", installs=True)
    chat, ready = web_of(done)["requests"]
    assert chat["streams"]
    assert not ready["streams"]
    words = textwrap.dedent("A cold start is over when the first word arrives").split()
    assert chat["last_byte_us"] - chat["first_byte_us"] >= (len(words) - 1) * 50_000 / 2
