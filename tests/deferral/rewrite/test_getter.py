"""Style `getter`: a module-level object becomes a cached function."""

# ruff: noqa: E501 - a line of a case is a line of its file

import ast
from dataclasses import replace

import pytest

from importcost.deferral.rewrite.rewrite import Change, Rewritten, rewrite
from importcost.model.advice import DeferStyle, DeferVerdict, VerdictKind
from tests.deferral.rewrite.cases import analysed, binding, outcome, reason, rewritten

HEAD = "import functools\n\n\n@functools.cache\n"

CASES = {
    "client": (
        "import boto3\n\ns3 = boto3.client('s3')\n\n\ndef f():\n    return s3.get()\n",
        (
            "import functools\n\n\n@functools.cache\ndef get_s3():\n    import boto3\n"
            "    return boto3.client('s3')\n\n\ndef f():\n    return get_s3().get()\n"
        ),
    ),
    "trailing comment and comment above": (
        (
            "import boto3  # aws\n# the client\ns3 = boto3.client('s3')  # shared\n"
            "def f(): return s3\n"
        ),
        (
            "import functools\n# the client\n@functools.cache\ndef get_s3():\n    import boto3  # aws\n"
            "    return boto3.client('s3')  # shared\n\n\ndef f(): return get_s3()\n"
        ),
    ),
    "chain": (
        (
            "import os\nimport boto3\nos.x\n\ndb = boto3.resource('d')\n"
            "table = db.Table(os.environ['T'])\n\n\ndef f():\n    return table.get(db)\n"
        ),
        (
            "import functools\nimport os\nos.x\n\n\n@functools.cache\ndef get_db():\n"
            "    import boto3\n    return boto3.resource('d')\n\n\n@functools.cache\ndef get_table():\n"
            "    return get_db().Table(os.environ['T'])\n\n\ndef f():\n"
            "    return get_table().get(get_db())\n"
        ),
    ),
    "every kind of use": (
        (
            "import boto3\ns3 = boto3.client('s3')\n\n\ndef f(x):\n    s3.a = x(s3=s3, *s3, **s3)\n"
            "    s3['k'] += 1\n    with s3 as t, t:\n        return [s3 for i in s3 if s3], lambda: s3\n"
        ),
        HEAD + "def get_s3():\n    import boto3\n    return boto3.client('s3')\n\n\ndef f(x):\n"
        "    get_s3().a = x(s3=get_s3(), *get_s3(), **get_s3())\n    get_s3()['k'] += 1\n"
        "    with get_s3() as t, t:\n"
        "        return [get_s3() for i in get_s3() if get_s3()], lambda: get_s3()\n",
    ),
    "f-strings": (
        (
            "import boto3\ns3 = boto3.client('s3')\n\n\ndef f(x):\n"
            "    return f'{s3.a!r:>{x}} {{ s3s' f\"{s3}\"\n"
        ),
        HEAD + "def get_s3():\n    import boto3\n    return boto3.client('s3')\n\n\ndef f(x):\n"
        "    return f'{get_s3().a!r:>{x}} {{ s3s' f\"{get_s3()}\"\n",
    ),
    "value over lines, triple quotes and brackets": (
        'import sql\nq = sql.parse("""\nselect\n  1""", (\n  2,\n))\n\n\ndef f(): return q\n',
        HEAD
        + 'def get_q():\n    import sql\n    return sql.parse("""\nselect\n  1""", (\n  2,\n))\n'
        "\n\ndef f(): return get_q()\n",
    ),
    "value in parentheses and after a backslash": (
        (
            "import a\nx = (  # why = because\n    a.b()\n)\ny = \\\n    a.c()\n\n\n"
            "def f(): return x, y\n"
        ),
        HEAD
        + "def get_x():\n    import a\n    return (  # why = because\n        a.b()\n    )\n\n\n"
        "@functools.cache\ndef get_y():\n    import a\n    return \\\n        a.c()\n\n\n"
        "def f(): return get_x(), get_y()\n",
    ),
    "no blanks around the sign": (
        "import a\nx=a.b()\n\n\ndef f(): return x\n",
        HEAD + "def get_x():\n    import a\n    return a.b()\n\n\ndef f(): return get_x()\n",
    ),
    "import that something else keeps": (
        "import functools\nimport a\na.now()\nx = a.b()\n\n\ndef f(): return x\n",
        (
            "import functools\nimport a\na.now()\n\n\n@functools.cache\ndef get_x():\n"
            "    return a.b()\n\n\ndef f(): return get_x()\n"
        ),
    ),
    "cache imported by name": (
        "from functools import cache as c\nimport a\nx = a.b()\n\n\n@c\ndef f(): return x\n",
        (
            "from functools import cache as c\n\n\n@c\ndef get_x():\n    import a\n    return a.b()\n"
            "\n\n@c\ndef f(): return get_x()\n"
        ),
    ),
    "functools under another name, tabs, crlf": (
        (
            "import functools as ft\r\nimport a\r\nx = a.b()\r\n\r\n\r\n@ft.wraps(1)\r\n"
            "def f():\r\n\treturn x\r\n"
        ),
        (
            "import functools as ft\r\n\r\n\r\n@ft.cache\r\ndef get_x():\r\n\timport a\r\n"
            "\treturn a.b()\r\n\r\n\r\n@ft.wraps(1)\r\ndef f():\r\n\treturn get_x()\r\n"
        ),
    ),
    "functools imported too late, and a comment that stays": (
        "import a, b  # both\nb.x\nx = a.c()\nimport functools\n\n\ndef f():\n    return x, functools\n",
        (
            "import functools\nimport b  # both\nb.x\n\n\n@functools.cache\ndef get_x():\n    import a\n"
            "    return a.c()\n\n\nimport functools\n\n\ndef f():\n    return get_x(), functools\n"
        ),
    ),
    "name clashes": (
        "import a\nx = a.b()\n\n\ndef get_x(_get_x): return x\n",
        HEAD + "def _get_x_2():\n    import a\n    return a.b()\n\n\n"
        "def get_x(_get_x): return _get_x_2()\n",
    ),
    "constant and private names": (
        "import a\nTABLE = a.b()\n_y = a.c()\n\n\ndef f(): return TABLE, _y\n",
        HEAD + "def get_table():\n    import a\n    return a.b()\n\n\n@functools.cache\n"
        "def _get_y():\n    import a\n    return a.c()\n\n\ndef f(): return get_table(), _get_y()\n",
    ),
    "annotation in quotes": (
        "import a\nx: 'a.C' = a.b()\n\n\ndef f(): return x\n",
        (
            "import functools\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import a\n\n\n"
            "@functools.cache\ndef get_x() -> 'a.C':\n    import a\n    return a.b()\n\n\n"
            "def f(): return get_x()\n"
        ),
    ),
    "annotation with a builtin": (
        "import a\nx: int = a.b()\n\n\ndef f(): return x\n",
        HEAD + "def get_x() -> int:\n    import a\n    return a.b()\n\n\ndef f(): return get_x()\n",
    ),
    "on a ; line": (
        "import a\nN = 1; x = a.b(); M = 2\n\n\ndef f(): return x, N, M\n",
        (
            "import functools\nN = 1\n\n\n@functools.cache\ndef get_x():\n    import a\n"
            "    return a.b()\n\n\nM = 2\n\n\ndef f(): return get_x(), N, M\n"
        ),
    ),
    "after a docstring without leading imports": (
        '"""Doc."""\nN = 1\nimport a\nx = a.b()\n\n\ndef f(): return x\n',
        (
            '"""Doc."""\nimport functools\nN = 1\n\n\n@functools.cache\ndef get_x():\n    import a\n'
            "    return a.b()\n\n\ndef f(): return get_x()\n"
        ),
    ),
    "no final newline": (
        "import a\ndef f(): return x\n\n\nx = a.b()",
        (
            "import functools\ndef f(): return get_x()\n\n\n@functools.cache\ndef get_x():\n"
            "    import a\n    return a.b()"
        ),
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_object_becomes_a_getter_and_every_use_a_call(before, after):
    assert rewritten(before, DeferStyle.GETTER) == after


def value_of(text, unit="    ", ending="\n"):
    """Return what the getter of `P = <text>` returns, checked to mean the same."""
    before = f"import a\nP = {text}  # end\n\n\ndef f():\n{unit}return P\n".replace("\n", ending)
    after = rewritten(before, DeferStyle.GETTER)
    head, tail = "return ", f"  # end{ending * 3}def f()"
    returned = after[after.index(head) + len(head) : after.index(tail)]
    assert ast.dump(ast.parse(f"({returned})")) == ast.dump(ast.parse(f"({text})"))
    return returned


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("unit", ["    ", "  ", "\t"])
@pytest.mark.parametrize(
    "lines",
    [
        ["{", "    k: a.b", '    for k in "ab"', "}"],
        ["a.b(", '    1,  # it\'s """ one', "", "# two", "    'x' 'y'", "    'z',", ")"],
        ["a.b(", "\t[", "\t\t1,", "\t],", ")"],
        ["\\", "  a.b + \\", "  1"],
        ["a.b(f'{1}'", "  f'''{2}''')"],
    ],
)
def test_further_lines_of_a_value_move_right_with_it(lines, unit, ending):
    moved = [lines[0], *(unit + line if line else "" for line in lines[1:])]
    assert value_of("\n".join(lines), unit, ending) == ending.join(moved)


@pytest.mark.parametrize(
    "text",
    [
        'a.b("""x\n  y""", {\n  1,\n})',
        "a.b('x\\\n  y', {\n  1,\n})",
        "a.b(f'''{1}\n  y''', {\n  1,\n})",
        "a.b({\n  1,\n}, rb'''\n''')",
    ],
)
def test_a_value_with_a_string_over_lines_stays_as_it_is(text):
    assert value_of(text) == text


F = "\n\n\ndef f(): return x\n"
F_AFTER = "\n\n\ndef f(): return get_x()\n"
GET_X = "@functools.cache\ndef get_x():\n    import a\n    return a.b()"
BLANK_LINES = {
    "import above": ("import os\nimport a\n\n", "import functools\nimport os\n\n\n"),
    "statement above": (
        "import os\nimport a\n\nN = os.x\n\n",
        "import functools\nimport os\n\nN = os.x\n\n\n",
    ),
    "comment above": (
        "import os\nimport a\n\nos.x\n\n# c\n# d\n",
        "import functools\nimport os\n\nos.x\n\n\n# c\n# d\n",
    ),
    "comment right below a moved import": (
        "import os\nimport a\n# c\n",
        "import functools\nimport os\n\n\n# c\n",
    ),
    "comment below a moved import": (
        "import os\nimport a\n\n# c\n",
        "import functools\nimport os\n\n\n# c\n",
    ),
    "enough": (
        "import os\nimport a\nos.x\n\n\n\n# c\n",
        "import functools\nimport os\nos.x\n\n\n\n# c\n",
    ),
}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("before", "after"), BLANK_LINES.values(), ids=BLANK_LINES)
def test_two_blank_lines_stand_around_a_getter(before, after, ending):
    text = f"{before}x = a.b(){F}".replace("\n", ending)
    assert rewritten(text, DeferStyle.GETTER) == f"{after}{GET_X}{F_AFTER}".replace("\n", ending)


def test_the_comment_of_a_getter_stays_below_the_block_for_types():
    text = "import a\n# c\nx: 'a.C' = a.b()\n\n\ndef f(): return x\n"
    assert rewritten(text, DeferStyle.GETTER).startswith(
        "import functools\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import a\n"
        "\n\n# c\n@functools.cache\n"
    )


def test_a_comment_keeps_its_place_in_a_file_without_blank_lines():
    text = "import os\nimport a\n\n# c\nx = a.b()\n\n\ny = 1\ndef f(): return x, os\n"
    assert f"import os\n\n# c\n{GET_X}" in rewritten(text, DeferStyle.GETTER, "a")


def test_evaluated_annotation_of_a_deferred_import_is_quoted():
    text = "import a\nx: a.C = a.b()\n\n\ndef f(): return x\n"
    assert 'def get_x() -> "a.C":' in rewritten(text, DeferStyle.GETTER, "a")


def test_final_is_no_return_annotation():
    text = "from typing import Final\nimport a\nx: Final = a.b()\ny: Final[int] = a.c()\n"
    text += "\n\ndef f(): return x, y\n"
    result = rewritten(text, DeferStyle.GETTER, "a")
    assert "def get_x():" in result
    assert "def get_y() -> int:" in result


def test_an_object_without_any_import_becomes_a_getter():
    text = "t = sum(range(9))\n\n\ndef f(): return t + 0\n"
    assert rewritten(text, DeferStyle.GETTER, "t") == (
        HEAD + "def get_t():\n    return sum(range(9))\n\n\ndef f(): return get_t() + 0\n"
    )


def test_before_python_3_9_lru_cache_does_it():
    text = "import a\nx = a.b()\n\n\ndef f(): return x\n"
    file = analysed(text, (3, 8))
    result = rewrite(file, binding(file, "a", DeferStyle.GETTER), (3, 8))
    assert isinstance(result, Rewritten)
    assert "@functools.lru_cache(maxsize=None)\ndef get_x():" in result.text


def test_a_lambda_may_call_the_getter():
    file = analysed("import a\nx = a.b()\nf = lambda: x\n")
    made = replace(file.objects[0], verdict=DeferVerdict(VerdictKind.NEEDS_GETTER, "by hand"))
    result = rewrite(file, [Change(made, DeferStyle.GETTER)], (3, 12))
    assert result.text.endswith("f = lambda: get_x()\n")


def test_notes_name_the_getters():
    result = outcome("import a\nx = a.b()\n\n\ndef f(): return x\n", DeferStyle.GETTER)
    assert result.notes == ("x at line 2 becomes get_x()",)


@pytest.mark.parametrize(
    "text",
    [
        "import a\nx = a.b()\ny = x.c\ndef f(): return x, y\n",
        "import a\nx = a.b()\ndef f(): return f'{x=}'\n",
        "import a\nx = y = a.b()\ndef f(): return x\n",
        "import a\nx = a.b()\nx.start()\ndef f(): return x\n",
        "import a\nx = a.b()\ndef f(y=x): return x\n",
        "import a\nx = a.b()\nfunctools = 1\ndef f(): return x, functools\n",
        "import a\nx = a.b()\ndef f(v):\n    match v:\n        case x.y: return x\n",
        "import a\n__version__ = a.b()\ndef f(): return __version__\n",
    ],
)
def test_what_cannot_be_a_getter_is_refused(text):
    assert reason(text, DeferStyle.GETTER, "a")


def test_an_object_has_no_other_style():
    file = analysed("import a\nx = a.b()\n\n\ndef f(): return x\n")
    result = rewrite(file, [Change(file.objects[0], DeferStyle.LAZY)], (3, 15))
    assert "getter" in result.reason
