"""What a script tells is what the table reads."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.tell import MARK, Told, read_told, tell

NAMES = st.text("abcdefghij_ 0123456789", min_size=1, max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**12), 10**12)
FIGURES = st.recursive(
    NUMBERS | st.tuples(NUMBERS, st.text(max_size=20)),
    lambda below: st.dictionaries(NAMES, below, min_size=1, max_size=3),
    max_leaves=6,
)


def said(**figures):
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        print("a table before")
        tell(**figures)
        print("and words after")
    return stream.getvalue()


def read(output):
    return {key: one for line in output.splitlines() for key, one in read_told(line).items()}


def flat(name, figure):
    if isinstance(figure, dict):
        return {key: one for k, f in figure.items() for key, one in flat(f"{name}.{k}", f).items()}
    value, words = figure if isinstance(figure, tuple) else (figure, "")
    return {name: Told(value, words)}


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), FIGURES, min_size=1))
def test_all_that_is_told_is_read(figures):
    expected = {key: one for name, f in figures.items() for key, one in flat(name, f).items()}
    assert read(said(**figures)) == expected


def test_what_is_told_again_counts_and_the_rest_stays():
    output = said(a=1, b={"c": 2}) + said(b={"c": (3, "again")})
    assert read(output) == {"a": Told(1, ""), "b.c": Told(3, "again")}


@pytest.mark.parametrize(
    "line", ["[1]", '{"a": null}', '{"a": true}', '{"a": NaN}', '{"a": [1, 2]}', '{"a": "1"}', "{"]
)
def test_anything_else_behind_the_mark_is_refused(line):
    with pytest.raises(ValueError, match=r"not figures|neither a number"):
        read_told(MARK + line)


@given(st.text())
def test_a_line_without_the_mark_tells_nothing(text):
    assert read_told(f"| {text}") == {}
