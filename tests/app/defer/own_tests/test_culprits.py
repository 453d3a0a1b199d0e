"""The smallest set of changes that fails, found with few questions."""

from itertools import combinations

import pytest

from importcost.app.defer.own_tests.culprits import smallest_failing


class Suspects:
    """Fails for every superset of one of the given sets, and counts the questions."""

    def __init__(self, *guilty):
        self.guilty = [frozenset(one) for one in guilty]
        self.asked = []

    def fails(self, numbers):
        self.asked.append(numbers)
        return any(one <= set(numbers) for one in self.guilty)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16])
def test_any_single_culprit_is_found(size):
    for culprit in range(size):
        suspects = Suspects({culprit})
        assert smallest_failing(range(size), suspects.fails) == (culprit,)
        assert len(suspects.asked) <= 2 * size.bit_length()


@pytest.mark.parametrize("size", [2, 3, 5, 8])
def test_changes_that_fail_only_together_are_found_together(size):
    for pair in combinations(range(size), 2):
        assert smallest_failing(range(size), Suspects(pair).fails) == pair


def test_three_that_fail_only_together_are_found_among_others():
    assert smallest_failing(range(9), Suspects((1, 4, 8)).fails) == (1, 4, 8)


def test_of_two_culprits_one_is_found_and_nothing_innocent_with_it():
    assert smallest_failing(range(8), Suspects({2}, {6}).fails) in {(2,), (6,)}
    assert smallest_failing(range(8), Suspects({0, 7}, {3}).fails) == (3,)


def test_the_result_fails_and_no_part_of_it_without_one_does():
    suspects = Suspects({0, 3, 5}, {1, 2}, {4, 6, 7})
    found = smallest_failing(range(8), suspects.fails)
    assert suspects.fails(found)
    assert not any(suspects.fails(tuple(set(found) - {one})) for one in found)


def test_the_numbers_need_not_follow_each_other():
    assert smallest_failing((4, 11, 30), Suspects({30}).fails) == (30,)
