"""Style `function`: the import moves into the functions that use it."""

# ruff: noqa: E501 - a line of a case is a line of its file

from dataclasses import replace

import pytest

from importcost.deferral.rewrite.rewrite import Refused, rewrite
from importcost.deferral.source.model import SourceText
from importcost.deferral.source.text import decode, encode
from importcost.model.advice import DeferStyle
from tests.deferral.rewrite.cases import analysed, fitting, outcome, reason, rewritten

CASES = {
    "whole line": (
        "import json\nX = 1\n\n\ndef f():\n    return json.dumps(X)\n",
        "X = 1\n\n\ndef f():\n    import json\n    return json.dumps(X)\n",
    ),
    "after the docstring": (
        'import json\n\ndef f():\n    """Doc."""\n\n    # why\n    return json\n',
        'def f():\n    """Doc."""\n    import json\n\n    # why\n    return json\n',
    ),
    "docstring of several lines": (
        'import json\ndef f():\n    """Doc.\n\n    More.\n    """  # noqa\n    return json\n',
        'def f():\n    """Doc.\n\n    More.\n    """  # noqa\n    import json\n    return json\n',
    ),
    "docstring on the def line": (
        'import json\ndef f(): "doc"; return json\n',
        'def f():\n    "doc"\n    import json\n    return json\n',
    ),
    "comment of the first statement": (
        "import json\ndef f():  # head\n    # why\n    return json\n",
        "def f():  # head\n    import json\n    # why\n    return json\n",
    ),
    "type comment stays below the header": (
        "import json\ndef f(a):\n    # type: (int) -> str\n    return json\n",
        "def f(a):\n    # type: (int) -> str\n    import json\n    return json\n",
    ),
    "one alias of three, first": (
        "import a, b, c\nb.x, c.x\ndef f(): return a\n",
        "import b, c\nb.x, c.x\ndef f():\n    import a\n    return a\n",
    ),
    "one alias of three, middle": (
        "import a, b as d, c\na.x, c.x\ndef f(): return d\n",
        "import a, c\na.x, c.x\ndef f():\n    import b as d\n    return d\n",
    ),
    "one alias of three, last": (
        "import a, b, c  # three\na.x, b.x\ndef f(): return c\n",
        "import a, b  # three\na.x, b.x\ndef f():\n    import c\n    return c\n",
    ),
    "two aliases of three": (
        "import a, b, c\nc.x\ndef f(): return a, b\n",
        "import c\nc.x\ndef f():\n    import a\n    import b\n    return a, b\n",
    ),
    "all aliases": (
        "import a, b\ndef f(): return a, b\n",
        "def f():\n    import a\n    import b\n    return a, b\n",
    ),
    "first on a ; line": (
        "import a; X = 1\ndef f(): return a\n",
        "X = 1\ndef f():\n    import a\n    return a\n",
    ),
    "last on a ; line": (
        "X = 1; import a  # end\ndef f(): return a\n",
        "X = 1  # end\ndef f():\n    import a\n    return a\n",
    ),
    "between others on a ; line": (
        "X = 1; import a; Y = 2\ndef f(): return a\n",
        "X = 1; Y = 2\ndef f():\n    import a\n    return a\n",
    ),
    "a whole ; line": (
        "X = 1\nimport a; import b;  # both\ndef f(): return a, b\n",
        "X = 1\ndef f():\n    import a\n    import b\n    return a, b\n",
    ),
    "parentheses over lines": (
        "from a import (\n    b,\n    c as d,\n)\n\ndef f():\n    return b\n\ndef g():\n    return d, b\n",
        (
            "def f():\n    from a import b\n    return b\n\ndef g():\n    from a import b, c as d\n"
            "    return d, b\n"
        ),
    ),
    "backslash continuation": (
        "import a, \\\n    b\na.x\nfrom c import \\\n    d\ndef f(): return b, d\n",
        "import a\na.x\ndef f():\n    import b\n    from c import d\n    return b, d\n",
    ),
    "a comment goes with it, the block above stays": (
        "# top\nimport a  # noqa: F401\nX = 1\ndef f():\n    return a\n",
        "# top\nX = 1\ndef f():\n    import a  # noqa: F401\n    return a\n",
    ),
    "tabs": (
        "import a\nclass C:\n\tdef m(self):\n\t\tif self:\n\t\t\treturn a\n",
        "class C:\n\tdef m(self):\n\t\tif self:\n\t\t\timport a\n\t\t\treturn a\n",
    ),
    "crlf": (
        "import a\r\nX = 1\r\ndef f():\r\n    return a\r\n",
        "X = 1\r\ndef f():\r\n    import a\r\n    return a\r\n",
    ),
    "lone carriage returns": (
        "import a\rdef f():\r    return a\r",
        "def f():\r    import a\r    return a\r",
    ),
    "form feed": (
        "X = 1\n\x0cimport a\nY = 2\n\x0cdef f():\n    return a\n",
        "X = 1\n\x0cY = 2\n\x0cdef f():\n    import a\n    return a\n",
    ),
    "no final newline": (
        "import a\ndef f():\n    return a",
        "def f():\n    import a\n    return a",
    ),
    "import as the last line": (
        "def f():\n    return a\nimport a",
        "def f():\n    import a\n    return a\n",
    ),
    "wide characters before": (
        "X = 'ñ\U0001f600'; import a; Y = 'é'\ndef f(): return 'ü', a\n",
        "X = 'ñ\U0001f600'; Y = 'é'\ndef f():\n    import a\n    return 'ü', a\n",
    ),
    "async, decorated, methods": (
        "import a\n\nclass C:\n    @property\n    @staticmethod\n    async def m():\n        await a\n",
        (
            "class C:\n    @property\n    @staticmethod\n    async def m():\n        import a\n"
            "        await a\n"
        ),
    ),
    "first statement is decorated": (
        "import a\ndef f():\n    # inner\n    @a.x\n    def g(): pass\n",
        "def f():\n    import a\n    # inner\n    @a.x\n    def g(): pass\n",
    ),
    "nested functions: the outermost one": (
        "import a\ndef f():\n    def g():\n        return lambda: a\n    return g\n",
        "def f():\n    import a\n    def g():\n        return lambda: a\n    return g\n",
    ),
    "header over lines": (
        "import a\ndef f(\n    x,\n    # y\n    y,\n):\n\n    return a\n",
        "def f(\n    x,\n    # y\n    y,\n):\n    import a\n\n    return a\n",
    ),
    "dotted and renamed": (
        "import a.b as c\nimport d.e\ndef f():\n    return c, d.e.x\n",
        "def f():\n    import a.b as c\n    import d.e\n    return c, d.e.x\n",
    ),
    "a name that classes mangle": (
        "import json as __json\ndef f():\n    return __json\nclass C:\n    def m(self): return _C__json\n",
        "def f():\n    import json as __json\n    return __json\nclass C:\n    def m(self): return _C__json\n",
    ),
    "relative": (
        "from . import a\nfrom ..b import c\ndef f():\n    return a, c\n",
        "def f():\n    from . import a\n    from ..b import c\n    return a, c\n",
    ),
    "annotation that nothing evaluates": (
        "from __future__ import annotations\nimport a\n\ndef f(x: a.T):\n    return a.y(x)\n",
        (
            "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n\n"
            "if TYPE_CHECKING:\n    import a\n\ndef f(x: a.T):\n    import a\n    return a.y(x)\n"
        ),
    ),
    "annotation that is evaluated": (
        "import a\nX = 1\ndef f(x: a.T | None) -> list[a.T]:\n    return a.y(x)\n",
        (
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import a\n\nX = 1\n"
            'def f(x: "a.T | None") -> "list[a.T]":\n    import a\n    return a.y(x)\n'
        ),
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_import_moves_and_the_rest_stays(before, after):
    assert rewritten(before, DeferStyle.FUNCTION) == after


def test_a_long_from_import_is_wrapped():
    names = [f"some_rather_long_name_{number}" for number in range(6)]
    before = f"from package import ({', '.join(names)})\ndef f():\n\treturn {', '.join(names)}\n"
    lines = "".join(f"\t\t{name},\n" for name in names)
    after = f"def f():\n\tfrom package import (\n{lines}\t)\n\treturn {', '.join(names)}\n"
    assert rewritten(before, DeferStyle.FUNCTION) == after


def test_an_unused_import_is_removed_only_when_asked_and_said():
    result = outcome("import a\nX = 1\n", DeferStyle.FUNCTION, "a")
    assert (result.text, result.notes) == ("X = 1\n", ("a of line 1 is used nowhere and removed",))
    assert outcome("import a\nX = 1\n", DeferStyle.FUNCTION).text == "import a\nX = 1\n"


def test_lost_comments_are_said():
    text = "from a import (\n    b,  # first\n    # rest\n    c,\n)\ndef f(): return b, c\n"
    notes = outcome(text, DeferStyle.FUNCTION).notes
    assert notes == ("the import at line 1 loses its inner comments: # first # rest",)


ONE_LINERS = {
    "comments of both": (
        "import a  # why\ndef f(x): return a(x)  # two\n",
        "def f(x):\n    import a  # why\n    return a(x)  # two\n",
    ),
    "no blank after the colon": (
        "from m import T\ndef f(x):return T(x)\n",
        "def f(x):\n    from m import T\n    return T(x)\n",
    ),
    "many blanks, form feed, no final newline": (
        "import a\n\x0cdef f(x: int = 1) -> 'dict[str: int]': \t return a",
        "\x0cdef f(x: int = 1) -> 'dict[str: int]':\n    import a\n    return a",
    ),
    "backslash after the header": (
        "import a\nclass C:\n  def f(x): \\\n \\\n    return a\n",
        "class C:\n  def f(x):\n    import a\n    return a\n",
    ),
    "header over lines": (
        "import a\nclass C:\n    async def f(\n            x,\n    ): return a\n",
        "class C:\n    async def f(\n            x,\n    ):\n        import a\n        return a\n",
    ),
    "tabs, crlf, decorated": (
        "import a\r\nclass C:\r\n\t@property\r\n\tdef f(self): x = 1; return a(\r\n1)\r\n",
        (
            "class C:\r\n\t@property\r\n\tdef f(self):\r\n\t\timport a\r\n"
            "\t\tx = 1; return a(\r\n1)\r\n"
        ),
    ),
    "two in a row": (
        "import a\ndef f(): return a.x\ndef g(): return a.y\n",
        ("def f():\n    import a\n    return a.x\ndef g():\n    import a\n    return a.y\n"),
    ),
    "elif and else": (
        "import a\ndef f(x):\n  if x: return 1\n  elif x > 1: return a.x\n  else: return a.y\n",
        (
            "def f(x):\n  if x: return 1\n  elif x > 1:\n    import a\n    return a.x\n"
            "  else:\n    import a\n    return a.y\n"
        ),
    ),
    "comments that end in a backslash are no headers": (
        "import a\ndef f(x):\n    # it's \\\n    return a\ndef g(x):  # c \\\n    return a\n",
        (
            "def f(x):\n    import a\n    # it's \\\n    return a\n"
            "def g(x):  # c \\\n    import a\n    return a\n"
        ),
    ),
    "comment with a quote that ends in a backslash": (
        "import a\ndef f(x):  # it's \\\n    return a\n",
        "def f(x):  # it's \\\n    import a\n    return a\n",
    ),
    "docstring on a line of its own with another statement": (
        "import a\ndef f():\n    'doc'; return a\n",
        "def f():\n    'doc'\n    import a\n    return a\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), ONE_LINERS.values(), ids=ONE_LINERS)
def test_a_body_on_the_line_of_its_header_gets_lines_of_its_own(before, after):
    assert rewritten(before, DeferStyle.FUNCTION) == after
    assert outcome(before, DeferStyle.FUNCTION).notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "import a\na.x()\ndef f(): return a\n",
        "import a\nf = lambda: a\n",
        "import a\nclass C(a.B): pass\n",
        "try:\n    import a\nexcept ImportError:\n    pass\ndef f(): return a\n",
        "import a\ndef f():\n    global a\n    return a\n",
    ],
)
def test_what_cannot_move_is_refused(text):
    assert reason(text, DeferStyle.FUNCTION, "a")


def test_a_text_that_changed_since_the_analysis_is_refused():
    file = analysed("import a\ndef f(): return a\n")
    moved = SourceText("f.py", "\nimport a\ndef f(): return a\n", "utf-8", False)
    result = rewrite(replace(file, source=moved), fitting(file, DeferStyle.FUNCTION), (3, 12))
    assert result == Refused("there is no import at line 1 any more")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            b"# coding: latin-1\nimport a\nX = '\xe9'; import b\ndef f():\n    return a, b, '\xfc'\n",
            (
                b"# coding: latin-1\nX = '\xe9'\ndef f():\n    import a\n    import b\n"
                b"    return a, b, '\xfc'\n"
            ),
        ),
        (
            b"\xef\xbb\xbfimport a\r\ndef f():\r\n    return a",
            b"\xef\xbb\xbfdef f():\r\n    import a\r\n    return a",
        ),
    ],
    ids=["latin-1 with cookie", "byte order mark"],
)
def test_bytes_come_back_in_their_encoding(before, after):
    source = decode("f.py", before)
    assert encode(source, rewritten(source, DeferStyle.FUNCTION)) == after
