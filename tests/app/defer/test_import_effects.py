"""Imports whose modules change what stays are refused, with the effect as data."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from importcost.app.defer.effects import second_opinion
from importcost.model.advice import VerdictKind
from importcost.model.codec import profile_from_plain
from importcost.model.effects import EffectKind
from importcost.processes.lifeguard import LifeguardDoubt, LifeguardOpinion
from tests.clockwork import Times, run_clocked
from tests.harness import PATIENCE_S, write_files

ORM = """
class Registry(type):
    models = {}
    def __new__(mcs, name, bases, namespace):
        made = super().__new__(mcs, name, bases, namespace)
        mcs.models[name] = made
        return made


class Model(metaclass=Registry):
    partner = None
    def __init__(self):
        if self.partner is not None:
            self.other = type(type(self)).models[self.partner]
"""
SHOP = {
    "layer/python/orm.py": ORM,
    "layer/python/heavy.py": "VALUE = 1\n",
    "task/models/__init__.py": "",
    "task/models/base.py": "from orm import Model\n\n\nclass Base(Model):\n    pass\n",
    "task/models/order.py": (
        "import heavy\nfrom models.base import Base\n\n\nclass Order(Base):\n"
        "    partner = 'User'\n    cost = heavy.VALUE\n"
    ),
    "task/models/user.py": (
        "from models.base import Base\n\n\nclass User(Base):\n    partner = 'Order'\n"
    ),
    "task/handler.py": (
        "from models.order import Order\nfrom models.user import User\n\n\n"
        "def orders():\n    return Order().cost\n\n\n"
        "def handler(event, context):\n"
        "    return orders() if event else User().other.__name__\n"
    ),
}
TIMES = Times({"heavy": 30_000, "orm": 2_000, "helper": 9_000, "plugin": 9_000})
FIXED = ("--layer", "../layer", "--runner", "local", "--runs", "8", "--no-verify")


@pytest.fixture
def advice(tmp_path, monkeypatch):
    """Return a function that writes files and returns the advice on the handler in them."""

    def ask(files, *args):
        write_files(tmp_path, {"layer/python/empty.py": "", **files})
        words = ["defer", "handler.py:handler", *FIXED, *args, "-o", str(tmp_path / "out.json")]
        done = run_clocked(monkeypatch, tmp_path / "task", words, TIMES)
        assert done.returncode == 0, done.stderr
        found = profile_from_plain(json.loads((tmp_path / "out.json").read_text())).advice
        return {one.code: one for one in found.findings}, done.stdout

    return ask


@pytest.mark.unhurried
def test_a_model_that_others_name_stays_and_the_handler_answers_as_before(advice, tmp_path):
    found, told = advice(SHOP)
    order = found["from models.order import Order"]
    assert order.verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert order.fix is None
    (effect,) = order.verdict.effects
    assert (effect.kind, effect.module, effect.line) == (EffectKind.SUBCLASSES, "models.order", 5)
    assert effect.target_module == "orm"
    assert "defines class Order under models.base.Base" in effect.sentence
    assert "models.order, line 5, defines class Order" in " ".join(told.split())
    answer = subprocess.run(
        [sys.executable, "-c", "import handler; print(handler.handler({}, None))"],
        cwd=tmp_path / "task",
        env={"PYTHONPATH": str(tmp_path / "layer" / "python"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert answer.stdout == "Order\n"


def test_what_registers_within_what_moves_is_deferred(advice):
    files = {
        "layer/python/helper/__init__.py": "from helper.core import TABLE\nimport helper.parts\n",
        "layer/python/helper/core.py": "TABLE = {}\n",
        "layer/python/helper/parts.py": "from helper.core import TABLE\nTABLE['x'] = 1\n",
        "task/handler.py": "import helper\n\n\ndef handler(event, context):\n"
        "    return helper.TABLE if event else None\n",
    }
    found, _ = advice(files)
    assert found["import helper"].verdict.kind is VerdictKind.DEFERRABLE


PLUGIN = {
    "layer/python/helper.py": "TABLE = {}\n",
    "layer/python/plugin.py": "import helper\nhelper.TABLE['x'] = 1\n",
}


@pytest.mark.unhurried
def test_two_imports_that_can_move_may_not_move_apart(advice):
    """The table is loaded without the plugin where only a function that uses the table runs."""
    files = {
        **PLUGIN,
        "task/handler.py": "import helper\nimport plugin\n\n\ndef read():\n"
        "    return helper.TABLE\n\n\ndef other():\n    return plugin.__name__\n\n\n"
        "def handler(event, context):\n    return read() if event else other()\n",
    }
    found, _ = advice(files)
    assert found["import plugin"].verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert found["import plugin"].verdict.effects[0].target == "helper.TABLE"


@pytest.mark.unhurried
def test_the_owner_moves_with_its_plugin_if_nothing_else_loads_it(advice):
    files = {
        **PLUGIN,
        "task/handler.py": "import plugin\n\n\ndef handler(event, context):\n"
        "    return plugin.__name__ if event else None\n",
    }
    found, _ = advice(files)
    assert found["import plugin"].verdict.kind is VerdictKind.DEFERRABLE


@pytest.mark.unhurried
def test_of_two_imports_that_share_an_effect_the_first_stays(advice):
    files = {
        **PLUGIN,
        "layer/python/first.py": "import plugin\n",
        "layer/python/second.py": "import plugin\nimport heavy\n",
        "layer/python/heavy.py": "",
        "task/handler.py": "import helper\nimport first\nimport second\n\nX = helper.TABLE\n\n\n"
        "def handler(event, context):\n"
        "    return X, first.__name__ if event else second.__name__\n",
    }
    found, _ = advice(files)
    assert found["import first"].verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert found["import second"].verdict.kind is VerdictKind.DEFERRABLE


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("own", "target"),
    [
        ("import os\nos.environ['STAGE'] = 'test'\n", "os.environ"),
        ("import sys\nsys.path.append('/opt/more')\n", "sys.path"),
        ("import json\njson.JSONEncoder.default = lambda self, one: str(one)\n", "json"),
    ],
)
def test_a_vendored_file_that_changes_the_process_stays(advice, own, target):
    files = {
        "layer/python/heavy.py": "",
        "task/vendored/setup_all.py": f"import heavy\n{own}",
        "task/handler.py": "import json\nfrom vendored import setup_all\n\n\n"
        "def handler(event, context):\n"
        "    return setup_all.__name__ if event else json.dumps(1)\n",
    }
    found, told = advice(files)
    verdict = found["from vendored import setup_all"].verdict
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    # Its effect is told, or that its body does more than define names.
    reached = [one.target for one in verdict.effects] or [verdict.reason]
    assert target in reached[0]
    if verdict.effects:
        assert "vendored.setup_all, line 3," in " ".join(told.split())
    else:
        assert "line 3 of vendored.setup_all" in verdict.reason


@pytest.mark.unhurried
def test_a_second_opinion_is_told_and_refuses_nothing(advice, monkeypatch):
    def ask(program, version, files, python):
        assert "helper" in files
        return LifeguardOpinion(version, {"helper": LifeguardDoubt("helper", "UnsafeCall", 3)})

    monkeypatch.setattr(second_opinion, "lifeguard_program", lambda: ("lifeguard", "0.6.0"))
    monkeypatch.setattr(second_opinion, "ask_lifeguard", ask)
    files = {
        "layer/python/helper.py": "import heavy\n",
        "layer/python/heavy.py": "",
        "task/handler.py": "import helper\n\n\ndef handler(event, context):\n"
        "    return helper.__name__ if event else None\n",
    }
    found, _ = advice(files)
    verdict = found["import helper"].verdict
    assert verdict.kind is VerdictKind.DEFERRABLE
    assert "lifeguard 0.6.0 does not call helper (UnsafeCall, line 3) safe" in verdict.reason


@pytest.mark.unhurried
def test_no_second_opinion_is_told_with_its_reason(advice, monkeypatch):
    monkeypatch.setattr(second_opinion, "lifeguard_program", lambda: ("lifeguard", "0.6.0"))
    monkeypatch.setattr(second_opinion, "ask_lifeguard", lambda *_: "lifeguard took too long")
    files = {
        "layer/python/heavy.py": "",
        "task/handler.py": "import heavy\n\n\ndef handler(event, context):\n"
        "    return heavy.__name__ if event else None\n",
    }
    found, _ = advice(files)
    assert "no second opinion: lifeguard took too long" in found["import heavy"].verdict.reason
