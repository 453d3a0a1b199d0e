"""Web apps in the commands beside `profile`: defer, check, compare and the handler form.

The servers are stand-ins of a few lines (see test_web.py); a forking one plays gunicorn.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from importcost.app.defer.defer import DeferRequest, defer_handler
from importcost.app.profile.request import ProfileRequest
from importcost.errors import UsageError
from tests.harness import PATIENCE_S, write_files
from tests.web.test_web import SERVER

FORKING = """
import importlib, os, socket, sys

words = dict(word.split("=", 1) for word in sys.argv if "=" in word)
host, _, port = words["--bind"].rpartition(":")
listening = socket.create_server((host, int(port)))
if "--preload" in sys.argv:
    app = importlib.import_module(sys.argv[-1].partition(":")[0]).app
if os.fork():
    import this_is_not_there_to_be_imported_by_the_parent_later
    os.wait()
    sys.exit(0)
app = importlib.import_module(sys.argv[-1].partition(":")[0]).app
while True:
    link, _ = listening.accept()
    asked = b""
    while b"\\r\\n\\r\\n" not in asked and (part := link.recv(1 << 16)):
        asked += part
    link.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
    link.close()
"""
LATER = "this_is_not_there_to_be_imported_by_the_parent_later.py"
APP = "# fastapi\nimport decimal\n\n\ndef app(age_s):\n    return 200\n\n\ndef pay():\n    "
APP += "return decimal.Decimal(1)\n"
MANGUM = "class Mangum:\n    def __init__(self, app):\n        self.app = app\n"


@pytest.fixture
def folder(tmp_path):
    return write_files(
        tmp_path,
        {
            "uvicorn/__init__.py": "",
            "uvicorn/__main__.py": SERVER,
            "gunicorn/__init__.py": "",
            "gunicorn/__main__.py": FORKING,
            LATER: "",
            "main.py": APP,
            "heavy.py": "TABLE = [number * number for number in range(400_000)]\n",
        },
    )


def run(folder, *words):
    argv = [sys.executable, "-m", "importcost", *words]
    return subprocess.run(
        argv, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def profiled(folder, *words) -> dict:
    place = ("--adapter", "lwa", "--runner", "local", "--python", sys.executable, "--no-install")
    done = run(folder, "profile", "main:app", *place, "--runs", "5", *words, "-o", "-")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("words", [(), ("--preload",)])
def test_a_forked_worker_s_imports_and_time_count(folder, words):
    command = " ".join(("gunicorn", "--bind=127.0.0.1:8080", *words, "main:app"))
    data = profiled(folder, "--server", command)
    assert data["web"]["processes"] == 2
    # The worker that imports the app lets the check's request wait at the parent's port.
    assert data["web"]["is_held"] is not bool(words)
    names = set(data["tree"]["names"])
    assert {"main", "decimal", "gunicorn"} <= names
    assert LATER.removesuffix(".py") not in names
    loaded = {one["name"]: one["phase"] for one in data["graph"]["modules"]}
    assert loaded["decimal"] == "handler imports"
    assert not data["warnings"] or "disturbed" not in data["warnings"][0]["code"]
    spent = data["function_init"]["cpu_us"]["value"]
    rows = sum(data["tree"]["self_us"])
    assert 0 < spent <= data["function_init"]["wall_us"]
    assert rows > 0


def test_an_app_behind_a_bridge_is_shown_beside_it(folder):
    write_files(folder, {"mangum/__init__.py": MANGUM})
    form = profiled(folder)["web"]["handler_form"]
    assert (form["bridge"], form["reason"]) == ("mangum", None)
    assert form["init_ms"]["low"] < form["init_ms"]["value"] < form["init_ms"]["high"]


def test_a_bridge_that_is_not_there_or_fails_is_a_reason(folder):
    reason = profiled(folder)["web"]["handler_form"]["reason"]
    assert reason == "mangum is not deployed, and nothing may be installed"
    write_files(folder, {"mangum/__init__.py": "raise RuntimeError('too new')\n"})
    reason = profiled(folder)["web"]["handler_form"]["reason"]
    assert reason == "the app behind mangum fails: RuntimeError: too new"


def test_check_judges_a_configured_app(folder):
    settings = 'handler = "main:app"\nadapter = "lwa"\nforbid = ["decimal"]\nmax_modules = 5000\n'
    write_files(folder, {"importcost.toml": settings})
    done = run(folder, "check", "--runner", "local")
    assert done.returncode == 1, done.stderr
    assert "decimal is forbidden and loaded at init" in done.stdout
    assert "main.py:2" in done.stdout


def test_an_app_that_cannot_start_fails_its_check(folder):
    settings = 'handler = "main:app"\nadapter = "lwa"\nserver = "node x"\nforbid = ["decimal"]\n'
    write_files(folder, {"importcost.toml": settings})
    done = run(folder, "check", "--runner", "local")
    assert done.returncode == 3
    assert "the setting server" in done.stdout + done.stderr


def test_events_do_not_go_with_an_app(folder):
    request = ProfileRequest(str(folder / "main.py"), adapter="lwa")
    with pytest.raises(UsageError, match="proven by starting its server"):
        defer_handler(DeferRequest(request, record=True), None)


@pytest.mark.slow
def test_defer_proves_an_edit_by_starting_the_server(folder):
    place = ("--adapter", "lwa", "--runner", "local", "--python", sys.executable)
    text = APP.replace("decimal.Decimal(1)", "heavy.TABLE").replace("decimal", "heavy")
    write_files(folder, {"main.py": text})
    done = run(folder, "defer", "main:app", *place, "--quick", "--diff")
    assert done.returncode == 0, done.stderr
    assert "+    import heavy" in done.stdout
    assert "verified" in done.stdout


@pytest.mark.slow
def test_compare_takes_an_app_of_two_folders(folder, tmp_path_factory):
    other = write_files(
        tmp_path_factory.mktemp("other"),
        {
            "uvicorn/__init__.py": "",
            "uvicorn/__main__.py": SERVER,
            "main.py": APP + "import heavy\n",
            "heavy.py": "TABLE = [number * number for number in range(1_000_000)]\n",
        },
    )
    words = ("--handler", "main:app", "--adapter", "lwa", "--pairs", "8", "--no-attribution")
    done = run(folder, "compare", ".", str(other), *words)
    assert done.returncode == 1, done.stderr
    assert "slower  main:app" in done.stdout


def test_an_app_that_starts_its_own_server_says_what_is_not_known(folder):
    text = SERVER.replace('module, _, name = sys.argv[-1].partition(":")\n', "")
    text = text.replace("app = getattr(importlib.import_module(module), name)", "import decimal")
    write_files(folder, {"main.py": text.replace("app(time.monotonic() - started)", "200")})
    data = profiled(folder, "--server", "python main.py --port=8080")
    assert "app-is-main" in [one["code"] for one in data["warnings"]]
    assert "decimal" in data["tree"]["names"]


def test_init_leaves_the_table_of_an_app_to_the_user(folder):
    done = run(folder, "init", "main:app")
    assert done.returncode == 2
    assert 'adapter = "lwa"' in done.stderr


def test_names_that_the_adapter_gives_up_are_told(folder):
    place = ("--runner", "local", "--python", sys.executable, "--no-install", "--runs", "5")
    words = ("--adapter", "lwa", "--env", "READINESS_CHECK_PATH=/whole")
    done = run(folder, "profile", "main:app", *place, *words, "-o", "p.json")
    assert done.returncode == 0, done.stderr
    assert "2.0 no longer reads READINESS_CHECK_PATH" in done.stderr
    ready_when = json.loads((folder / "p.json").read_text())["web"]["ready_when"]
    assert "READINESS_CHECK_PATH" in ready_when  # values of variables are not saved


def test_an_adapter_alone_changes_no_configured_handler(folder):
    done = run(folder, "compare", ".", ".", "--adapter", "lwa")
    assert done.returncode == 2
    assert "without --handler" in done.stderr
