"""The folders in which the commands of a page are run: a page names one in a comment."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.account.aws import loopback_account, report_line
from tests.commands import run_here
from tests.harness import write_files
from tests.layer.lines import line as layer_line
from tests.rendering import RENDER_MODULE, RENDERING_HANDLER

ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r"<!-- place: (\w+) -->")
HANDLER = """\
import decimal
import json
import xml.dom.minidom


def handler(event, context):
    if event.get("kind") == "report":
        return xml.dom.minidom.parseString(event["text"]).toxml()
    return json.dumps({"price": str(decimal.Decimal(event.get("price", "0")))})
"""
TEST = """\
import unittest

import handler


class Answers(unittest.TestCase):
    def test_a_price(self):
        self.assertIn("1.5", handler.handler({"price": "1.5"}, None))
"""
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.12, CodeUri: src}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {Handler: orders/create.handler, MemorySize: 512}
  Users:
    Type: AWS::Serverless::Function
    Properties: {Handler: users.handler}
"""
SERVER = """\
import http.server, importlib, os, sys


def import_app():
    module, _, name = sys.argv[-1].partition(":")
    return getattr(importlib.import_module(module), name)


app = import_app()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(app(self.path))
        self.end_headers()
        self.wfile.write(b'{"status": "Healthy"}')

    do_POST = do_GET

    def log_message(self, *args):
        pass


ports = [word.partition("=")[2] for word in sys.argv if word.startswith("--port=")]
port = int((ports or [os.environ.get("PORT", "8080")])[0])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
PYPROJECT = """\
[project]
name = "mypkg"
version = "1.0"
[project.optional-dependencies]
cli = []
[project.scripts]
mycli = "mypkg.cli:main"
"""
CLI = """\
import argparse


def main():
    argparse.ArgumentParser("mycli").parse_args()
"""
FILES = {
    "handler.py": HANDLER,
    "test_handler.py": TEST,
    "ping.json": '{"price": "1.5"}',
    "event.json": "{}",
    "report.json": '{"kind": "report", "text": "<a/>"}',
    "template.yaml": TEMPLATE,
    "src/orders/create.py": RENDERING_HANDLER,
    "src/users.py": RENDERING_HANDLER,
    "src/common/__init__.py": "",
    "src/common/render.py": RENDER_MODULE,
    "services/users/template.yaml": TEMPLATE.replace("CodeUri: src", "CodeUri: ../../src"),
    "requirements.txt": "",
    "month.csv": "function,invocations,cold_rate\n*,1000000,0.01\n",
}


@dataclass(frozen=True)
class Place:
    """A folder to run commands in, and the variables of the shell there."""

    folder: Path
    variables: Mapping[str, str]


@contextmanager
def prepared(page: str, folder: Path) -> Iterator[Place]:
    """Make the place that a page's text names; an account lives as long as it is open."""
    named = _NAMED.search(page)
    with PLACES[named[1] if named else "project"](folder) as place:
        yield place


@contextmanager
def _sample(folder: Path) -> Iterator[Place]:
    """A copy of the sample that a tour profiles, under version control."""
    shutil.copytree(ROOT / "sample_handlers" / "chatbot_naive", folder / "shop")
    yield Place(committed(folder / "shop"), {})


@contextmanager
def _repository(folder: Path) -> Iterator[Place]:
    """What a fresh clone of this repository has for its reader to try."""
    shutil.copytree(ROOT / "sample_handlers", folder / "importcost" / "sample_handlers")
    yield Place(committed(folder / "importcost"), {})


@contextmanager
def _account(folder: Path) -> Iterator[Place]:
    """The project beside an AWS account on loopback that has its functions and their logs."""
    with _project(folder) as place, loopback_account() as account:
        settings = json.dumps({"lambda": {"use_docker": False}}).encode()
        urllib.request.urlopen(f"{account.url}/moto-api/config", data=settings).close()
        account.function("orders")
        account.invocations("orders", 200)
        rows = (ROOT / "tests" / "logs" / "json-py3.12.log").read_text().splitlines()
        told: list[str] = []
        starts = [report_line(f"r{n}", 12.5, 300 + n if n % 4 == 0 else None) for n in range(60)]
        for number, start in enumerate(("INIT_START Runtime Version: python:3.12.v30", "")):
            stream = f"2026/11/2{number}/[$LATEST]{'ab'[number] * 4}{'1' * 4}{'0' * 24}"
            lines = [start, *rows, layer_line(memory_mb=None), *starts]
            account.logs("/aws/lambda/orders", [one for one in lines if one], stream=stream)
            told += [f"2026-11-29T00:00:{number:02}+00:00 {stream} {one}" for one in lines if one]
        (place.folder / "cold.log").write_text("\n".join(told) + "\n")
        yield Place(place.folder, account.environment)


@contextmanager
def _web(folder: Path) -> Iterator[Place]:
    """The project with a web app and an agent; a server of a few lines stands in for uvicorn."""
    files = {
        **FILES,
        "main.py": "# fastapi\nimport wave\n\n\ndef app(path):\n    return 200\n",
        "uvicorn.py": SERVER,
        "agent.py": SERVER.replace("app = import_app()", "app = lambda path: 200"),
    }
    yield Place(committed(write_files(folder / "shop", files)), {})


@contextmanager
def _configured(folder: Path) -> Iterator[Place]:
    """The project with budgets that were committed, and a remote that has its main."""
    with _project(folder) as place:
        told = run_here(place.folder, "init", variables={"VIRTUAL_ENV": None})
        assert told.returncode == 0, told.stderr
        (place.folder / "src" / "users.py").write_text(f"{RENDERING_HANDLER}\n# changed\n")
        for words in (
            ("add", "importcost.toml"),
            ("commit", "-q", "-m", "Say what cold starts may cost"),
            ("clone", "-q", "--bare", ".", str(folder / "origin.git")),
            ("remote", "add", "origin", str(folder / "origin.git")),
            ("fetch", "-q", "origin"),
        ):
            subprocess.run(["git", *words], cwd=place.folder, check=True, capture_output=True)
        yield place


@contextmanager
def _library(folder: Path) -> Iterator[Place]:
    """A package with a command line, as its author has it checked out."""
    files = {
        "pyproject.toml": PYPROJECT,
        "src/mypkg/__init__.py": "import decimal\nimport json\n\n\ndef fast(text):\n"
        "    return json.loads(text)\n\n\ndef exact(text):\n    return decimal.Decimal(text)\n",
        "src/mypkg/core.py": "",
        "src/mypkg/cli.py": CLI,
        "tools/report.py": "import sys\n\nif __name__ == '__main__':\n    print(sys.argv[1:])\n",
    }
    yield Place(committed(write_files(folder / "shop", files)), {})


@contextmanager
def _wrapped(folder: Path) -> Iterator[Place]:
    """A handler and the layer of a product that wraps it."""
    layer = "import importlib, os\nname = os.environ['DD_LAMBDA_HANDLER'].rpartition('.')\n"
    files = {
        "template.yaml": TEMPLATE,
        "src/orders/__init__.py": HANDLER,
        "src/orders/create.py": HANDLER,
        "src/users.py": HANDLER,
        "datadog-layer/python/datadog_lambda/__init__.py": "",
        "datadog-layer/python/datadog_lambda/handler.py": layer
        + "handler = getattr(importlib.import_module(name[0]), name[2])\n",
    }
    yield Place(committed(write_files(folder / "shop", files)), {})


@contextmanager
def _project(folder: Path) -> Iterator[Place]:
    """A small repository: handlers, a template, events, tests, a log, two builds."""
    place = write_files(folder / "shop", FILES)
    cold = [
        f"REPORT RequestId: {n:08d}-0000-4000-8000-000000000000\tDuration: 2.00 ms\t"
        f"Billed Duration: {300 + n} ms\tMemory Size: 512 MB\tMax Memory Used: 60 MB\t"
        f"Init Duration: {297.5 + n:.2f} ms\t"
        for n in range(12)
    ]
    (place / "cloudwatch.txt").write_text("\n".join(cold) + "\n")
    for name in ("old.zip", "new.zip"):
        with zipfile.ZipFile(place / name, "w") as archive:
            archive.writestr("handler.py", HANDLER)
    yield Place(committed(place), {})


def committed(place: Path) -> Path:
    """Make a folder a repository with one commit on main, which is tagged as a release."""
    who = ("-c", "user.name=you", "-c", "user.email=you@example.com")
    for words in (
        ("init", "-q", "-b", "main"),
        ("add", "-A"),
        (*who, "commit", "-q", "-m", "First"),
        ("tag", "v1.4.0"),
        ("config", "user.name", "you"),
        ("config", "user.email", "you@example.com"),
    ):
        subprocess.run(["git", *words], cwd=place, check=True, capture_output=True)
    return place


PLACES: Mapping[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "sample": _sample,
    "repository": _repository,
    "project": _project,
    "account": _account,
    "wrapped": _wrapped,
    "web": _web,
    "configured": _configured,
    "library": _library,
}
"""Each place by its name; a page without a comment has the project."""
