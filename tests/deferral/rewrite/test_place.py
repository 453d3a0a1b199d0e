"""Style `function`: the import stands in the branch that needs it, and covers every use."""

# ruff: noqa: E501 - a line of a case is a line of its file

import importlib.machinery
import sys
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importcost.model.advice import DeferStyle
from tests.deferral.rewrite.cases import rewritten
from tests.sampling import examples

# The body of `def f(e):` before and after, without its indentation, for `import a`.
CASES = {
    "a branch alone": (
        "if e == 'big':\n    return a.x()\nreturn 1",
        "if e == 'big':\n    import a\n    return a.x()\nreturn 1",
    ),
    "behind an early return": (
        "if not e:\n    return 0\n\n# why\nx = a.x()\nreturn a.y(x)",
        "if not e:\n    return 0\n\nimport a\n# why\nx = a.x()\nreturn a.y(x)",
    ),
    "a comment of the branch above stays with it": (
        "if e:\n    raise e\n    # inner\nreturn a",
        "if e:\n    raise e\n    # inner\nimport a\nreturn a",
    ),
    "two of three branches": (
        "if e == 1:\n    return a.x\nelif e == 2:\n    return 2\nelif e == 3:\n    return a.y",
        (
            "if e == 1:\n    import a\n    return a.x\nelif e == 2:\n    return 2\n"
            "elif e == 3:\n    import a\n    return a.y"
        ),
    ),
    "every branch: once before them": (
        "if e == 1:\n    return a.x\nelif e:\n    return a.z\nelse:\n    return a.y",
        "import a\nif e == 1:\n    return a.x\nelif e:\n    return a.z\nelse:\n    return a.y",
    ),
    "a branch, then all the others": (
        "if e:\n    e = a.x(e)\nreturn a.y(e)",
        "import a\nif e:\n    e = a.x(e)\nreturn a.y(e)",
    ),
    "a branch, then what a return may skip": (
        "if e:\n    return a.x(e)\nif e is None:\n    return 0\nreturn a.y(e)",
        (
            "if e:\n    import a\n    return a.x(e)\nif e is None:\n    return 0\n"
            "import a\nreturn a.y(e)"
        ),
    ),
    "two branches one after the other": (
        "if e:\n    a.x()\nif e > 1:\n    a.y()",
        "if e:\n    import a\n    a.x()\nif e > 1:\n    import a\n    a.y()",
    ),
    "a condition": (
        "e += 1\nif a.x(e):\n    return 1",
        "import a\ne += 1\nif a.x(e):\n    return 1",
    ),
    "the condition of an elif": (
        "if e:\n    return 1\nelif a.x:\n    return 2",
        "import a\nif e:\n    return 1\nelif a.x:\n    return 2",
    ),
    "else": (
        "if e:\n    return 1\nelse:  # head\n    # why\n    return a.x",
        "if e:\n    return 1\nelse:  # head\n    import a\n    # why\n    return a.x",
    ),
    "an if in the else is no elif": (
        "if e:\n    return 1\nelse:\n    if a.x:\n        return 2",
        "if e:\n    return 1\nelse:\n    import a\n    if a.x:\n        return 2",
    ),
    "nested": (
        "if e:\n    if e > 1:\n        e -= 1\n        if e > 2: return [a for _ in e]\n    return e",
        (
            "if e:\n    if e > 1:\n        e -= 1\n        if e > 2:\n            import a\n            return [a for _ in e]\n"
            "    return e"
        ),
    ),
    "on the line of the if": (
        "if e: e += 1; return a.x\nelse: return 1",
        "if e:\n    import a\n    e += 1; return a.x\nelse: return 1",
    ),
    "in a ; line": ("e += 1; return a.x", "import a\ne += 1; return a.x"),
    "in a ; line that may be left": (
        "e += 1; raise e; return a.x",
        "e += 1; raise e\nimport a\nreturn a.x",
    ),
    "no guard before it: with the imports at the start": (
        "e = e + 1\nwhile e:\n    e -= 1\nreturn a.x",
        "import a\ne = e + 1\nwhile e:\n    e -= 1\nreturn a.x",
    ),
    "cases": (
        "match e:\n    case 1 | 2: return a.x\n    case {'k': v}:\n        return a.y(v)\n    case _:\n        return 0",
        (
            "match e:\n    case 1 | 2:\n        import a\n        return a.x\n    case {'k': v}:\n        import a\n"
            "        return a.y(v)\n    case _:\n        return 0"
        ),
    ),
    "a guard": (
        "match e:\n    case 1 if a.x: return 1\n    case _: return 0",
        "import a\nmatch e:\n    case 1 if a.x: return 1\n    case _: return 0",
    ),
    "all cases, the last for the rest": (
        "match e:\n    case 1: return a.x\n    case _: return a.y",
        "import a\nmatch e:\n    case 1: return a.x\n    case _: return a.y",
    ),
    "never into a loop": (
        "for i in e:\n    if i:\n        a.x(i)",
        "import a\nfor i in e:\n    if i:\n        a.x(i)",
    ),
    "into a branch in try": (
        "try:\n    if e:\n        a.x()\nexcept Exception:\n    pass",
        "try:\n    if e:\n        import a\n        a.x()\nexcept Exception:\n    pass",
    ),
    "never into a try that speaks of failing imports": (
        "e = 1\ntry:\n    if e: a.x()\nexcept (OSError, ImportError):\n    pass",
        "import a\ne = 1\ntry:\n    if e: a.x()\nexcept (OSError, ImportError):\n    pass",
    ),
    "before a try whose handler needs it": (
        "e = 1\ntry:\n    if e: a.x()\nexcept a.Error:\n    pass",
        "import a\ne = 1\ntry:\n    if e: a.x()\nexcept a.Error:\n    pass",
    ),
    "never into with": ("with e:\n    if e: a.x()", "import a\nwith e:\n    if e: a.x()"),
    "before a nested function in its branch": (
        "if e:\n    def g():\n        return a.x\n    return g\nreturn 0",
        "if e:\n    import a\n    def g():\n        return a.x\n    return g\nreturn 0",
    ),
    "before a class": (
        "e += 1\nclass C:\n    b = a.x\nreturn C",
        "import a\ne += 1\nclass C:\n    b = a.x\nreturn C",
    ),
    "a return of a nested function leaves nothing": (
        "if e:\n    a.x()\ndef g(): return 1\nreturn a.y(g)",
        "import a\nif e:\n    a.x()\ndef g(): return 1\nreturn a.y(g)",
    ),
    "an f-string": ("if e:\n    return f'{a.x:>3}'", "if e:\n    import a\n    return f'{a.x:>3}'"),
    "a docstring": (
        "'''Doc.'''\n\nif e:\n    return a\nreturn 1",
        "'''Doc.'''\n\nif e:\n    import a\n    return a\nreturn 1",
    ),
}


def in_function(body, ending="\n"):
    lines = [f"    {line}" if line else "" for line in body.split("\n")]
    return ending.join(["def f(e):", *lines, ""])


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_import_stands_where_it_is_needed(before, after, ending):
    text = f"import a{ending}{in_function(before, ending)}"
    assert rewritten(text, DeferStyle.FUNCTION) == in_function(after, ending)


WHOLE_FILES = {
    "each branch gets the names that it uses": (
        (
            "from m import b, c\ndef f(e):\n    if e:\n        return b\n    elif e is None:\n"
            "        return c\n    return 0\n"
        ),
        (
            "def f(e):\n    if e:\n        from m import b\n        return b\n    elif e is None:\n"
            "        from m import c\n        return c\n    return 0\n"
        ),
    ),
    "imports of one place stay in order": (
        "import a\nimport b\ndef f(e):\n    if e:\n        return b, a\n    return 0\n",
        "def f(e):\n    if e:\n        import a\n        import b\n        return b, a\n    return 0\n",
    ),
    "each in its own place": (
        "import a\nimport b\ndef f(e):\n    if e:\n        return a\n    return b\n",
        "def f(e):\n    if e:\n        import a\n        return a\n    import b\n    return b\n",
    ),
    "parts of one package are told apart": (
        "import p.a\nimport p.b\ndef f(e):\n    if e:\n        return p.a.x\n    return p.b.y\n",
        (
            "def f(e):\n    if e:\n        import p.a\n        return p.a.x\n"
            "    import p.b\n    return p.b.y\n"
        ),
    ),
    "a part that stays makes the package's name local no less": (
        (
            "import p.a\nimport p.b\np.b.y()\ndef f(e):\n    if e:\n        return p.a.x\n"
            "    return p.b.y\n"
        ),
        "import p.b\np.b.y()\ndef f(e):\n    import p.a\n    if e:\n        return p.a.x\n    return p.b.y\n",
    ),
    "local annotations need nothing": (
        "import a\ndef f(e):\n    x: a.T = e\n    if e:\n        return a.y(x)\n    return x\n",
        (
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import a\n\n"
            "def f(e):\n    x: a.T = e\n    if e:\n        import a\n        return a.y(x)\n    return x\n"
        ),
    ),
    "a mangled use": (
        "import a as _C__a\nclass C:\n    def m(self, e):\n        if e:\n            return __a\n",
        "class C:\n    def m(self, e):\n        if e:\n            import a as _C__a\n            return __a\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), WHOLE_FILES.values(), ids=WHOLE_FILES)
def test_imports_are_placed_by_what_they_bind(before, after):
    assert rewritten(before, DeferStyle.FUNCTION) == after


MODULES = ("gen_p", "gen_q", "gen_r")
SIMPLE = ["out.append({use})", "x = [{use} for _ in e]", "return {use}", "f = lambda: {use}; f()"]
PLAIN = ["out.append(0)", "return 0", "pass", "e = e[1:]"]
# Blocks: what stands before each of their suites; `{use}` makes the condition a use.
BLOCKS = [
    ("if e[0]:",),
    ("if e[1]:", "else:"),
    ("if e[0]:", "elif e[1]:", "else:"),
    ("if e[2]:", "elif e[3]:"),
    ("if {use}:", "else:"),
    ("if e[0]:", "elif {use}:"),
    ("for e[0] in [True, False]:",),
    ("try:", "finally:"),
    ("with out:",),
    ("def g(*_):",),
]
USES = ("p.v", "q.v", "v", "w")


BRANCHES = BLOCKS[:4]


@st.composite
def suites(draw, simple, plain, blocks, uses, depth=0):
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 3 if depth < 3 else 1))
        use = draw(st.sampled_from(uses))
        if kind == 0:
            lines.append(draw(st.sampled_from(simple)).format(use=use))
        elif kind == 1:
            lines.append(draw(st.sampled_from(plain)))
        else:
            for header in draw(st.sampled_from(blocks)):
                lines.append(header.format(use=use))
                inner = draw(suites(simple, plain, blocks, uses, depth + 1))
                lines += [f"    {line}" for line in inner]
    if depth == 0 and draw(st.booleans()):
        lines.append("match e[0]:")
        for case in draw(st.sampled_from([("case True:",), ("case True:", "case _:")])):
            lines.append(f"    {case}")
            inner = draw(suites(simple, plain, blocks, uses, 2))
            lines += [f"        {line}" for line in inner]
    return lines


class Finder:
    """Finds MODULES and remembers which were asked for."""

    def __init__(self):
        self.loaded, self.read = set(), set()

    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name in MODULES else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        self.loaded.add(module.__name__)

        def attribute(name):
            if name not in ("v", "w"):
                raise AttributeError(name)
            self.read.add(module.__name__)
            return f"{module.__name__}.{name}"

        module.__getattr__ = attribute


class Out(list):
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


def run(text):
    """Call f with every combination; return each result, and what it has loaded and read."""
    finder, path = Finder(), sys.meta_path
    sys.meta_path = [finder, *path]
    results, loads = [], []
    try:
        for bits in range(16):
            finder.loaded.clear()
            for name in MODULES:
                sys.modules.pop(name, None)
            module = types.ModuleType("generated")
            exec(compile(text, "generated.py", "exec", dont_inherit=True), module.__dict__)
            finder.read.clear()
            out = Out()
            try:
                value = module.f([bool(bits >> n & 1) for n in range(4)], out)
            except IndexError:  # of the handler's own
                value = IndexError
            results.append((value, list(out)))
            loads.append((set(finder.loaded), set(finder.read)))
    finally:
        sys.meta_path = path
        for name in MODULES:
            sys.modules.pop(name, None)
    return results, loads


def text_of(head, body):
    return head + "\n".join(["def f(e, out):", *(f"    {line}" for line in body), ""])


@pytest.mark.unhurried
@settings(max_examples=examples(80), deadline=None, report_multiple_bugs=False)
@given(suites(SIMPLE, PLAIN, BLOCKS, USES))
def test_nested_branches_behave_as_before(body):
    text = text_of("import gen_p as p, gen_q as q\nfrom gen_r import v, w\n", body)
    after = rewritten(text, DeferStyle.FUNCTION)
    assert run(after)[0] == run(text)[0], after


@pytest.mark.unhurried
@settings(max_examples=examples(60), deadline=None, report_multiple_bugs=False)
@given(suites(SIMPLE[:3:2], [*PLAIN[:2], "raise IndexError"], BRANCHES, USES[:2]))
def test_no_request_pays_for_what_it_does_not_use(body):
    """Without loops and the like, what a call has loaded is what it has read."""
    after = rewritten(text_of("import gen_p as p, gen_q as q\n", body), DeferStyle.FUNCTION)
    used = {name for name in MODULES[:2] if any(f"{name[-1]}.v" in line for line in body)}
    for loaded, read in run(after)[1]:
        assert loaded & used == read, after


def test_a_variable_made_of_itself_many_times_comes_to_an_end():
    body = ["e = e[1:]"] * 60 + ["out.append(e[0])", "return p.v"]
    text = text_of("import gen_p as p\n", body)
    after = rewritten(text, DeferStyle.FUNCTION)
    assert after.index("def f") < after.index("import gen_p as p"), after
