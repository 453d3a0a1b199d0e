"""Servers known by name, workers that are spawned, and what the source says of an app."""

from __future__ import annotations

import json

import pytest

from importcost.errors import Audience, UsageError, worded
from importcost.measure.failures.servers import last_line, other_interface
from importcost.measure.web.app_names import absent_app, settings_in_manage
from importcost.model.profile import Target
from importcost.model.web import AppKind
from importcost.targets.app_source import kind_by_source, makes_app
from importcost.targets.web_app import choose_server, server_names
from tests.harness import write_files
from tests.web.test_web import profile, web_of

# A master that spawns its worker as hypercorn does: the port opens only in the worker.
SPAWNING = """
import argparse, importlib, multiprocessing, socket, sys


def work(listener, name):
    module, _, attribute = name.partition(":")
    app = getattr(importlib.import_module(module), attribute)
    listener.listen(8)
    while True:
        link, _ = listener.accept()
        with link:
            if link.recv(4096):
                link.sendall(b"HTTP/1.1 %d OK\\r\\n\\r\\n" % app(1.0))


if __name__ == "__main__":
    listener = socket.socket()
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    context = multiprocessing.get_context("spawn")
    worker = context.Process(target=work, args=(listener, sys.argv[2]))
    worker.start()
    worker.join()
"""


def target_of(folder, module="main", function="app") -> Target:
    return Target(module, function, str(folder), str(folder / f"{module}.py"))


def test_a_spawned_worker_is_measured_with_its_parents_time(tmp_path):
    write_files(
        tmp_path,
        {"spawning.py": SPAWNING, "main.py": "import wave\ndef app(age_s): return 200\n"},
    )
    done = profile(
        tmp_path, "main:app", "--server", "python spawning.py $PORT main:app", "--runs", "5",
        "-o", "made.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "made.json").read_text())
    assert data["web"]["processes"] == 2
    assert not data["web"]["is_held"]
    names = data["tree"]["names"]
    # The worker's imports, and those of its parent before it; not the start of its interpreter.
    assert {"wave", "argparse", "multiprocessing.spawn"} <= set(names)
    assert "site" not in names[: names.index("wave")] or names.count("site") == 1
    assert "disturbed-log" not in {one["code"] for one in data["warnings"]}
    assert "main" in {one["name"] for one in data["graph"]["modules"]}


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"main.py": "from fastapi import FastAPI"}, AppKind.ASGI),
        ({"main.py": "from flask import Flask"}, AppKind.WSGI),
        ({"main.py": "from django.core.asgi import get_asgi_application"}, AppKind.ASGI),
        ({"main.py": "from django.core.wsgi import get_wsgi_application"}, AppKind.WSGI),
        ({"main.py": "import falcon.asgi"}, AppKind.ASGI),
        ({"main.py": "import falcon"}, AppKind.WSGI),
        ({"main.py": "async def app(scope, receive, send): ..."}, AppKind.ASGI),
        ({"main.py": "def app(environ, start_response): ..."}, None),
        # The framework is only in a module that it imports.
        (
            {
                "main.py": "from web.factory import create_app\napp = create_app()",
                "web/__init__.py": "",
                "web/factory.py": "from .base import make\ndef create_app(): return make()",
                "web/base.py": "import litestar",
            },
            AppKind.ASGI,
        ),
        ({"main.py": "from . import gone\nimport main"}, None),
        ({"main.py": "def ("}, None),
    ],
)
def test_the_kind_of_app_is_in_its_source(tmp_path, files, kind):
    write_files(tmp_path, files)
    assert kind_by_source(target_of(tmp_path)) is kind


@pytest.mark.parametrize(
    ("source", "makes"),
    [
        ("def app(): ...", True),
        ("def app(name='x', *, debug=False): ...", True),
        ("def app(environ, start_response): ...", False),
        ("def app(*, settings): ...", False),
        ("async def app(): ...", False),
        ("app = 1", False),
    ],
)
def test_a_function_without_arguments_makes_the_app(tmp_path, source, makes):
    write_files(tmp_path, {"main.py": source})
    assert makes_app(target_of(tmp_path)) is makes


@pytest.mark.parametrize(
    ("name", "framework", "text", "ends"),
    [
        ("uvicorn", "fastapi", "main:app", "--log-level=warning main:app"),
        ("uvicorn", "flask", "main:app", "--interface=wsgi main:app"),
        ("uvicorn", "fastapi", "main:make()", "--factory main:make"),
        ("gunicorn", "flask", "main:make()", "main:make()"),
        ("gunicorn", "fastapi", "main:app", "--worker-class=$ASGI_WORKER main:app"),
        ("hypercorn", "flask", "main:app", "wsgi:main:app"),
        ("granian", "flask", "main:make()", "--interface=wsgi --factory main:make"),
        ("waitress", "flask", "main:make()", "--call main:make"),
        ("daphne", "fastapi", "main:app", "main:app"),
    ],
)
def test_a_named_server_is_told_the_kind_of_app(tmp_path, name, framework, text, ends):
    write_files(tmp_path, {"main.py": f"import {framework}"})
    function = text.partition(":")[2].removesuffix("()")
    found = choose_server(name, target_of(tmp_path, function=function), text)
    assert " ".join(found.words).endswith(ends)
    assert found.name == name
    assert found.is_factory is text.endswith("()")


@pytest.mark.parametrize(
    ("name", "framework", "text", "told"),
    [
        ("waitress", "fastapi", "main:app", "does not serve ASGI apps"),
        ("daphne", "flask", "main:app", "does not serve WSGI apps"),
        ("daphne", "fastapi", "main:app()", "does not serve a function that makes the app"),
    ],
)
def test_a_server_that_cannot_serve_the_app_names_those_that_can(
    tmp_path, name, framework, text, told
):
    write_files(tmp_path, {"main.py": f"import {framework}"})
    with pytest.raises(UsageError) as caught:
        choose_server(name, target_of(tmp_path), text)
    sentence = worded(caught.value, Audience.OPTIONS)
    assert told in sentence
    assert "--server" in sentence
    assert "uvicorn" in sentence


def test_every_server_known_by_name_starts_some_app(tmp_path):
    write_files(tmp_path, {"main.py": ""})
    for name in server_names():
        assert "main:app" in " ".join(choose_server(name, target_of(tmp_path)).words)


@pytest.mark.parametrize(
    ("log", "kinds"),
    [
        ("TypeError: FastAPI.__call__() missing 1 required positional argument: 'send'", "ASGI"),
        ("Flask.__call__() missing 1 required positional argument: 'start_response'", "WSGI"),
    ],
)
def test_an_app_of_the_other_interface_is_told_from_the_log(log, kinds):
    found = other_interface(f"Traceback\n{log}\n")
    assert found is not None
    assert kinds in found[0]
    assert other_interface("ValueError: no table") is None


def test_the_line_that_says_most_is_not_about_the_end():
    log = (
        "INFO: Started server process [1]\n"
        "sqlalchemy.exc.OperationalError: no such host\n"
        "ERROR:    Application startup failed. Exiting.\n"
        "INFO: Finished server process [1]\n"
    )
    assert "OperationalError" in last_line(log)
    assert last_line("INFO: waiting\nINFO: Shutting down\n") == " (it says last: INFO: waiting)"
    assert last_line("") == ""


def test_an_app_that_its_module_does_not_define_is_named_with_the_one_that_it_does(tmp_path):
    write_files(
        tmp_path,
        {
            "main.py": "api = 1\n",
            "star.py": "from x import *\n",
            "late.py": "def __getattr__(name): ...\n",
        },
    )
    sentence = absent_app(str(tmp_path / "main.py"), "main", "app")
    assert sentence is not None
    assert sentence.endswith("main.py defines no app: name main:api.")
    assert absent_app(str(tmp_path / "main.py"), "main", "api") is None
    for name in ("star", "late", "gone"):
        assert absent_app(str(tmp_path / f"{name}.py"), name, "app") is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")', "shop.settings"),
        ("os.environ['DJANGO_SETTINGS_MODULE'] = 'shop.prod'", "shop.prod"),
        ("nothing", None),
    ],
)
def test_djangos_settings_are_read_from_manage(tmp_path, text, named):
    write_files(tmp_path, {"manage.py": text})
    assert settings_in_manage(str(tmp_path)) == named


OWN_PORT = """
import http.server
http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler).serve_forever()
"""


@pytest.mark.parametrize(
    ("files", "server", "told"),
    [
        ({"own_port.py": OWN_PORT}, "python own_port.py", ("listens on port", "$PORT")),
        ({"quiet.py": "import time\ntime.sleep(600)"}, "python quiet.py", ("port never opened",)),
        (
            {"stops.py": "raise ConnectionRefusedError('db:5432')"},
            "python stops.py",
            ("exit code 1", "ConnectionRefusedError: db:5432"),
        ),
        (
            {"django_like.py": "raise ValueError('DJANGO_SETTINGS_MODULE is undefined')"},
            "python django_like.py",
            ("needs Django's settings", "--env DJANGO_SETTINGS_MODULE="),
        ),
    ],
)
def test_a_server_that_never_gets_ready_says_what_was_seen_last(tmp_path, files, server, told):
    write_files(tmp_path, {"main.py": "def app(age_s): return 200\n", **files})
    done = profile(tmp_path, "main:app", "--server", server, "--timeout", "3", "-o", "-")
    assert done.returncode == 3
    assert all(part in done.stderr for part in told), done.stderr


def test_the_profile_says_the_kind_of_app(tmp_path):
    server = "import sys\nsys.argv = ['', sys.argv[1], 'main:app']\n" + SPAWNING.replace(
        'context = multiprocessing.get_context("spawn")', "work(listener, sys.argv[2])"
    )
    app = "class App:\n    def __call__(self, a, b=0): return 200\napp = App()\n"
    write_files(tmp_path, {"serving.py": server, "main.py": app})
    words = ("--server", "python serving.py $PORT main:app", "--runs", "5", "-o", "-")
    assert web_of(profile(tmp_path, "main:app", *words))["kind"] == "wsgi"


def test_a_server_that_is_deployed_is_taken_before_one_that_is_not(tmp_path):
    files = {"hypercorn/__init__.py": "", "hypercorn/__main__.py": HYPERCORN}
    write_files(tmp_path, {**files, "main.py": "# fastapi\ndef app(age_s): return 200\n"})
    done = profile(tmp_path, "main:app", "--runs", "5", "-o", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["web"]["server"] == "hypercorn"
    assert "it is deployed, and uvicorn is not" in done.stderr


def test_a_server_that_run_sh_starts_must_be_deployed(tmp_path):
    files = {"run.sh": "exec gunicorn main:app\n", "main.py": "def app(age_s): return 200\n"}
    write_files(tmp_path, {**files, "waitress/__init__.py": ""})
    done = profile(tmp_path, "main:app", "-o", "-")
    assert done.returncode == 3
    assert "no gunicorn" in done.stderr


HYPERCORN = """
import http.server, sys

port = int([word for word in sys.argv if word.startswith("--bind=")][0].rpartition(":")[2])
import main


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(main.app(1.0))
        self.end_headers()


http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
