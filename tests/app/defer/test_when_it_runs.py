"""Handlers whose moved code would run at the wrong time: `defer --write` keeps what they do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.clockwork import Times, run_clocked
from tests.harness import PATIENCE_S, write_files

SDK = """
import os


class Client:
    def __init__(self, name):
        self.name = name
        self.key = os.environ.get("SDK_KEY", "own")


def client(name):
    return Client(name)
"""
TIMES = Times({"sdk": 40_000, "heavy": 30_000, "heavylib": 30_000, "bye": 20_000})
FIXED = ("--layer", "../layer", "--runner", "local", "--runs", "8", "--no-verify", "--write")

FINALIZER = """
import os
import heavy
import bye


class Client:
    def goodbye(self):
        return heavy.word()

    def __del__(self):
        os.write(1, f"{self.goodbye()}\\n".encode())


client = Client()


def handler(event, context):
    return bye.word() if event else str(client.__class__.__name__)
"""
EXIT = """
import atexit
import os
import heavy
import bye


def flush():
    os.write(1, heavy.word().encode())


atexit.register(flush)


def handler(event, context):
    return bye.word() if event else "ok"
"""
WEAK = """
import os
import weakref
import heavy
import bye


class Lease:
    pass


def release():
    os.write(1, heavy.word().encode())


def handler(event, context):
    global lease
    lease = Lease()
    weakref.finalize(lease, release)
    return bye.word() if event else "ok"
"""
THREAD = """
import queue
import threading
import heavy
import bye

answers = queue.Queue()


def work():
    answers.put(heavy.word())


threading.Thread(target=work, daemon=True).start()
first = answers.get(timeout=20)


def handler(event, context):
    return bye.word() if event else first
"""
ENVIRONMENT = """
import os
import sdk
import bye

local = sdk.client("s3")


def become_partner(creds):
    os.environ["SDK_KEY"] = creds["key"]


def handler(event, context):
    if event.get("bye"):
        return bye.word()
    become_partner(event.get("creds", {"key": "partner"}))
    return local.key
"""
ELSEWHERE = """
import roles
import sdk
import bye

local = sdk.client("s3")


def handler(event, context):
    if event.get("bye"):
        return bye.word()
    with roles.assumed(event.get("key", "partner")):
        return local.key
"""
ROLES = """
import contextlib
import os


@contextlib.contextmanager
def assumed(key):
    environ = os.environ
    environ.update(SDK_KEY=key)
    yield
    environ.pop("SDK_KEY")
"""
FOLDER = """
import os
import sys

sys.path.insert(0, "./vendored")

import heavylib
import bye


def scratch_space():
    os.chdir("/tmp")


def convert(value):
    return heavylib.word() + value


def handler(event, context):
    if event.get("bye"):
        return bye.word()
    scratch_space()
    return convert("x")
"""
SEARCH_PATH = """
import os
import sys
import heavy
import bye


def use_plugins():
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "plugins"))


def handler(event, context):
    if event.get("bye"):
        return bye.word()
    use_plugins()
    return heavy.word()
"""
WORD = "def word():\n    return 'word'\n"
PLUGIN = "def word():\n    return 'plugin'\n"

HANDLERS = {
    "finalizer": ({"handler.py": FINALIZER}, "heavy"),
    "exit function": ({"handler.py": EXIT}, "heavy"),
    "weak reference": ({"handler.py": WEAK}, "heavy"),
    "thread started during init": ({"handler.py": THREAD}, "heavy"),
    "environment": ({"handler.py": ENVIRONMENT}, "sdk"),
    "environment in another file": ({"handler.py": ELSEWHERE, "roles.py": ROLES}, "sdk"),
    "folder": ({"handler.py": FOLDER, "vendored/heavylib.py": WORD}, "heavylib"),
    "search path": ({"handler.py": SEARCH_PATH, "plugins/heavy.py": PLUGIN}, "heavy"),
}


def answers(folder, layer):
    """Return what the handler prints, answers and says at exit."""
    done = subprocess.run(
        [sys.executable, "-c", "import handler; print(handler.handler({}, None), flush=True)"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(layer), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.unhurried
@pytest.mark.parametrize("name", HANDLERS)
def test_the_edited_handler_does_what_it_did(name, tmp_path, monkeypatch):
    files, kept = HANDLERS[name]
    layer = {"sdk.py": SDK, "heavy.py": WORD, "bye.py": WORD}
    write_files(tmp_path / "layer" / "python", layer)
    write_files(tmp_path / "task", files)
    shutil.copytree(tmp_path / "task", tmp_path / "before")
    words = ["defer", "handler.py:handler", *FIXED]
    done = run_clocked(monkeypatch, tmp_path / "task", words, TIMES)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "task" / "handler.py").read_text(encoding="utf-8")
    # What no such code uses is deferred all the same, unless it would be searched elsewhere.
    assert ("\nimport bye\n" in text) is (name == "search path")
    assert f"\nimport {kept}\n" in text
    python = tmp_path / "layer" / "python"
    before = answers(tmp_path / "before", python)
    assert before[0] == 0, before
    assert answers(tmp_path / "task", python) == before
