"""Rows of a trace without the wait for a processor.

`-X importtime` counts wall time. On a busy machine long rows are interrupted more often than short
ones, so that the shares of imports come out wrong: of 17 packages by a tenth at a load of 12, where
the modules' own times, which the probe takes in the same launch, are off by 3 %.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence

from importcost.model.profile import Timing
from importcost.model.tree import NO_PARENT, ImportTree

FUNCTION_LABEL = "function"
ModuleTimes = Mapping[str, Sequence[int]]
"""A module's CPU time and the time that it was blocked, nanoseconds, without what it imports."""


def at_own_time(tree: ImportTree, init: Timing | None, times: ModuleTimes | None) -> ImportTree:
    """Return the tree with the function's rows in proportion to the modules' own times.

    `init` is the function init of the same launch, whose wall time the rows still add up to. A
    module with several rows has its time divided as they were. Without times the tree stays.
    """
    if init is None or not times:
        return tree
    own_us = init.cpu_us + (
        init.wall_us - init.cpu_us if init.blocked_us is None else init.blocked_us
    )
    stretch = init.wall_us / own_us if own_us > 0 else 1.0
    rows = [
        node for node in range(len(tree)) if tree.phases[tree.phase_ids[node]] == FUNCTION_LABEL
    ]
    wall: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for node in rows:
        wall[tree.name(node)] += tree.self_us[node]
        count[tree.name(node)] += 1
    self_us = array("q", tree.self_us)
    for node in rows:
        name = tree.name(node)
        if name not in times:
            continue
        part = tree.self_us[node] / wall[name] if wall[name] else 1 / count[name]
        self_us[node] = round(sum(times[name]) / 1000 * part * stretch)
    cumulative = array("q", self_us)
    for node in range(len(tree) - 1, -1, -1):
        if tree.parents[node] != NO_PARENT:
            cumulative[tree.parents[node]] += cumulative[node]
    return ImportTree(
        tree.names, tree.name_ids, tree.parents, self_us, cumulative, tree.phases, tree.phase_ids
    )
