from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.billing.estimate import FLOOR_LABEL
from importcost.deferral.cost.bytecode import bytecode_advice
from importcost.model.module_facts import most_expensive
from importcost.model.profile import Profile, Target
from importcost.model.results.facts import BytecodeAdvice
from importcost.reports.facts import short_path
from importcost.reports.page.colours import colours_by_distribution
from importcost.reports.page.columns import (
    NONE,
    OWN_FILE,
    PARENT_IMPORTS,
    name_columns,
    runs,
)
from importcost.reports.page.data import page_data
from tests.reports.page.page_names import name_table
from tests.reports.page_factory import (
    HOSTILE_NAMES,
    SMALL_OWNERS,
    TASK_ROOT,
    deep_profile,
    empty_profile,
    estimate_of,
    facts_of,
    hostile_profile,
    large_profile,
    packaged_profile,
    profile_of,
    small_builder,
    small_profile,
)


def data_of(profile: Profile) -> dict[str, Any]:
    return page_data(profile, estimate_of(profile), facts_of(profile))


def unrolled(pairs: list[int]) -> list[int]:
    """Return the column behind value, count, value, count ..."""
    return [v for v, n in zip(pairs[::2], pairs[1::2], strict=True) for _ in range(n)]


def names_of(data: dict[str, Any]) -> list[str]:
    """Decode the names as the page does."""
    tree = data["tree"]
    table = name_table(tree)
    names, previous = [], NONE
    for step in unrolled(tree["name_runs"]):
        previous = previous + 1 if step == 0 else step - 1
        names.append(table[previous])
    return names


@pytest.mark.parametrize(
    "profile", [small_profile(), hostile_profile(), deep_profile(50), empty_profile()]
)
def test_names_survive_the_columns(profile: Profile) -> None:
    expected = [profile.tree.name(node) for node in range(len(profile.tree))]
    assert names_of(data_of(profile)) == expected


def test_names_that_repeat_and_stand_out_of_order_survive() -> None:
    builder = small_builder()
    builder.add("boto3", 10, 6)
    builder.add("handler", 10, 6)
    profile = profile_of(builder, SMALL_OWNERS)
    assert names_of(data_of(profile)) == builder.names


def cumulative_of(tree: dict[str, Any]) -> list[int]:
    """Add the times up as the page does: children stand behind their parents."""
    total = [
        own + more for own, more in zip(tree["self_us"], unrolled(tree["excess_runs"]), strict=True)
    ]
    for node in range(len(total) - 1, -1, -1):
        if tree["parent_steps"][node]:
            total[node - tree["parent_steps"][node]] += total[node]
    return total


NAMES = st.lists(
    st.lists(st.sampled_from(["", "a", "b", "core"]), min_size=1, max_size=6).map(".".join),
    unique=True,
)


@given(NAMES)
def test_any_names_survive_whatever_their_order(names: list[str]) -> None:
    assert name_table(dict(name_columns(names))) == names


def test_a_name_of_thousands_of_packages_survives() -> None:
    name = ".".join("x" * 5_000)
    assert name_table(dict(name_columns([name]))) == [name]


def test_deep_names_are_stored_relative_to_their_packages() -> None:
    columns = name_columns(["a", "a.b", "a.b.c", "z.y.x", "a.b.d"])
    assert columns == {
        "packages": ["z", "y"],
        "package_parents": [0, 1],
        "name_tails": ["a", "b", "c", "x", "d"],
        "name_parents": [0, -1, -1, 2, -3],
    }


@pytest.mark.parametrize("profile", [small_profile(), deep_profile(50), large_profile(300)])
def test_tree_figures_survive_the_columns(profile: Profile) -> None:
    tree = data_of(profile)["tree"]
    assert tree["self_us"] == profile.tree.self_us.tolist()
    assert cumulative_of(tree) == profile.tree.cumulative_us.tolist()
    parents = [n - step if step else NONE for n, step in enumerate(tree["parent_steps"])]
    assert parents == profile.tree.parents.tolist()


def test_children_that_outlast_their_parent_survive_the_columns() -> None:
    profile = small_profile()
    disturbed = profile.tree.cumulative_us[:]
    disturbed[8] -= 50_000
    profile = replace(profile, tree=replace(profile.tree, cumulative_us=disturbed))
    assert cumulative_of(data_of(profile)["tree"]) == disturbed.tolist()


@given(st.lists(st.integers(-1, 3)))
def test_runs_unroll_to_the_column(values: list[int]) -> None:
    pairs = runs(values)
    assert unrolled(pairs) == values
    assert all(a != b for a, b in zip(pairs[::2], pairs[2::2], strict=False))


def test_data_is_ascii_json_even_for_lone_surrogates() -> None:
    text = json.dumps(data_of(hostile_profile()), ensure_ascii=True, allow_nan=False)
    assert text.isascii()
    assert set(HOSTILE_NAMES) <= set(names_of(json.loads(text)))


def test_the_first_edge_that_loaded_a_module_says_who_imports_it() -> None:
    profile = small_profile()
    data = data_of(profile)
    at = profile.tree.names.index("botocore.session")
    modules = data["modules"]
    assert modules["importer_ids"][at] == PARENT_IMPORTS
    assert modules["file_ids"][at] == OWN_FILE
    assert profile.graph is not None
    edge = next(e for e in profile.graph.edges if e.imported == "botocore.session" and not e.cached)
    assert modules["lines"][at] == edge.line


def test_cached_edges_do_not_claim_a_module() -> None:
    profile = small_profile()
    assert profile.graph is not None
    edges = tuple(replace(edge, cached=True) for edge in profile.graph.edges)
    data = data_of(replace(profile, graph=replace(profile.graph, edges=edges)))
    assert set(data["modules"]["importer_ids"]) == {NONE}


def test_an_importer_outside_the_tree_is_named() -> None:
    profile = small_profile()
    assert profile.graph is not None
    edges = tuple(replace(edge, importer="zipped") for edge in profile.graph.edges)
    data = data_of(replace(profile, graph=replace(profile.graph, edges=edges)))
    assert data["modules"]["other_importers"] == ["zipped"]


def test_distribution_totals_leave_startup_out() -> None:
    totals = {d["name"]: d["self_us"] for d in data_of(small_profile())["distributions"]}
    assert totals["function"] == 42_000
    assert totals["botocore"] == 105_000
    assert totals["stdlib"] == 4_000
    assert totals["runtime"] == 0


def test_most_expensive_shows_where_each_distribution_is_entered() -> None:
    profile = small_profile()
    names = [profile.tree.name(node) for node in most_expensive(profile)]
    assert names == [
        "orders.store",
        "boto3",
        "botocore.session",
        "requests",
        "urllib3",
        "urllib3.util",
        "http.cookies",
        "decimal",
    ]


@pytest.mark.unhurried
def test_most_expensive_has_at_most_ten() -> None:
    profile = large_profile(2_000)
    nodes = most_expensive(profile)
    assert len(nodes) == 10
    costs = [profile.tree.cumulative_us[node] for node in nodes]
    assert costs == sorted(costs, reverse=True)


def test_a_profile_without_graph_still_tells_packages_apart() -> None:
    profile = replace(profile_of(small_builder(), {}, graph=False), target=None)
    data = data_of(profile)
    assert {"boto3", "botocore", "urllib3"} <= {d["name"] for d in data["distributions"]}
    assert data["function"]["handler"] is None


@pytest.mark.parametrize(
    ("file", "short"),
    [
        (f"{TASK_ROOT}/orders/store.py", "orders/store.py"),
        (f"{TASK_ROOT}/.venv/lib/python3.12/site-packages/six.py", "six.py"),
        ("/opt/layer/python/shared/db.py", "python/shared/db.py"),
        ("/usr/lib/python3.12/http/client.py", "python3.12/http/client.py"),
        ("/home/somebody/secret/project/lib/tool.py", "project/lib/tool.py"),
        ("C:\\work\\site-packages\\pandas\\api.py", "pandas/api.py"),
        ("<frozen zipimport>", "<frozen zipimport>"),
    ],
)
def test_paths_lose_what_only_the_writer_knows(file: str, short: str) -> None:
    target = Target("handler", None, TASK_ROOT, f"{TASK_ROOT}/handler.py", ("/opt/layer",))
    assert short_path(file, target) == short


@given(st.dictionaries(st.text(max_size=12), st.integers(-5, 10**7), max_size=40))
def test_the_twelve_largest_never_share_a_colour(totals: dict[str, int]) -> None:
    colours = colours_by_distribution(totals)
    assert set(colours) == set(totals)
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    fixed = {"function", "stdlib", "runtime", "unknown"}
    largest = [colours[name] for name, _ in ranked if name not in fixed][:12]
    assert len(set(largest)) == len(largest)


def test_a_distribution_keeps_its_colour_when_others_change() -> None:
    alone = colours_by_distribution({"pandas": 10})
    assert (
        colours_by_distribution({"pandas": 10, "boto3": 5, "numpy": 4})["pandas"]
        == (alone["pandas"])
    )


def test_phases_carry_what_was_measured_under_the_same_label() -> None:
    phases = data_of(small_profile())["phases"]
    assert [phase["label"] for phase in phases] == [FLOOR_LABEL, "handler imports", "module body"]
    assert phases[0]["local_us"] is None
    assert phases[1]["local_us"] == 160_800
    assert all(phase["explanation"] for phase in phases)


def test_a_zip_is_told_how_to_ship_bytecode() -> None:
    command = "python3.12 -m compileall -q -f --invalidation-mode unchecked-hash -j 0 ."
    assert bytecode_advice(small_profile()) == BytecodeAdvice(9, 2, command)


def test_an_image_and_a_log_get_no_bytecode_advice() -> None:
    profile = small_profile()
    image = replace(profile, settings=replace(profile.settings, package_type="image"))
    assert bytecode_advice(image) is None
    assert bytecode_advice(replace(profile, graph=None)) is None


def test_the_package_is_drawn_with_its_largest_parts_and_the_rest_as_one() -> None:
    data = data_of(packaged_profile())
    package = data["package"]
    assert package["size"] == "40.0 MB, 16% of Lambda's 250 MB"
    assert package["places"] == [["function", "30.0 MB"], ["layer 1 (deps)", "10.0 MB"]]
    assert len(package["parts"]) == 9
    assert package["parts"][-1]["name"] == "4 more"
    assert sum(part["size_bytes"] for part in package["parts"]) <= package["size_bytes"]
    (botocore,) = (one for one in data["distributions"] if one["name"] == "botocore")
    assert package["parts"][0]["colour"] == botocore["colour"]
    assert package["bytecode"]["steps"] == ["after: python3.12 -m compileall "]
    assert "All 9 modules" in package["bytecode"]["text"]
    assert data_of(small_profile())["package"] is None
