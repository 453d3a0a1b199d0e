"""The blank lines around a removed block of imports do not add up."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.model.advice import DeferStyle
from tests.deferral.rewrite.cases import rewritten

USE = "def f():\n    return a, b\n"
MOVED = "def f():\n    import a\n    import b\n    return a, b\n"
# The head of the file before and after, with a and b used in a function below.
CASES = {
    "a block alone": ("import json\n\nimport a\nimport b\n\njson.x\n", "import json\n\njson.x\n"),
    "the longer side below": ("json = 1\n\nimport a, b\n\n\n", "json = 1\n\n\n"),
    "the longer side above": ("json = 1\n\n\nimport a, b\n\nx = 1\n", "json = 1\n\n\nx = 1\n"),
    "blank lines within": ("x = 1\n\nimport a\n\n\n\nimport b\n\ny = 1\n", "x = 1\n\ny = 1\n"),
    "none on one side": ("x = 1\nimport a\nimport b\n\n\ny = 1\n", "x = 1\n\n\ny = 1\n"),
    "none on the side below": ("x = 1\n\nimport a, b\ny = 1\n", "x = 1\n\ny = 1\n"),
    "a file starts with code": ("import a, b\n\n\n", ""),
    "a docstring and its blank line": ('"""Doc."""\n\nimport a, b\n\n\n', '"""Doc."""\n\n\n'),
    "a comment keeps its place": (
        "x = 1\n\nimport a\n\n# why\nimport b\n\ny = 1\n",
        "x = 1\n\n# why\n\ny = 1\n",
    ),
    "other blank lines stay": (
        "x = 1\n\n\n\ny = 1\n\nimport a, b\n\nz = 1\n\n\n\n",
        "x = 1\n\n\n\ny = 1\n\nz = 1\n\n\n\n",
    ),
}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_longer_run_of_blank_lines_stays(before, after, ending):
    text = (before + USE).replace("\n", ending)
    assert rewritten(text, DeferStyle.FUNCTION) == (after + MOVED).replace("\n", ending)


@pytest.mark.parametrize("before", ["", "\n", "\n\n"])
@pytest.mark.parametrize("after", ["", "\n", "\n\n"])
def test_getters_stand_between_two_blank_lines(before, after):
    """Those that the getter asks for count together with those around the removed import."""
    text = (
        f"import json\n{before}import sdk\n{after}s3 = sdk.x()\n\n\ndef f():\n    return s3, json\n"
    )
    found = rewritten(text, DeferStyle.GETTER, "sdk s3")
    above = found[: found.index("@functools")]
    assert above.endswith("import json\n\n\n"), found


def test_a_block_for_annotations_brings_its_own_blank_line():
    head = "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
    text = f"{head}\n\nimport a\n\n\ndef f(x: a.T):\n    return x\n"
    block = "if TYPE_CHECKING:\n    import a\n\n\n"
    after = f"{head}\n{block}def f(x: a.T):\n    return x\n"
    assert rewritten(text, DeferStyle.TYPE_CHECKING) == after


@given(st.lists(st.sampled_from(["", "x = 1", "import a", "import b", "    "]), max_size=12))
def test_no_run_of_blank_lines_grows_and_code_stays(lines):
    """A gap is never wider than the widest before, and everything else keeps its order."""
    head = list(dict.fromkeys(line for line in lines if line.startswith("import")))
    kept = [line for line in lines if line not in head]
    body = "def f():\n    return " + (", ".join(line[-1] for line in head) or "1")
    text = "\n".join(["y = 1", *_once(lines), body, ""])
    after = rewritten(text, DeferStyle.FUNCTION)
    assert _widest(after) <= _widest(text)
    code = [line for line in after.split("\n") if line.strip() and "import" not in line]
    assert code == ["y = 1", *(line for line in kept if line.strip()), *body.split("\n")]


def _once(lines):
    seen = set()
    for line in lines:
        if line not in seen or not line.startswith("import"):
            yield line
        seen.add(line)


def _widest(text):
    runs = re.findall(r"(?:^[ ]*\n)+", text, re.MULTILINE)
    return max((run.count("\n") for run in runs), default=0)
