from __future__ import annotations

import pytest

from importcost.gate.compare import ComparedVerdict
from tests.benchmarks.bench_gate import NOISES, row

COMPARISONS = 300


@pytest.mark.unhurried
@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.name)
def test_equal_versions_hardly_ever_raise_an_alarm(noise):
    found, _ = row(noise, 1.0, COMPARISONS)
    # One percent, and the chance of so few comparisons: the benchmark makes thousands.
    assert found[ComparedVerdict.SLOWER] <= 0.02 * COMPARISONS
    assert found[ComparedVerdict.SAME] >= 0.9 * COMPARISONS


@pytest.mark.unhurried
@pytest.mark.parametrize(("work", "share"), [(1.05, 0.95), (1.10, 0.99)])
@pytest.mark.parametrize("noise", NOISES[:3], ids=lambda noise: noise.name)
def test_slowdowns_are_caught_under_recorded_noise(noise, work, share):
    found, _ = row(noise, work, COMPARISONS)
    assert found[ComparedVerdict.SLOWER] >= share * COMPARISONS
