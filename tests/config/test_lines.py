from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.config.lines import key_lines, nearest_line

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EVERYTHING = '''\
# a comment with [brackets] and key = "value"
title = "first"   # line 2
[tool]
"quoted key" = 'x = 1'
dotted.deep.er = 1
  [tool.importcost]   # indented
forbid = [
  "a",  # [not.a.table]
  """
b = 1
[neither]
""",
  'c',
]
env = { A = "1", B.C = """x
y""", "D=" = [1, { E = 2 }] }
text = \'\'\'
[no.table]
\'\'\'
date = 1979-05-27 07:32:00
last = 1.5
[[items]]
name = 1
[[items]]
name = 2
[items.sub]
x = true
["a.b"."c\\u0041"]
'''
EXPECTED = {
    ("title",): 2,
    ("tool",): 3,
    ("tool", "quoted key"): 4,
    ("tool", "dotted"): 5,
    ("tool", "dotted", "deep", "er"): 5,
    ("tool", "importcost"): 6,
    ("tool", "importcost", "forbid"): 7,
    ("tool", "importcost", "forbid", "0"): 8,
    ("tool", "importcost", "forbid", "1"): 9,
    ("tool", "importcost", "forbid", "2"): 13,
    ("tool", "importcost", "env"): 15,
    ("tool", "importcost", "env", "A"): 15,
    ("tool", "importcost", "env", "B", "C"): 15,
    ("tool", "importcost", "env", "D="): 16,
    ("tool", "importcost", "env", "D=", "1", "E"): 16,
    ("tool", "importcost", "text"): 17,
    ("tool", "importcost", "date"): 20,
    ("tool", "importcost", "last"): 21,
    ("items",): 22,
    ("items", "0", "name"): 23,
    ("items", "1"): 24,
    ("items", "1", "name"): 25,
    ("items", "1", "sub"): 26,
    ("items", "1", "sub", "x"): 27,
    ("a.b",): 28,
    ("a.b", "cA"): 28,
}


def paths_of(value, path=()):
    pairs = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = ((str(number), item) for number, item in enumerate(value))
    for key, inner in pairs:
        yield (*path, key)
        yield from paths_of(inner, (*path, key))


def test_every_way_to_write_a_key_is_found_on_its_line():
    lines = key_lines(EVERYTHING)
    assert {path: lines.get(path) for path in EXPECTED} == EXPECTED


def test_all_keys_that_the_reader_knows_are_found_and_no_others():
    assert set(key_lines(EVERYTHING)) == set(paths_of(tomllib.loads(EVERYTHING)))


def test_windows_line_ends_count_once():
    assert key_lines(EVERYTHING.replace("\n", "\r\n")) == key_lines(EVERYTHING)


@pytest.mark.parametrize(
    ("path", "line"),
    [(("tool", "importcost", "gone"), 6), (("tool", "gone", "far"), 3), (("gone",), 1), ((), 1)],
)
def test_a_key_without_a_line_gets_that_of_the_table_around_it(path, line):
    assert nearest_line(key_lines(EVERYTHING), path) == line


names = st.text("abcAB_-1", min_size=1, max_size=4)
odd_names = st.text(st.characters(codec="ascii", exclude_characters='"\\'), max_size=4).filter(
    lambda name: name.isprintable() or not name
)
values = st.sampled_from(
    ["1", '"x = 1 # [a]"', "[1, 2,]", "[\n 1,\n # ]\n 2\n]", '"""a\nb"""', "{ k = [ ] }", "true"]
)


@given(st.lists(st.tuples(names | odd_names.map(lambda n: f'"{n}"'), values), max_size=8))
def test_lines_are_where_the_text_was_written(rows):
    text, expected = "", {}
    for number, (key, value) in enumerate(rows):
        if number % 3 == 2:
            text += f"\n[t{number}] # {key}\n"
            table = (f"t{number}",)
        elif number == 0:
            table = ()
        line = text.count("\n") + 1
        text += f"n{number}.{key} = {value}\n"
        expected[(*table, f"n{number}", key.strip('"') if key[0] == '"' else key)] = line
    tomllib.loads(text)
    lines = key_lines(text)
    assert {path: lines.get(path) for path in expected} == expected


@given(st.text(st.sampled_from("[]{}=\"'.,#\n\\ ab1\r\t")))
def test_any_text_ends_and_valid_ones_give_all_their_keys(text):
    lines = key_lines(text)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(lines) == set(paths_of(data))


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = {" * 50_000, '"' * 100_001])
def test_texts_that_never_end_do(text):
    assert len(key_lines(text)) <= 100_001
