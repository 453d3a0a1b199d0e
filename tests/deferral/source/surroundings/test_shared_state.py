"""Objects of which there is one, whoever asks first: what classes and closures hold."""

from __future__ import annotations

import pytest

from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict, object_verdict

METACLASS = """
class Single(type):
    _instances = {}
    def __call__(cls, *args, **kwargs):
        if cls not in cls._instances:
            cls._instances[cls] = super().__call__(*args, **kwargs)
        return cls._instances[cls]
"""
SINGLETONS = {
    "metaclass": METACLASS
    + """
class Gateway(metaclass=Single):
    def __init__(self, region="here"):
        self.region = region
""",
    "metaclass of a base": METACLASS
    + """
class Base(metaclass=Single):
    pass
class Gateway(Base):
    def __init__(self, region="here"):
        self.region = region
""",
    "kept by __new__": """
class Gateway:
    _instance = None
    def __new__(cls, region="here"):
        if cls._instance is None:
            made = super().__new__(cls)
            made.region = region
            cls._instance = made
        return cls._instance
""",
    "set on the class by name": """
class Gateway:
    def __new__(cls, region="here"):
        if not hasattr(cls, "one"):
            setattr(cls, "one", super().__new__(cls))
        return cls.one
""",
    "decorator of the class": """
def singleton(cls):
    instances = {}
    def get(*args, **kwargs):
        if cls not in instances:
            instances[cls] = cls(*args, **kwargs)
        return instances[cls]
    return get

@singleton
class Gateway:
    def __init__(self, region="here"):
        self.region = region
""",
    "decorator with an argument": """
def once(key):
    kept = {}
    def wrap(make):
        def inner(*args, **kwargs):
            return kept.setdefault(key, make(*args, **kwargs))
        return inner
    return wrap

@once("gateway")
def Gateway(region="here"):
    return [region]
""",
    "nonlocal": """
def single(make):
    one = None
    def inner(*args):
        nonlocal one
        one = one or make(*args)
        return one
    return inner

@single
def Gateway(region="here"):
    return [region]
""",
    "one dictionary for all": """
class Gateway:
    _state = {}
    def __init__(self, region="here"):
        self.__dict__ = self._state
        setattr(self, "region", region)
""",
    "a count of the class": """
class Gateway:
    count = 0
    def __init__(self, region="here"):
        type(self).count += 1
        self.number = self.count
""",
    "a list of the class": """
class Gateway:
    every = []
    def __init__(self, region="here"):
        self.every.append(self)
""",
}
OWN = {
    "a list of each object": """
class Gateway:
    def __init__(self, region="here"):
        self.every = []
        self.every.append(region)
""",
    "a list that a call throws away": """
def Gateway(region="here"):
    found = []
    def weigh(each):
        found.append(each)
        return each
    return sorted(region, key=weigh)
""",
}
ORDERS = "from one import Gateway\ngateway = Gateway('there')\ndef place(): return gateway\n"
AUDITS = "from one import Gateway\ngateway = Gateway()\ndef audit(): return gateway\n"
HANDLER = """
from orders import place
from audits import audit

def handler(event, context):
    return place() if event else audit()
"""


@pytest.mark.parametrize("name", SINGLETONS)
def test_whoever_is_first_at_init_stays_the_first(name):
    files = analysed(HANDLER, one=SINGLETONS[name], orders=ORDERS, audits=AUDITS)
    for module in ("orders", "audits"):
        verdict = object_verdict(files, "gateway", module)
        assert verdict.kind is VerdictKind.NOT_DEFERRABLE
        assert "computing it changes" in verdict.reason
    assert import_verdict(files, "orders").kind is VerdictKind.NOT_DEFERRABLE


@pytest.mark.parametrize("name", OWN)
def test_what_each_object_has_of_its_own_can_wait(name):
    files = analysed(HANDLER, one=OWN[name], orders=ORDERS, audits=AUDITS)
    assert object_verdict(files, "gateway", "orders").kind is VerdictKind.NEEDS_GETTER
    assert import_verdict(files, "orders").kind is VerdictKind.DEFERRABLE
