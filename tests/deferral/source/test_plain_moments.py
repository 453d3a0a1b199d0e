"""What moves only makes values: any other call at import keeps its object or own module."""

import pytest

from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

STAYS = VerdictKind.NOT_DEFERRABLE
APP = """
import boto3
import mystery
import threading
made = {value}
def handler(event, context):
    return made
"""


@pytest.mark.parametrize(
    "value",
    [
        "boto3.client('s3')",
        "boto3.resource('dynamodb').Table('t')",
        "boto3.session.Session().client('s3', region_name=str(1))",
        "mystery.Client(timeout=3)",
        "mystery.sub.Client('x').bind(1)",
        "[mystery.Thing(one) for one in (1, 2)]",
        "Own()",
        "own()",
    ],
)
def test_what_only_makes_a_value_can_wait(value):
    own = "class Own:\n    def __init__(self):\n        self.s3 = boto3.client('s3')\n"
    own += "def own():\n    found = []\n    found.append(mystery.Client())\n    return found\n"
    text = APP.format(value=value).replace("made =", f"{own}made =")
    assert object_verdict(analysed(text), "made").kind is not STAYS


@pytest.mark.parametrize(
    "value",
    [
        "mystery.connect()",
        "mystery.registry.current()",
        "mystery.MAKE('x')",
        "unknown('x')",
        "boto3.client('s3').head_bucket(Bucket='b')",
        "mystery.Client().start()",
        "made_by_decorated()",
        "Counted()",
        "Kept()",
        "asks()",
        "(lambda: mystery.connect())()",
    ],
)
def test_what_may_look_around_stays(value):
    own = """
@mystery.wrap
def made_by_decorated(): return 1
class Counted:
    total = 0
    def __init__(self): Counted.total += 1
class Kept:
    every = []
    def __init__(self): self.every.append(self)
def asks():
    return mystery.ask()
"""
    text = APP.format(value=value).replace("made =", f"{own}made =")
    assert object_verdict(analysed(text), "made").kind is STAYS


MAIN = "import own\ndef handler(event, context):\n    return own.answer(event)\n"
ANSWER = "\ndef answer(event): return event\n"


@pytest.mark.parametrize(
    "body",
    [
        "import json, os\nTABLE = os.environ.get('T', 'x')\nSIZES = {'a': [1, 2], **{}}",
        "import boto3\nclient = boto3.client('s3')",
        "import logging\nlogger = logging.getLogger(__name__)\nlogger.setLevel('INFO')",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1",
        "import enum\nclass E(enum.Enum):\n    A = 1\n    B = enum.auto()",
        "try:\n    import orjson as json\nexcept ImportError:\n    import json",
        "if __name__ == '__main__':\n    print(answer(1))",
        "from mystery import Model, Field\nclass A(Model):\n    name = Field(3)",
        "import functools\n@functools.lru_cache\ndef f(x=len('abc')): ...",
        "from other import thing\nX = f'{thing}!'",
    ],
)
def test_a_module_that_only_defines_names_can_move(body):
    files = analysed(MAIN, own=f"{body}{ANSWER}", other="thing = 1\n")
    assert import_verdict(files, "own").kind is VerdictKind.DEFERRABLE


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("import mystery\nmystery.setup()", "runs mystery.setup()"),
        ("import mystery\nX = mystery.load()", "calls mystery.load()"),
        ("print('x')", "runs print('x')"),
        ("for x in range(3):\n    pass", "does more than define names"),
        ("with open('x') as f:\n    DATA = f.read()", "does more than define names"),
        ("import mystery\nmystery.LEVEL = 3", "sets mystery.LEVEL"),
        ("def reg(f): return f\n@reg\ndef a(): ...", "is decorated by reg"),
        ("class M(type): ...\nclass A(metaclass=M): ...", "is made by M"),
        ("import mystery\ndef f(x=mystery.now()): ...", "calls mystery.now()"),
        ("import mystery\nclass A:\n    x = mystery.next()", "calls mystery.next()"),
        ("assert True", "does more than define names"),
        ("import deep", "runs start()"),
        ("def start(): ...\nif True:\n    start()", "runs start()"),
    ],
)
def test_a_module_that_does_more_stays(body, what):
    deep = "def start(): ...\nstart()\n"
    verdict = import_verdict(analysed(MAIN, own=f"{body}{ANSWER}", deep=deep), "own")
    assert verdict.kind is STAYS
    assert what in verdict.reason


def test_its_own_imports_can_still_be_deferred_where_they_are():
    own = f"import pandas\nimport mystery\nmystery.setup()\n{ANSWER}"
    own = own.replace("return event", "return pandas.DataFrame(event)")
    files = analysed(MAIN, own=own)
    assert import_verdict(files, "pandas", "own").kind is VerdictKind.DEFERRABLE
