"""Own modules and objects that notice when, in which order or in which thread they are made."""

from __future__ import annotations

import pytest

from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

MODULES = {
    "clock": "import time\nSTARTED = time.monotonic()",
    "date": "from datetime import datetime\nSTARTED = datetime.now()",
    "identity": "import uuid\nINSTANCE = uuid.uuid4().hex",
    "random number": "import random\nSALT = random.random()",
    "function": "import time\ndef born():\n    return time.time()\nSTARTED = born()",
}

HANDLER = """
import thing
def handler(event, context):
    return thing.answer(event)
"""


@pytest.mark.parametrize("name", MODULES)
def test_an_own_module_stays_if_it_keeps_the_moment_of_its_import(name):
    files = analysed(HANDLER, thing=f"{MODULES[name]}\ndef answer(event): ...")
    verdict = import_verdict(files, "thing")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "when it is imported" in verdict.reason


@pytest.mark.parametrize(
    "text",
    [
        "import time\ndef answer(event): return time.time()",
        "import uuid\nSPACE = uuid.UUID(int=5)\ndef answer(event): ...",
        "import time\nclass Timer:\n    clock = time.time\ndef answer(event): ...",
    ],
)
def test_an_own_module_that_keeps_no_moment_can_wait(text):
    verdict = import_verdict(analysed(HANDLER, thing=text), "thing")
    assert verdict.kind is VerdictKind.DEFERRABLE


ORDERED = {
    "next": "made = jinja2.Template(next(thing.names))",
    "line of a file": "made = jinja2.Template(thing.file.readline())",
    "queue": "made = jinja2.Template(thing.queue.get_nowait())",
    "counter of a class": "made = thing.Job(jinja2.Template('x'))",
    "count in an attribute": "made = thing.Numbered(jinja2.Template('x'))",
    "clock of another file": "made = thing.Started(jinja2.Template('x'))",
}

THING = """
import itertools
import time
names = iter("ab")
class Job:
    numbers = itertools.count()
    def __init__(self, template):
        self.number = next(self.numbers)
class Numbered:
    made = 0
    def __init__(self, template):
        Numbered.made += 1
class Started:
    def __init__(self, template):
        self.at = time.time()
class Plain:
    def __init__(self, template):
        self.template = template
"""


def with_object(line):
    return f"""
import jinja2
import thing
{line}
def handler(event, context):
    return made.render()
"""


@pytest.mark.parametrize("name", ORDERED)
def test_an_object_stays_if_its_making_takes_its_turn(name):
    verdict = object_verdict(analysed(with_object(ORDERED[name]), thing=THING), "made")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE


def test_an_object_of_an_own_class_without_order_can_wait():
    text = with_object("made = thing.Plain(jinja2.Template('x'))")
    assert object_verdict(analysed(text, thing=THING), "made").kind is not (
        VerdictKind.NOT_DEFERRABLE
    )


THREADED = """
import decimal
import numpy as np
import yaml
from concurrent.futures import ThreadPoolExecutor
{change}
made = {value}
def work(event):
    return made
def handler(event, context):
    with ThreadPoolExecutor() as pool:
        return pool.submit(work, event).result()
"""
PER_THREAD = [
    ("decimal.getcontext().prec = 5", "[decimal.Decimal(x) / 3 for x in yaml.safe_load('[1]')]"),
    ("decimal.setcontext(decimal.Context(prec=5))", "decimal.Decimal(yaml.safe_load('1')) / 3"),
    ("np.seterr(all='ignore')", "np.log(np.arange(3))"),
]


@pytest.mark.parametrize(("change", "value"), PER_THREAD)
def test_an_object_stays_if_a_thread_would_compute_it_with_its_own_settings(change, value):
    text = THREADED.format(change=change, value=value)
    assert object_verdict(analysed(text), "made").kind is VerdictKind.NOT_DEFERRABLE
    calm = text.replace("pool.submit(work, event).result()", "work(event)").replace(
        "ThreadPoolExecutor() as pool", "open('x') as pool"
    )
    assert object_verdict(analysed(calm), "made").kind is not VerdictKind.NOT_DEFERRABLE


@pytest.mark.parametrize(
    ("around", "value"),
    [
        ("np.errstate(all='raise')", "np.log(np.arange(3))"),
        ("pd.option_context('mode.string_storage', 'python')", "pd.DataFrame({'a': ['x']})"),
        ("xr.set_options(keep_attrs=True)", "xr.zeros_like(1)"),
    ],
)
def test_an_object_stays_if_it_is_first_used_amid_other_settings(around, value):
    text = f"""
import numpy as np
import pandas as pd
import xarray as xr
made = {value}
def handler(event, context):
    with {around}:
        return made * 2
"""
    assert object_verdict(analysed(text), "made").kind is VerdictKind.NOT_DEFERRABLE


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ("builtins._ = event.get", "HELLO = _('hello')"),
        ("gettext.install('app')", "def text():\n    return _('hello')\nHELLO = text()"),
        ("builtins.TENANT = event['tenant']", "class Page:\n    owner = TENANT"),
        ("setattr(builtins, 'T', 1)", "import builtins\nOWNER = getattr(builtins, 'T', 0)"),
        ("request.id.set(event['id'])", "import request\nHEAD = request.id.get()"),
        ("request.id.set(event['id'])", "from request import id\nHEAD = f'[{id.get()}]'"),
    ],
)
def test_an_own_module_stays_if_it_reads_names_or_variables_that_a_call_sets(change, body):
    text = f"""
import builtins
import gettext
import request
import thing
def handler(event, context):
    {change}
    return thing.answer(event)
"""
    request = "import contextvars\nid = contextvars.ContextVar('id', default='none')"
    others = {"thing": f"{body}\ndef answer(event): ...", "request": request}
    verdict = import_verdict(analysed(text, **others), "thing")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE, verdict
    calm = import_verdict(analysed(text.replace(change, "pass"), **others), "thing")
    # What calls an unknown name does not move in any case.
    assert calm.kind is VerdictKind.DEFERRABLE or "when it is imported" in calm.reason


SETTINGS = [
    """
class Settings:
    def __init__(self, store):
        self.store = store
    def load(self):
        self.store['AWS_REGION'] = 'x'
settings = Settings(os.environ)
""",
    """
class Settings:
    def __init__(self, store=os.environ):
        self.store = store
    def load(self):
        self.store.update(AWS_REGION='x')
settings = Settings()
""",
    """
class Settings:
    def load(self, *, store=os.environ):
        store['AWS_REGION'] = 'x'
settings = Settings()
""",
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_client_stays_if_an_object_that_keeps_the_environment_changes_it(settings):
    text = f"""
import boto3
import os
{settings}
made = boto3.client("s3")
def handler(event, context):
    settings.load()
    return made.list_buckets()
"""
    assert object_verdict(analysed(text), "made").kind is VerdictKind.NOT_DEFERRABLE


@pytest.mark.parametrize(
    "logs",
    [
        "class Ship(logging.Handler):\n    def emit(self, record):\n        made.put(record)",
        "class Who(logging.Filter):\n    def filter(self, record):\n        return made.get()",
        "class Shop(logging.Formatter):\n    def format(self, record):\n        return made.get()",
        "def stamp(record):\n    return made.get()\nlogging.getLogger().addFilter(stamp)",
    ],
)
def test_an_object_that_logging_uses_gets_no_getter(logs):
    text = f"""
import boto3
import logging
made = boto3.client("s3")
{logs}
def handler(event, context):
    return made.list_buckets()
"""
    verdict = object_verdict(analysed(text), "made")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "runs for each log record" in verdict.reason


FILTERS_FROM = [
    ("given: logging.Logger", "given.filters"),
    ("given: Optional[logging.Logger]", "given.filters"),
    ("given: logging.Logger | None", "given.filters"),
    ("given", "logging.root.filters"),
    ("given", "logging.getLogger('shop').filters"),
]


def _verdict_beside_filters(parameter: str, filters: str):
    return object_verdict(
        analysed(f"""
from __future__ import annotations
import boto3
import logging
from typing import Optional
made = boto3.client("s3")
def shop():
    return made.list_buckets()
def configure(fresh, {parameter}):
    for each in {filters}:
        fresh.addFilter(each)
def handler(event, context):
    configure(logging.getLogger("new"), logging.root)
    return keep(shop)()
def keep(each):
    return each
"""),
        "made",
    )


@pytest.mark.parametrize(("parameter", "filters"), FILTERS_FROM)
def test_filters_that_a_logger_has_are_no_functions_of_unknown_origin(parameter, filters):
    assert _verdict_beside_filters(parameter, filters).kind is not VerdictKind.NOT_DEFERRABLE


@pytest.mark.parametrize(
    ("parameter", "filters"),
    [
        ("given", "given"),
        ("given", "given.filters"),
        ("given: list", "given.filters"),
        ("given: logging.Logger, each=None", "given.filters"),
        ("given: logging.Logger", "given.filters:\n        each = given.extra\n    for _ in given"),
    ],
)
def test_filters_of_unknown_origin_may_be_any_function(parameter, filters):
    verdict = _verdict_beside_filters(parameter, filters)
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "runs for each log record" in verdict.reason


@pytest.mark.parametrize(
    "patch",
    [
        "botocore.client.ClientCreator.create_client = replacement",
        "botocore.session.Session.create_client = replacement",
        "setattr(botocore.client.BaseClient, '_make_api_call', replacement)",
    ],
)
def test_a_client_stays_if_a_function_patches_what_its_package_loads(patch):
    text = f"""
import boto3
import botocore.client
import botocore.session
made = boto3.client("s3")
def replacement(*arguments): ...
def handler(event, context):
    {patch}
    return made.list_buckets()
"""
    assert object_verdict(analysed(text), "made").kind is VerdictKind.NOT_DEFERRABLE
    calm = text.replace(patch, "pass")
    assert object_verdict(analysed(calm), "made").kind is not VerdictKind.NOT_DEFERRABLE


@pytest.mark.parametrize(
    "change",
    ["open('/tmp/a', 'w').write('x')", "os.remove('/tmp/a')", "shutil.copy('/tmp/b', '/tmp/a')"],
)
def test_an_object_that_reads_a_file_stays_if_a_function_changes_files(change):
    text = f"""
import os
import shutil
import yaml
made = yaml.safe_load(open("/tmp/a"))
def handler(event, context):
    {change}
    return made
"""
    assert object_verdict(analysed(text), "made").kind is VerdictKind.NOT_DEFERRABLE
    calm = text.replace(change, "open('/tmp/b').read()")
    assert object_verdict(analysed(calm), "made").kind is not VerdictKind.NOT_DEFERRABLE
