"""Objects and imports that wait behind code which changes the library that they come from."""

from __future__ import annotations

import pytest

from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

API = "import requests\nsession = requests.Session()\ndef call(event): return session.get(event)\n"
APP = """
import importlib, sys
import requests
from unittest import mock
{head}
def handler(event, context):
    if "brand" in event:
        brand(event)
    return {use}.get(event["url"])
"""
OWN = "session = requests.Session()\n"

CHANGED = {
    "attribute": "def brand(e): requests.sessions.DEFAULT_REDIRECT_LIMIT = 1",
    "augmented": "def brand(e): requests.sessions.DEFAULT_REDIRECT_LIMIT -= 1",
    "deleted": "def brand(e): del requests.sessions.DEFAULT_REDIRECT_LIMIT",
    "class": "def brand(e): requests.Session.max_redirects = 1",
    "class of an object": (
        "probe = requests.Session()\ndef brand(e): type(probe).max_redirects = probe.x()"
    ),
    "setattr": "def brand(e): setattr(requests.sessions, 'DEFAULT_REDIRECT_LIMIT', 1)",
    "setattr of a computed name": "def brand(e): setattr(requests.sessions, e['name'], 1)",
    "delattr": "def brand(e): delattr(requests.sessions, 'DEFAULT_REDIRECT_LIMIT')",
    "namespace": "def brand(e): requests.sessions.__dict__['DEFAULT_REDIRECT_LIMIT'] = 1",
    "namespace of a computed name": "def brand(e): requests.sessions.__dict__[e['name']] = 1",
    "vars": "def brand(e): vars(requests.sessions)['DEFAULT_REDIRECT_LIMIT'] = 1",
    "vars at once": "def brand(e): vars(requests.sessions).update(e)",
    "container": "def brand(e): requests.utils.DEFAULT_PORTS.update(e)",
    "item of a container": "def brand(e): requests.utils.DEFAULT_PORTS['http'] = 81",
    "reload": "def brand(e): importlib.reload(requests.sessions)",
    "loop": "def brand(e):\n    for one in (requests.sessions, sys): one.LIMIT = 1",
    "either": (
        "def brand(e):\n    one = requests.utils if e else requests.sessions\n    one.LIMIT = 1"
    ),
    "twice assigned": (
        "def brand(e):\n    one = None\n    one = requests.sessions\n    one.LIMIT = 1"
    ),
    "table of modules": "def brand(e): sys.modules['requests.sessions'].LIMIT = 1",
    "import_module": "def brand(e): setattr(importlib.import_module('requests'), 'LIMIT', 1)",
    "table of classes": (
        "TABLE = {'one': requests.sessions}\ndef brand(e): TABLE[e['name']].LIMIT = 1"
    ),
    "loop over a named list": (
        "ALL = [requests.sessions]\ndef brand(e):\n    for one in ALL: one.LIMIT = 1"
    ),
    "pydoc": "import pydoc\ndef brand(e): pydoc.locate('requests.sessions').LIMIT = 1",
    "attrgetter": (
        "import operator\n"
        "def brand(e): operator.attrgetter('sessions')(requests).LIMIT = 1"
    ),
    "getattr": "def brand(e): getattr(requests, 'sessions').LIMIT = 1",
    "any module": "def brand(e): setattr(importlib.import_module(e['module']), 'LIMIT', 1)",
    "any of the table": "def brand(e): sys.modules[e['module']].LIMIT = 1",
    "handed on": "def put(one): one.LIMIT = 1\ndef brand(e): put(requests.sessions)",
    "handed on to setattr": (
        "def put(one, name):\n    setattr(one, name, 1)\ndef brand(e): put(requests.sessions, e)"
    ),
    "setter": "def brand(e): requests.adapters.set_defaults(retries=1)",
    "with": "def brand(e):\n    with open(e) as requests.sessions.SOURCE: pass",
    "mock": "def brand(e): mock.patch('requests.sessions.LIMIT', 1).start()",
    "mock of an object": "def brand(e): mock.patch.object(requests.sessions, 'LIMIT', 1).start()",
    "mock of many": "def brand(e): mock.patch.multiple('requests.sessions', LIMIT=1).start()",
    "mock of a computed name": "def brand(e): mock.patch(e['name'], 1).start()",
    "mock that is started": "it = mock.patch('requests.sessions.A', 1)\ndef brand(e): it.start()",
    "mock that is entered": (
        "it = mock.patch('requests.sessions.A', 1)\ndef brand(e):\n    with it: handler({}, e)"
    ),
    "wrapt": (
        "import wrapt\ndef brand(e): wrapt.wrap_function_wrapper('requests', 'Session.get', e)"
    ),
    "wrapt with an object": (
        "import wrapt\ndef brand(e): wrapt.wrap_object(requests.sessions, 'Session.get', e)"
    ),
    "wrapt with a computed name": (
        "import wrapt\ndef brand(e): wrapt.wrap_function_wrapper(e['module'], 'Session.get', e)"
    ),
    "forbidden fruit": (
        "import forbiddenfruit\ndef brand(e): forbiddenfruit.curse(requests.Session, 'x', e)"
    ),
    "tracer": "import ddtrace\ndef brand(e): ddtrace.patch(requests=True)",
    "instrumentor": (
        "from opentelemetry.instrumentation.requests import RequestsInstrumentor\n"
        "def brand(e): RequestsInstrumentor().instrument()"
    ),
    "green threads": "from gevent import monkey\ndef brand(e): monkey.patch_all()",
    "frozen time": "import freezegun\ndef brand(e): freezegun.freeze_time(e['day']).start()",
    "cache": "import requests_cache\ndef brand(e): requests_cache.install_cache('x')",
    "unknown tool": "import spyware\ndef brand(e): spyware.monkeypatch_everything()",
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_what_a_library_makes_stays_if_a_function_changes_the_library(name):
    text = APP.format(head=OWN + CHANGED[name], use="session")
    verdict = object_verdict(analysed(text), "session")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "line " in verdict.reason, verdict.reason


@pytest.mark.parametrize("name", CHANGED)
def test_a_file_that_makes_something_of_a_library_stays_if_a_function_changes_that(name):
    text = "from api import session as kept\n" + APP.format(head=CHANGED[name], use="kept")
    verdict = import_verdict(analysed(text, api=API), "api")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert verdict.reason.startswith("importing api"), verdict.reason
    assert "line " in verdict.reason, verdict.reason


HARMLESS = {
    "another library": "import decimal, jwt\ndef brand(e): jwt.algorithms.LIMIT = 1",
    "its own object": "class Box: pass\nbox = Box()\ndef brand(e): setattr(box, e['name'], 1)",
    "a parameter": "def brand(e): e.LIMIT = 1",
    "what a call made": "def brand(e):\n    one = requests.Session()\n    one.LIMIT = 1",
    "a request": "def brand(e): requests.patch(e['url'], json=e)",
    "a document": "import jsonpatch\ndef brand(e): jsonpatch.apply_patch(e, e['patch'])",
    "sentry of another": "import sentry_sdk\ndef brand(e): sentry_sdk.init(e['dsn'])",
    "read": "def brand(e): return getattr(requests.sessions, e['name'])",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_other_changes_keep_nothing(name):
    text = APP.format(head=OWN + HARMLESS[name], use="session")
    assert object_verdict(analysed(text), "session").kind is VerdictKind.NEEDS_GETTER
    text = "from api import session as kept\n" + APP.format(head=HARMLESS[name], use="kept")
    assert import_verdict(analysed(text, api=API), "api").kind is VerdictKind.DEFERRABLE


def test_a_file_that_only_imports_the_library_may_wait():
    text = "import api\n" + APP.format(head=CHANGED["attribute"], use="api.call(event)")
    lazy = "import requests\ndef call(event): return requests.Session()\n"
    assert import_verdict(analysed(text, api=lazy), "api").kind is VerdictKind.DEFERRABLE


TRACED = """
from ddtrace import tracer
import api
def handler(event, context):
    {change}
    return api.call(event)
"""


@pytest.mark.parametrize(
    ("change", "body", "kind"),
    [
        ("tracer.set_tags(event)", "@tracer.wrap()", VerdictKind.DEFERRABLE),
        ("tracer.set_tags(event)", "@tracer.wrap(name='x')", VerdictKind.DEFERRABLE),
        ("tracer.set_tags(event)", "@tracer.start_span('x')", VerdictKind.NOT_DEFERRABLE),
        ("tracer.set_tags(event)", "span = tracer.trace('x')\n", VerdictKind.NOT_DEFERRABLE),
        ("tracer.wrap = event", "@tracer.wrap()", VerdictKind.NOT_DEFERRABLE),
        ("tracer.enabled = event", "@tracer.wrap()", VerdictKind.NOT_DEFERRABLE),
    ],
)
def test_a_decorator_that_reads_nothing_may_be_made_after_a_setter(change, body, kind):
    api = f"from ddtrace import tracer\n{body}\ndef call(event): return event\n"
    verdict = import_verdict(analysed(TRACED.format(change=change), api=api), "api")
    assert verdict.kind is kind, verdict.reason


SET_FOR_A_THREAD = {
    "attribute": "import threading\nlocal = threading.local()\nlocal.user = 'system'\n",
    "setattr": "import threading\nlocal = threading.local()\nsetattr(local, 'user', 'system')\n",
    "namespace": "import threading\nlocal = threading.local()\nlocal.__dict__['user'] = 'x'\n",
    "own class": (
        "import threading\nclass Local(threading.local): pass\nlocal = Local()\nlocal.user = 1\n"
    ),
    "through a function": (
        "import threading\nlocal = threading.local()\n"
        "def use(name): local.user = name\nuse('system')\n"
    ),
    "context variable": "import contextvars\nlocal = contextvars.ContextVar('u')\nlocal.set('x')\n",
    "decimal context": "import decimal\ndecimal.getcontext().prec = 3\n",
    "decimal context by a name": "import decimal\nhere = decimal.getcontext()\nhere.prec = 3\n",
    "event loop": "import asyncio\nasyncio.set_event_loop(asyncio.new_event_loop())\n",
    "signals": "import signal\nsignal.set_wakeup_fd(3)\n",
    "thread": "import threading\nOWNER = threading.get_ident()\n",
    "log fields": "import structlog\nstructlog.contextvars.bind_contextvars(user='system')\n",
    "in a file that it imports": "import deeper\n",
}


@pytest.mark.parametrize("name", SET_FOR_A_THREAD)
def test_a_file_that_sets_something_of_its_thread_stays(name):
    text = (
        "from concurrent.futures import ThreadPoolExecutor\nimport state\n"
        "def work(item):\n    return state.user()\n"
        "def handler(event, context):\n    if event:\n"
        "        with ThreadPoolExecutor(1) as pool: list(pool.map(work, event))\n"
        "        return state.user()\n"
    )
    state = SET_FOR_A_THREAD[name] + "def user(): return 1\n"
    deeper = SET_FOR_A_THREAD["attribute"]
    verdict = import_verdict(analysed(text, state=state, deeper=deeper), "state")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert verdict.reason.endswith("when it is imported, for the thread that imports it") or (
        "decimal" in name
    ), verdict.reason


def test_a_file_that_sets_nothing_of_its_thread_may_wait():
    text = "import state\ndef handler(event, context):\n    if event:\n        state.use(event)\n"
    state = "import threading\nlocal = threading.local()\ndef use(name): local.user = name\n"
    assert import_verdict(analysed(text, state=state), "state").kind is VerdictKind.DEFERRABLE
