"""Passes over import trees: each returns a figure or a new tree, none changes its argument."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from dataclasses import replace

from importcost.model.tree import NO_PARENT, ImportTree


def recompute_cumulative(tree: ImportTree) -> ImportTree:
    """Return the tree with every cumulative time the sum of the self times below it and its own.

    Needed after self times were scaled or nodes left out; it also removes the rounding of the
    printed figures (under a microsecond a row). Microseconds.
    """
    cumulative = array("q", tree.self_us)
    # Preorder: going backwards, every child is complete before it is added to its parent.
    for node in range(len(cumulative) - 1, -1, -1):
        parent = tree.parents[node]
        if parent != NO_PARENT:
            cumulative[parent] += cumulative[node]
    return replace(tree, cumulative_us=cumulative)


def select_phases(tree: ImportTree, labels: Collection[str]) -> ImportTree:
    """Return the nodes of the named phases alone, figures unchanged.

    A node whose parent belongs to a phase left out becomes a root. Names and phases that no
    node uses any more stay listed, so ids mean the same in both trees.
    """
    wanted = {number for number, label in enumerate(tree.phases) if label in labels}
    kept = [node for node, phase in enumerate(tree.phase_ids) if phase in wanted]
    position = {node: number for number, node in enumerate(kept)}
    return replace(
        tree,
        name_ids=array("q", [tree.name_ids[node] for node in kept]),
        parents=array("q", [position.get(tree.parents[node], NO_PARENT) for node in kept]),
        self_us=array("q", [tree.self_us[node] for node in kept]),
        cumulative_us=array("q", [tree.cumulative_us[node] for node in kept]),
        phase_ids=array("q", [tree.phase_ids[node] for node in kept]),
    )


def attributed_us(tree: ImportTree, phase: str) -> int:
    """Return the self times of a phase's nodes added up, in microseconds; 0 if it has none."""
    if phase not in tree.phases:
        return 0
    wanted = tree.phases.index(phase)
    return sum(
        self_us
        for self_us, phase_id in zip(tree.self_us, tree.phase_ids, strict=True)
        if phase_id == wanted
    )
