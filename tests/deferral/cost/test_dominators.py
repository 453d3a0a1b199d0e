import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.deferral.cost.dominators import (
    UNREACHABLE,
    dominated_sums,
    immediate_dominators,
    postorder,
    reachable,
)


@st.composite
def graphs(draw):
    size = draw(st.integers(1, 14))
    nodes = st.integers(0, size - 1)
    return [draw(st.lists(nodes, max_size=4)) for _ in range(size)]


@pytest.mark.parametrize(
    ("successors", "expected"),
    [
        ([[]], [0]),
        ([[1], [2], []], [0, 0, 1]),
        ([[1, 2], [3], [3], []], [0, 0, 0, 0]),
        ([[1], [2, 3], [4], [4], [1]], [0, 0, 1, 1, 1]),
        ([[1], [], [1]], [0, 0, UNREACHABLE]),
        ([[0, 1], [1]], [0, 0]),
        # Irreducible: two ways into a cycle.
        ([[1, 2], [2], [1, 3], []], [0, 0, 0, 2]),
    ],
)
def test_immediate_dominators(successors, expected):
    assert immediate_dominators(successors, 0) == expected


@given(graphs())
def test_dominated_sums_are_what_becomes_unreachable(successors):
    weights = [3**node for node in range(len(successors))]
    everything = reachable(successors, 0)
    sums = dominated_sums(successors, 0, weights)
    for node in range(len(successors)):
        left = reachable(successors, 0, frozenset({node}))
        lost = [i for i, was in enumerate(everything) if was and not left[i]]
        assert sums[node] == sum(weights[i] for i in lost)


@given(graphs())
def test_postorder_holds_each_reachable_node_once_and_ends_with_the_root(successors):
    order = postorder(successors, 0)
    assert sorted(order) == [node for node, seen in enumerate(reachable(successors, 0)) if seen]
    assert order[-1] == 0


@pytest.mark.unhurried
def test_a_chain_of_20000_needs_no_recursion():
    size = 20_000
    successors = [[node + 1] for node in range(size - 1)] + [[]]
    assert dominated_sums(successors, 0, [1] * size)[0] == size
