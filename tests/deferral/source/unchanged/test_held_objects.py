"""Getters whose value reads an object that anything may change before they are first asked."""

from __future__ import annotations

import pytest

from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

CONF = """
DEFAULTS = {"opts": {"a": 1}, "rows": [{"n": 0}]}
FLAT = {"region": "x", "retries": 3}
NAMES = ("a", "b")
%s
"""
APP = """
import copy, contextlib, functools, json, threading
import boto3
import conf
import kit
from conf import DEFAULTS, FLAT
template = copy.deepcopy(%s)
%s
def handler(event, context):
    change(event)
    return template
"""

# By what is read, the code of conf.py, and the code of app.py.
CHANGES = {
    "part that a function returns": (
        "DEFAULTS",
        "def section(n): return DEFAULTS[n]",
        "def change(event): conf.section('opts')['n'] = 2",
    ),
    "part that a function returns through another": (
        "DEFAULTS",
        "def section(n): return DEFAULTS.get(n)",
        "def near(n): return conf.section(n)\ndef change(event): near('opts').update(event)",
    ),
    "whole that a function returns": (
        "FLAT",
        "def whole(): return FLAT",
        "def change(event): conf.whole()['region'] = event",
    ),
    "part that setdefault() gives": (
        "DEFAULTS",
        "ROWS = DEFAULTS.setdefault('rows', [])",
        "def change(event): conf.ROWS.append(event)",
    ),
    "class that type() makes": (
        "DEFAULTS",
        "Box = type('Box', (), {'held': DEFAULTS})",
        "def change(event): conf.Box.held['opts'] = event",
    ),
    "all loaded modules": (
        "DEFAULTS",
        "",
        """
def change(event):
    import sys
    for module in list(sys.modules.values()):
        getattr(module, 'DEFAULTS', {}).clear()
""",
    ),
    "module with a computed name": (
        "DEFAULTS",
        "",
        "def change(event):\n    import sys\n    sys.modules[event['name']].DEFAULTS.clear()",
    ),
    "result handed to unknown code": (
        "DEFAULTS",
        "def section(n): return DEFAULTS[n]",
        "def change(event): kit.apply(conf.section('opts'))",
    ),
    "loop over a parameter's values": (
        "DEFAULTS",
        "",
        """
def touch(node):
    for child in node.values():
        child.clear()
def change(event): touch(DEFAULTS)
""",
    ),
    "loop over a parameter's pairs": (
        "DEFAULTS",
        "",
        """
def touch(node):
    for name, child in node.items():
        child['x'] = name
def change(event): touch(DEFAULTS)
""",
    ),
    "loop over what get returns": (
        "DEFAULTS",
        "",
        """
def touch(node):
    for child in node.get("rows", []):
        child["minimum"] = 0
def change(event): touch(node=conf.DEFAULTS)
""",
    ),
    "loop over a tuple in another file": (
        "DEFAULTS",
        """
def configure(**kw):
    for section in (DEFAULTS["opts"],):
        section.update(kw)
""",
        "def change(event): conf.configure(n=1)",
    ),
    "comprehension": (
        "DEFAULTS",
        "",
        "def change(event): return [child.clear() for child in DEFAULTS.values()]",
    ),
    "list that a comprehension makes": (
        "DEFAULTS",
        "",
        "def change(event): [child for child in DEFAULTS.values()][0].clear()",
    ),
    "walrus": (
        "DEFAULTS",
        "",
        "def change(event):\n    if (opts := DEFAULTS['opts']):\n        opts['a'] = 2",
    ),
    "tuple": (
        "DEFAULTS",
        "",
        "def change(event):\n    opts, other = DEFAULTS['opts'], 1\n    opts['a'] = other",
    ),
    "star target": (
        "DEFAULTS",
        "",
        "def change(event):\n    first, *rest = DEFAULTS.values()\n    rest[0].clear()",
    ),
    "with": (
        "DEFAULTS",
        "",
        "def change(event):\n    with contextlib.nullcontext(DEFAULTS) as d:\n        d.clear()",
    ),
    "container": (
        "DEFAULTS",
        "",
        "def change(event):\n    kept = {'d': DEFAULTS}\n    kept['d']['opts'] = event",
    ),
    "attribute": (
        "DEFAULTS",
        "",
        """
class Box:
    def __init__(self, held): self.held = held
    def fill(self): self.held.clear()
box = Box(DEFAULTS)
def change(event): box.fill()
""",
    ),
    "closure": (
        "DEFAULTS",
        "",
        """
def change(event):
    opts = DEFAULTS["opts"]
    def inner(): opts.clear()
    inner()
""",
    ),
    "default value": (
        "DEFAULTS",
        "",
        "def touch(node=DEFAULTS): node.clear()\ndef change(event): touch()",
    ),
    "vars of the module": ("DEFAULTS", "", "def change(event): vars(conf)['DEFAULTS'].clear()"),
    "getattr of the module": (
        "DEFAULTS",
        "",
        "def change(event): getattr(conf, event['n']).clear()",
    ),
    "globals of its file": (
        "DEFAULTS",
        "def pick(n): return globals()[n]",
        "def change(event): conf.pick('DEFAULTS').clear()",
    ),
    "values of keyword arguments": (
        "DEFAULTS",
        "",
        "def touch(opts, rows): opts.clear()\ndef change(event): touch(**DEFAULTS)",
    ),
    "positional arguments": (
        "DEFAULTS",
        "",
        "def touch(*all): all[0].clear()\ndef change(event): touch(*DEFAULTS.values())",
    ),
    "partial": (
        "DEFAULTS",
        "",
        """
def touch(node): node.clear()
def change(event): functools.partial(touch, DEFAULTS)()
""",
    ),
    "partial by keyword": (
        "DEFAULTS",
        "",
        """
def touch(n, node): node["opts"].update(n)
def change(event): functools.partial(touch, node=DEFAULTS)(event)
""",
    ),
    "partial of unknown code": (
        "DEFAULTS",
        "",
        "def change(event): functools.partial(kit.touch, DEFAULTS)()",
    ),
    "partial whose function hands it out": (
        "DEFAULTS",
        "",
        """
def opts(node): return node["opts"]
def change(event): functools.partial(opts, DEFAULTS)().clear()
""",
    ),
    "taken out of a partial": (
        "DEFAULTS",
        "",
        """
def count(node): return len(node)
def change(event): functools.partial(count, node=DEFAULTS).keywords["node"].clear()
""",
    ),
    "map": (
        "DEFAULTS",
        "",
        "def touch(node): node.clear()\ndef change(event): list(map(touch, DEFAULTS.values()))",
    ),
    "thread": (
        "DEFAULTS",
        "",
        """
def touch(node): node.clear()
def change(event): threading.Thread(target=touch, args=(DEFAULTS,)).start()
""",
    ),
    "generator": (
        "DEFAULTS",
        "",
        """
def parts():
    yield DEFAULTS["opts"]
def change(event): next(parts()).clear()
""",
    ),
    "lambda": (
        "DEFAULTS",
        "pick = lambda: DEFAULTS['opts']",
        "def change(event): conf.pick().clear()",
    ),
    "copy of the outer dictionary": (
        "DEFAULTS",
        "",
        "def change(event): dict(DEFAULTS)['opts'].clear()",
    ),
    "joined dictionaries": (
        "DEFAULTS",
        "",
        "def change(event): {**DEFAULTS, 'x': 1}['opts'].clear()",
    ),
    "what init adds": (
        "FLAT",
        "FLAT['more'] = {'n': 1}\ndef more(): return FLAT['more']",
        "def change(event): conf.more()['n'] = 2",
    ),
    "in place through another name": (
        "DEFAULTS",
        "",
        "def change(event):\n    rows = DEFAULTS['rows']\n    rows += [event]",
    ),
    "numbered rows": (
        "DEFAULTS",
        "",
        "def change(event):\n    for n, row in enumerate(DEFAULTS['rows']): row['n'] = n",
    ),
    "rows in pairs": (
        "DEFAULTS",
        "",
        "def change(event):\n    for row, n in zip(DEFAULTS['rows'], event): row['n'] = n",
    ),
    "dictionary of pairs": (
        "DEFAULTS",
        "",
        "def change(event): dict(DEFAULTS.items())['opts'].clear()",
    ),
    "function that sorts by": (
        "DEFAULTS",
        "",
        """
def rank(row): return row.pop('n')
def change(event): return sorted(DEFAULTS['rows'], key=rank)
""",
    ),
    "row drawn at random": (
        "DEFAULTS",
        "",
        "import random\ndef change(event): random.choice(DEFAULTS['rows'])['n'] = 1",
    ),
    "match": (
        "DEFAULTS",
        "",
        "def change(event):\n    match DEFAULTS:\n        case {'opts': o}: o.clear()",
    ),
    "module found by name": (
        "DEFAULTS",
        "",
        """
import importlib
def change(event): importlib.import_module('conf').DEFAULTS['opts'].clear()
""",
    ),
    "module in the table of modules": (
        "DEFAULTS",
        "",
        "import sys\ndef change(event): sys.modules['conf'].DEFAULTS['opts'].clear()",
    ),
    "either of two": (
        "DEFAULTS",
        "",
        "def change(event):\n    opts = event or DEFAULTS['opts']\n    opts['a'] = 2",
    ),
    "decorated function": (
        "DEFAULTS",
        "",
        "@kit.wrapped\ndef touch(node): return len(node)\ndef change(event): touch(DEFAULTS)",
    ),
}

READS = {
    "modules of another package by computed names": (
        "DEFAULTS",
        "",
        """
def change(event):
    import importlib
    return importlib.import_module(f"plugins.{event['name']}").run(event)
""",
    ),
    "kind of an object": ("DEFAULTS", "", "def change(event): return type(DEFAULTS) is dict"),
    "items and comparisons": (
        "DEFAULTS",
        "",
        "def change(event): return DEFAULTS['opts']['a'] == 1 and 'x' in DEFAULTS['rows'][0]",
    ),
    "text": ("DEFAULTS", "", "def change(event): return f'{DEFAULTS}' + str(DEFAULTS['opts'])"),
    "JSON": ("DEFAULTS", "", "def change(event): return json.dumps(DEFAULTS)"),
    "deep copy": (
        "DEFAULTS",
        "",
        "def change(event):\n    own = copy.deepcopy(DEFAULTS)\n    own['opts']['a'] = 2",
    ),
    "loop that only reads": (
        "DEFAULTS",
        "",
        "def change(event):\n    for k, v in DEFAULTS.items():\n        print(k, len(v))",
    ),
    "parameter that is only read": (
        "DEFAULTS",
        "",
        "def count(node): return len(node['opts'])\ndef change(event): return count(DEFAULTS)",
    ),
    "parameter that a partial gives": (
        "DEFAULTS",
        "",
        """
def step(text, *, table): return table["opts"].get(text)
def first(table, text): return text in table
def change(event):
    for each in [functools.partial(step, table=DEFAULTS), functools.partial(first, DEFAULTS)]:
        print(each(event))
""",
    ),
    "scalar that is handed out": (
        "FLAT",
        "def region(): return FLAT['region']",
        "def change(event): kit.apply(conf.region())",
    ),
    "scalars handed to unknown code": (
        "FLAT",
        "",
        "def change(event): kit.apply(FLAT.get('region'), **FLAT)",
    ),
    "copy of scalars that changes": (
        "FLAT",
        "",
        "def change(event):\n    own = dict(FLAT)\n    own.update(event)\n    kit.apply(own)",
    ),
    "joined with an event": ("FLAT", "", "def change(event): kit.apply({**FLAT, **event})"),
    "answer of the handler": ("DEFAULTS", "", "def change(event): return conf.DEFAULTS['opts']"),
    "request": (
        "DEFAULTS",
        "",
        "s3 = boto3.client('s3')\ndef change(event): s3.put_object(Metadata=DEFAULTS['opts'])",
    ),
    "tuple of texts handed on": ("conf.NAMES", "", "def change(event): kit.apply(conf.NAMES)"),
    "function that nobody calls": (
        "DEFAULTS",
        "def drop(): DEFAULTS['opts'].clear()",
        "def change(event): ...",
    ),
    "local of the same name": (
        "DEFAULTS",
        "",
        "def change(event):\n    DEFAULTS = {}\n    DEFAULTS['x'] = event\n    kit.apply(DEFAULTS)",
    ),
    "change before": ("FLAT", "FLAT['zone'] = 'y'", "def change(event): return FLAT['zone']"),
    "main guard": (
        "DEFAULTS",
        "",
        "def change(event): ...\nif __name__ == '__main__':\n    kit.apply(DEFAULTS)",
    ),
}


def template_of(name, cases):
    value, conf, app = cases[name]
    return object_verdict(analysed(APP % (value, app), conf=CONF % conf), "template")


@pytest.mark.parametrize("name", CHANGES)
def test_a_value_stays_if_what_it_reads_may_change_through_a_second_name(name):
    verdict = template_of(name, CHANGES)
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert verdict.reason.startswith("it reads conf"), verdict.reason
    assert verdict.line


@pytest.mark.parametrize("name", READS)
def test_a_value_can_wait_if_what_it_reads_is_only_read(name):
    verdict = template_of(name, READS)
    assert verdict.kind is VerdictKind.NEEDS_GETTER, verdict.reason


CLASSES = """
import copy
import kit
class Base:
    OPTS = {"a": {"n": 1}}
class Conf(Base):
    ROWS = [{"n": 0}]
    def rows(self): return self.ROWS
conf = Conf()
template = copy.deepcopy(%s)
%s
def handler(event, context):
    change(event)
    return template
"""


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ("Conf.ROWS", "def rows(): return Conf.ROWS\ndef change(event): rows()[0]['n'] = 1"),
        ("Conf.ROWS", "def change(event): Conf().rows().append(event)"),
        ("Conf.OPTS", "def change(event):\n    for one in conf.OPTS.values(): one.clear()"),
        ("conf.ROWS", "def change(event): kit.apply(Conf.ROWS)"),
        ("conf", "def change(event): kit.apply(conf.rows()[0])"),
    ],
)
def test_a_value_stays_if_a_table_of_a_class_may_change(value, change):
    verdict = object_verdict(analysed(CLASSES % (value, change)), "template")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    calm = "def change(event): return len(Conf.ROWS), conf.OPTS['a']['n'], len(conf.rows())"
    verdict = object_verdict(analysed(CLASSES % (value, calm)), "template")
    assert verdict.kind is VerdictKind.NEEDS_GETTER, verdict.reason


SESS = """
import boto3
import botocore.session
import kit
core = botocore.session.Session()
session = boto3.Session(botocore_session=core)
%s
"""
CALLER = """
import boto3
import kit
import sess
from sess import session
sns = session.client("sns")
%s
def handler(event, context):
    change(event)
    return sns.publish(Message="m")
"""
SWITCHES = {
    "method of its part in another file": (
        "def switch(r): core.set_config_variable('region', r)",
        "def change(event): sess.switch(event['r'])",
    ),
    "method of its part": ("", "def change(event): sess.core.set_config_variable('region', 'x')"),
    "method of a part's part": ("", "def change(event): session.events.register('*', print)"),
    "attribute": ("", "def change(event): sess.core.user_agent_extra = 'x'"),
    "private part": ("", "def change(event): session._session.set_config_variable('region', 'x')"),
    "handed on": ("", "def change(event): kit.apply(session)"),
    "part handed on": ("", "def change(event): kit.apply(sess.core)"),
    "setattr": ("", "def change(event): setattr(sess.core, 'user_agent_extra', 'x')"),
    "local name": (
        "",
        "def change(event):\n    one = sess.core\n    one.set_config_variable('region', 'x')",
    ),
    "parameter": (
        "",
        "def use(one): one.set_credentials('a', 'b')\ndef change(event): use(sess.core)",
    ),
}
CLIENT_CHANGES = [
    "def change(event): ddb.meta.client.meta.events.register('*', print)",
    "def change(event):\n    c = ddb.meta.client\n    c.meta.events.register('*', print)",
    "def hook(c): c.events.unregister('*')\ndef change(event): hook(ddb.meta.client.meta)",
    "def change(event):\n    meta = ddb.meta\n    meta.client.meta.events.register('*', print)",
]


@pytest.mark.parametrize("change", CLIENT_CHANGES)
def test_a_table_stays_if_the_client_behind_its_resource_changes(change):
    text = """
import boto3
ddb = boto3.resource("dynamodb")
table = ddb.Table("t")
def handler(event, context):
    change(event)
    return table.get_item(Key=event)
"""
    verdict = object_verdict(analysed(f"{text}{change}"), "table")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE


STEADY = {
    "other clients": ("", "def change(event): session.client('sqs').list_queues()"),
    "what it was made with": ("", "def change(event): return session.region_name.upper()"),
    "parameter that only makes clients": (
        "def make(one, name): return one.client(name)",
        "def change(event): return sess.make(session, 'sqs').list_queues()",
    ),
    "credentials": ("", "def change(event): return session.get_credentials().access_key"),
    "configuration that is read": (
        "",
        "def change(event): return sess.core.get_config_variable('region')",
    ),
}


def client_of(name, cases):
    sess, app = cases[name]
    return object_verdict(analysed(CALLER % app, sess=SESS % sess), "sns")


@pytest.mark.parametrize("name", SWITCHES)
def test_a_client_stays_if_a_function_may_change_the_session_that_makes_it(name):
    verdict = client_of(name, SWITCHES)
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert verdict.reason.startswith("it reads sess."), verdict.reason


@pytest.mark.parametrize("name", STEADY)
def test_a_client_can_wait_if_its_session_is_only_read(name):
    verdict = client_of(name, STEADY)
    assert verdict.kind is VerdictKind.NEEDS_GETTER, verdict.reason


def test_an_own_module_stays_if_its_body_reads_what_may_change():
    text = """
    import conf
    import tmpl
    def handler(event, context):
        %s
        return tmpl.template
    """
    others = {
        "conf": CONF % "def section(n): return DEFAULTS[n]",
        "tmpl": "import copy\nfrom conf import DEFAULTS\ntemplate = copy.deepcopy(DEFAULTS)",
    }
    verdict = import_verdict(analysed(text % "conf.section('opts')['n'] = 1", **others), "tmpl")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "importing tmpl reads conf.DEFAULTS, which handler() changes" in verdict.reason
    verdict = import_verdict(analysed(text % "len(conf.section('opts'))", **others), "tmpl")
    assert verdict.kind is VerdictKind.DEFERRABLE, verdict.reason


COMMON = [
    'boto3.client("s3", config=Config(retries={"max_attempts": 2}))',
    'boto3.client("s3", region_name=REGION)',
    'boto3.client("s3", region_name=os.environ["REGION"])',
    'boto3.client("s3", **KW)',
    'boto3.client("s3", config=CONFIG)',
    'session.client("s3")',
    'boto3.resource("dynamodb").Table(TABLES["orders"])',
    'dynamodb.Table(os.getenv("TABLE", "t"))',
    'boto3.client("s3", endpoint_url=URL % REGION)',
]


@pytest.mark.parametrize("value", COMMON)
def test_the_clients_of_real_handlers_keep_their_getters(value):
    text = f"""
import os
import boto3
from botocore.config import Config
import kit
REGION = os.environ.get("AWS_REGION", "eu-west-1")
URL = "https://{{}}.example"
KW = {{"region_name": REGION, "use_ssl": True}}
TABLES = {{"orders": os.environ["ORDERS"], "users": "users"}}
CONFIG = Config(connect_timeout=5)
session = boto3.Session(region_name=REGION)
dynamodb = boto3.resource("dynamodb")
sqs = boto3.client("sqs", config=CONFIG, **KW)
thing = {value}
def save(client, name, **more):
    return client.put_item(TableName=name, **more)
def handler(event, context):
    kit.log(REGION, TABLES["users"], **KW)
    dynamodb.Table(TABLES["orders"]).put_item(Item=event)
    dynamodb.meta.client.batch_write_item(RequestItems=dict())
    save(sqs, TABLES.get("users"))
    kit.upload(sqs, thing)
    session.resource("s3")
    return thing
"""
    verdict = object_verdict(analysed(text), "thing")
    assert verdict.kind is VerdictKind.NEEDS_GETTER, verdict.reason
