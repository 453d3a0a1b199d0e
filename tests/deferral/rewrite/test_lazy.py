"""Styles `lazy` and `lazy-modules`: PEP 810."""

import pytest

from importcost.deferral.rewrite.rewrite import Change, Refused, Rewritten, rewrite
from importcost.model.advice import DeferStyle
from tests.deferral.rewrite.cases import analysed, binding, outcome, reason, rewritten

USES = "\ndef f(): return a, b, c\n"

LAZY = {
    "import": ("import a  # why\n", "a", "lazy import a  # why\n"),
    "from": ("from x import a, b\n", "a", "lazy from x import a, b\n"),
    "over lines": ("from x import (\n  a,  # a\n)\n", "a", "lazy from x import (\n  a,  # a\n)\n"),
    "all of several": ("import a, b\n", "a b", "lazy import a, b\n"),
    "first of several": ("import a, b as c\n", "a", "import b as c\nlazy import a\n"),
    "last of several": (
        "import a, b, x.c as c  # w\n",
        "c",
        "import a, b\nlazy import x.c as c  # w\n",
    ),
    "crlf": ("import a, b\r\nX = 1\r\n", "b", "import a\r\nlazy import b\r\nX = 1\r\n"),
    "on a ; line": ("X = 1; import a; Y = 2\n", "a", "X = 1; lazy import a; Y = 2\n"),
    "one of several on a ; line": ("X = 1; import a, b\n", "a", "X = 1; import b; lazy import a\n"),
    "backslash": ("import a, \\\n    b\n", "b", "import a\nlazy import b\n"),
    "after a form feed": ("X = 1\n\x0cimport a\n", "a", "X = 1\n\x0clazy import a\n"),
}


@pytest.mark.parametrize(("before", "names", "after"), LAZY.values(), ids=LAZY)
def test_the_word_lazy_is_put_before(before, names, after):
    assert rewritten(before + USES, DeferStyle.LAZY, names) == after + USES


def test_a_lazy_file_stays_as_it_is():
    text = "lazy import a\nimport b; lazy from x import c\n" + USES
    once = rewritten(text, DeferStyle.LAZY)
    assert once == "lazy import a\nlazy import b; lazy from x import c\n" + USES
    file = analysed(once, (3, 15))
    result = rewrite(file, binding(file, "a b c", DeferStyle.LAZY), (3, 15))
    assert isinstance(result, Rewritten)
    assert result.text == once
    assert len(result.notes) == 3


def test_lazy_and_moved_aliases_of_one_statement():
    file = analysed("import a, b, c\n" + USES, (3, 15))
    styles = (DeferStyle.LAZY, DeferStyle.FUNCTION, None)
    changes = [
        Change(item, style) for item, style in zip(file.imports, styles, strict=True) if style
    ]
    result = rewrite(file, changes, (3, 15))
    assert result.text == "import c\nlazy import a\n\ndef f():\n    import b\n    return a, b, c\n"


def test_lazy_below_3_15_is_refused():
    assert "3.15" in reason("import a\n" + USES, DeferStyle.LAZY, python=(3, 14))


@pytest.mark.parametrize("style", [DeferStyle.LAZY, DeferStyle.LAZY_MODULES])
@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import a\nfinally:\n    pass\n",
        "class C:\n    import a\n",
        "try:\n    import a\nexcept ImportError:\n    a = None\n",
    ],
)
def test_where_the_grammar_forbids_it_lazy_is_refused(text, style):
    file = analysed(text + USES, (3, 15))
    changes = [Change(item, style) for item in file.imports]
    assert changes
    assert isinstance(rewrite(file, changes, (3, 15)), Refused)


def test_two_styles_for_one_import_are_refused():
    file = analysed("import a\n" + USES, (3, 15))
    changes = [Change(file.imports[0], style) for style in (DeferStyle.LAZY, DeferStyle.FUNCTION)]
    assert "two styles" in rewrite(file, changes, (3, 15)).reason


LISTED = {
    "first in the file": ("import b, a\n", '__lazy_modules__ = ["a", "b"]\nimport b, a\n'),
    "after docstring and future": (
        '#!/usr/bin/python\n"""Doc."""\n\nfrom __future__ import annotations\n\nimport a\n',
        (
            '#!/usr/bin/python\n"""Doc."""\n\nfrom __future__ import annotations\n\n'
            '__lazy_modules__ = ["a"]\n\nimport a\n'
        ),
    ),
    "below the cookie": (
        "# coding: utf-8\nimport a\n",
        '# coding: utf-8\n__lazy_modules__ = ["a"]\nimport a\n',
    ),
    "full names": (
        "from . import a\nfrom ..y.z import b\nimport u.v as c\n",
        (
            '__lazy_modules__ = ["pkg.sub", "pkg.y.z", "u.v"]\n'
            "from . import a\nfrom ..y.z import b\nimport u.v as c\n"
        ),
    ),
    "crlf and docstring on the same line": (
        '"""Doc."""; import a\r\n',
        '"""Doc."""; __lazy_modules__ = ["a"]; import a\r\n',
    ),
    "list extended": (
        "__lazy_modules__ = ['b', 'x']  # lazy\nimport a\nimport b\n",
        "__lazy_modules__ = ['b', 'x', 'a']  # lazy\nimport a\nimport b\n",
    ),
    "list over lines extended": (
        '__lazy_modules__ = [\n    "b",\n]\nimport a, c\n',
        '__lazy_modules__ = [\n    "b",\n    "a",\n    "c",\n]\nimport a, c\n',
    ),
    "tuple extended": (
        "__lazy_modules__ = ('b',)\nimport a\n",
        "__lazy_modules__ = ('b', 'a',)\nimport a\n",
    ),
    "empty tuple": ("__lazy_modules__ = ()\nimport a\n", '__lazy_modules__ = ("a",)\nimport a\n'),
    "set extended": (
        "__lazy_modules__ = {'b'}\nimport a\n",
        "__lazy_modules__ = {'b', 'a'}\nimport a\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), LISTED.values(), ids=LISTED)
def test_modules_are_listed_once(before, after):
    assert rewritten(before + USES, DeferStyle.LAZY_MODULES, module="pkg.sub.mod") == after + USES


def test_a_long_list_is_wrapped():
    names = [f"some_rather_long_module_name_{number}" for number in range(4)]
    text = f"import {', '.join(names)}\ndef f():\n    return {', '.join(names)}\n"
    lines = "".join(f'    "{name}",\n' for name in names)
    assert rewritten(text, DeferStyle.LAZY_MODULES) == f"__lazy_modules__ = [\n{lines}]\n{text}"


@pytest.mark.parametrize(
    "text",
    [
        "__lazy_modules__ = list('b')\nimport a\n",
        "import a\n__lazy_modules__ = ['b']\n",
        "__lazy_modules__ = ['b']\n__lazy_modules__ += ['c']\nimport a\n",
        "import a\nfrom a import b\nb()\n",
    ],
)
def test_a_list_that_would_not_do_is_refused(text):
    assert reason(text + USES, DeferStyle.LAZY_MODULES, "a")


def test_old_pythons_ignore_the_list():
    assert isinstance(
        outcome("import a\n" + USES, DeferStyle.LAZY_MODULES, python=(3, 9)), Rewritten
    )
