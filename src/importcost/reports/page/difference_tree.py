"""Two import trees laid over each other: nodes with the same path from the root are one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from importcost.model.profile import Phase
from importcost.model.tree import NO_PARENT, ImportTree

FUNCTION_PHASES = frozenset({Phase.HANDLER_IMPORTS.value, Phase.MODULE_BODY.value})


@dataclass(frozen=True, slots=True)
class MergedTree:
    """The function phases of two trees in one, as columns in preorder; microseconds.

    A node that only one side has costs nothing on the other, and `in_base` or `in_head` says
    that it is not there.
    """

    names: list[str] = field(default_factory=list)
    name_ids: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    base_us: list[int] = field(default_factory=list)
    head_us: list[int] = field(default_factory=list)
    base_self_us: list[int] = field(default_factory=list)
    head_self_us: list[int] = field(default_factory=list)
    in_base: list[bool] = field(default_factory=list)
    in_head: list[bool] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.parents)


def merge_trees(base: ImportTree, head: ImportTree) -> MergedTree:
    """Lay two trees over each other, in head's order; what only base has stands behind.

    Children of one node are the same where their names are; of several with one name the first
    goes with the first.
    """
    merged = MergedTree()
    ids: dict[str, int] = {}
    below_base, below_head = base.children(), head.children()
    top = _pairs(base, head, _roots(base), _roots(head))
    # A stack, not recursion: trees are thousands of levels deep.
    stack = [(NO_PARENT, one, other) for one, other in reversed(top)]
    while stack:
        parent, one, other = stack.pop()
        node = len(merged)
        name = head.name(other) if other != NO_PARENT else base.name(one)
        merged.parents.append(parent)
        merged.name_ids.append(ids.setdefault(name, len(ids)))
        _take(base, one, merged.base_us, merged.base_self_us, merged.in_base)
        _take(head, other, merged.head_us, merged.head_self_us, merged.in_head)
        inside = _pairs(
            base,
            head,
            below_base[one] if one != NO_PARENT else [],
            below_head[other] if other != NO_PARENT else [],
        )
        stack += [(node, left, right) for left, right in reversed(inside)]
    merged.names.extend(ids)
    return merged


def _roots(tree: ImportTree) -> list[int]:
    return [n for n in tree.roots() if tree.phases[tree.phase_ids[n]] in FUNCTION_PHASES]


def _take(
    tree: ImportTree, node: int, total: list[int], own: list[int], present: list[bool]
) -> None:
    present.append(node != NO_PARENT)
    total.append(tree.cumulative_us[node] if node != NO_PARENT else 0)
    own.append(tree.self_us[node] if node != NO_PARENT else 0)


def _pairs(
    base: ImportTree, head: ImportTree, before: list[int], after: list[int]
) -> list[tuple[int, int]]:
    """Return (base, head) for each child, NO_PARENT on the side that lacks it."""
    waiting: dict[str, list[int]] = defaultdict(list)
    for node in reversed(before):
        waiting[base.name(node)].append(node)
    pairs = []
    for node in after:
        same = waiting[head.name(node)]
        pairs.append((same.pop() if same else NO_PARENT, node))
    left = {node for nodes in waiting.values() for node in nodes}
    return [*pairs, *((node, NO_PARENT) for node in before if node in left)]
