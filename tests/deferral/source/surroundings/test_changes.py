"""Imports and objects that read what a function changes before the moved code would run."""

from __future__ import annotations

import pytest

from importcost.model.advice import Obstacle, VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

USES = """
def handler(event, context):
    change(event)
    return thing.answer(event)
"""

CHANGES = {
    "environ item": "def change(event): os.environ['AWS_PROFILE'] = event['x']",
    "environ computed key": "def change(event): os.environ[event['k']] = event['x']",
    "environ update": "def change(event): os.environ.update(AWS_REGION='eu-west-1')",
    "environ update of a dictionary": "def change(event): os.environ.update(event)",
    "environ setdefault": "def change(event): os.environ.setdefault('AWS_REGION', 'x')",
    "environ pop": "def change(event): os.environ.pop('AWS_SESSION_TOKEN', None)",
    "environ del": "def change(event): del os.environ['AWS_SESSION_TOKEN']",
    "environ in place": "def change(event): os.environ |= {'AWS_REGION': 'x'}",
    "environ assigned": "def change(event): os.environ = dict(event)",
    "environ alias": "environ = os.environ\ndef change(event): environ['AWS_REGION'] = 'x'",
    "environ local alias": "def change(event):\n    env = os.environ\n    env['AWS_REGION'] = 'x'",
    "environ imported": "from os import environ as e\ndef change(event): e['AWS_REGION'] = 'x'",
    "environ attribute": """
class Settings:
    def __init__(self):
        self.env = os.environ
    def set(self):
        self.env["AWS_REGION"] = "x"
def change(event):
    Settings().set()
""",
    "environ passed on": """
def fill(target):
    target["AWS_REGION"] = "x"
def change(event):
    fill(os.environ)
""",
    "environ patched": """
from unittest import mock
def change(event):
    with mock.patch.dict(os.environ, {"AWS_REGION": "x"}):
        return thing.answer(event)
""",
    "environ in a context manager": """
import contextlib
@contextlib.contextmanager
def region(name):
    os.environ["AWS_REGION"] = name
    yield
    del os.environ["AWS_REGION"]
def change(event):
    with region("x"):
        return thing.answer(event)
""",
    "environ method passed on": "def change(event): list(map(os.environ.pop, event))",
    "environ in a loop": "def change(event):\n    for os.environ['AWS_REGION'] in event: pass",
    "putenv": "def change(event): os.putenv('AWS_REGION', 'x')",
    "load_dotenv": "import dotenv\ndef change(event): dotenv.load_dotenv()",
    "through a method": """
class Role:
    def assume(self):
        os.environ["AWS_REGION"] = "x"
def change(event):
    event["role"].assume()
""",
    "through a table": """
def become(event):
    os.environ["AWS_REGION"] = "x"
STEPS = {"become": become}
def change(event):
    STEPS[event["step"]](event)
""",
    "in a decorator's wrapper": """
def as_partner(function):
    def wrapper(event):
        os.environ["AWS_REGION"] = "x"
        return function(event)
    return wrapper
@as_partner
def change(event): ...
""",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_client_stays_if_a_function_changes_the_environment(name):
    text = f"import os\nimport boto3\nthing = boto3.client('s3')\n{CHANGES[name]}\n{USES}"
    files = analysed(text)
    verdict = object_verdict(files, "thing")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "boto3.client() may read the environment, which" in verdict.reason, verdict.reason
    assert verdict.line
    assert import_verdict(files, "boto3").kind is VerdictKind.NOT_DEFERRABLE


HARMLESS = {
    "environment that is only read": "def change(event): return os.environ['AWS_REGION']",
    "copy of the environment": """
def change(event):
    env = os.environ.copy()
    env["AWS_REGION"] = "x"
    return dict(os.environ, AWS_REGION="x")
""",
    "variable that no client reads": "def change(event): os.environ['REQUEST_ID'] = event['id']",
    "function that nobody calls": """
def change(event): ...
def switch(creds):
    os.environ["AWS_REGION"] = "x"
""",
    "main guard": """
def change(event): ...
if __name__ == "__main__":
    os.environ["AWS_REGION"] = "x"
    os.chdir("/tmp")
""",
    "before the object": "def change(event): ...",
    "dictionary called environ": """
def change(event):
    environ = {}
    environ["AWS_REGION"] = "x"
""",
    "programs' search path": "def change(event): os.environ['PATH'] += ':/var/task'",
    "folder": "def change(event): os.chdir('/tmp')",
    "names like those of methods": "pop = update = None\ndef change(event): return pop, [update]",
    "umask": "def change(event): os.umask(0)",
    "recursion limit": "import sys\ndef change(event): sys.setrecursionlimit(10_000)",
    "log level": """
import logging
logger = logging.getLogger()
def change(event):
    logger.setLevel(logging.INFO)
""",
    "locale is only read": "import locale\ndef change(event): return locale.setlocale(0)",
    "environment passed to a program": """
import subprocess
def change(event):
    subprocess.run(["ls"], env=os.environ)
""",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_client_can_wait_if_nothing_that_it_reads_changes(name):
    before = "os.environ['AWS_REGION'] = 'x'\n" if name == "before the object" else ""
    text = f"import os\nimport boto3\n{before}thing = boto3.client('s3')\n{HARMLESS[name]}\n{USES}"
    verdict = object_verdict(analysed(text), "thing")
    assert verdict.kind is VerdictKind.NEEDS_GETTER, verdict.reason


READERS = {
    "folder": ("open('table.txt')", "import os", "os.chdir('/tmp')"),
    "folder by a context manager": (
        "pathlib.Path('x').read_text()",
        "import contextlib, pathlib",
        "contextlib.chdir('/tmp')",
    ),
    "folder by getcwd": ("os.getcwd()", "import os", "os.chdir('/tmp')"),
    "folder by a package": ("joblib.load('model.pkl')", "import os, joblib", "os.chdir('/tmp')"),
    "environment by getenv": ("os.getenv('STAGE')", "import os", "os.environ['STAGE'] = 'x'"),
    "environment by item": ("os.environ['STAGE']", "import os", "os.environ['STAGE'] = 'x'"),
    "environment by home": (
        "os.path.expanduser('~/x')",
        "import os",
        "os.environ['HOME'] = '/tmp'",
    ),
    "environment by another package": (
        "redis.Redis()",
        "import os, redis",
        "os.environ['X'] = 'y'",
    ),
    "umask": ("open('/tmp/log' + str(1), 'w')", "import os", "os.umask(0o77)"),
    "locale": (
        "babel.Locale('de')",
        "import locale, babel",
        "locale.setlocale(locale.LC_ALL, 'de')",
    ),
    "time zone": ("dateutil.tz.tzlocal()", "import dateutil.tz, time", "time.tzset()"),
    "search path": ("plugins.Registry()", "import plugins, sys", "sys.path.insert(0, '/tmp')"),
    "search path assigned": ("plugins.Registry()", "import plugins, sys", "sys.path = ['/tmp']"),
    "modules": ("plugins.Registry()", "import plugins, sys", "sys.modules['x'] = event"),
    "recursion limit": (
        "parser.Parser()",
        "import parser, sys",
        "sys.setrecursionlimit(event['n'])",
    ),
    "socket timeout": (
        "redis.Redis('h')",
        "import redis, socket",
        "socket.setdefaulttimeout(3)",
    ),
    "socket timeout of the standard library": (
        "smtplib.SMTP('h')",
        "import smtplib, socket",
        "socket.setdefaulttimeout(3)",
    ),
    "patched socket": (
        "redis.Redis('h')",
        "import redis, socket",
        "socket.socket = event['socket']",
    ),
    "seed": ("sklearn.Forest()", "import sklearn, random", "random.seed(1)"),
    "seed of numpy": ("sklearn.Forest()", "import sklearn, numpy as np", "np.random.seed(1)"),
    "decimal precision": (
        "decimal.Decimal(1) / 3 + abs(1)",
        "import decimal",
        "decimal.getcontext().prec = 5",
    ),
    "decimal context": (
        "decimal.Decimal(1) / abs(3)",
        "import decimal",
        "decimal.setcontext(event['c'])",
    ),
    "local decimal context": (
        "decimal.Decimal(1) / abs(3)",
        "import decimal",
        "decimal.localcontext()",
    ),
    "warnings": ("old.Client()", "import old, warnings", "warnings.simplefilter('error')"),
    "warnings in a with": ("old.Client()", "import old, warnings", "warnings.catch_warnings()"),
    "streams": ("rich.Console()", "import rich, sys", "sys.stdout = event['f']"),
    "logging": ("logging.StreamHandler()", "import logging", "logging.basicConfig(level=1)"),
    "logger class": (
        "logging.getLogger('x')",
        "import logging",
        "logging.setLoggerClass(event['c'])",
    ),
    "default session": (
        "boto3.client('s3')",
        "import boto3",
        "boto3.setup_default_session(region_name='x')",
    ),
    "attribute of the package": ("openai.OpenAI()", "import openai", "openai.api_key = 'x'"),
    "temporary folder": (
        "tempfile.mkdtemp()",
        "import tempfile",
        "tempfile.tempdir = event['folder']",
    ),
    "event loop": ("asyncio.Queue()", "import asyncio", "asyncio.set_event_loop(event['l'])"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_value_stays_if_a_function_changes_what_it_reads(name):
    value, imports, change = READERS[name]
    text = f"{imports}\nthing = {value}\ndef change(event):\n    {change}\n{USES}"
    assert object_verdict(analysed(text), "thing").kind is VerdictKind.NOT_DEFERRABLE


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in READERS
        # These hold state, a moment or a file, which no getter makes in any case.
        if name not in ("event loop", "attribute of the package", "umask")
    ],
)
def test_the_same_value_can_wait_without_the_change(name):
    value, imports, _ = READERS[name]
    text = f"{imports}\nthing = {value}\ndef change(event): ...\n{USES}"
    assert object_verdict(analysed(text), "thing").kind is VerdictKind.NEEDS_GETTER


IMPORTS = {
    "environment": ("os.environ['X'] = 'y'", "pandas"),
    "locale": ("locale.setlocale(locale.LC_ALL, 'C')", "pandas"),
    "warnings": ("warnings.filterwarnings('error')", "pandas"),
    "search path": ("sys.path.insert(0, '/tmp/lib')", "pandas"),
    "search path and the standard library": ("sys.path.insert(0, '/tmp/lib')", "statistics"),
    "search path extended": ("sys.path.append('/tmp/lib')", "pandas"),
    "folder added": ("site.addsitedir('/tmp/lib')", "pandas"),
    "modules": ("sys.modules['numpy'] = None", "pandas"),
    "import hooks": ("sys.meta_path.clear()", "pandas"),
    "zone files": ("os.environ['PYTHONTZPATH'] = '/tmp'", "zoneinfo"),
    "patched": ("socket.create_connection = event", "pandas"),
    "loggers": ("logging.config.dictConfig(event)", "pandas"),
    "low recursion limit": ("sys.setrecursionlimit(50)", "statistics"),
}
NAMES = "import locale, logging.config, os, site, socket, sys, warnings"


@pytest.mark.parametrize("name", IMPORTS)
def test_an_import_stays_if_a_function_changes_what_it_reads(name):
    change, module = IMPORTS[name]
    text = f"{NAMES}\nimport {module} as thing\ndef change(event):\n    {change}\n{USES}"
    verdict = import_verdict(analysed(text), module)
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "change() changes at line 4" in verdict.reason


@pytest.mark.parametrize(
    ("change", "module"),
    [
        ("os.environ['X'] = 'y'", "json"),
        ("os.environ['X'] = 'y'", "zoneinfo"),
        ("os.chdir('/tmp')", "pandas"),
        ("sys.path.append('/tmp/lib')", "statistics"),
        ("random.seed(1)", "statistics"),
        ("logging.basicConfig()", "pandas"),
        ("signal.signal(signal.SIGALRM, signal.SIG_IGN)", "pandas"),
        ("gc.disable()", "pandas"),
        ("decimal.getcontext().prec = 3", "pandas"),
    ],
)
def test_an_import_can_move_if_it_does_not_read_what_changes(change, module):
    names = "import decimal, gc, logging, os, random, signal, sys"
    text = f"{names}\nimport {module} as thing\ndef change(event):\n    {change}\n{USES}"
    verdict = import_verdict(analysed(text), module)
    assert verdict.kind is VerdictKind.DEFERRABLE, verdict.reason


FOLDERS = {
    "relative": ("sys.path.insert(0, './vendored')", True),
    "relative without a dot": ("sys.path.append('vendored')", True),
    "empty": ("sys.path.insert(0, '')", True),
    "joined": ("sys.path.insert(0, os.path.join('vendored'))", True),
    "constant": ("VENDORED = 'vendored'\nsys.path.insert(0, VENDORED)", True),
    "path": ("sys.path.insert(0, str(pathlib.Path('vendored')))", True),
    "added to": ("sys.path += ['vendored']", True),
    "slice": ("sys.path[0:0] = ['vendored']", True),
    "site": ("site.addsitedir('vendored')", True),
    "absolute": ("sys.path.insert(0, '/var/task/vendored')", False),
    "beside the file": (
        "sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'vendored'))",
        False,
    ),
    "task root": ("sys.path.insert(0, os.environ['LAMBDA_TASK_ROOT'] + '/vendored')", False),
    "another folder": ("sys.path.insert(0, 'plugins')", False),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_an_import_found_by_a_relative_entry_stays_if_the_folder_changes(name):
    entry, stays = FOLDERS[name]
    text = f"""
import os, pathlib, site, sys
{entry}
import thing
def change(event):
    os.chdir("/tmp")
{USES}"""
    files = analysed(text, thing="def answer(event): ...", folders={"thing": "/var/task/vendored"})
    verdict = import_verdict(files, "thing")
    assert (verdict.kind is VerdictKind.NOT_DEFERRABLE) is stays, verdict.reason
    if stays:
        assert (
            "searches a folder of sys.path that is not absolute, which change()" in verdict.reason
        )
    calm = text.replace('os.chdir("/tmp")', "pass")
    files = analysed(calm, thing="def answer(event): ...", folders={"thing": "/var/task/vendored"})
    assert import_verdict(files, "thing").kind is VerdictKind.DEFERRABLE


OWN = {
    "environment": ("import os\nSTAGE = os.environ['STAGE']", "os.environ['STAGE'] = 'x'"),
    "environment in a function": (
        "import os\ndef stage():\n    return os.getenv('STAGE')\nSTAGE = stage()",
        "os.environ['STAGE'] = 'x'",
    ),
    "folder": ("TABLE = open('table.txt').read()", "os.chdir('/tmp')"),
    "client": ("import boto3\nS3 = boto3.client('s3')", "os.environ['AWS_REGION'] = 'x'"),
    "import of an import": ("import deeper", "os.environ['STAGE'] = 'x'"),
    "decimals": ("import decimal\nTHIRD = decimal.Decimal(1) / 3", "decimal.getcontext().prec = 3"),
}


@pytest.mark.parametrize("name", OWN)
def test_an_own_module_stays_if_its_body_reads_what_a_function_changes(name):
    body, change = OWN[name]
    text = f"import decimal, os, random\nimport thing\ndef change(event):\n    {change}\n{USES}"
    others = {
        "thing": body + "\ndef answer(event): ...",
        "deeper": "import os\nX = os.getenv('STAGE')",
    }
    verdict = import_verdict(analysed(text, **others), "thing")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "importing thing reads" in verdict.reason
    calm = text.replace(change, "pass")
    assert import_verdict(analysed(calm, **others), "thing").kind is VerdictKind.DEFERRABLE


def test_the_change_may_be_in_another_file_and_in_one_that_init_does_not_load():
    text = """
    import boto3
    import roles
    s3 = boto3.client("s3")
    def handler(event, context):
        roles.become(event)
        return s3.get_object()
    """
    roles = """
    def become(event):
        import partner
        partner.become(event)
    """
    partner = """
    import os
    def become(event):
        os.environ["AWS_PROFILE"] = "partner"
    """
    files = analysed(text, roles=roles, partner=partner, waits=["partner"])
    verdict = object_verdict(files, "s3")
    assert verdict.reason == (
        "boto3.client() may read the environment, which become() changes at line 4 of partner"
    )
    body = "import os\nos.environ['AWS_PROFILE'] = 'partner'\ndef become(event): ...\n"
    files = analysed(text, roles=roles, partner=body, waits=["partner"])
    assert object_verdict(files, "s3").kind is VerdictKind.NOT_DEFERRABLE


@pytest.mark.parametrize("first", [True, False])
def test_changes_by_other_files_during_init_count_if_they_come_afterwards(first):
    lines = ["import settings", "s3 = boto3.client('s3')"]
    body = "\n".join(lines if first else reversed(lines))
    text = f"import boto3\n{body}\ndef handler(event, context): return s3.get_object()\n"
    settings = "import os\nos.environ['AWS_PROFILE'] = 'partner'\n"
    kind = object_verdict(analysed(text, settings=settings), "s3").kind
    assert (kind is VerdictKind.NEEDS_GETTER) is first


@pytest.mark.parametrize("first", [True, False])
def test_changes_by_functions_called_during_init_count_if_they_come_afterwards(first):
    lines = ["configure()", "s3 = boto3.client('s3')"]
    body = "\n".join(lines if first else reversed(lines))
    text = f"""
import os
import boto3
def configure():
    os.environ["AWS_PROFILE"] = "partner"
{body}
def handler(event, context): return s3.get_object()
"""
    kind = object_verdict(analysed(text), "s3").kind
    assert (kind is VerdictKind.NEEDS_GETTER) is first


def test_a_name_that_a_function_of_another_file_binds_again_is_not_imported_later():
    settings = "REGION = 'x'\ndef switch():\n    global REGION\n    REGION = 'y'\n"
    text = """
    import settings
    from settings import REGION
    def handler(event, context):
        settings.switch()
        return REGION
    """
    files = analysed(text, settings=settings)
    reasons = [item.verdict for item in files["app"].imports if item.code.startswith("from")]
    assert reasons[0].kind is VerdictKind.NOT_DEFERRABLE
    assert reasons[0].reason == (
        "importing settings reads settings.REGION, which switch() changes at line 4 of settings"
    )


def test_an_object_that_reads_an_attribute_of_another_file_stays_if_it_is_assigned():
    text = """
    import boto3
    import other
    import settings
    s3 = boto3.client("s3", region_name=settings.REGION)
    def handler(event, context):
        return s3.get_object()
    def more_handler(event, context):
        other.set_region(event, context)
    """
    settings = "REGION = 'x'\n"
    calm = "def set_region(event, context): ...\n"
    wild = "import settings\ndef set_region(event, context):\n    settings.REGION = 'z'\n"
    found = object_verdict(analysed(text, settings=settings, other=calm), "s3")
    assert found.kind is VerdictKind.NEEDS_GETTER
    found = object_verdict(analysed(text, settings=settings, other=wild), "s3")
    assert found.reason == "it reads settings.REGION, which set_region() changes at line 3 of other"


@pytest.mark.parametrize(
    "change", ["os.chdir('/tmp')", "os.environ['AWS_REGION'] = 'x'", "os.umask(0)"]
)
def test_boto3_itself_can_wait_if_no_client_is_made_at_import(change):
    text = f"""
import os
import boto3
def change(event):
    {change}
def handler(event, context):
    change(event)
    return boto3.client("s3").list_buckets()
"""
    assert import_verdict(analysed(text), "boto3").kind is VerdictKind.DEFERRABLE


def test_a_reason_has_its_values():
    text = """
    import os
    import boto3
    s3 = boto3.client("s3")
    def handler(event, context):
        os.environ["AWS_REGION"] = "x"
        return s3.list_buckets()
    """
    files = analysed(text)
    expected = Obstacle("environment", "app", 6, "os.environ")
    assert object_verdict(files, "s3").obstacle == expected
    verdict = import_verdict(files, "boto3")
    assert verdict.obstacle == expected
    assert verdict.reason.startswith("s3 needs it at import and has to stay: boto3.client() may")


STATE = """
import boto3
import settings
def region():
    return settings.TABLE["region"]
s3 = boto3.client("s3", region_name=region())
def handler(event, context):
    settings.choose(event)
    return s3.list_buckets()
"""


@pytest.mark.parametrize(
    "change",
    [
        "TABLE['region'] = event['region']",
        "TABLE.update(event)",
        "TABLE |= event",
        "del TABLE['region']",
    ],
)
def test_an_object_stays_if_a_function_that_it_calls_reads_a_table_that_changes(change):
    scope = "    global TABLE\n" if "|=" in change else ""
    calm = "TABLE = {'region': 'x'}\ndef choose(event): ...\n"
    wild = f"TABLE = {{'region': 'x'}}\ndef choose(event):\n{scope}    {change}\n"
    found = object_verdict(analysed(STATE, settings=calm), "s3")
    assert found.kind is VerdictKind.NEEDS_GETTER
    found = object_verdict(analysed(STATE, settings=wild), "s3")
    assert found.kind is VerdictKind.NOT_DEFERRABLE
    assert found.reason.startswith("it reads settings.TABLE, which choose() changes at line ")


def test_tables_that_no_object_reads_may_change():
    text = """
    import boto3
    CACHE = {}
    s3 = boto3.client("s3")
    def handler(event, context):
        CACHE[event["key"]] = s3.list_buckets()
        return CACHE
    """
    assert object_verdict(analysed(text), "s3").kind is VerdictKind.NEEDS_GETTER


OBJECTS = """
import boto3
import settings
class Config:
    region = "x"
    def use(self, region): self.region = region
    def name(self, name): self.other = name
    @property
    def where(self): return self.region
    def options(self): return {"region_name": self.region}
config = Config()
def fill(target, value): target["region"] = value
OPTIONS = {"region": "x"}
NESTED = {"s3": {"region_name": "x"}}
s3 = boto3.client("s3", %s)
def handler(event, context):
    %s
    return s3.list_buckets()
"""
SETTINGS = """
class Settings:
    region = "x"
    def use(self, region): self.region = region
    def get(self): return self.region
    def fill(self): self._filled = True
settings = Settings()
"""
OBJECT_CHANGES = [
    ("region_name=config.region", "config.use(event)"),
    ("region_name=config.region", "Config.region = event"),
    ("region_name=config.region", "vars(config).update(event)"),
    ("region_name=config.where", "config.use(event)"),
    ("**config.options()", "config.use(event)"),
    ("**config.options()", "c = config\n    c.region = event"),
    ("region_name=OPTIONS['region']", "fill(OPTIONS, event)"),
    ("region_name=OPTIONS['region']", "o = OPTIONS\n    o.update(event)"),
    ("**NESTED['s3']", "o = NESTED.get('s3')\n    o['region_name'] = event"),
    ("**NESTED['s3']", "for o in NESTED.values():\n        o['region_name'] = event"),
    ("region_name=settings.settings.get()", "settings.settings.use(1)"),
    ("region_name=settings.settings.region", "s = settings.settings\n    s.region = 1"),
    ("region_name=settings.settings.region", "setattr(settings.settings, 'region', 1)"),
]
OBJECT_READS = [
    ("region_name=config.region", "config.name(event)"),
    ("config=config", "config.options()"),
    ("region_name=OPTIONS['region']", "o = dict(OPTIONS)\n    o.update(event)"),
    ("region_name=OPTIONS['region']", "return len(OPTIONS)"),
    ("region_name=settings.settings.region", "settings.settings.fill()"),
]


@pytest.mark.parametrize(("value", "change"), OBJECT_CHANGES)
def test_a_client_stays_if_a_function_changes_an_object_that_it_is_made_with(value, change):
    files = analysed(OBJECTS % (value, change), settings=SETTINGS)
    verdict = object_verdict(files, "s3")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert " changes" in verdict.reason


@pytest.mark.parametrize(("value", "use"), OBJECT_READS)
def test_a_client_can_wait_if_what_it_is_made_with_stays_the_same(value, use):
    files = analysed(OBJECTS % (value, use), settings=SETTINGS)
    assert object_verdict(files, "s3").kind is VerdictKind.NEEDS_GETTER


def test_a_variable_may_be_called_as_a_method_that_changes_its_object():
    text = "import boto3\ndef handler(event, context):\n    return sorted(event, key=sort)\n"
    assert import_verdict(analysed(text), "boto3").kind is VerdictKind.UNUSED


ASKING = """
import boto3, json, pathlib, requests
import box
ssm = boto3.client("ssm")
def own():
    return ssm.get_parameter(Name="x")
kept = %s
def handler(event, context):
    return ssm if event else kept
"""
BOX = """
import boto3, os
client = boto3.client("secretsmanager")
def fetch(name): return client.get_secret_value(SecretId=name)
def plain(name): return {"name": name}
def make(name):
    os.makedirs(name)
    return boto3.client(name)
class Loader:
    def __init__(self, client):
        self.found = client.describe_parameters(MaxResults=1)
class Store:
    def __init__(self, client): self.client = client
    def save(self): self.client.put_item(Item=1)
"""


@pytest.mark.parametrize(
    ("value", "deed"),
    [
        ("box.fetch('x')", "calls AWS"),
        ("own()", "calls AWS"),
        ("ssm.get_parameter(Name='x')['Parameter']['Value']", "calls AWS"),
        ("boto3.resource('dynamodb').Table('t').scan()", "calls AWS"),
        ("box.Loader(ssm)", "calls client.describe_parameters()"),
        ("requests.get('http://x').json()", "sends a request"),
        ("box.make('s3')", "makes a folder"),
        ("pathlib.Path('/tmp/a').write_text('x')", "writes a file"),
        ("json.dump({}, open('/tmp/x', 'w'))", "writes a file"),
    ],
)
def test_a_value_stays_if_making_it_is_seen_outside(value, deed):
    verdict = object_verdict(analysed(ASKING % value, box=BOX), "kept")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert verdict.reason.startswith(f"making kept {deed} at line ")


@pytest.mark.parametrize(
    "value",
    [
        "box.plain(requests)",
        "box.Store(ssm)",
        "boto3.client('s3').get_paginator('list_objects_v2')",
        "boto3.Session().client('s3')",
        "requests.Session()",
        "json.load(open('/tmp/x'))",
    ],
)
def test_a_value_can_wait_if_nobody_sees_it_made(value):
    verdict = object_verdict(analysed(ASKING % value, box=BOX), "kept")
    assert verdict.kind is VerdictKind.NEEDS_GETTER


PARTS = """
import part
import consts
%s
def handler(event, context):
    %s
    return part.answer() if event else None
"""
CONSTS = "LIMITS = {'max': 3}\ndef use(value): LIMITS['max'] = value\n"
READ_AT_IMPORT = [
    ("from consts import LIMITS", "LIMITS['max'] = 1", "import consts\nM = consts.LIMITS['max']\n"),
    ("", "consts.use(1)", "from consts import LIMITS\nALL = dict(LIMITS)\n"),
    ("", "consts.use(1)", "from consts import LIMITS\ndef f(x=LIMITS['max']): ...\n"),
    ("", "consts.use(1)", "import consts\nclass A:\n    top = consts.LIMITS.get('max')\n"),
    ("import tracing", "pass", "import boto3\ns3 = boto3.client('s3')\n"),
    ("import tracing", "pass", "from boto3 import client as make\ns3 = make('s3')\n"),
]
READ_LATER = [
    ("", "consts.use(1)", "from consts import LIMITS\ndef f(): return LIMITS\n"),
    ("", "consts.use(1)", "import consts\nNAME = consts.__name__\n"),
    ("", "part.CACHE['a'] = 1", "CACHE = {}\nget = CACHE.get\n"),
    ("import tracing", "pass", "import boto3\ndef s3(): return boto3.client('s3')\n"),
]


@pytest.mark.parametrize(("line", "change", "part"), READ_AT_IMPORT)
def test_an_own_module_stays_if_its_body_reads_an_object_that_changes(line, change, part):
    tracing = "import boto3\nboto3.client = print\n"
    files = analysed(PARTS % (line, change), consts=CONSTS, part=part, tracing=tracing)
    verdict = import_verdict(files, "part")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert verdict.reason.startswith("importing part reads ")


@pytest.mark.parametrize(("line", "change", "part"), READ_LATER)
def test_an_own_module_can_move_if_only_its_functions_read_what_changes(line, change, part):
    tracing = "import boto3\nboto3.client = print\n"
    files = analysed(PARTS % (line, change), consts=CONSTS, part=part, tracing=tracing)
    assert import_verdict(files, "part").kind is VerdictKind.DEFERRABLE


FILE_READERS = [
    "json.load(open('/tmp/t'))",
    "json.loads((ROOT / 't').read_text())",
    "zipfile.ZipFile('/tmp/t').namelist()",
    "os.path.exists('/tmp/t')",
]
FILE_WRITERS = [
    "pathlib.Path('/tmp/t').write_text(event)",
    "(ROOT / 't').open('w').write(event)",
    "s3.download_file('b', 'k', '/tmp/t')",
    "boto3.resource('s3').Bucket('b').download_file('k', '/tmp/t')",
    "zipfile.ZipFile('x').extractall('/tmp')",
    "subprocess.run(['cp', '/tmp/a', '/tmp/t'])",
    "ROOT.joinpath('t').unlink()",
]
FILES = """
import json, os, pathlib, subprocess, zipfile
import boto3
ROOT = pathlib.Path("/tmp")
s3 = boto3.client("s3")
thing = %s
def handler(event, context):
    %s
    return thing
"""


@pytest.mark.parametrize("change", FILE_WRITERS)
@pytest.mark.parametrize("value", FILE_READERS)
def test_what_reads_a_file_stays_if_a_function_writes_files(value, change):
    found = object_verdict(analysed(FILES % (value, change)), "thing")
    assert found.kind is VerdictKind.NOT_DEFERRABLE
    assert "read files, which handler() changes at line 8" in found.reason
    calm = "return (ROOT / 't').open('rb'), event.replace('w', ''), s3.get_object(Key='k')"
    found = object_verdict(analysed(FILES % (value, calm)), "thing")
    assert found.kind is VerdictKind.NEEDS_GETTER, found.reason
