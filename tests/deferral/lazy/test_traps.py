"""Imports that Python 3.15 accepts as lazy, and that then do something else."""

import pytest

from importcost.deferral.lazy.traps import lazy_trap
from importcost.deferral.source.analyse import OutsideUses, analyse, outside_uses
from importcost.deferral.source.model import SourceText
from importcost.model.advice import VerdictKind

HOOK = "def __getattr__(name):\n    return name\n"
MODULES = {
    "plain": "def hi():\n    return 3\n",
    "hooked": f"def made():\n    return 3\n{HOOK}",
    "assigned": "from hooked import __getattr__\nknown = 1\n",
    "lambda_": "__getattr__ = lambda name: name\n",
    "branch": "if __file__:\n    def __getattr__(name):\n        return name\n",
    "inner": "class Box:\n    def __getattr__(self, name):\n        return name\nvalue = 1\n",
    "mention": "# __getattr__ is not here\nvalue = 1\n",
    "broken": "def __getattr__(:\n",
    "pk": HOOK,
    "task.near": HOOK,
}
LOADED = {*MODULES, "pk.sub"}


def trap(code, body="return 1", module="task.handler"):
    text = f"{code}\n\n\ndef handler(event, context):\n    {body}\n"
    source = SourceText("/task/handler.py", text, "utf-8", bom=False)
    file = analyse(source, module, False, (3, 15), OutsideUses())
    return lazy_trap(file.imports[0], file, MODULES.get, LOADED)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from hooked import lost", "lost"),
        ("from hooked import made, lost as kept, gone", "lost, gone"),
        ("from assigned import other", "other"),
        ("from lambda_ import anything", "anything"),
        ("from branch import anything", "anything"),
        ("from pk import value, sub", "value"),
        ("from .near import lost", "lost"),
    ],
)
def test_a_name_that_getattr_makes_must_not_be_imported_lazily(code, name):
    assert f"makes {name}, and a lazy from-import passes over it" in trap(code)


@pytest.mark.parametrize(
    "code",
    [
        "from hooked import made",
        "from assigned import known",
        "from plain import hi",
        "from plain import nothing_known",
        "from pk import sub",
        "from inner import lost",
        "from mention import lost",
        "from broken import lost",
        "from unread import lost",
        "import hooked",
        "import hooked as h",
    ],
)
def test_what_stands_in_the_namespace_or_is_a_submodule_may_be_lazy(code):
    assert trap(code) is None


@pytest.mark.parametrize(
    ("code", "body", "is_trap"),
    [
        ("import pk.sub", "return pk.sub.value", False),
        ("import pk.sub", "return pk . sub.value", False),
        ("import pk.sub", "return (pk\n        .sub)", False),
        ("import pk.sub", "return pk.value", True),
        ("import pk.sub", "return pk.sub.value, pk", True),
        ("import pk.sub", "return pk.subject", True),
        ("import pk.sub as s", "return s.value", False),
        ("import pk.sub.leaf", "return pk.sub.leaf.x", False),
        ("import pk.sub.leaf", "return pk.sub.x", True),
        ("import pk", "return pk.anything", False),
    ],
)
def test_each_use_has_to_spell_the_module_that_a_dotted_import_loads(code, body, is_trap):
    assert (trap(code, body) is not None) == is_trap


@pytest.mark.parametrize(
    "reader",
    ["globals()", "vars()", "dir()", "globals().get('plain')", "eval('plain')"],
)
def test_code_that_sees_proxies_in_its_namespace_keeps_its_imports(reader):
    """Python 3.15 shows lazy objects in `globals()` and `vars()`: nothing is made lazy there."""
    text = f"import plain\n\n\ndef handler(event, context):\n    return plain.hi(), {reader}\n"
    source = SourceText("/task/handler.py", text, "utf-8", bom=False)
    file = analyse(source, "task.handler", False, (3, 15), OutsideUses())
    assert file.imports[0].verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "may reach every name of this file" in file.imports[0].verdict.reason


@pytest.mark.parametrize(
    "other",
    [
        "import handler\nseen = vars(handler)\n",
        "import handler\nseen = handler.__dict__\n",
        "from handler import *\n",
        "from importlib import import_module\nseen = import_module('handler')\n",
    ],
)
def test_code_that_sees_them_in_another_files_namespace_does_too(other):
    texts = {"handler": "import plain\n\n\ndef f():\n    return plain.hi()\n", "other": other}
    sources = {
        name: SourceText(f"/task/{name}.py", text, "utf-8", bom=False)
        for name, text in texts.items()
    }
    uses = outside_uses(sources)["handler"]
    file = analyse(sources["handler"], "handler", False, (3, 15), uses)
    assert file.imports[0].verdict.kind is VerdictKind.NOT_DEFERRABLE
