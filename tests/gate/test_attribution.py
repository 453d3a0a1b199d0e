from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.billing.estimate import estimate
from importcost.gate.attribution import ChangeKind, dollars_of_shift
from importcost.model.interval import Interval
from tests.gate.profiles import ROWS, attributed, profile_of

names = st.sampled_from(["handler", "helper", "a", "a.b", "a.b.c", "b", "c", "c.d"])
rows = st.dictionaries(names, st.integers(-50, 100_000), min_size=1)


def changes_of(found):
    return {one.module: (one.kind, one.delta_us) for one in found.modules}


def test_every_change_of_a_module_is_named_largest_first():
    head = {**ROWS, "helper": 1_500, "numpy": 12_000, "requests": 8_000}
    del head["pandas.core"]
    graph = "handler:1 > helper\nhelper:4 > pandas\npandas:7 > numpy\nhandler:2 > requests"
    found = attributed(profile_of(), profile_of(head, graph))
    assert changes_of(found) == {
        "pandas.core": (ChangeKind.REMOVED, -20_000),
        "requests": (ChangeKind.ADDED, 8_000),
        "numpy": (ChangeKind.SLOWER, 3_000),
        "helper": (ChangeKind.FASTER, -500),
        "handler": (ChangeKind.UNCHANGED, 0),
        "pandas": (ChangeKind.UNCHANGED, 0),
    }
    assert [one.module for one in found.modules][:3] == ["pandas.core", "requests", "numpy"]
    assert found.new_modules == ("requests",)
    assert found.gone_modules == ("pandas.core",)


def test_distributions_sum_their_modules_up():
    head = {name: us for name, us in ROWS.items() if not name.startswith("pandas")}
    found = attributed(profile_of(), profile_of(head, "handler:1 > helper\nhelper:2 > numpy"))
    (pandas,) = (one for one in found.distributions if one.distribution == "pandas")
    assert (pandas.kind, pandas.delta_us, pandas.removed) == (ChangeKind.REMOVED, -50_000, 2)
    assert found.distributions[0] == pandas


@given(rows, rows)
def test_modules_and_distributions_add_up_to_the_trees_difference(before, after):
    found = attributed(profile_of(before, None), profile_of(after, None))
    assert found.tree_delta_us == sum(after.values()) - sum(before.values())
    assert sum(one.delta_us for one in found.modules) == found.tree_delta_us
    assert sum(one.delta_us for one in found.distributions) == found.tree_delta_us
    assert set(found.new_modules) == set(after) - set(before)


def test_a_module_that_did_not_stay_loaded_belongs_to_its_package():
    found = attributed(profile_of(), profile_of({**ROWS, "pandas._missing": 700}))
    (change,) = (one for one in found.modules if one.module == "pandas._missing")
    assert (change.distribution, change.kind) == ("pandas", ChangeKind.ADDED)
    # Its row counts for the time, not as a module that is loaded: none of the lists names it.
    (pandas,) = (one for one in found.distributions if one.distribution == "pandas")
    assert (pandas.delta_us, pandas.added, found.new_modules) == (700, 0, ())


def test_dollars_are_the_shift_on_lambda_times_the_price():
    profile = profile_of(memory_mb=1024)
    found = dollars_of_shift(estimate(profile), Interval(9_000, 10_000, 11_000, 0.99))
    ratio = estimate(profile).speed_ratio.value
    # 1 GB for 10 ms x ratio, a million times, at 0.0000166667 dollars per GB-second (x86_64).
    assert found.value == pytest.approx(10 * ratio * 1000 * 0.0000166667)
    assert found.low < found.value < found.high


def test_a_saving_is_negative_dollars_and_keeps_its_order():
    found = dollars_of_shift(estimate(profile_of()), Interval(-12_000, -10_000, -8_000, 0.99))
    assert found.low < found.value < found.high < 0


def test_without_a_measured_shift_the_profiles_own_difference_is_priced():
    base, head = profile_of(), profile_of({**ROWS, "pandas": 60_000})
    found = attributed(base, head).dollars_per_million
    assert found.value == pytest.approx(
        dollars_of_shift(estimate(head), Interval(0, 30_000, 60_000)).value, rel=1e-6
    )
