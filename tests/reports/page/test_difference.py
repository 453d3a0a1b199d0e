from __future__ import annotations

import json
from array import array
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.app.gate.diff import difference
from importcost.gate.difference import verdict
from importcost.model.interval import Interval
from importcost.model.profile import Profile
from importcost.model.tree import NO_PARENT, ImportTree
from importcost.reports.page.difference import KINDS, difference_data, render_difference_json
from importcost.reports.page.difference_tree import merge_trees
from importcost.reports.page.html import render_difference_html
from importcost.reports.terminal.difference import render_difference, signed
from tests.reports.page.page_names import name_table
from tests.reports.page.test_data import unrolled
from tests.reports.page_factory import (
    TreeBuilder,
    changed_profile,
    deep_profile,
    empty_profile,
    hostile_profile,
    large_profile,
    profile_of,
    small_builder,
    small_profile,
)

NAMES = st.sampled_from("abc")


@st.composite
def trees(draw: st.DrawFn) -> ImportTree:
    builder = TreeBuilder()
    for node in range(draw(st.integers(0, 12))):
        parent = draw(st.integers(-1, node - 1)) if node else NO_PARENT
        builder.add(draw(NAMES), draw(st.integers(0, 500)), parent)
    return preorder(builder)


def preorder(builder: TreeBuilder) -> ImportTree:
    """Return the builder's tree renumbered so that it is in preorder, as profiles are."""
    below: dict[int, list[int]] = {}
    for node, parent in enumerate(builder.parents):
        below.setdefault(parent, []).append(node)
    ordered, stack, number = TreeBuilder(), list(reversed(below.get(NO_PARENT, []))), {-1: -1}
    while stack:
        node = stack.pop()
        number[node] = ordered.add(
            builder.names[node], builder.self_us[node], number[builder.parents[node]]
        )
        stack += reversed(below.get(node, []))
    return ordered.tree()


def data_of(base: Profile, head: Profile) -> dict[str, Any]:
    return difference_data(difference(base, head))


def kinds_of(data: dict[str, Any]) -> dict[str, str]:
    """Return each node's kind by name, as the page reads it."""
    tree = data["tree"]
    names = name_table(tree)
    found, previous = {}, -1
    for step, kind in zip(unrolled(tree["name_runs"]), tree["kind_ids"], strict=True):
        previous = previous + 1 if step == 0 else step - 1
        found[names[previous]] = KINDS[kind]
    return found


@given(trees(), trees())
def test_merged_trees_keep_every_node_and_all_time(base: ImportTree, head: ImportTree) -> None:
    merged = merge_trees(base, head)
    assert sum(merged.in_base) == len(base)
    assert sum(merged.in_head) == len(head)
    assert sum(merged.base_self_us) == sum(base.self_us)
    assert sum(merged.head_self_us) == sum(head.self_us)
    assert all(parent < node for node, parent in enumerate(merged.parents))


@given(trees())
def test_a_tree_laid_over_itself_is_itself(tree: ImportTree) -> None:
    merged = merge_trees(tree, tree)
    assert [merged.names[i] for i in merged.name_ids] == [tree.name(n) for n in range(len(tree))]
    assert merged.parents == tree.parents.tolist()
    assert merged.base_us == merged.head_us == tree.cumulative_us.tolist()


def test_startup_is_no_part_of_the_difference() -> None:
    tree = small_profile().tree
    assert "awslambdaric.bootstrap" not in merge_trees(tree, tree).names


def test_each_node_says_what_became_of_it() -> None:
    kinds = kinds_of(data_of(small_profile(), changed_profile()))
    assert kinds["pandas"] == kinds["numpy"] == "added"
    assert kinds["requests"] == kinds["http.cookies"] == "removed"
    assert kinds["boto3"] == "slower"
    assert kinds["botocore.client"] == "faster"
    # Its children changed, it did not.
    assert kinds["handler"] == kinds["botocore.session"] == "unchanged"


def test_a_module_that_another_importer_loads_has_moved() -> None:
    builder = small_builder()
    at = builder.names.index("decimal")
    builder.parents[at] = builder.names.index("handler")
    head = profile_of(builder, {})
    data = data_of(profile_of(small_builder(), {}), head)
    assert kinds_of(data)["decimal"] == "moved"


@pytest.mark.unhurried
@pytest.mark.parametrize("swapped", [False, True])
def test_dollars_are_the_difference_of_the_two_bills(swapped: bool) -> None:
    """A reader who subtracts one from the other gets what the page says."""
    base, head = small_profile(), large_profile(3_000)
    if swapped:
        base, head = head, base
    found = difference(base, head)
    data = difference_data(found)
    before, after = (side["dollars_per_million"]["value"] for side in data["sides"])
    told = data["dollars_per_million"]
    assert told["value"] == pytest.approx(after - before)
    assert told["low"] <= told["value"] <= told["high"]
    assert f"${abs(after - before):,.2f} per million" in " ".join(
        render_difference(found, width=100, colour=False).split()
    )


def test_a_profile_against_itself_differs_in_nothing() -> None:
    data = data_of(small_profile(), small_profile())
    assert set(kinds_of(data).values()) == {"unchanged"}
    assert data["dollars_per_million"]["value"] == 0
    assert data["caveats"] == []


@pytest.mark.parametrize(
    ("low", "high", "word"), [(300, 310, "slower"), (100, 110, "faster"), (195, 230, "same")]
)
def test_the_verdict_needs_intervals_that_lie_apart(low: int, high: int, word: str) -> None:
    base = small_profile()
    cpu = Interval(low * 1000, (low + high) * 500, high * 1000)
    head = replace(base, function_init=replace(base.function_init, cpu_us=cpu))
    assert verdict(difference(base, head)) == word


def test_another_machine_is_said() -> None:
    base = small_profile()
    head = replace(base, environment=replace(base.environment, cpu_model="Other CPU"))
    (caveat,) = data_of(base, head)["caveats"]
    assert "Example CPU 9000 in base, Other CPU in head" in caveat


@pytest.mark.parametrize("other", ["agentcore", "cloudrun", "azure-flex", "generic"])
@pytest.mark.parametrize("swapped", [False, True])
def test_two_platforms_are_compared_by_time_alone(other: str, swapped: bool) -> None:
    base = small_profile()
    head = replace(base, settings=replace(base.settings, platform=other))
    if swapped:
        base, head = head, base
    found = difference(base, head)
    data = difference_data(found)
    assert data["dollars_per_million"] is None
    assert [side["dollars_per_million"] for side in data["sides"]] == [None, None]
    before, after = (side["shown_ms"]["value"] for side in data["sides"])
    assert (before, data["verdict"]) == (after, "same")
    text = render_difference(found, width=100, colour=False)
    assert "$" not in text
    assert "only the times here are compared" in text


def test_module_rows_point_into_the_tree() -> None:
    data = data_of(small_profile(), changed_profile())
    rows = data["modules"]
    assert len(rows["name_ids"]) == len(rows["nodes"]) == len(rows["kind_ids"])
    total = sum(rows["head_us"]) - sum(rows["base_us"])
    assert total == 75_000
    assert max(rows["nodes"]) < len(data["tree"]["kind_ids"])
    assert len(data["owner_ids"]) == len(data["places"]) == len(data["tree"]["name_tails"])


def test_json_adds_up_and_survives_any_name() -> None:
    found = json.loads(render_difference_json(difference(small_profile(), hostile_profile())))
    assert found["schema"] == "importcost-difference"
    by_module = sum(one["head_us"] - one["base_us"] for one in found["modules"])
    by_owner = sum(one["head_us"] - one["base_us"] for one in found["distributions"])
    assert by_module == by_owner


@pytest.mark.parametrize("width", [40, 72, 110])
def test_the_summary_names_the_culprit_and_keeps_to_its_width(width: int) -> None:
    found = difference(small_profile(), changed_profile())
    text = render_difference(found, width=width, colour=False)
    assert text.startswith("Slower: one cold start bills")
    assert "pandas" in text
    assert "\033" not in text
    # A figure is never cut for the width.
    assert max(map(len, text.splitlines())) <= max(width, 64)


def test_no_difference_is_neither_plus_nor_minus() -> None:
    text = render_difference(difference(small_profile(), small_profile()), width=90, colour=False)
    assert "±$0.00 per million" in " ".join(text.split())


def test_a_log_is_not_said_to_be_measured_here() -> None:
    log = replace(small_profile(), source="log")
    text = render_difference(difference(log, changed_profile()), width=90, colour=False)
    assert "wall in the log before" in " ".join(text.split())


def test_the_summary_is_coloured_only_when_asked() -> None:
    found = difference(changed_profile(), small_profile())
    text = render_difference(found, width=100, colour=True)
    assert text.startswith("\033[1;32mFaster\033[0m: one cold start")


def test_hostile_names_do_not_reach_the_terminal() -> None:
    text = render_difference(difference(small_profile(), hostile_profile()), width=90, colour=False)
    assert all(sign.isprintable() or sign == "\n" for sign in text)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.2, 0, "±0"), (-0.04, 1, "±0.0"), (1234.5, 1, "+1,234.5"), (-3, 0, "\N{MINUS SIGN}3")],
)
def test_a_difference_has_its_sign(value: float, digits: int, text: str) -> None:
    assert signed(value, digits) == text


def test_the_page_holds_the_data_and_nothing_of_it_as_markup() -> None:
    html = render_difference_html(difference(small_profile(), hostile_profile()))
    assert html.count("<script") == 2
    assert "</script><script>window" not in html
    assert html.encode("utf-8")


@pytest.mark.parametrize("head", [empty_profile(), deep_profile(3_000)])
def test_odd_shapes_make_a_page(head: Profile) -> None:
    assert "</html>" in render_difference_html(difference(small_profile(), head))


def test_a_large_difference_fits_a_page() -> None:
    base = large_profile(5_000)
    tree = base.tree
    slower = array("q", [us + 1 for us in tree.self_us])
    head = replace(base, tree=replace(tree, self_us=slower))
    assert len(render_difference_html(difference(base, head))) < 800_000
