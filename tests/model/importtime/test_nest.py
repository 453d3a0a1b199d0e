from __future__ import annotations

import pytest
from hypothesis import given

from importcost.model.importtime.nest import build_tree, link_parents
from importcost.model.importtime.parse import parse_importtime
from importcost.model.importtime.tree_figures import (
    attributed_us,
    recompute_cumulative,
    select_phases,
)
from importcost.model.profile import Phase
from importcost.model.tree import NO_PARENT
from tests.model.importtime.logs import (
    HEADER,
    forests,
    load,
    log_text,
    outline,
    preorder_names,
    render,
    row,
)

MARKED = "importcost-mark abc "


def phase_of(tree, name):
    [node] = [node for node in range(len(tree)) if tree.name(node) == name]
    return tree.phases[tree.phase_ids[node]]


# Nesting ---------------------------------------------------------------------------------------


@pytest.mark.unhurried
@given(forests)
def test_a_rendered_forest_nests_back_in_preorder(forest):
    assert outline(log_text(*render(forest))) == preorder_names(forest)


@pytest.mark.unhurried
@given(forests)
def test_self_times_exceed_the_roots_by_less_than_a_microsecond_a_row(forest):
    tree = build_tree(parse_importtime(log_text(*render(forest))))
    difference = sum(tree.self_us) - sum(tree.cumulative_us[root] for root in tree.roots())
    assert 0 <= difference < max(1, len(tree))


@pytest.mark.parametrize("name", ["pandas.log", "boto3.log"])
def test_real_logs_keep_the_same_bound(name):
    tree = build_tree(load(name))
    difference = sum(tree.self_us) - sum(tree.cumulative_us[root] for root in tree.roots())
    assert 0 <= difference < len(tree)


def test_figures_follow_their_rows():
    tree = build_tree(parse_importtime(log_text((3, 3, 1, "b"), (4, 7, 0, "a"))))
    assert [tree.name(node) for node in range(2)] == ["a", "b"]
    assert list(tree.self_us) == [4, 3]
    assert list(tree.cumulative_us) == [7, 3]
    assert list(tree.parents) == [NO_PARENT, 0]


def test_an_empty_log_makes_an_empty_tree():
    tree = build_tree(parse_importtime(""))
    assert len(tree) == 0
    assert list(tree.roots()) == []


@pytest.mark.parametrize("depth", [1_500, 3_000])
def test_deep_chains_nest_without_recursion(depth):
    rows = [(1, depth - level, level, f"m{level}") for level in reversed(range(depth))]
    tree = build_tree(parse_importtime(log_text(*rows)))
    assert list(tree.parents) == list(range(-1, depth - 1))
    assert tree.name(depth - 1) == f"m{depth - 1}"


def test_a_parent_package_printed_inside_its_child_stays_there():
    assert outline(load("parent-inside-child.log"))[-3:] == [
        "pkg.sub.leaf",
        "  pkg.sub",
        "    pkg",
    ]


def test_a_name_nested_in_itself_stays_so():
    lines = [line.strip() for line in outline(load("pandas.log"))]
    outer = lines.index("pandas.core.ops.common")
    assert lines[outer + 1] == "pandas.core.ops"
    assert "pandas.core.ops.common" in lines[outer + 2 :]


def test_repeated_names_are_nodes_of_their_own_with_one_entry():
    tree = build_tree(load("boto3.log"))
    assert [tree.name(node) for node in range(len(tree))].count("nt") == 6
    assert tree.names.count("nt") == 1


def test_false_nesting_of_threads_stays_as_printed():
    lines = outline(load("threads.log"))
    assert "      slow_a" not in lines
    assert lines[lines.index("  slow_b") + 1] == "    slow_a"


# Rows without a parent -------------------------------------------------------------------------


def test_rows_left_at_the_end_become_roots_with_their_children():
    assert outline(log_text((1, 1, 0, "a"), (1, 1, 3, "x"), (1, 2, 2, "b"))) == ["a", "b", "  x"]


def test_a_gap_in_the_depths_makes_a_root_at_its_place_in_time():
    text = log_text((1, 1, 0, "a"), (1, 1, 1, "k"), (1, 1, 3, "x"), (2, 3, 0, "b"), (1, 1, 0, "c"))
    assert outline(text) == ["a", "x", "b", "  k", "c"]


def test_rows_that_all_stand_deep_are_roots():
    assert outline(log_text((1, 1, 2, "x"), (1, 2, 1, "a"), (1, 1, 1, "b"))) == ["a", "  x", "b"]


def test_a_marker_inside_an_import_does_not_cut_it():
    text = log_text((40, 40, 1, "x")) + f"{MARKED}p\n" + row(5, 5, 1, "y") + row(3, 48, 0, "a")
    log = parse_importtime(text, marker_token="abc")
    assert outline(log) == ["a", "  x", "  y"]
    assert log.disturbances == ()


def test_figures_that_deny_a_parent_behind_a_marker_make_roots():
    text = log_text((40, 40, 1, "x")) + f"{MARKED}p\n" + row(5, 5, 1, "y") + row(3, 8, 0, "a")
    assert outline(parse_importtime(text, marker_token="abc")) == ["x", "a", "  y"]


@given(forests)
def test_parents_link_the_same_by_either_way(forest):
    rows = parse_importtime(log_text(*render(forest))).rows
    tree = build_tree(parse_importtime(log_text(*render(forest))))
    links = link_parents(rows)
    by_links = sorted(
        (rows.names[child], "" if parent < 0 else rows.names[parent])
        for child, parent in enumerate(links)
    )
    by_tree = sorted(
        (tree.name(node), "" if parent < 0 else tree.name(parent))
        for node, parent in enumerate(tree.parents)
    )
    assert by_links == by_tree


@given(forests)
def test_an_orphan_changes_no_other_nesting(forest):
    text = log_text(*render(forest))
    assert outline(text + row(1, 1, 2, "orphan")) == [*preorder_names(forest), "orphan"]


# Phases ----------------------------------------------------------------------------------------


def test_without_markers_all_rows_are_of_the_initial_phase():
    tree = build_tree(load("json-py3.12.log"), "handler imports")
    assert tree.phases == ("handler imports",)
    assert set(tree.phase_ids) == {0}


def test_rows_before_the_first_marker_are_of_interpreter_start():
    text = log_text((1, 1, 0, "a")) + f"{MARKED}runtime\n" + row(1, 1, 1, "c") + row(1, 2, 0, "b")
    tree = build_tree(parse_importtime(text, marker_token="abc"))
    assert tree.phases == (Phase.INTERPRETER_START.value, "runtime")
    assert [phase_of(tree, name) for name in "abc"] == [
        "interpreter start",
        "runtime",
        "runtime",
    ]


def test_a_label_that_comes_again_is_the_same_phase():
    text = HEADER + "".join(f"{MARKED}{p}\n{row(1, 1, 0, p)}" for p in ("x", "y", "x"))
    tree = build_tree(parse_importtime(text, marker_token="abc"), "x")
    assert tree.phases == ("x", "y")
    assert list(tree.phase_ids) == [0, 1, 0]


def test_a_phase_without_rows_is_listed():
    text = log_text((1, 1, 0, "a")) + f"{MARKED}x\n{MARKED}y\n"
    tree = build_tree(parse_importtime(text, marker_token="abc"))
    assert tree.phases == ("interpreter start", "x", "y")


# Passes ----------------------------------------------------------------------------------------


def phased_tree():
    text = log_text((2, 2, 1, "a1"), (3, 5, 0, "a")) + f"{MARKED}late\n"
    text += row(7, 7, 1, "b1") + row(11, 18, 0, "b")
    return build_tree(parse_importtime(text, marker_token="abc"), "early")


def test_attributed_time_is_the_sum_of_a_phases_self_times():
    tree = phased_tree()
    assert attributed_us(tree, "early") == 5
    assert attributed_us(tree, "late") == 18


def test_attributed_time_of_a_phase_that_is_not_there_is_zero():
    assert attributed_us(phased_tree(), "none") == 0


def test_selecting_phases_keeps_their_nodes_and_nesting():
    tree = select_phases(phased_tree(), {"late"})
    assert [tree.name(node) for node in range(len(tree))] == ["b", "b1"]
    assert list(tree.parents) == [NO_PARENT, 0]
    assert list(tree.cumulative_us) == [18, 7]
    assert attributed_us(tree, "late") == 18


def test_a_node_whose_parent_is_left_out_becomes_a_root():
    text = log_text((4, 4, 1, "x")) + f"{MARKED}late\n" + row(5, 9, 0, "a")
    tree = build_tree(parse_importtime(text, marker_token="abc"), "early")
    kept = select_phases(tree, {"early"})
    assert [kept.name(node) for node in kept.roots()] == ["x"]


@given(forests)
def test_recomputed_roots_add_up_to_the_self_times_exactly(forest):
    tree = recompute_cumulative(build_tree(parse_importtime(log_text(*render(forest)))))
    assert sum(tree.cumulative_us[root] for root in tree.roots()) == sum(tree.self_us)


def test_recomputing_leaves_its_argument_alone():
    tree = build_tree(parse_importtime(log_text((3, 3, 1, "b"), (4, 6, 0, "a"))))
    assert list(recompute_cumulative(tree).cumulative_us) == [7, 3]
    assert list(tree.cumulative_us) == [6, 3]
