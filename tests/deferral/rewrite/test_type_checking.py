"""Style `type-checking`: imports that only annotations need."""

# ruff: noqa: E501 - a line of a case is a line of its file

import ast

import pytest

from importcost.deferral.rewrite.rewrite import Rewritten, rewrite
from importcost.model.advice import DeferStyle
from tests.deferral.rewrite.cases import analysed, fitting, reason, rewritten

FUTURE = "from __future__ import annotations\n"
BLOCK = "if TYPE_CHECKING:\n    import a\n"

CASES = {
    "new block after the leading imports": (
        FUTURE + "import os\nimport a\n\nX = os.sep\n\ndef f(x: a.T): ...\n",
        FUTURE
        + "from typing import TYPE_CHECKING\nimport os\n\nif TYPE_CHECKING:\n    import a\n\n"
        "X = os.sep\n\ndef f(x: a.T): ...\n",
    ),
    "existing from typing is extended": (
        FUTURE + "from typing import cast\nimport a\ncast(1, 2)\n\ndef f(x: a.T): ...\n",
        FUTURE + "from typing import cast, TYPE_CHECKING\n\n" + BLOCK + "\ncast(1, 2)\n\n"
        "def f(x: a.T): ...\n",
    ),
    "existing from typing over lines is extended": (
        FUTURE
        + "from typing import (\n    cast,  # c\n)\nimport a\ncast(1, 2)\n\ndef f(x: a.T): ...\n",
        FUTURE
        + "from typing import (\n    cast,\n    TYPE_CHECKING,  # c\n)\n\n"
        + BLOCK
        + "\ncast(1, 2)\n\ndef f(x: a.T): ...\n",
    ),
    "existing block is extended": (
        FUTURE
        + "from typing import TYPE_CHECKING\nimport a\nif TYPE_CHECKING:\n    import b  # b\n"
        "else:\n    b = 1\n\ndef f(x: a.T): ...\n",
        FUTURE + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b  # b\n"
        "    import a\nelse:\n    b = 1\n\ndef f(x: a.T): ...\n",
    ),
    "existing block by typing.TYPE_CHECKING, tabs, at the end": (
        FUTURE
        + "import typing\nimport a\ndef f(x: a.T): ...\nif typing.TYPE_CHECKING:\n\timport b",
        FUTURE
        + "import typing\ndef f(x: a.T): ...\nif typing.TYPE_CHECKING:\n\timport b\n\timport a",
    ),
    "existing block on one line": (
        FUTURE + "import typing as t\nimport a\nif t.TYPE_CHECKING: import b\n\n"
        "def f(x: a.T): ...\n",
        FUTURE + "import typing as t\nif t.TYPE_CHECKING: import b; import a\n\n"
        "def f(x: a.T): ...\n",
    ),
    "the flag is there without a block": (
        FUTURE + "from typing import TYPE_CHECKING as TC\nimport a\nTC.x\n\ndef f(x: a.T): ...\n",
        FUTURE + "from typing import TYPE_CHECKING as TC\n\nif TC:\n    import a\n\nTC.x\n\n"
        "def f(x: a.T): ...\n",
    ),
    "quoted already, crlf, no final newline": (
        "import a\r\n\r\ndef f(x: 'a.T'): ...",
        (
            "from typing import TYPE_CHECKING\r\n\r\nif TYPE_CHECKING:\r\n    import a\r\n\r\n"
            "def f(x: 'a.T'): ..."
        ),
    ),
    "only the names that stand there": (
        FUTURE + "from a import (b,  # b\n  c)\n\ndef f(x: b, *y: c, **z: b) -> c: ...\n",
        FUTURE + "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from a import b, c\n\n"
        "def f(x: b, *y: c, **z: b) -> c: ...\n",
    ),
}


# Each text uses `a` in a block that never runs: type checkers read such a block from its top.
HEAD = "from typing import TYPE_CHECKING\nimport a\n\n"
USE = "\n\ndef f(x: 'a.T'): ...\n"
ORDERED = {
    "a use in the block": (
        HEAD
        + "if TYPE_CHECKING:\n    import b\n\n    # the shape\n    Shape = a.T\n    D = b.T\n"
        + USE,
        "if TYPE_CHECKING:\n    import b\n\n    import a\n    # the shape\n    Shape = a.T\n    D = b.T\n",
    ),
    "a use in a nested condition": (
        HEAD
        + "if TYPE_CHECKING:\n    import b\n    if b:\n        Shape = a.T\n    else:\n        Shape = b.T\n"
        + USE,
        "if TYPE_CHECKING:\n    import b\n    import a\n    if b:\n        Shape = a.T\n",
    ),
    "a use in a class of the block": (
        HEAD + "if TYPE_CHECKING:\n    class P(a.T):\n        def m(self): ...\n" + USE,
        "if TYPE_CHECKING:\n    import a\n    class P(a.T):\n",
    ),
    "an else branch that runs": (
        HEAD + "if TYPE_CHECKING:\n    Shape = a.T\nelse:\n    Shape = object\n" + USE,
        "if TYPE_CHECKING:\n    import a\n    Shape = a.T\nelse:\n    Shape = object\n",
    ),
    "several blocks, the second uses it": (
        HEAD
        + "if TYPE_CHECKING:\n    import b\n\nX = 1\nif TYPE_CHECKING:\n    Shape = a.T\n"
        + USE,
        "if TYPE_CHECKING:\n    import b\n    import a\n\nX = 1\nif TYPE_CHECKING:\n    Shape = a.T\n",
    ),
    "a use above the first block": (
        HEAD
        + "class C:\n    if TYPE_CHECKING:\n        T = a.T\n\n\nif TYPE_CHECKING:\n    import b\n"
        + USE,
        (
            "if TYPE_CHECKING:\n    import a\n\nclass C:\n    if TYPE_CHECKING:\n        T = a.T\n\n\n"
            "if TYPE_CHECKING:\n    import b\n"
        ),
    ),
    "another condition beside the flag": (
        HEAD + "if TYPE_CHECKING and X:\n    T = a.T\nif TYPE_CHECKING:\n    import b\n" + USE,
        "if TYPE_CHECKING:\n    import a\n\nif TYPE_CHECKING and X:\n    T = a.T\n",
    ),
    "the else of a denied flag": (
        HEAD + "if not TYPE_CHECKING:\n    X = 1\nelse:\n    T = a.T\n" + USE,
        "if TYPE_CHECKING:\n    import a\n\nif not TYPE_CHECKING:\n    X = 1\nelse:\n    T = a.T\n",
    ),
    "typing.TYPE_CHECKING": (
        "import typing\nimport a\n\nif typing.TYPE_CHECKING:\n    T = a.T\n" + USE,
        "if typing.TYPE_CHECKING:\n    import a\n    T = a.T\n",
    ),
    "typing by another name": (
        "import typing as t\nimport a\n\nif t.TYPE_CHECKING: import b; T = a.T\n" + USE,
        "if t.TYPE_CHECKING: import b; import a; T = a.T\n",
    ),
    "the flag by another name, tabs, crlf": (
        "from typing import TYPE_CHECKING as TC\r\nimport a\r\n\r\nif TC:\r\n\tT = a.T\r\n" + USE,
        "if TC:\r\n\timport a\r\n\tT = a.T\r\n",
    ),
    "an import that is there, below the use": (
        HEAD + "if TYPE_CHECKING:\n    T = a.T\n    import a\n" + USE,
        "if TYPE_CHECKING:\n    import a\n    T = a.T\n    import a\n",
    ),
    "an import that is there, above the use": (
        HEAD + "if TYPE_CHECKING:\n    import a\n    T = a.T\n" + USE,
        "\nif TYPE_CHECKING:\n    import a\n    T = a.T\n\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), ORDERED.values(), ids=ORDERED)
def test_the_import_is_above_its_first_use_in_the_block(before, after):
    result = rewritten(before, DeferStyle.TYPE_CHECKING)
    assert after in result
    assert result.count("import a") == after.count("import a")
    order = checked_in_order(result)
    assert order.index("import a") < order.index("use a")


# Bodies of a block that never runs, each using `a` in its own way; none of them is in the table.
BODIES = {
    "a bound": "    from typing import TypeVar\n    V = TypeVar('V', bound=a.T)\n",
    "a bound in quotes": "    from typing import TypeVar\n    V = TypeVar('V', bound='a.T')\n",
    "an assignment in an expression": "    (y := a.T)\n",
    "a decorator": "    @a.dec\n    def g(): ...\n",
    "a default": "    def g(x=a.T): ...\n",
    "an annotation": "    def g(x: a.T): ...\n",
    "a lambda": "    g = lambda: a.T\n",
    "a comprehension": "    g = [a.T for _ in ()]\n",
    "a format": "    g = f'{a.T}'\n",
    "a loop's target": "    for a.q in (): pass\n",
    "a context": "    with a.T() as t: pass\n",
    "a try": "    try:\n        T = a.T\n    except Exception:\n        T = None\n",
    "a match": "    match a.T:\n        case _: pass\n",
    "a deletion": "    del a.T\n",
    "a star import": "    from b import *\n    T = a.T\n",
    "another import of that name": "    import b as a\n    T = a.T\n",
    "another object of that name": "    def a(): ...\n    T = a\n",
    "a submodule": "    import a.b\n    T = a.b.T\n",
    "fields": "    class C:\n        x: a.T\n        y = a.T\n",
    "a docstring": "    'doc'\n    T = a.T\n",
    "a line that goes on": "    T = \\\n        a.T\n",
    "the flag in the flag": "    if TYPE_CHECKING:\n        T = a.T\n",
    "a substitute": "    try:\n        import b\n    except ImportError:\n        b = a\n",
}


@pytest.mark.parametrize("head", [HEAD, FUTURE + HEAD], ids=["evaluated", "never evaluated"])
@pytest.mark.parametrize("tail", ["", "else:\n    T = object\n"], ids=["alone", "with an else"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_the_verdict_allows_the_edit_does_in_order(head, tail, body):
    file = analysed(head + "if TYPE_CHECKING:\n" + body + tail + USE)
    result = rewrite(file, fitting(file, DeferStyle.TYPE_CHECKING), (3, 12))
    assert isinstance(result, Rewritten), result
    exec(compile(result.text, "handler.py", "exec", dont_inherit=True), {})  # no `a` is needed
    order = checked_in_order(result.text)
    assert order[:1] in ([], ["import a"])


def checked_in_order(text):
    """Return the imports and uses of `a` at module level, as a type checker meets them."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import) and any(alias.name == "a" for alias in node.names):
            found.append((node.lineno, node.col_offset, "import a"))
        elif isinstance(node, ast.Name) and node.id == "a":
            found.append((node.lineno, node.col_offset, "use a"))
    return [what for _, _, what in sorted(found)]


@pytest.mark.parametrize(
    "text",
    [
        "import a, settings\nif settings.TYPE_CHECKING:\n    T = a.T\ndef f(x: 'a.T'): ...\n",
        "import a\nTYPE_CHECKING = bool(1)\nif TYPE_CHECKING:\n    T = a.T\ndef f(x: 'a.T'): ...\n",
        (
            "import a\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING or X:\n    T = a.T\n"
            "def f(x: 'a.T'): ...\n"
        ),
    ],
)
def test_a_condition_that_may_hold_at_run_time_is_no_flag(text):
    assert reason(text, DeferStyle.TYPE_CHECKING, "a")


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_import_stands_under_the_flag(before, after):
    assert rewritten(before, DeferStyle.TYPE_CHECKING) == after


QUOTES = {
    "plain": ("a.T", '"a.T"'),
    "whole expression": ("dict[str, a.T | None]", '"dict[str, a.T | None]"'),
    "double quotes inside": ('list["a.T", a.U]', "'list[\"a.T\", a.U]'"),
    "single quotes inside": ("list['a.T', a.U]", "\"list['a.T', a.U]\""),
    "in parentheses": ("(a.T)", '("a.T")'),
    "over lines": ("dict[\n    str,\n    a.T\n]", '"dict[str, a.T]"'),
}


@pytest.mark.parametrize(("annotation", "quoted"), QUOTES.values(), ids=QUOTES)
@pytest.mark.parametrize("shape", ["def f(x: {}, *, y: int = 1): ...\n", "def f() -> {}: ...\n"])
def test_evaluated_annotations_are_quoted_whole(annotation, quoted, shape):
    result = rewritten("import a\n" + shape.format(annotation), DeferStyle.TYPE_CHECKING, "a")
    assert result.endswith(shape.format(quoted))


@pytest.mark.parametrize("annotation", QUOTES.values(), ids=QUOTES)
def test_a_quoted_annotation_means_the_same(annotation):
    before, quoted = (ast.parse(text, mode="eval").body for text in annotation)
    assert ast.dump(ast.parse(quoted.value, mode="eval").body) == ast.dump(before)


def test_a_variable_s_annotation_is_quoted():
    result = rewritten("import a\nx: a.T = 1\ndef f(): return x\n", DeferStyle.TYPE_CHECKING, "a")
    assert '\nx: "a.T" = 1\n' in result


@pytest.mark.parametrize(
    "text",
    [
        "import a\ndef f(x: a.T['b', \"c\"]): ...\n",
        "import a\ndef f(x: a.T['\\n']): ...\n",
        "import a\ndef f(x: a.T[\n    int  # why\n]): ...\n",
        "import a\ndef f(x: 'a.T'): return a\n",
        "import a\nclass C(a.T): ...\n",
    ],
)
def test_what_cannot_stand_there_is_refused(text):
    assert reason(text, DeferStyle.TYPE_CHECKING, "a")
