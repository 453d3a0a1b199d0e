from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from importcost.billing.estimate import throttle_factor
from importcost.deferral.cost.by_name import exclusive_by_name
from importcost.model.advice import Advice
from importcost.model.profile import Profile
from importcost.reports.page.changes import advice_notes, best_changes
from importcost.reports.page.data import page_data
from tests.reports.page_factory import (
    DIFF,
    advised_profile,
    empty_profile,
    estimate_of,
    facts_of,
    finding,
    large_profile,
    small_profile,
    verified,
)


def with_advice(**changes: Any) -> Profile:
    profile = advised_profile()
    assert profile.advice is not None
    return replace(profile, advice=replace(profile.advice, **changes))


def test_largest_saving_first_and_failed_last() -> None:
    rows = best_changes(advised_profile())
    assert [row["title"] for row in rows] == [
        "Defer 2 imports together",
        "import boto3",
        "Ship bytecode with the package",
        "import requests",
        "from http import cookies",
    ]
    assert [row["status"] for row in rows] == ["verified"] * 4 + ["predicted"]


def test_a_failed_change_keeps_its_figures_and_says_why() -> None:
    rows = best_changes(advised_profile(), limit=9)
    assert rows[-1]["status"] == "failed"
    assert rows[-1]["failure"] == "no saving shows beyond the noise"
    assert rows[-1]["low_us"] == pytest.approx(900 * 0.96)


def test_a_single_change_says_who_imports_it_where() -> None:
    row = best_changes(advised_profile())[1]
    assert (row["importer"], row["place"]) == ("orders.store", "orders/store.py:3")
    assert row["share"] == pytest.approx(103 / 205)


def test_the_fix_is_the_diff_or_the_command_that_makes_it() -> None:
    fixes = {row["title"]: row["fix"] for row in best_changes(advised_profile())}
    assert fixes["import boto3"] == {"label": "Copy fix", "text": DIFF}
    assert fixes["Ship bytecode with the package"]["text"].startswith("python3.12 -m compileall")
    assert fixes["from http import cookies"]["text"] == "importcost defer handler.py --write"


def test_a_set_of_one_is_not_listed_twice() -> None:
    profile = advised_profile()
    assert profile.advice is not None
    assert profile.advice.best_set is not None
    one = replace(profile.advice.best_set, finding_ids=(0,))
    kinds = [row["kind"] for row in best_changes(with_advice(best_set=one))]
    assert kinds.count("single") == 4
    assert "set" not in kinds


def test_bytecode_that_was_not_measured_claims_nothing() -> None:
    profile = advised_profile()
    assert profile.advice is not None
    assert profile.advice.bytecode is not None
    bare = replace(profile.advice.bytecode, verification=None, economics=None)
    row = next(r for r in best_changes(with_advice(bytecode=bare)) if r["kind"] == "bytecode")
    assert (row["status"], row["saving_us"], row["saved_ms"]) == ("unmeasured", 0.0, None)


@pytest.mark.parametrize("memory_mb", [128, 512, 1024])
def test_what_computes_is_told_apart_from_what_waits(memory_mb: int) -> None:
    """At the profile's own memory the page must get back the first use that was worked out."""
    profile = advised_profile()
    assert profile.advice is not None
    factor = throttle_factor(memory_mb)
    economics = replace(
        finding("import x", "x", 1, 1, None).economics,
        saved_ms=100.0,
        first_use_ms=80.0 * factor + 20.0,
        waiting_ms=20.0,
    )
    one = replace(finding("import x", "x", 1, 9_000, verified(9_000)), economics=economics)
    profile = replace(
        profile,
        settings=replace(profile.settings, memory_mb=memory_mb),
        advice=Advice((one,), (), None, None),
    )
    assert best_changes(profile)[0]["computed_ms"] == pytest.approx(80.0)


@pytest.mark.parametrize("profile", [small_profile(), empty_profile()])
def test_a_profile_without_advice_has_no_changes(profile: Profile) -> None:
    assert best_changes(profile) == []
    assert advice_notes(profile) == {"work": [], "hints": [], "staying": []}


def test_notes_tell_work_hints_and_what_stays() -> None:
    notes = advice_notes(advised_profile())
    assert notes["work"][0]["place"] == "handler.py:12"
    assert notes["hints"][0]["module"] == "botocore.client"
    assert notes["staying"][0]["reason"].startswith("not deferrable: handler()")


def test_exclusive_leaves_out_what_another_importer_loads() -> None:
    profile = small_profile()
    assert profile.graph is not None
    before = exclusive_by_name(profile)
    assert before["requests"] == 16_500
    edge = next(e for e in profile.graph.edges if e.imported == "urllib3.util")
    again = replace(edge, importer="botocore.session", file="x/botocore/session.py", cached=True)
    graph = replace(profile.graph, edges=(*profile.graph.edges, again))
    after = exclusive_by_name(replace(profile, graph=graph))
    assert after["requests"] == 10_500
    assert after["urllib3.util"] == 6_000


@pytest.mark.parametrize("profile", [small_profile(), large_profile(400)])
def test_exclusive_lies_between_self_and_all(profile: Profile) -> None:
    costs = exclusive_by_name(profile)
    own = {profile.tree.name(n): us for n, us in enumerate(profile.tree.self_us)}
    assert costs
    assert all(own[name] <= us for name, us in costs.items())
    assert max(costs.values()) <= sum(profile.tree.self_us)


def test_another_importer_is_named_beside_the_first() -> None:
    profile = small_profile()
    assert profile.graph is not None
    edge = next(e for e in profile.graph.edges if e.imported == "urllib3.util")
    more = tuple(replace(edge, importer=f"other{i}", cached=True) for i in range(7))
    graph = replace(profile.graph, edges=(*profile.graph.edges, *more))
    data = page_data(
        replace(profile, graph=graph), estimate_of(profile), facts_of(replace(profile, graph=graph))
    )
    ((name, count, *importers),) = data["modules"]["others"]
    assert profile.tree.names[name] == "urllib3.util"
    assert (count, len(importers)) == (7, 4)
    others = data["modules"]["other_importers"]
    assert others[importers[0] - len(profile.tree.names)] == "other0"


def test_a_budget_is_shown_only_where_there_is_one() -> None:
    profile = small_profile()
    budget = {"status": "fail", "text": "406 ms is over 350 ms."}
    assert page_data(profile, estimate_of(profile), facts_of(profile))["budget"] is None
    assert page_data(profile, estimate_of(profile), facts_of(profile), budget)["budget"] == budget
