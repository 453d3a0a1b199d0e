from __future__ import annotations

import pytest

from importcost.deferral.source.analyse import analyse, outside_uses
from importcost.deferral.source.model import SourceText
from importcost.model.advice import VerdictKind


def source(path, text):
    return SourceText(path, text, "utf-8", False)


def uses_of(text, other="service"):
    files = {
        "handler": source("handler.py", "import np\ndef f(): return np\n"),
        "pkg": source("pkg/__init__.py", ""),
        "pkg.core": source("pkg/core.py", "import np\n"),
        other: source(other.replace(".", "/") + ".py", text),
    }
    return outside_uses(files)


@pytest.mark.parametrize(
    ("text", "module", "names"),
    [
        ("from handler import np, f\n", "handler", {"np", "f"}),
        ("def g():\n  from handler import np as x\n", "handler", {"np"}),
        ("import handler\nhandler.np.zeros(3)\n", "handler", {"np"}),
        ("import handler as h\nh.f()\n", "handler", {"f"}),
        ("from pkg import core\ncore.np\n", "pkg.core", {"np"}),
        ("import pkg.core\npkg.core.np.x\n", "pkg.core", {"np"}),
        ("patch('handler.np')\n", "handler", {"np"}),
        ("import handler\n", "handler", set()),
        ("import other\nother.np\n", "handler", set()),
        ("x = (\n", "handler", set()),
    ],
)
def test_names_that_another_file_uses(text, module, names):
    found = uses_of(text)[module]
    assert set(found.names) == names
    assert found.everything is None
    assert all(where.startswith("service.py line ") for where in found.names.values())


@pytest.mark.parametrize(
    "text",
    [
        "from handler import *\n",
        "import handler\nvars(handler)\n",
        "from importlib import import_module\nmodule = import_module('handler')\n",
    ],
)
def test_everything_counts_as_used_where_the_module_itself_is_passed_on(text):
    assert uses_of(text)["handler"].everything.startswith("service.py line ")


@pytest.mark.parametrize(
    ("text", "touched"),
    [
        ("from . import core\ncore.np\n", {"np"}),
        ("from .core import np\n", {"np"}),
        ("from .text import np\n", set()),
    ],
)
def test_relative_imports_reach_the_same_package(text, touched):
    assert set(uses_of(text, "pkg.other")["pkg.core"].names) == touched


def test_values_are_told_from_calls():
    found = uses_of("from handler import f, np\nf()\nroute(np)\n")["handler"]
    assert found.values == {"np"}


def test_a_file_does_not_count_as_its_own_user():
    files = {"handler": source("handler.py", "import handler\nhandler.np\nimport np\n")}
    assert not outside_uses(files)["handler"].names


def test_what_another_file_needs_loaded_stays():
    first = source("a.py", "import google.auth\ndef f(): return google.auth.default()\n")
    files = {"a": first, "b": source("b.py", "import google\ndef g(): return google.auth.x\n")}
    found = analyse(first, "a", False, (3, 12), outside_uses(files)["a"])
    verdict = found.imports[0].verdict
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "b.py line 2 uses google.auth" in verdict.reason


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        # The import of one function is not there before it runs: others cannot count on it.
        ("def g():\n  import google.auth\n", VerdictKind.NOT_DEFERRABLE),
        ("def f():\n  import google.auth\n  return google.auth.x\ndef g():\n", None),
    ],
)
def test_an_import_in_a_function_serves_that_function_alone(function, kind):
    first = source("a.py", "import google.auth\ndef f(): return google.auth.default()\n")
    use = "google.auth.x" if kind else "google"
    other = f"import google\n{function}  return 1\ndef h(): return {use}\n"
    found = outside_uses({"a": first, "b": source("b.py", other)})["a"]
    verdict = analyse(first, "a", False, (3, 12), found).imports[0].verdict
    assert verdict.kind is (kind or VerdictKind.DEFERRABLE), verdict


@pytest.mark.parametrize("text", ["ext://conf.stream", "conf.stream", "conf:stream"])
def test_a_string_that_names_an_object_uses_it(text):
    files = {
        "conf": source("conf.py", "import io\nstream = io.StringIO('')\n"),
        "app": source("app.py", f"import conf\nX = {{'stream': {text!r}}}\n"),
    }
    found = outside_uses(files)["conf"]
    assert "stream" in found.values
