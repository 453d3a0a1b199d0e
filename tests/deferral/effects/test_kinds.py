"""Each kind of effect, with members that change something and members that only look like it."""

import textwrap

import pytest

from tests.deferral.effects.made_modules import effects_in

REGISTRY = """
HANDLERS = {}
ORDER = []
LIMIT = 5

class Registry:
    def __init__(self):
        self.items = {}
    def add(self, name):
        def decorate(function):
            self.items[name] = function
            return function
        return decorate
    def __call__(self, function):
        self.items[function.__name__] = function
        return function
    def describe(self, function):
        function.described = True
        return function
    def names(self):
        return sorted(self.items)

registry = Registry()

def register(function):
    HANDLERS[function.__name__] = function
    return function

def traced(function):
    def wrapper(*args):
        return function(*args)
    return wrapper

def counted(function):
    def inner(*args):
        return function(*args)
    inner.calls = lambda: 0
    return inner

def limit():
    return LIMIT
"""
BASES = """
import abc
import enum

SEEN = []

class Hooked:
    registry = {}
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.registry[cls.__name__] = cls

class Marked:
    def __init_subclass__(cls, **kwargs):
        cls.marked = True
        cls.own = {}
        cls.own["name"] = cls.__name__

class Listed:
    def __init_subclass__(cls, **kwargs):
        SEEN.append(cls)

class Meta(type):
    known = []
    def __new__(mcs, name, bases, namespace):
        made = super().__new__(mcs, name, bases, namespace)
        mcs.known.append(made)
        return made

class Tracked(metaclass=Meta):
    pass

class Plugins(type):
    def __init__(cls, name, bases, namespace):
        if not hasattr(cls, "plugins"):
            cls.plugins = []
        else:
            cls.plugins.append(cls)

class Plugin(metaclass=Plugins):
    pass

class Tidy(type):
    def __new__(mcs, name, bases, namespace):
        namespace["tidy"] = True
        return super().__new__(mcs, name, bases, namespace)

class Tidied(metaclass=Tidy):
    pass

class Abstract(abc.ABC):
    @abc.abstractmethod
    def run(self): ...

class Colour(enum.Enum):
    pass

class Announced:
    all = []
    def __init__(self, name):
        SEEN.append(name)
    @classmethod
    def add(cls, other):
        cls.all.append(other)

class Counted:
    @classmethod
    def all(cls):
        return cls.__subclasses__()

class Asked:
    def __class_getitem__(cls, key):
        SEEN.append(key)
        return cls
    def __init__(self):
        self.rules = []
    def __matmul__(self, rule):
        self.rules.append(rule)
        return rule
    def __getitem__(self, key):
        SEEN.append(key)

asked = Asked()

class Plain:
    def __class_getitem__(cls, key):
        return cls
    def __truediv__(self, other):
        return (self, other)

plain = Plain()

class Field:
    def __set_name__(self, owner, name):
        self.name = name

class Column:
    def __set_name__(self, owner, name):
        SEEN.append((owner, name))

class Table:
    columns = []

class TableColumn:
    def __set_name__(self, owner, name):
        owner.columns.append(name)
"""

CHANGES = {
    "decorator function": "from core.registry import register\n@register\ndef f(): ...",
    "decorator of a module": "import core.registry as r\n@r.register\ndef f(): ...",
    "method as decorator": "from core.registry import registry\n@registry.add('f')\ndef f(): ...",
    "object as decorator": "from core.registry import registry\n@registry\ndef f(): ...",
    "decorated class": "from core.registry import register\n@register\nclass A: ...",
    "decorated method": (
        "from core.registry import register\nclass A:\n    @register\n    def f(self): ..."
    ),
    "call": "from core.registry import register\ndef f(): ...\nregister(f)",
    "call in a loop": (
        "from core.registry import register\ndef f(): ...\nfor one in (f,):\n    register(one)"
    ),
    "call in own function": (
        "from core import registry\ndef setup():\n    registry.HANDLERS['x'] = 1\nsetup()"
    ),
    "call whose result is kept": "from core.registry import register\nkept = register(len)",
    "append": "from core.registry import ORDER\nORDER.append('x')",
    "item": "from core import registry\nregistry.HANDLERS['x'] = 1",
    "attribute": "from core import registry\nregistry.LIMIT = 6",
    "augmented": "from core import registry\nregistry.ORDER += ['x']",
    "deleted": "from core import registry\ndel registry.LIMIT",
    "setattr": "from core import registry\nsetattr(registry, 'LIMIT', 6)",
    "method of a class replaced": "from core.registry import Registry\nRegistry.names = len",
    "__init_subclass__": "from core.bases import Hooked\nclass A(Hooked): ...",
    "__init_subclass__ of a grandparent": (
        "from core.bases import Hooked\nclass A(Hooked): ...\nclass B(A): ..."
    ),
    "__init_subclass__ with a global list": "from core.bases import Listed\nclass A(Listed): ...",
    "metaclass": "from core.bases import Tracked\nclass A(Tracked): ...",
    "metaclass by keyword": "from core.bases import Meta\nclass A(metaclass=Meta): ...",
    "metaclass that fills a list it made": "from core.bases import Plugin\nclass A(Plugin): ...",
    "__subclasses__": "from core.bases import Counted\nclass A(Counted): ...",
    "__set_name__": "from core.bases import Column\nclass A:\n    x = Column()",
    "from a star import": "from core.registry import *\ndef f(): ...\nregister(f)",
    "by map": "from core.registry import register\nx = list(map(register, [len, print]))",
    "in a comprehension": "from core.registry import register\nx = [register(f) for f in (len,)]",
    "bound method under another name": (
        "from core.registry import ORDER\nadd = ORDER.append\nadd(1)"
    ),
    "name that is extended": "from core.registry import ORDER\nORDER += [1]",
    "by getattr": "import core.registry\ngetattr(core.registry, 'HANDLERS')['x'] = 1",
    "merged": "from core import registry\nregistry.HANDLERS |= {'x': 1}",
    "by functools.partial": (
        "import functools\nfrom core.registry import HANDLERS\n"
        "add = functools.partial(HANDLERS.__setitem__, 'x')\nHANDLERS.setdefault('y', add)"
    ),
    "in a with statement": (
        "from core import registry\nwith open('x') as f:\n    registry.LIMIT = f"
    ),
    "class made by type()": "from core.bases import Hooked\nA = type('A', (Hooked,), {})",
    "class made by a function": (
        "from core.bases import Hooked\ndef make():\n    class A(Hooked): ...\n    return A\n"
        "A = make()"
    ),
    "class with keywords": "from core.bases import Hooked\nclass A(Hooked, label='x'): ...",
    "registers in its initializer": "from core.bases import Announced\nx = Announced('x')",
    "class method": "from core.bases import Announced\nAnnounced.add(len)",
    "decorator that is a class": "from core.bases import Announced\n@Announced\ndef f(): ...",
    "__set_name__ that changes a base": (
        "from core.bases import Table, TableColumn\nclass A(Table):\n    x = TableColumn()"
    ),
    "operator of a class": "from core.bases import Asked\nclass A(Asked['x']): ...",
    "operator of an object": "from core.bases import asked\nrule = asked @ len",
    "operator that looks up": "from core import bases\nx = bases.asked['x']",
}
KEEPS = {
    "decorator that adds to its wrapper": (
        "from core.registry import counted\n@counted\ndef f(): ..."
    ),
    "decorator that only wraps": "from core.registry import traced\n@traced\ndef f(): ...",
    "method that marks what it is given": (
        "from core.registry import registry\n@registry.describe\ndef f(): ..."
    ),
    "registry of its own": (
        "from core.registry import Registry\nmine = Registry()\n@mine.add('f')\ndef f(): ..."
    ),
    "call that only reads": (
        "from core.registry import limit, registry\nx = limit()\nregistry.names()"
    ),
    "own containers": "TABLE = {}\nTABLE['x'] = 1\nTABLE.update(y=2)\nx = [].append(3)",
    "copy": "from core import registry\nmine = dict(registry.HANDLERS)\nmine['x'] = 1",
    "read": "from core import registry\nx = registry.HANDLERS.get('x')\ny = sorted(registry.ORDER)",
    "only for checkers": (
        "from typing import TYPE_CHECKING\nfrom core.registry import register\n"
        "if TYPE_CHECKING:\n    register(len)"
    ),
    "only as a program": (
        "from core.registry import register\nif __name__ == '__main__':\n    register(len)"
    ),
    "only on another system": (
        "import sys\nfrom core.registry import register\nif sys.platform == 'win32':\n"
        "    register(len)"
    ),
    "only in older Pythons": (
        "import sys\nfrom core.registry import register\nif sys.version_info < (3, 8):\n"
        "    register(len)"
    ),
    "in a function that nobody calls": (
        "from core.registry import register\ndef f():\n    register(f)"
    ),
    "__init_subclass__ that changes its own class": (
        "from core.bases import Marked\nclass A(Marked): ..."
    ),
    "metaclass that completes its class": "from core.bases import Tidied\nclass A(Tidied): ...",
    "abstract base": "from core.bases import Abstract\nclass A(Abstract):\n    def run(self): ...",
    "enumeration": "from core.bases import Colour\nclass A(Colour):\n    RED = 1",
    "__set_name__ that changes itself": "from core.bases import Field\nclass A:\n    x = Field()",
    "plain tuple and protocol": (
        "import typing\nclass A(typing.NamedTuple):\n    x: int\nclass B(typing.Protocol): ..."
    ),
    "dataclass": "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: int = 1",
    "operators that change nothing": (
        "from core.bases import Plain, plain\nclass A(Plain['x']): ...\nx = plain / 2\ny = 1 + 1"
    ),
    "single dispatch of its own": (
        "import functools\n@functools.singledispatch\ndef f(x): ...\n"
        "@f.register\ndef g(x: int): ..."
    ),
}


def files(text):
    return {
        "core/__init__.py": "",
        "core/registry.py": REGISTRY,
        "core/bases.py": BASES,
        "part.py": text + "\n",
        "handler.py": "import part",
    }


@pytest.mark.parametrize("text", CHANGES.values(), ids=CHANGES)
def test_what_changes_another_modules_object_is_seen(tmp_path, text):
    found = effects_in(tmp_path, files(text)).beyond(["part"])
    assert found
    assert {one.module for one in found} == {"part"}
    assert {one.target_module.partition(".")[0] for one in found} == {"core"}
    assert all(one.line and one.line <= len(text.splitlines()) for one in found)


@pytest.mark.parametrize("text", KEEPS.values(), ids=KEEPS)
def test_what_keeps_to_itself_is_not(tmp_path, text):
    assert effects_in(tmp_path, files(text)).beyond(["part"]) == ()


@pytest.mark.parametrize("text", CHANGES.values(), ids=CHANGES)
def test_nobody_sees_a_change_of_what_moves_with_it(tmp_path, text):
    effects = effects_in(tmp_path, files(text))
    assert effects.beyond(["part", "core", "core.registry", "core.bases"]) == ()


# What a library notes down while it makes an object that was asked for is its own business, and
# its operators are there to make objects.
IN_PACKAGES = {
    name: text
    for name, text in CHANGES.items()
    if "initializer" not in name and "operator" not in name
}


@pytest.mark.parametrize("text", IN_PACKAGES.values(), ids=IN_PACKAGES)
def test_installed_packages_are_read_like_own_files(tmp_path, text):
    own = {"handler.py": "import part.inner"}
    packages = {
        "core/__init__.py": "",
        "core/registry.py": REGISTRY,
        "core/bases.py": BASES,
        "part/__init__.py": "",
        "part/inner.py": text + "\n",
    }
    assert effects_in(tmp_path, own, packages).beyond(["part", "part.inner"])


PROCESS = {
    "environment item": "import os\nos.environ['TZ'] = 'UTC'",
    "environment default": "import os\nos.environ.setdefault('TZ', 'UTC')",
    "environment by name": "from os import environ\nenviron.update(TZ='UTC')",
    "environment call": "import os\nos.putenv('TZ', 'UTC')",
    "path": "import sys\nsys.path.insert(0, '/opt')",
    "path slice": "import sys\nsys.path[:0] = ['/opt']",
    "path under another name": "from sys import path\npath.append('/opt')",
    "modules": "import sys\nsys.modules['yaml'] = object()",
    "finder": "import sys\nsys.meta_path.append(object())",
    "hook": "import sys\nsys.excepthook = print",
    "display hook": "import sys\nsys.displayhook = print",
    "recursion": "import sys\nsys.setrecursionlimit(10000)",
    "exit": "import atexit\natexit.register(print)",
    "exit as a decorator": "import atexit\n@atexit.register\ndef bye(): ...",
    "exit kept": "import atexit\ntoken = atexit.register(print)",
    "exit in a class": "import atexit\nclass A:\n    x = atexit.register(print)",
    "signal": "import signal\nsignal.signal(signal.SIGTERM, print)",
    "codec": "import codecs\ncodecs.register(print)",
    "codec errors": "import codecs\ncodecs.register_error('x', print)",
    "warnings": "import warnings\nwarnings.filterwarnings('ignore')",
    "warnings by name": "from warnings import simplefilter\nsimplefilter('ignore')",
    "logging": "import logging\nlogging.basicConfig(level=10)",
    "root logger": "import logging\nlogging.getLogger().setLevel(10)",
    "root logger kept": "import logging\nlog = logging.getLogger()\nlog.addHandler(object())",
    "another's logger": "import logging\nlogging.getLogger('botocore').setLevel(10)",
    "logging by configuration": "import logging.config\nlogging.config.dictConfig({})",
    "locale": "import locale\nlocale.setlocale(locale.LC_ALL, 'de_DE')",
    "seed": "import random\nrandom.seed(1)",
    "decimal": "import decimal\ndecimal.getcontext().prec = 50",
    "decimal context": "from decimal import getcontext\ngetcontext().prec = 50",
    "timeout": "import socket\nsocket.setdefaulttimeout(3)",
    "folder": "import os\nos.chdir('/tmp')",
    "umask": "import os\nos.umask(0o77)",
    "pickles": "import copyreg, fractions\ncopyreg.pickle(fractions.Fraction, print)",
    "MIME type": "import mimetypes\nmimetypes.add_type('a/b', '.ab')",
    "JSON": "import json\njson.JSONEncoder.default = print",
    "TLS": "import ssl\nssl._create_default_https_context = print",
    "garbage": "import gc\ngc.disable()",
    "thread": "import threading\nthreading.Thread(target=print).start()",
    "thread kept": "import threading\nt = threading.Thread(target=print)\nt.start()",
    "thread of its own class": (
        "import threading\nclass T(threading.Thread): ...\nworker = T()\nworker.start()"
    ),
    "pool": (
        "import concurrent.futures\npool = concurrent.futures.ThreadPoolExecutor()\n"
        "job = pool.submit(print)"
    ),
    "program": "import subprocess\nsubprocess.run(['true'])",
    "program's answer": "import subprocess\nout = subprocess.check_output(['true'])",
    "in a condition": "import os\nif 'TZ' not in os.environ:\n    os.environ['TZ'] = 'UTC'",
    "in a try": "import sys\ntry:\n    sys.path.append('/x')\nexcept ValueError:\n    pass",
    "opener": "import urllib.request\nurllib.request.install_opener(None)",
    "builtin": "import builtins\nbuiltins.print = len",
    "output": "import sys\nsys.stdout.reconfigure(line_buffering=True)",
    "root logger's handlers": "import logging\nlogging.getLogger().handlers.clear()",
    "root logger by attribute": "import logging\nlogging.root.setLevel(10)",
    "propagation": "import logging\nlogging.getLogger('botocore').propagate = False",
    "mock": "from unittest import mock\nmock.patch('json.dumps').start()",
    "decimal default": "import decimal\ndecimal.DefaultContext.prec = 5",
    "import hook": "import sys\nsys.path_hooks.append(print)",
    "removed module": "import sys\nsys.modules.pop('yaml', None)",
    "environment merged": "import os\nos.environ |= {'TZ': 'UTC'}",
    "deleted variable": "import os\ndel os.environ['TZ']",
    "socket": "import socket\nsocket.getaddrinfo = print",
    "timer": "import threading\nthreading.Timer(5, print).start()",
    "builtin in an abstract base": (
        "import collections.abc\ncollections.abc.Mapping.register(memoryview)"
    ),
    "time zone": "import time\ntime.tzset()",
}
NO_PROCESS = {
    "reads": "import os, sys\nx = os.environ.get('TZ')\ny = sys.path[0]\nz = list(sys.modules)",
    "own logger": "import logging\nlogging.getLogger(__name__).addHandler(logging.NullHandler())",
    "own level": "import logging\nlog = logging.getLogger(__name__)\nlog.setLevel(10)",
    "own logger by name": "import logging\nlogging.getLogger('part').setLevel(10)",
    "own propagation": "import logging\nlogging.getLogger('part.x').propagate = False",
    "class made by type()": "class A: ...\nB = type('B', (A,), {})",
    "own warnings": (
        "import warnings\nclass W(UserWarning): ...\nwarnings.simplefilter('always', W)"
    ),
    "own specification": "__spec__.submodule_search_locations = []\n__path__ = []",
    "own module": "import sys\nsys.modules[__name__] = object()",
    "own spec": "if globals().get('__spec__'):\n    __spec__.submodule_search_locations = []",
    "own submodule": "import sys\nsys.modules[__name__ + '.x'] = object()",
    "own type in an abstract base": (
        "import collections.abc\nclass A: ...\ncollections.abc.Mapping.register(A)"
    ),
    "types in an abstract base of its own": (
        "import abc\nclass A(abc.ABC): ...\nA.register(memoryview)\nA.register(bytes)"
    ),
    "own type pickled": "import copyreg\nclass A: ...\ncopyreg.pickle(A, print)",
    "compiled": "import re, functools\nx = re.compile('a')\ny = functools.partial(print)",
    "lock": "import threading\nlock = threading.Lock()\nwith lock:\n    x = 1",
    "thread not started": "import threading\nt = threading.Thread(target=print)",
    "pool not used": "import concurrent.futures\np = concurrent.futures.ThreadPoolExecutor()",
    "own random": "import random\nr = random.Random(1)\nr.seed(2)",
    "own context": "import decimal\nc = decimal.Context()\nc.prec = 50",
    "environment copied": "import os\nenv = dict(os.environ)\nenv['TZ'] = 'UTC'",
    "warnings for a moment": (
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')"
    ),
}


@pytest.mark.parametrize("text", PROCESS.values(), ids=PROCESS)
def test_a_change_of_the_process_is_seen(tmp_path, text):
    (found, *_) = effects_in(tmp_path, files(text)).beyond(["part"])
    assert found.module == "part"
    assert found.sentence.startswith(f"part, line {found.line}, ")


@pytest.mark.parametrize("text", NO_PROCESS.values(), ids=NO_PROCESS)
def test_what_only_reads_the_process_is_not(tmp_path, text):
    assert effects_in(tmp_path, files(text)).beyond(["part"]) == ()


def test_the_sentence_names_module_line_deed_and_target(tmp_path):
    text = textwrap.dedent("""\
        from core.bases import Plugin
        from core.registry import registry

        class Csv(Plugin):
            pass

        @registry.add("csv")
        def read(): ...
    """)
    found = effects_in(tmp_path, files(text)).beyond(["part"])
    defined, decorated = (one.sentence for one in found)
    assert defined == (
        "part, line 4, defines class Csv under core.bases.Plugin, whose metaclass "
        "core.bases.Plugins changes core.bases.Plugin.plugins"
    )
    assert decorated == (
        "part, line 7, decorates read with core.registry.Registry.add, which changes "
        "core.registry.registry.items"
    )


ORMS = {
    "sqlalchemy/orm/decl_api.py": ("DeclarativeBase", "class Base(DeclarativeBase): ...\n"),
    "django/db/models/base.py": ("ModelBase", "class Base(metaclass=ModelBase): ...\n"),
    "peewee.py": ("ModelBase", "class Base(metaclass=ModelBase): ...\n"),
    "pynamodb/models.py": ("MetaModel", "class Base(metaclass=MetaModel): ...\n"),
    "mongoengine/base/metaclasses.py": (
        "DocumentMetaclass",
        "class Base(metaclass=DocumentMetaclass): ...\n",
    ),
    "marshmallow/schema.py": ("SchemaMeta", "class Base(metaclass=SchemaMeta): ...\n"),
}


@pytest.mark.parametrize("file", ORMS)
def test_a_model_of_a_known_mapper_stays_with_its_registry(tmp_path, file):
    """The stand-ins have the names of the real ones, whose own code is too clever to follow."""
    name, base = ORMS[file]
    module = file.removesuffix(".py").replace("/", ".")
    own = {
        "core.py": f"from {module} import {name}\n{base}",
        "part.py": "from core import Base\nclass Order(Base):\n    name = 'order'\n",
    }
    parents = [file.split("/")[:size] for size in range(1, file.count("/") + 1)]
    packages = {"/".join((*parent, "__init__.py")): "" for parent in parents}
    packages[file] = f"class {name}{'(type)' if 'metaclass' in base else ''}: ...\n"
    effects = effects_in(tmp_path, own, packages)
    (found,) = effects.beyond(["part"])
    assert found.line == 2
    assert "defines class Order under" in found.sentence
    loaded = ["part", "core", module, *(".".join(parent) for parent in parents)]
    assert effects.beyond(loaded) == ()


def test_a_model_made_by_a_function_of_the_mapper_stays_too(tmp_path):
    own = {
        "core.py": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n",
        "part.py": "import core\nclass Order(core.Base): ...\n",
    }
    packages = {
        "sqlalchemy/__init__.py": "",
        "sqlalchemy/orm/__init__.py": "from sqlalchemy.orm.decl_api import declarative_base",
        "sqlalchemy/orm/decl_api.py": "def declarative_base(): return type('Base', (), {})",
    }
    (found,) = effects_in(tmp_path, own, packages).beyond(["part"])
    assert "under core.Base, which keeps a registry of its models" in found.sentence
    assert found.target_module == "core"


def test_source_that_is_not_on_this_machine_is_told(tmp_path):
    own = {"part.py": "X = 1", "handler.py": "import part"}
    effects = effects_in(tmp_path, own, {"lib/__init__.py": ""})
    assert effects.unread(["part", "lib", "json"]) == ()
    (tmp_path / "site" / "lib" / "__init__.py").unlink()
    assert effects.unread(["part", "lib", "json"]) == ("lib",)


SEQUENCES = """
import itertools
import random
NUMBERS = itertools.count(1)
DICE = random.Random(7)
NAMES = iter(["a", "b", "c"])
def number():
    return next(NUMBERS)
class Named:
    def __init__(self):
        self.name = next(NAMES)
"""


@pytest.mark.parametrize(
    "line",
    [
        "RANK = sequences.number()",
        "RANK = next(sequences.NUMBERS)",
        "class Thing:\n    rank = sequences.number()",
        "THROW = sequences.DICE.random()",
        "NAMED = sequences.Named()",
    ],
)
def test_a_value_taken_out_of_another_files_sequence_is_seen(tmp_path, line):
    files = {
        "sequences.py": SEQUENCES,
        "part.py": f"import sequences\n{line}\n",
        "handler.py": "import part",
    }
    assert effects_in(tmp_path, files).beyond(["part"])


@pytest.mark.parametrize("line", ["ALL = list(map(str, [1]))", "ONE = next(iter([1]))"])
def test_a_value_taken_out_of_an_own_sequence_is_not(tmp_path, line):
    files = {"part.py": line, "handler.py": "import part"}
    assert effects_in(tmp_path, files).beyond(["part"]) == ()


OUTPUTS = {
    "print": "print('loaded')",
    "a logger": "import logging\nlog = logging.getLogger(__name__)\nlog.info('loaded')",
    "the root logger": "import logging\nlogging.warning('loaded')",
    "a stream": "import sys\nsys.stderr.write('loaded')",
    "an opened file": "with open('/tmp/state', 'w') as file:\n    file.write('x')",
    "a path": "import pathlib\nROOT = pathlib.Path('/tmp/work')\nROOT.mkdir(exist_ok=True)",
    "a folder made in a function": "import os\ndef make():\n    os.makedirs('/tmp/a')\nmake()",
    "files that go": "import shutil\nshutil.rmtree('/tmp/work', ignore_errors=True)",
    "an archive": "import zipfile\nzipfile.ZipFile('a.zip').extractall('/tmp')",
    "a request": "import urllib.request\nPAGE = urllib.request.urlopen('http://localhost').read()",
    "a parameter": "import boto3\nP = boto3.client('ssm').get_parameter(Name='p')",
    "a table": "import boto3\nITEMS = boto3.resource('dynamodb').Table('t').scan()",
    "a named table": "import boto3\nT = boto3.resource('dynamodb').Table('t')\nALL = T.scan()",
    "a named resource": """
import boto3
D = boto3.resource('dynamodb')
T = D.Table('t')
ONE = T.get_item(Key={'id': '1'})
""",
    "a bucket": "import boto3\nB = boto3.resource('s3').Bucket('b')\nB.download_file('k', '/tmp')",
    "an object of a bucket": """
import boto3
ROOT = boto3.resource('s3').Bucket('b').Object('k')
TEXT = ROOT.get()['Body'].read()
""",
}
NO_OUTPUTS = {
    "a file read": "with open('/tmp/state') as file:\n    STATE = file.read()",
    "a path": "import pathlib\nROOT = pathlib.Path('/tmp/work')\nIS = ROOT.exists()",
    "a logger": "import logging\nlog = logging.getLogger(__name__)",
    "a function that prints": "def show():\n    print('x')",
    "a client": "import boto3\nS3 = boto3.client('s3')\nPAGES = S3.get_paginator('x')",
    "a table": "import boto3\nT = boto3.resource('dynamodb').Table('t')",
    "an object of a bucket": "import boto3\nO = boto3.resource('s3').Bucket('b').Object('k')",
    "a table of a named resource": """
import boto3
D = boto3.resource('dynamodb')
T = D.Table('t')
def all(): return T.scan()
""",
    "a hook": "import boto3\nS3 = boto3.client('s3')\nS3.meta.events.register('a', print)",
}


@pytest.mark.parametrize("text", OUTPUTS.values(), ids=OUTPUTS)
def test_what_own_code_puts_out_while_it_is_imported_is_seen(tmp_path, text):
    own = {"part.py": text + "\n", "handler.py": "import part"}
    assert effects_in(tmp_path, own).beyond(["part"])


@pytest.mark.parametrize("text", NO_OUTPUTS.values(), ids=NO_OUTPUTS)
def test_what_puts_nothing_out_is_not(tmp_path, text):
    own = {"part.py": text + "\n", "handler.py": "import part"}
    assert effects_in(tmp_path, own).beyond(["part"]) == ()


SERVICE = (
    "def client(name):\n    return _session().client(name)\ndef _session(): return Session()\n"
)
RESOURCE = SERVICE.replace("def client", "def resource")


@pytest.mark.parametrize(
    ("made", "call", "asks"),
    [
        ("boto3.client('kms')", "describe_key(KeyId='k')", True),
        ("boto3.client('iot')", "describe_endpoint()", True),
        ("boto3.resource('sqs')", "get_queue_by_name(QueueName='q')", True),
        ("boto3.client('s3')", "get_paginator('list_objects_v2')", False),
    ],
)
def test_a_call_of_a_service_is_seen_where_the_source_of_boto3_is_at_hand(
    tmp_path, made, call, asks
):
    own = {"state.py": f"import boto3\nclient = {made}\nkey = client.{call}\n"}
    asked = effects_in(tmp_path, own, {"boto3/__init__.py": SERVICE + RESOURCE})
    assert any("calls AWS" in one.sentence for one in asked.beyond(["state"])) is asks
