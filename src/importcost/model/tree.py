"""The import tree: rows nested by who first triggered the load."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

NO_PARENT = -1
NOT_IN_LOG = "(not in the log)"
"""Name of the nodes that stand for what a log's rows lack: no module can be named so."""


@dataclass(frozen=True, slots=True)
class ImportTree:
    """An import tree as columns, in preorder: a parent comes before its children.

    The same name may occur many times, also inside itself, so nodes are indices, never names.
    `name_ids[i]` indexes `names`; `parents[i]` is a node index or NO_PARENT; `phase_ids[i]`
    indexes `phases` (phase labels in order). `self_us` and `cumulative_us` are microseconds as
    printed; self may be negative where threads disturbed the log.
    """

    names: tuple[str, ...]
    name_ids: array[int]
    parents: array[int]
    self_us: array[int]
    cumulative_us: array[int]
    phases: tuple[str, ...]
    phase_ids: array[int]

    def __len__(self) -> int:
        return len(self.name_ids)

    def name(self, node: int) -> str:
        """Return the module name of a node."""
        return self.names[self.name_ids[node]]

    def roots(self) -> Iterator[int]:
        """Yield the nodes without a parent, in time order."""
        return (node for node, parent in enumerate(self.parents) if parent == NO_PARENT)

    def children(self) -> list[list[int]]:
        """Return, for every node, its children in time order."""
        result: list[list[int]] = [[] for _ in range(len(self))]
        for node, parent in enumerate(self.parents):
            if parent != NO_PARENT:
                result[parent].append(node)
        return result
