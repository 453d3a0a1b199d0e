from __future__ import annotations

import gc
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importcost.model.importtime.nest import build_tree
from importcost.model.importtime.other_processes import CHECKED_IN_FULL
from importcost.model.importtime.parse import MAX_LISTED, parse_importtime
from importcost.model.rows import DisturbanceKind, Marker
from tests.model.importtime.logs import (
    HEADER,
    LOGS,
    fields,
    forests,
    kinds,
    load,
    log_text,
    render,
    row,
)

MARKED = "importcost-mark abc "


def names_of(text: str) -> list[str]:
    return parse_importtime(text).rows.names


# Plain rows ----------------------------------------------------------------------------------


def test_reads_every_column_of_a_row():
    log = parse_importtime(log_text((199, 1200, 2, "json.decoder")))
    assert fields(log.rows) == [(199, 1200, 2, "json.decoder")]


@pytest.mark.parametrize("version", ["3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"])
def test_reads_every_line_that_each_cpython_prints(version):
    stored = (LOGS / f"json-py{version}.log").read_text().splitlines()
    log = load(f"json-py{version}.log")
    assert [f"  {name}".rsplit("  ")[-1] for name in log.rows.names] == [
        line.rpartition(" ")[2] for line in stored[1:]
    ]
    assert log.has_header
    assert log.disturbances == ()


def test_a_real_lambda_log_is_read_whole():
    log = load("lambda-zip-1024.log")
    assert len(log.rows) == 987
    assert log.disturbances == ()


def test_an_empty_log_has_no_rows_and_nothing_odd():
    log = parse_importtime(b"")
    assert len(log.rows) == 0
    assert not log.has_header
    assert log.disturbances == ()


def test_a_log_with_a_header_alone_has_no_rows():
    log = parse_importtime(HEADER)
    assert len(log.rows) == 0
    assert log.has_header


def test_a_missing_header_is_told():
    log = load("no-header.log")
    assert kinds(log) == [DisturbanceKind.NO_HEADER]
    assert fields(log.rows) == fields(load("json-py3.12.log").rows)


def test_the_last_line_may_lack_its_line_end():
    assert names_of(log_text((1, 1, 0, "a"), (1, 1, 0, "b")).rstrip("\n")) == ["a", "b"]


def test_figures_wider_than_their_columns_are_read():
    log = parse_importtime(log_text((12_345_678_901, 12_345_678_901, 1, "slow")))
    assert fields(log.rows) == [(12_345_678_901, 12_345_678_901, 1, "slow")]


def test_figures_too_large_for_a_column_make_no_row():
    log = parse_importtime(HEADER + f"import time: {10**30} | {10**30} | x\n")
    assert len(log.rows) == 0
    assert kinds(log) == [DisturbanceKind.BROKEN_ROW]


# Shape: encodings, line ends, prefixes ---------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "crlf.log",
        "powershell-utf16.log",
        "cloudwatch-tabs.log",
        "cloudwatch-json.log",
        "github-actions-ansi.log",
    ],
)
def test_the_same_log_in_another_shape_reads_the_same(name):
    log, plain = load(name), load("json-py3.12.log")
    assert fields(log.rows) == fields(plain.rows)
    assert log.has_header
    assert log.disturbances == ()


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"\xef\xbb\xbf", "utf-8"),
    ],
)
def test_encodings_are_told_by_mark_or_by_content(bom, encoding):
    text = log_text((3, 3, 1, "größe"), (4, 7, 0, "b"))
    log = parse_importtime(bom + text.encode(encoding))
    assert log.rows.names == ["größe", "b"]
    assert log.disturbances == ()


def test_text_may_start_with_a_byte_order_mark():
    assert parse_importtime("\ufeff" + log_text((1, 1, 0, "a"))).has_header


def test_undecodable_bytes_are_replaced_and_told_with_their_line():
    log = load("undecodable.log")
    [found] = log.disturbances
    assert found.kind is DisturbanceKind.UNDECODABLE
    stored = (LOGS / "undecodable.log").read_bytes().split(b"\n")
    assert b"\xe9" in stored[found.line - 1]
    assert "json.d\ufffdcoder" in log.rows.names


def test_a_replacement_character_in_the_log_itself_is_not_undecodable():
    text = log_text((1, 1, 0, "a\ufffd"))
    assert parse_importtime(text.encode()).disturbances == ()


def test_undecodable_bytes_far_into_a_log_are_told_with_their_line():
    lines = [row(1, 1, 0, f"module_{n}").encode() for n in range(5000)]
    lines[4321] = lines[4321].replace(b"module", b"mod\xffle")
    log = parse_importtime(HEADER.encode() + b"".join(lines))
    assert [(one.kind, one.line) for one in log.disturbances] == [
        (DisturbanceKind.UNDECODABLE, 4323)
    ]


def test_an_odd_byte_at_the_end_of_utf16_is_told():
    data = b"\xff\xfe" + log_text((1, 1, 0, "a")).encode("utf-16-le") + b"x"
    log = parse_importtime(data)
    assert log.rows.names == ["a"]
    assert kinds(log) == [DisturbanceKind.UNDECODABLE]


def test_a_message_of_a_csv_export_loses_its_quotes():
    text = f'1702029731000,"{HEADER.strip()}"\n1702029732000,"{row(5, 5, 1, "a.b").strip()}"\n'
    assert fields(parse_importtime(text).rows) == [(5, 5, 1, "a.b")]


def test_a_message_of_a_json_export_may_hold_several_rows():
    message = json.dumps({"message": log_text((1, 1, 1, "a|b"), (1, 2, 0, "c"))})
    log = parse_importtime(message + "\n")
    assert fields(log.rows) == [(1, 1, 1, "a|b"), (1, 2, 0, "c")]
    assert log.has_header


def test_a_json_line_with_a_wrong_escape_is_read_as_text():
    text = HEADER + '{"message": "bad \\q"} import time:         5 |          5 | a\n'
    assert names_of(text) == ["a"]


# Other output between the rows -----------------------------------------------------------------


def test_rows_glued_to_output_are_found():
    log = load("glued.log")
    assert {"plistlib", "colorsys", "wave"} <= set(log.rows.names)
    assert log.disturbances == ()


def test_the_stored_glued_log_has_what_it_is_for():
    stored = (LOGS / "glued.log").read_bytes()
    assert b"Loading model weightsimport time:" in stored
    assert b"progress 50%\rimport time:" in stored


def test_a_users_line_that_looks_like_a_row_is_none():
    log = load("glued.log")
    assert b"import time: the user wrote this | 12 | x" in (LOGS / "glued.log").read_bytes()
    assert "x" not in log.rows.names
    assert DisturbanceKind.BROKEN_ROW not in kinds(log)


def test_a_row_glued_to_a_users_line_that_starts_like_one_is_found():
    text = HEADER + "import time: unfinished words " + row(5, 5, 0, "wave")
    assert names_of(text) == ["wave"]


@pytest.mark.parametrize("cut", ["import time:       19", "import time:       199 |        1"])
def test_a_row_cut_in_its_figures_is_told(cut):
    log = parse_importtime(log_text((1, 1, 0, "a")) + cut)
    assert log.rows.names == ["a"]
    assert [(one.kind, one.line) for one in log.disturbances] == [(DisturbanceKind.BROKEN_ROW, 3)]


# Names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a|b", "with space", "(null)", "broken", " leading", "trailing "])
def test_odd_names_are_kept_as_printed(name):
    log = load("odd-names.log")
    assert log.rows.depth[log.rows.names.index(name)] == 1


def test_a_name_that_starts_with_a_line_feed_leaves_a_row_without_name():
    log = load("odd-names.log")
    [found] = log.disturbances
    assert found.kind is DisturbanceKind.BROKEN_ROW
    assert log.rows.depth[log.rows.names.index("")] == 1


def test_a_line_feed_in_a_name_does_not_spoil_the_sums():
    tree = build_tree(load("odd-names.log"))
    [parent] = [node for node in range(len(tree)) if tree.name(node) == "odd_names"]
    children = tree.children()[parent]
    inside = tree.cumulative_us[parent] - tree.self_us[parent]
    assert {"", "broken", "a|b"} <= {tree.name(child) for child in children}
    assert 0 <= sum(tree.cumulative_us[child] for child in children) - inside <= len(children)


def test_an_empty_fromlist_prints_a_name_with_a_trailing_dot():
    assert "pkg." in load("dynamic.log").rows.names


def test_what_import_module_loads_prints_no_row_of_its_own():
    names = load("dynamic.log").rows.names
    assert "json.decoder" in names
    assert "json" not in names


def test_a_failed_import_looks_like_a_success():
    names = load("dynamic.log").rows.names
    assert "no_such_module" in names
    assert "pkg.nosuchattr" in names


# Cached rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.14", "3.15"])
def test_cached_rows_are_names_without_padding(version):
    log = load(f"cached-py{version}.log")
    assert {"_io", "json", "os"} <= set(log.cached)
    assert not any(name != name.strip() for name in log.cached)
    stored = (LOGS / f"cached-py{version}.log").read_text()
    assert len(log.cached) == stored.count("import time: cached ")
    assert len(log.rows) == len(stored.splitlines()) - 1 - len(log.cached)


def test_cached_rows_disturb_no_nesting():
    assert load("cached-py3.14.log").disturbances == ()


def test_python_3_13_takes_level_2_for_1():
    log = load("json-level2-py3.13.log")
    assert log.cached == ()
    assert log.rows.names == load("json-py3.13.log").rows.names


# Markers ---------------------------------------------------------------------------------------


def test_markers_know_how_many_rows_came_before():
    text = log_text((1, 1, 0, "a")) + f"{MARKED}runtime\n" + row(1, 1, 0, "b")
    log = parse_importtime(text + f"{MARKED}handler imports\n", marker_token="abc")
    assert log.markers == (Marker("runtime", 1), Marker("handler imports", 2))
    assert log.rows.names == ["a", "b"]


def test_markers_may_be_glued_to_output_and_to_rows():
    text = HEADER + f"user text{MARKED}handler imports" + row(1, 1, 0, "b")
    log = parse_importtime(text, marker_token="abc")
    assert log.markers == (Marker("handler imports", 0),)
    assert log.rows.names == ["b"]


def test_a_marker_between_glued_rows_is_seen_behind_clean_ones():
    text = log_text((1, 1, 0, "a"), (1, 1, 0, "b")) + f"x{MARKED}two\r\n" + row(1, 1, 0, "c")
    log = parse_importtime(text, marker_token="abc")
    assert log.markers == (Marker("two", 2),)
    assert log.rows.names == ["a", "b", "c"]


@pytest.mark.parametrize("token", [None, "ab", "abcd", "a.c"])
def test_markers_of_another_token_are_output(token):
    text = log_text((1, 1, 0, "a")) + f"{MARKED}runtime\n"
    assert parse_importtime(text, marker_token=token).markers == ()


# Threads, forks, children ----------------------------------------------------------------------


def test_negative_self_time_is_kept_and_told():
    log = load("threads.log")
    [found] = log.disturbances
    assert found.kind is DisturbanceKind.NEGATIVE_SELF
    index = log.rows.names.index("slow_b")
    assert log.rows.self_us[index] < 0
    assert found.line == index + 2


def test_a_forked_copys_rows_are_told_by_the_sums():
    log = load("forking-exit.log")
    assert kinds(log) == [DisturbanceKind.FORKED]
    assert log.other_processes.names[-1] == "json"
    assert "json" not in log.rows.names
    assert log.rows.names[-2:] == ["csv", "forking_exit"]
    assert log.rows.names.count("re") == 1


def test_a_forked_copy_that_prints_its_parents_row_too_is_told_by_the_sums():
    log = load("forking-copy.log")
    assert kinds(log) == [DisturbanceKind.FORKED]
    assert log.other_processes.names[-2:] == ["json", "forking_copy"]
    assert log.rows.names.count("forking_copy") == 1
    assert "csv" in log.rows.names
    assert "colorsys" in log.rows.names


def test_a_copy_forked_before_all_imports_is_told_by_modules_loaded_twice():
    log = load("forking-first.log")
    assert kinds(log) == [DisturbanceKind.FORKED]
    assert log.other_processes.names[-1] == "json"
    assert log.rows.names.count("re") == 1


def test_a_fork_is_told_with_its_line():
    log = load("forking-exit.log")
    [found] = log.disturbances
    stored = (LOGS / "forking-exit.log").read_text().splitlines()
    assert log.other_processes.names[0] in stored[found.line - 1]


def test_an_excess_that_no_run_of_children_explains_is_told_and_kept():
    log = parse_importtime(
        log_text((100, 100, 1, "a"), (100, 100, 1, "b"), (100, 100, 1, "c"), (50, 220, 0, "p"))
    )
    assert kinds(log) == [DisturbanceKind.FORKED]
    assert log.rows.names == ["a", "b", "c", "p"]


def test_a_first_child_too_many_may_be_a_threads_and_is_kept():
    log = parse_importtime(log_text((100, 100, 1, "a"), (70, 70, 1, "b"), (50, 120, 0, "p")))
    assert kinds(log) == [DisturbanceKind.FORKED]
    assert log.rows.names == ["a", "b", "p"]


def test_forks_beyond_the_limit_are_told_and_kept():
    family = row(50, 50, 1, "a") + row(60, 60, 1, "b") + row(5, 55, 0, "p")
    log = parse_importtime(HEADER + family * 40)
    assert log.other_processes.names == ["b"] * 32
    assert log.rows.names.count("b") == 8
    assert "other ones are kept" in log.disturbances[-1].detail


@pytest.mark.unhurried
def test_large_logs_are_checked_by_their_sums():
    family = row(500, 500, 1, "a") + row(60_000_000, 60_000_000, 1, "b") + row(5, 505, 0, "p")
    log = parse_importtime(HEADER + row(1, 1, 0, "x") * CHECKED_IN_FULL + family)
    assert kinds(log) == [DisturbanceKind.FORKED]
    assert log.other_processes.names == ["b"]


def test_rounding_is_no_fork():
    rows = [(1, 1, 1, f"m{n}") for n in range(50)]
    assert parse_importtime(log_text(*rows, (10, 11, 0, "p"))).disturbances == ()


def test_a_child_interpreters_rows_are_cut_out_where_the_sums_go_on():
    log = load("child-in-import.log")
    assert kinds(log) == [DisturbanceKind.OTHER_PROCESS]
    assert log.other_processes.names[-1] == "json"
    tree = build_tree(log)
    assert [tree.name(root) for root in tree.roots()][-2:] == ["parent_of_child", "uuid"]
    assert "wave" in log.rows.names
    assert "encodings" in log.other_processes.names
    assert log.rows.names.count("encodings") == 1


def test_a_child_that_dies_in_mid_import_is_cut_out_too():
    log = load("child-dies.log")
    assert kinds(log) == [DisturbanceKind.OTHER_PROCESS]
    assert log.rows.names[-2:] == ["wave", "child_dies"]
    assert log.rows.names.count("wave") == 1
    assert log.other_processes.names[-1] == "wave"


def test_a_child_at_the_top_level_is_cut_out_by_modules_loaded_before():
    log = load("child-between-imports.log")
    assert set(kinds(log)) == {DisturbanceKind.OTHER_PROCESS}
    assert "encodings" in log.other_processes.names
    assert log.rows.names[-1] == "wave"
    assert any("do not show" in one.detail for one in log.disturbances)


def test_a_childs_rows_count_before_no_marker():
    text = (LOGS / "child-in-import.log").read_text() + f"{MARKED}end\n"
    log = parse_importtime(text, marker_token="abc")
    assert log.markers == (Marker("end", len(log.rows)),)


def test_a_child_of_a_child_is_cut_out_with_it():
    grandchild = log_text((5, 5, 1, "g1"), (5, 10, 0, "g"))
    child = HEADER + row(30, 30, 1, "c1") + grandchild + row(7, 37, 0, "c")
    text = log_text((100, 100, 1, "a")) + child + row(200, 200, 1, "b") + row(9, 309, 0, "p")
    log = parse_importtime(text)
    assert log.rows.names == ["a", "b", "p"]
    assert log.other_processes.names == ["c1", "g1", "g", "c"]


def test_two_children_are_cut_out_each():
    child = log_text((5, 5, 1, "c1"), (5, 10, 0, "c"))
    text = log_text((100, 100, 1, "a")) + child + row(50, 50, 1, "b") + child
    log = parse_importtime(text + row(9, 159, 0, "p"))
    assert log.rows.names == ["a", "b", "p"]
    assert len(log.other_processes) == 4


def test_a_child_whose_parent_never_goes_on_ends_at_the_next_marker():
    text = log_text((100, 100, 1, "a")) + log_text((5, 5, 0, "c")) + f"{MARKED}x\n"
    log = parse_importtime(text + row(7, 7, 0, "d"), marker_token="abc")
    assert log.rows.names == ["a", "d"]
    assert log.other_processes.names == ["c"]


# Missing parents -------------------------------------------------------------------------------


def test_rows_left_without_parent_at_the_end_are_told_and_kept():
    log = load("os-exit.log")
    assert kinds(log) == [DisturbanceKind.MISSING_PARENT] * 2
    assert [log.rows.names[one.line - 2] for one in log.disturbances] == ["colorsys", "wave"]
    assert log.rows.names[-1] == "wave"


def test_rows_before_a_marker_whose_parent_never_printed_are_told():
    text = log_text((40, 40, 1, "lost")) + f"{MARKED}next\n"
    log = parse_importtime(text + row(5, 5, 1, "b") + row(3, 8, 0, "p"), marker_token="abc")
    assert kinds(log) == [DisturbanceKind.MISSING_PARENT]
    assert log.disturbances[0].line == 2


def test_a_gap_in_the_depths_is_a_missing_parent():
    log = parse_importtime(log_text((1, 1, 3, "deep"), (1, 1, 0, "p")))
    assert kinds(log) == [DisturbanceKind.MISSING_PARENT]


def test_lines_that_a_log_service_shuffled_are_no_fork():
    log = load("lambda-shuffled.log")
    assert set(kinds(log)) == {DisturbanceKind.MISSING_PARENT}
    assert len(log.rows) == 484
    assert len(log.other_processes) == 0


# Any input -------------------------------------------------------------------------------------


def test_disturbances_of_a_kind_are_listed_up_to_a_limit_and_counted_beyond():
    log = parse_importtime(HEADER + "import time:        1\n" * (MAX_LISTED + 50))
    assert len(log.disturbances) == MAX_LISTED
    assert log.disturbances[-1].detail.endswith("and 50 more like it")


@pytest.mark.unhurried
@given(forests)
def test_a_rendered_forest_reads_back_row_for_row(forest):
    rows = render(forest)
    log = parse_importtime(log_text(*rows))
    assert fields(log.rows) == rows
    assert log.disturbances == ()


@given(forests, st.text(st.characters(codec="utf-8", exclude_characters="\n\x1b"), max_size=30))
def test_glued_output_changes_no_row(forest, output):
    text = output.replace("import time:", "").replace('"', "")
    rows = render(forest)
    glued = HEADER + "".join(f"{text}{row(*one)}" for one in rows)
    assert fields(parse_importtime(glued).rows) == rows


_scraps = st.sampled_from(
    [
        b"import time: ",
        b"        12 |         12 | ",
        b"       -12 |",
        HEADER.encode(),
        b"cached    | cached     | a",
        b"importcost-mark abc x",
        b'{"message": "import time: \\n',
        b'"',
        b"\r",
        b"\n",
        b"  ",
        b"name",
        b"\xff\xfe",
        b"\x1b[0m",
    ]
)


@given(st.binary() | st.lists(_scraps | st.binary(max_size=4), max_size=60).map(b"".join))
@example(b"\xff\xfei")
@example(b"\xfe\xff\xd8\x00")
def test_no_input_crashes_the_parser(data):
    log = parse_importtime(data, marker_token="abc")
    tree = build_tree(log)
    assert len(tree) == len(log.rows)


_figures = st.integers(-5, 60)
_any_rows = st.lists(
    st.tuples(_figures, _figures, st.integers(0, 5), st.sampled_from("abc")), max_size=40
)


@given(
    _any_rows, st.lists(st.integers(0, 40), max_size=3), st.lists(st.integers(0, 40), max_size=3)
)
def test_no_row_is_lost_or_invented_whatever_the_figures(rows, headers, markers):
    lines = [row(*one) for one in rows]
    for place in sorted(headers, reverse=True):
        lines.insert(place, HEADER)
    for place in sorted(markers, reverse=True):
        lines.insert(place, f"{MARKED}phase\n")
    log = parse_importtime(HEADER + "".join(lines), marker_token="abc")
    assert sorted(fields(log.rows) + fields(log.other_processes)) == sorted(rows)
    assert all(0 <= marker.row <= len(log.rows) for marker in log.markers)
    assert len(build_tree(log)) == len(log.rows)


@pytest.mark.unhurried
def test_memory_holds_no_copy_of_a_large_log():
    import tracemalloc

    data = (HEADER + row(10, 10, 0, "some.module.name") * 60_000).encode()
    gc.collect()
    tracemalloc.start()
    parse_importtime(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # 24 bytes of figures, 8 of reference and the name's own 65 a row, with growth.
    assert peak < 60_000 * 130 + 2_000_000
