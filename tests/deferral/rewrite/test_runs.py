"""The rewritten module runs: same results as before, and what was deferred is not loaded."""

# ruff: noqa: E501 - a line of a case is a line of its file

import importlib.abc
import importlib.util
import inspect
import sys
import types

import pytest

from importcost.deferral.rewrite.rewrite import Rewritten, rewrite
from importcost.model.advice import DeferStyle
from tests.deferral.rewrite.cases import analysed, fitting

STUBS = {
    "stub_json": "def dumps(x): return repr(x)\nclass Error(Exception): pass\n",
    "stub_pkg": "from stub_pkg import core\n",
    "stub_pkg.core": "PI = 3\ndef area(r): return PI * r * r\nclass Shape: pass\n",
    "stub_pkg.extra": "def twice(x): return 2 * x\n",
    "stub_sdk": (
        "made = []\n"
        "class Client:\n"
        "    def __init__(self, name): self.name = name; made.append(name)\n"
        "    def get(self, key='k'): return f'{self.name}:{key}'\n"
        "    def table(self, name): return Client(f'{self.name}/{name}')\n"
        "    def __enter__(self): return self\n"
        "    def __exit__(self, *error): return False\n"
        "    def __getitem__(self, key): return self.get(key)\n"
        "def client(name, options=None): return Client(name)\n"
    ),
}


class StubFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of STUBS."""

    def find_spec(self, name, path=None, target=None):
        if name not in STUBS:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=name == "stub_pkg")

    def exec_module(self, module):
        exec(STUBS[module.__name__], module.__dict__)


@pytest.fixture(autouse=True)
def stubs(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [StubFinder(), *sys.meta_path])
    yield
    forget()


def forget():
    for name in list(STUBS):
        sys.modules.pop(name, None)


def loaded():
    return {name for name in STUBS if name in sys.modules}


def run(text, calls):
    """Import a text from nothing; return what was loaded then, and what the calls give."""
    forget()
    module = types.ModuleType("handler")
    exec(compile(text, "handler.py", "exec", dont_inherit=True), module.__dict__)
    at_import = loaded()
    results = []
    for call in calls:
        value = eval(call, module.__dict__)
        if inspect.iscoroutine(value):
            with pytest.raises(StopIteration) as stop:
                value.send(None)
            value = stop.value.value
        results.append(value)
    return at_import, results


FUNCTION = {
    "functions, methods, nested": (
        (
            '"""Doc."""\nimport stub_json, stub_pkg.core as core\nfrom stub_pkg.extra import twice as t\n\n'
            'def f(x):\n    """Doc."""\n    return stub_json.dumps(x) + str(t(x))\n\n'
            "class C:\n    def m(self):\n        def inner(): return [core.area(i) for i in range(3)]\n"
            "        return inner()\n    @staticmethod\n    def s(): return t(4)\n\n"
            "def one(x): return core.area(x)\n"
        ),
        ["f(2)", "C().m()", "C.s()", "one(5)"],
    ),
    "async, generators, lambdas, closures": (
        (
            "import stub_pkg\nfrom stub_json import dumps\n\nasync def a(x):\n    return dumps(x)\n\n"
            "def g():\n    yield from (stub_pkg.core.area(i) for i in (1, 2))\n\n"
            "def h():\n    'only'; return (lambda: stub_pkg.core.PI)()\n\n"
            "def k(*args, dumps=None):\n    return dumps, args\n"
        ),
        ["a(1)", "list(g())", "h()", "k(1)"],
    ),
    "exceptions, with, match, global names": (
        (
            "import stub_json\nimport stub_sdk\nN = 0\n\ndef f():\n    global N\n    N += 1\n    try:\n"
            "        raise stub_json.Error(N)\n    except stub_json.Error as e:\n        return e.args\n\n"
            "def w(x):\n    with stub_sdk.client('c') as c:\n        match x:\n"
            "            case {'k': v}: return c.get(v)\n            case _: return stub_json.dumps(x)\n"
        ),
        ["f()", "f()", "w({'k': 'v'})", "w(3)"],
    ),
    "evaluated annotations": (
        (
            "from stub_pkg.core import Shape, area\nimport stub_json\n\n"
            "def f(x: 'int', s: Shape | None = None) -> list[Shape]:\n    return [area(x)]\n\n"
            "def g(e: stub_json.Error = None): return stub_json.dumps(e)\n"
        ),
        ["f(2)", "g()", "f.__annotations__['x']"],
    ),
}
GETTER = {
    "client and table": (
        (
            "import stub_sdk\nimport stub_json\n\n# shared\nsdk = stub_sdk.client('s3', {\n    'a': '''\n"
            "x'''})  # once\ntable = sdk.table('t')\n\n\n"
            "def f(key):\n    return sdk.get(key), sdk[key], f'{sdk.name!r:>6} x', table.get(key=key)\n\n\n"
            "def g():\n    with table as t:\n        return stub_json.dumps(t.name), sdk is sdk\n"
        ),
        ["f('k')", "g()", "f('l')"],
    ),
    "constants and annotations": (
        (
            "from stub_sdk import client, Client\nimport stub_pkg.core\nAREA: int = stub_pkg.core.area(2)\n"
            "_db: 'Client' = client('db')\n\n\ndef f(AREA=1):\n    return AREA\n\n\n"
            "class C:\n    def m(self): return [_db.get(i) for i in range(AREA)]\n"
        ),
        ["f()", "C().m()"],
    ),
}
DEFERRED = {
    **{(name, DeferStyle.FUNCTION): case for name, case in FUNCTION.items()},
    **{(name, DeferStyle.LAZY_MODULES): case for name, case in FUNCTION.items()},
    **{(name, DeferStyle.GETTER): case for name, case in GETTER.items()},
}


@pytest.mark.parametrize(
    ("key", "case"), DEFERRED.items(), ids=[f"{style.value}: {name}" for name, style in DEFERRED]
)
def test_results_are_the_same_and_nothing_is_loaded_on_import(key, case):
    style = key[1]
    text, calls = case
    before_loaded, before = run(text, calls)
    file = analysed(text, (3, 12))
    changes = [
        change
        for each in ({DeferStyle.FUNCTION, style} if style is DeferStyle.GETTER else {style})
        for change in fitting(file, each)
    ]
    assert changes
    result = rewrite(file, changes, (3, 12))
    assert isinstance(result, Rewritten), result
    assert result.text != text
    after_loaded, after = run(result.text, calls)
    assert after == before
    assert before_loaded
    if style is not DeferStyle.LAZY_MODULES:  # this Python ignores the list
        assert after_loaded == set()


def test_a_getter_makes_its_object_once():
    text = GETTER["client and table"][0]
    file = analysed(text)
    result = rewrite(file, fitting(file, DeferStyle.GETTER), (3, 12))
    assert "def get_sdk():" in result.text
    run(result.text, ["f(1)", "g()", "f(2)"])
    assert sys.modules["stub_sdk"].made == ["s3", "s3/t"]


def test_annotations_alone_load_nothing():
    text = "import stub_json\n\ndef f(x: stub_json.Error): return x\n"
    file = analysed(text)
    result = rewrite(file, fitting(file, DeferStyle.TYPE_CHECKING), (3, 12))
    assert run(text, ["f(1)"]) == ({"stub_json"}, [1])
    assert run(result.text, ["f(1)"]) == (set(), [1])
