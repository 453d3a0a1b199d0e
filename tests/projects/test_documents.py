"""YAML and JSON documents are read safely, and every key knows its line."""

import pytest

from importcost.errors import UsageError
from importcost.projects.documents import DocumentTable, parse_yaml, read_document


def test_keys_know_their_lines():
    found = parse_yaml("a: 1\nb:\n  c: 2\n", "t.yaml")
    assert found.line_of("b") == 2
    assert found["b"].line_of("c") == 3
    assert found["b"].line_of("missing") == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x: !Ref A", {"Ref": "A"}),
        ("x: !GetAtt A.Arn.B", {"Fn::GetAtt": ["A", "Arn.B"]}),
        ("x: !Sub '${A}-b'", {"Fn::Sub": "${A}-b"}),
        ("x: !If [C, !Ref A, b]", {"Fn::If": ["C", {"Ref": "A"}, "b"]}),
        ("x: !Sub\n  - t\n  - {k: !Ref A}", {"Fn::Sub": ["t", {"k": {"Ref": "A"}}]}),
        ("x: !Condition C", {"Condition": "C"}),
        ("x: !Transform {Name: N}", {"Fn::Transform": {"Name": "N"}}),
    ],
)
def test_short_forms_become_long_ones(text, value):
    assert parse_yaml(text, "t.yaml")["x"] == value


def test_dates_stay_text():
    assert parse_yaml("v: 2010-09-09", "t.yaml") == {"v": "2010-09-09"}


def test_merged_keys_count_and_own_keys_win():
    found = parse_yaml("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}", "t.yaml")
    assert found["b"] == {"x": 1, "y": 3}
    assert not found["b"].repeated


def test_the_last_of_repeated_keys_counts_and_is_known():
    found = parse_yaml("a: 1\nb: 2\na: 3\n", "t.yaml")
    assert found["a"] == 3
    assert found.repeated == {"a": 1}
    assert found.line_of("a") == 3


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: [", 2, "flow node"),
        ("a: 1\n\tb: 2", 2, "tab character"),
        ("a: !!python/object/apply:os.system [x]", 1, "python/object"),
        ("[" * 100_000, 1, "nested more than"),
        ("{a: " * 100_000, 1, "nested more than"),
        ("- " * 100_000 + "x", 1, "nested more than"),
        ("x: *y", 1, "undefined alias"),
    ],
)
def test_broken_yaml_names_file_and_line(text, line, what):
    with pytest.raises(UsageError, match=what) as caught:
        parse_yaml(text, "t.yaml")
    assert f"t.yaml line {line} " in str(caught.value)


def test_aliases_that_explode_are_refused():
    levels = "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], x{n}: 1}}\n" for n in range(1, 40))
    with pytest.raises(UsageError, match="aliases make too many values"):
        parse_yaml(f"a0: &a0 {{x0: 1}}\n{levels}", "t.yaml")


def test_json_is_read_with_the_lines_of_its_sections(tmp_path):
    file = tmp_path / "t.json"
    file.write_text('{\n "Resources": {\n  "A": {},\n  "B": {}\n }\n}')
    found = read_document(file)
    assert found["Resources"].line_of("B") == 4


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("t.json", b"{]", "line 1 is not valid JSON"),
        ("t.json", b"[" * 200_000, "nested too deeply"),
        ("t.yaml", b"a: \xff", "not UTF-8"),
        ("t.yaml", b"a: \x00", "not valid YAML"),
    ],
)
def test_unreadable_files_are_told_in_one_sentence(tmp_path, name, data, what):
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(UsageError, match=what) as caught:
        read_document(file)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_document(tmp_path):
    with pytest.raises(UsageError, match="not a regular file"):
        read_document(tmp_path)


def test_a_document_table_is_a_dictionary():
    assert DocumentTable({"a": 1}) == {"a": 1}
