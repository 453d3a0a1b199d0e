"""`compare --adapters`: one app under its server and behind bridges, side by side."""

from __future__ import annotations

import json

import pytest

from importcost.app.adapters.compare_adapters import form_names, http_event
from importcost.errors import UsageError
from importcost.model.interval import Interval
from importcost.model.results.adapters import AdapterComparison, AdapterForm, FirstRequest
from importcost.model.web import AppKind, WebRequest
from importcost.reports.adapters.exports import render_adapters_json, render_adapters_markdown
from importcost.reports.adapters.page import render_adapters_page
from importcost.reports.adapters.terminal import render_adapters
from tests.harness import write_files
from tests.web.test_gates import run
from tests.web.test_web import SERVER

APP = """# fastapi
import decimal

class App:
    def __call__(self, age_s, receive=None, send=None):
        return 200

app = App()
"""
MANGUM = """
class Mangum:
    def __init__(self, app):
        self.app = app

    def __call__(self, event, context):
        path = event["requestContext"]["http"]["path"]
        return {"statusCode": self.app(0.0) if path == "/up" else 404}
"""


@pytest.fixture
def folder(tmp_path):
    files = {"uvicorn/__init__.py": "", "uvicorn/__main__.py": SERVER, "main.py": APP}
    return write_files(tmp_path, files)


def compared(folder, *words):
    place = ("--no-install", "--runner", "local", "--timeout", "60")
    return run(folder, "compare", "main:app", "--adapters", *words, *place)


def test_an_app_is_measured_in_each_form_and_what_cannot_be_is_said(folder):
    write_files(folder, {"mangum/__init__.py": MANGUM})
    words = ("lwa,mangum,apig-wsgi", "--request", "GET /up", "--json", "--markdown", "made.md")
    done = compared(folder, *words)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    lwa, mangum, other = data["forms"]
    assert (data["app"], data["server"], data["kind"]) == ("main:app", "uvicorn", "asgi")
    assert [one["name"] for one in data["forms"]] == ["lwa", "mangum", "apig-wsgi"]
    assert lwa["saving_us"] is None
    assert mangum["pairs"] >= 4
    assert mangum["saving_us"]["low"] <= mangum["saving_us"]["value"]
    for form in (lwa, mangum):
        assert form["init_ms"]["low"] <= form["init_ms"]["value"] <= form["init_ms"]["high"]
        total = sum(part["ms"] for part in form["parts"])
        assert total == pytest.approx(form["init_ms"]["value"], abs=len(form["parts"]))
        assert form["first_request"]["status"] == 200
    # The bridge has no server to import.
    assert mangum["modules"] < lwa["modules"]
    assert other["init_ms"] is None
    assert "bridges WSGI apps, and this is an ASGI app" in other["reason"]
    assert "| mangum |" in (folder / "made.md").read_text()


def test_a_bridge_that_may_not_be_installed_is_said(folder):
    done = compared(folder, "lwa,mangum", "--json")
    assert done.returncode == 0, done.stderr
    lwa, mangum = json.loads(done.stdout)["forms"]
    assert lwa["init_ms"] is not None
    assert mangum["reason"] == "mangum is not deployed, and --no-install rules out installing it"


def test_an_app_that_does_not_start_is_not_compared(folder):
    write_files(folder, {"main.py": "# fastapi\nraise RuntimeError('no table')\n"})
    done = compared(folder, "lwa,mangum")
    assert done.returncode == 3
    assert "RuntimeError: no table" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("main:app", "--adapters", "lwa"), "nothing to compare"),
        (("main:app", "--adapters", "lwa,zappa"), "zappa"),
        (("main.py", "--adapters", "lwa,mangum"), "main:app"),
        (("main:app", "--adapters", "lwa,mangum", "--pairs", "9"), "--pairs"),
        (("main:app", "other", "--adapters", "lwa,mangum"), "head"),
        (("main", "--no-install"), "without --adapters"),
        (("main:app", "--adapters", "lwa,mangum", "--request", "x"), "--request"),
        (("main:app", "--adapters", "lwa,mangum", "-o", "forms.txt"), "end it with .html"),
        (("main", "-o", "forms.html"), "without --adapters"),
    ],
)
def test_what_cannot_be_compared_is_refused(folder, words, told):
    done = run(folder, "compare", *words)
    assert done.returncode == 2
    assert told in done.stderr


def test_forms_are_named_once():
    assert form_names(" mangum, lwa,mangum") == ("mangum", "lwa")
    with pytest.raises(UsageError):
        form_names(",")


def test_a_request_becomes_the_event_of_an_http_api():
    event = http_event(WebRequest("GET", "/chat?q=1"))
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/chat", "q=1")


def made() -> AdapterComparison:
    init = Interval(90.0, 100.0, 120.0, 0.8)
    lwa = AdapterForm("lwa", init, (("floor", 100),), 50_000, 9, None, 0, FirstRequest(900, 503))
    saving = Interval(-3_000.0, -2_000.0, -1_000.0)
    failed = FirstRequest(0, 0, "KeyError: 'x'")
    bridged = AdapterForm("mangum", init, (), 52_000, 8, saving, 7, failed, is_installed=True)
    gone = AdapterForm("apig-wsgi", reason="it is not there")
    return AdapterComparison("a:b", "uvicorn", AppKind.ASGI, "GET /", 128, (lwa, bridged, gone))


def test_the_page_shows_each_form_with_its_parts_and_what_is_not_measured():
    page = render_adapters_page(made())
    assert "mangum adds 2 ms (1 to 3) to lwa&#39;s init here." in page
    assert "not measured: it is not there" in page
    assert "<title>floor: 100 ms</title>" in page
    assert "lwa: 100 ms (90 to 120)" in page
    assert "<script" not in page


def test_the_table_says_what_saves_what_fails_and_what_is_not_measured():
    text = " ".join(render_adapters(made(), width=120, colour=False).split())
    assert "-2 (-3 to -1) ms" in text
    assert "not measured" in text
    assert "apig-wsgi is not measured: it is not there." in text
    assert "mangum is not deployed: it was installed for this comparison." in text
    assert "The first request behind mangum failed: KeyError: 'x'." in text
    assert "answered with 503 in the form lwa" in text
    assert "not measured" in render_adapters_markdown(made())
    assert json.loads(render_adapters_json(made()))["forms"][1]["saving_us"]["value"] == -2000.0
