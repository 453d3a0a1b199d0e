"""Differences beyond the noise get a cause, and none if nothing changed."""

from __future__ import annotations

import random
from array import array
from dataclasses import replace

import pytest

from importcost.billing.estimate import estimate
from importcost.gate.attribution import ChangeKind, at_own_sizes
from importcost.gate.beyond_noise import attribute_comparison, attribute_profiles
from importcost.gate.compare import ComparedVerdict, compare_timings
from importcost.model.profile import Run, RunKind
from importcost.model.rows import RowTable
from importcost.model.stats import median
from tests.gate.profiles import ROWS, attributed, profile_of
from tests.gate.timings import pairs

PACKAGES = [f"d{at}" for at in range(20)]
USUAL = {**dict.fromkeys(PACKAGES, 5_000), "d0.a": 2_000, "handler": 1_000}


def measured(rows=None, *, runs=5, spread=0.08, speed=1.0, seed=0):
    """A profile as it comes out of traced runs whose rows scatter by `spread`."""
    rows = USUAL if rows is None else rows
    chance = random.Random(seed)
    samples = [
        {name: round(us * speed * chance.lognormvariate(0, spread)) for name, us in rows.items()}
        for _ in range(runs)
    ]
    found = {name: round(median([one[name] for one in samples])) for name in rows}
    graph = "\n".join(f"handler:{at} > {name}" for at, name in enumerate(rows, 1) if at)
    profile = profile_of(found, graph.replace("handler:22 > handler", ""))
    return replace(profile, runs=tuple(_traced(at, one) for at, one in enumerate(samples)))


def _traced(order, rows):
    values = list(rows.values())
    zeros = array("q", [0] * len(values))
    table = RowTable(list(rows), array("q", values), array("q", values), zeros)
    return Run(RunKind.TRACED, order, 0, None, None, None, None, rows=table)


def comparison(shift_us=0, spread_us=100):
    (found,) = compare_timings({"orders": pairs(15, 103_000, shift_us, spread_us=spread_us)})
    return found


def blamed(found):
    changes = [*found.modules, *found.distributions]
    return {one.kind for one in changes} - {ChangeKind.UNCHANGED}


def test_nothing_is_blamed_where_the_pairs_show_no_change():
    base, head = measured(seed=1), measured(seed=2)
    assert blamed(attributed(base, head)) == {ChangeKind.SLOWER, ChangeKind.FASTER}
    same = comparison()
    assert same.verdict is ComparedVerdict.SAME
    found = attribute_comparison(base, head, estimate(head), same)
    assert blamed(found) == set()
    assert found.new_modules == found.gone_modules == ()


def test_what_is_new_is_named_though_nothing_got_slower():
    base, head = measured(seed=1), measured({**USUAL, "fresh": 20}, seed=2)
    found = attribute_comparison(base, head, estimate(head), comparison())
    assert blamed(found) == {ChangeKind.ADDED}
    assert found.new_modules == ("fresh",)


@pytest.mark.unhurried
@pytest.mark.parametrize(("runs", "most"), [(5, 0.02), (3, 0.1)])
def test_noise_is_hardly_ever_blamed_where_pairs_do_not_tell(runs, most):
    unclear = comparison(1_500, spread_us=3_500)
    assert unclear.verdict is ComparedVerdict.INCONCLUSIVE
    bill = estimate(measured())
    alarms = [
        blamed(
            replace(
                attribute_comparison(
                    measured(runs=runs, seed=2 * at),
                    measured(runs=runs, seed=2 * at + 1),
                    bill,
                    unclear,
                ),
                modules=(),
            )
        )
        for at in range(150)
    ]
    assert sum(map(bool, alarms)) <= most * len(alarms)


def test_a_machine_that_slowed_down_between_the_profiles_is_not_blamed_on_packages():
    head_us = {**USUAL, "d3": 13_000}
    base, head = measured(spread=0.03), measured(head_us, spread=0.03, speed=1.3, seed=3)
    found = attribute_comparison(base, head, estimate(head), comparison(8_000))
    slower = [one for one in found.distributions if one.kind is ChangeKind.SLOWER]
    assert [one.distribution for one in slower] == ["d3"]
    assert slower[0].delta_us == pytest.approx(8_000, rel=0.15)
    assert [one.module for one in found.modules if one.kind is ChangeKind.SLOWER] == ["d3"]
    assert found.tree_delta_us == pytest.approx(8_000, abs=50)
    assert ChangeKind.FASTER not in blamed(found)


def test_saved_profiles_blame_what_stands_out_of_their_runs():
    base = measured(spread=0.03)
    head = measured({**USUAL, "d3": 15_000}, spread=0.03, seed=1)
    found = attribute_profiles(base, head, estimate(head))
    slower = [one.distribution for one in found.distributions if one.kind is ChangeKind.SLOWER]
    assert slower == ["d3"]
    same = measured(spread=0.03, seed=2)
    assert blamed(attribute_profiles(base, same, estimate(same))) == set()


def test_without_runs_to_tell_noise_by_every_difference_is_named():
    base, head = measured(runs=2, seed=1), measured(runs=2, seed=2)
    assert attribute_profiles(base, head, estimate(head)) == attributed(base, head)


def test_each_version_is_billed_at_its_own_memory_size():
    base, head = profile_of(), profile_of({**ROWS, "numpy": 12_000})
    settings = replace(head.settings, memory_mb=2 * base.settings.memory_mb)
    head = replace(head, settings=settings)
    before, after = estimate(base), estimate(head)
    found = at_own_sizes(attribute_profiles(base, head, after), before, after)
    assert found.sizes_mb == (before.memory_mb, after.memory_mb)
    assert found.dollars_per_million.value == pytest.approx(
        after.dollars_per_million.value - before.dollars_per_million.value, rel=0.05
    )
    same = attribute_profiles(base, base, before)
    assert at_own_sizes(same, before, before) == same
