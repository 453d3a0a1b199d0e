"""Files put together at random from odd pieces: rewritten, they behave as before."""

# ruff: noqa: E501 - a line of a case is a line of its file

import importlib.machinery
import sys
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importcost.deferral.rewrite.rewrite import Rewritten, rewrite
from importcost.deferral.source.analyse import analyse
from importcost.deferral.source.model import SourceFile
from importcost.deferral.source.outside import OutsideUses
from importcost.model.advice import DeferStyle
from tests.deferral.rewrite.cases import fitting, source_of
from tests.sampling import examples

MODULES = {"gen_a": {"v": 1, "w": 10}, "gen_b": {"v": 2, "w": 20}, "gen_c": {"v": 3, "w": 30}}
HEADS = ["", '"""Doc."""\n', "# coding: utf-8\n# why\n", '"""Doc\n"""; H = 1\n', "#!x\n'd'\n\n\x0c"]
FUTURES = [
    "",
    "from __future__ import annotations\n",
    "from __future__ import annotations; F = 1\n",
]
# Each binds a, b and c, and says how to reach the three values.
IMPORTS = [
    ("import gen_a as a, gen_b as b, gen_c as c  # all\n", ["a.v", "b.w", "c.v"]),
    ("import gen_a as a; import gen_b as b; import gen_c as c\n", ["a.v", "b.w", "c.v"]),
    (
        "import gen_a as a, \\\n  gen_b as b\n# on its own\nimport gen_c as c # x\n",
        ["a.v", "b.v", "c.w"],
    ),
    (
        "from gen_a import (\n    v as a,  # one\n    w as b,\n)\nimport gen_c as c\n",
        ["a", "b", "c.v"],
    ),
    (
        "X = 1; import gen_a as a; Y = 2; import gen_b as b\nimport gen_c as c;\n",
        ["a.w", "b.v", "c.v"],
    ),
    ("\x0cimport gen_a as a\n\x0cfrom gen_b import v as b, w as c\n", ["a.w", "b", "c"]),
]
BODIES = [
    "def f{n}():\n    return {e}\n",
    "def f{n}(): return {e}  # one\n",
    "def f{n}():  # head\n    '''doc'''\n\n    # why\n    return ({e},\n{e})\n",
    "def f{n}(x: {q} = None, *y: '{q}') -> 'list[{q}]': 'doc'; return {e}\n",
    "def f{n}(\n    x=1,\n    # y\n):\n\n    def g(h=lambda: {e}):\n        return h()\n    return g()\n",
    "class C{n}:\n    @staticmethod\n    def m(x: int = 0):\n\n        if x == 0:\n            return f'{{{e}!r:>4}}'\nf{n} = C{n}.m\n",
    "def f{n}():\n    return [{e} for _ in ({e},)] + [c for a in [1] for c in [a]]\n",
    "def f{n}(x: {q} = None, *, y: dict[str, '{q}'] = 1) -> '{q}':\n    return x, y  # only annotations\n",
    "v{n}: {q} = {n}\ndef f{n}(): return v{n}\n",
    "o{n} = str({e})  # object\ndef f{n}(): return o{n}, {e}\n",
    "M{n} = {e}\ndef f{n}(): return M{n}\n",
]


@st.composite
def files(draw):
    statements, values = draw(st.sampled_from(IMPORTS))
    head, future = draw(st.sampled_from(HEADS)), draw(st.sampled_from(FUTURES))
    parts = [head, "" if "; H" in head else future, statements]
    for number in range(draw(st.integers(1, 5))):
        body = draw(st.sampled_from(BODIES))
        expression = draw(st.sampled_from(values))
        parts.append(draw(st.sampled_from(["", "\n", "\n\n", "# note\n"])))
        parts.append(body.format(n=number, e=expression, q=expression))
    text = "".join(parts)
    if draw(st.booleans()):
        text = text.replace("    ", "\t")
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))


class Finder:
    """Finds MODULES and remembers which were asked for."""

    def __init__(self):
        self.loaded = set()

    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name in MODULES else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        self.loaded.add(module.__name__)
        vars(module).update(MODULES[module.__name__])


def run(text):
    """Import the text and call its functions f0, f1 ...; also say what the import loaded."""
    finder, path = Finder(), sys.meta_path
    sys.meta_path = [finder, *path]
    try:
        module = types.ModuleType("generated")
        exec(compile(text, "generated.py", "exec", dont_inherit=True), module.__dict__)
        at_import = set(finder.loaded)
        calls = sorted(name for name in vars(module) if name[0] == "f" and name[1:].isdigit())
        return at_import, {name: vars(module)[name]() for name in calls}
    finally:
        sys.meta_path = path
        for name in MODULES:
            sys.modules.pop(name, None)


def apply(text, style):
    file = analyse(source_of(text), "generated", False, (3, 12), OutsideUses())
    assert isinstance(file, SourceFile), file
    changes = fitting(file, style)
    result = rewrite(file, changes, (3, 12))
    assert isinstance(result, Rewritten), (result, text)
    return result.text, changes


@pytest.mark.unhurried
@settings(max_examples=examples(100), deadline=None, report_multiple_bugs=False)
@given(files())
@pytest.mark.parametrize(
    "style", [DeferStyle.FUNCTION, DeferStyle.GETTER, DeferStyle.TYPE_CHECKING]
)
def test_a_rewritten_file_behaves_as_before(style, text):
    loaded, results = run(text)
    after, changes = apply(text, style)
    loaded_after, results_after = run(after)
    assert results_after == results, after
    assert loaded_after <= loaded
    assert (after == text) == (not changes)
    assert apply(after, style)[0] == after, after


@settings(max_examples=examples(60), deadline=None, report_multiple_bugs=False)
@given(files())
def test_all_styles_one_after_another_leave_a_file_that_behaves_as_before(text):
    results = run(text)[1]
    for style in (
        DeferStyle.GETTER,
        DeferStyle.FUNCTION,
        DeferStyle.TYPE_CHECKING,
        DeferStyle.LAZY_MODULES,
    ):
        text = apply(text, style)[0]
    assert run(text)[1] == results, text


@pytest.mark.unhurried
@settings(max_examples=examples(60), deadline=None, report_multiple_bugs=False)
@given(files())
def test_all_fitting_changes_together_load_no_more_than_one_after_another(text):
    """The best set is applied at once: it defers what single steps defer."""
    file = analyse(source_of(text), "generated", False, (3, 12), OutsideUses())
    changes = [
        change
        for style in (DeferStyle.GETTER, DeferStyle.FUNCTION, DeferStyle.TYPE_CHECKING)
        for change in fitting(file, style)
    ]
    result = rewrite(file, changes, (3, 12))
    assert isinstance(result, Rewritten), (result, text)
    together, results = run(result.text)
    assert results == run(text)[1]
    for style in (DeferStyle.GETTER, DeferStyle.FUNCTION, DeferStyle.TYPE_CHECKING):
        text = apply(text, style)[0]
    assert together <= run(text)[0], (result.text, text)
