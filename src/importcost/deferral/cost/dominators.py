"""Dominators of a flow graph: the nodes that every way from the root to a node passes.

Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001), without recursion. Nodes
are numbers from 0; a graph is the list of each node's successors.
"""

from __future__ import annotations

from collections.abc import Sequence

UNREACHABLE = -1


def postorder(successors: Sequence[Sequence[int]], root: int) -> list[int]:
    """Return the reachable nodes, each after the nodes that it leads to first."""
    seen = bytearray(len(successors))
    seen[root] = 1
    order: list[int] = []
    stack = [(root, iter(successors[root]))]
    while stack:
        node, rest = stack[-1]
        for successor in rest:
            if not seen[successor]:
                seen[successor] = 1
                stack.append((successor, iter(successors[successor])))
                break
        else:
            stack.pop()
            order.append(node)
    return order


def immediate_dominators(successors: Sequence[Sequence[int]], root: int) -> list[int]:
    """Return each node's immediate dominator; the root's is itself, else UNREACHABLE."""
    order = postorder(successors, root)
    number = [UNREACHABLE] * len(successors)
    for position, node in enumerate(order):
        number[node] = position
    predecessors = _predecessors(successors, order)
    idom = [UNREACHABLE] * len(successors)
    idom[root] = root
    changed = True
    while changed:
        changed = False
        for node in reversed(order[:-1]):
            found = UNREACHABLE
            for other in predecessors[node]:
                if idom[other] == UNREACHABLE:
                    continue
                found = other if found == UNREACHABLE else _meet(found, other, idom, number)
            if idom[node] != found:
                idom[node] = found
                changed = True
    return idom


def dominated_sums(
    successors: Sequence[Sequence[int]], root: int, weights: Sequence[int]
) -> list[int]:
    """Return, for each node, the weight of all nodes that it dominates, itself included.

    Those nodes can no longer be reached once the node is gone. The sum is 0 for unreachable nodes.
    """
    idom = immediate_dominators(successors, root)
    sums = [
        weight if dominator != UNREACHABLE else 0
        for weight, dominator in zip(weights, idom, strict=True)
    ]
    # A node is finished before its dominator in postorder: one pass sums the tree bottom-up.
    for node in postorder(successors, root)[:-1]:
        sums[idom[node]] += sums[node]
    return sums


def reachable(
    successors: Sequence[Sequence[int]], root: int, removed: frozenset[int] = frozenset()
) -> bytearray:
    """Return a flag for each node: 1 if a way from the root avoids the removed nodes."""
    seen = bytearray(len(successors))
    if root in removed:
        return seen
    blocked = bytearray(len(successors))
    for node in removed:
        blocked[node] = 1
    seen[root] = 1
    stack = [root]
    while stack:
        for successor in successors[stack.pop()]:
            if not seen[successor] and not blocked[successor]:
                seen[successor] = 1
                stack.append(successor)
    return seen


def _predecessors(successors: Sequence[Sequence[int]], order: Sequence[int]) -> list[list[int]]:
    result: list[list[int]] = [[] for _ in successors]
    for node in order:
        for successor in successors[node]:
            result[successor].append(node)
    return result


def _meet(left: int, right: int, idom: Sequence[int], number: Sequence[int]) -> int:
    """Return the nearest node that dominates both."""
    while left != right:
        while number[left] < number[right]:
            left = idom[left]
        while number[right] < number[left]:
            right = idom[right]
    return left
