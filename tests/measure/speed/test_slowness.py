"""The slowness of a launch, from its samples."""

from __future__ import annotations

import pytest

from importcost.measure.speed.slowness import slowness


def test_without_samples_nothing_is_known():
    assert slowness(None) is None
    assert slowness([]) is None
    assert slowness([[0, 0]]) is None


def test_a_steady_launch_is_as_slow_as_its_samples():
    assert slowness([[0, 50]]) == pytest.approx(50)
    assert slowness([[0, 50], [0, 50]]) == pytest.approx(50)
    assert slowness([[0, 50], [10, 50], [90, 50], [100, 50]]) == pytest.approx(50)


def test_each_sample_stands_for_the_time_around_it():
    """Half of the time at full speed, half at half of it: three quarters of the work."""
    even = [[at, 100 if at < 50 else 200] for at in range(0, 101, 1)]
    assert slowness(even) == pytest.approx(100 / 0.75, rel=0.01)
    # The same launch, sampled more often in its first half.
    uneven = [sample for sample in even if sample[0] < 50 or sample[0] % 10 == 0]
    assert slowness(uneven) == pytest.approx(100 / 0.75, rel=0.04)


def test_the_order_of_samples_does_not_matter():
    samples = [[0, 90], [30, 110], [70, 100], [100, 95]]
    assert slowness(samples[::-1]) == slowness(samples)
