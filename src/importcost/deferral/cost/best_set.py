"""The best set: the statements worth deferring together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from importcost.deferral.cost.costs import ImportCosts
from importcost.deferral.cost.dominators import postorder, reachable
from importcost.deferral.cost.flow import ROOT, StatementKey
from importcost.model.advice import BestSet

MIN_GAIN_US = 500
MIN_GAIN_SHARE = 0.005
"""As shares of function init: a change that saves less than both is too small to suggest."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The statements that one suggestion would defer (an import and the objects made from it).

    `finding_id` indexes `Advice.findings`. `extra_us` is saved besides imports, such as the time to
    create a client; microseconds.
    """

    finding_id: int
    keys: tuple[StatementKey, ...]
    deferrable: bool
    extra_us: int = 0


def best_set(
    costs: ImportCosts, candidates: Sequence[Candidate], function_init_us: float
) -> BestSet | None:
    """Return the changes that save most together, or None if none is worth it.

    Start from all deferrable candidates, whose joint saving no subset exceeds. Drop the candidate
    that adds least to the rest, again and again, while it adds less than MIN_GAIN_US or
    MIN_GAIN_SHARE of `function_init_us`. The method is greedy: if two candidates cover each other,
    the one that is left carries the saving of both.
    """
    least = max(MIN_GAIN_US, MIN_GAIN_SHARE * function_init_us)
    chosen = _Elimination(costs, [item for item in candidates if item.deferrable]).run(least)
    if not chosen:
        return None
    keys = list(dict.fromkeys(key for item in chosen for key in item.keys))
    return BestSet(
        finding_ids=tuple(item.finding_id for item in chosen),
        exclusive_us=costs.exclusive_us(keys) + sum(item.extra_us for item in chosen),
        modules=costs.modules_of(keys),
    )


class _Elimination:
    """Backward elimination that keeps up to date how much each member adds to the others.

    With all members deferred, a node's mask lists the members that, restored alone, would load it
    again. Nodes of one mask form one group. A dropped member takes its groups along: modules that
    are loaded anyway count as nobody's saving.
    """

    def __init__(self, costs: ImportCosts, members: Sequence[Candidate]) -> None:
        self._successors = costs.flow.successors
        self._weights = costs.weights
        self._order = postorder(self._successors, ROOT)[::-1]
        self._members = list(members)
        node_of = costs.flow.node_of_key
        self._nodes = [
            frozenset(node for key in item.keys if (node := node_of.get(key)) is not None)
            for item in members
        ]

    def run(self, least_us: float) -> list[Candidate]:
        """Return the members that add at least `least_us` to the others, in their order."""
        left = self._drop_hidden(range(len(self._members)))
        groups = self._groups(left)
        gains = self._gains(left, groups)
        while left:
            # Of equal members the last goes: the first statement in the file is the one to change.
            worst = min(reversed(left), key=gains.__getitem__)
            if gains[worst] >= least_us:
                break
            left.remove(worst)
            if any(self._nodes[worst] & self._nodes[other] for other in left):
                groups = self._groups(left)
            else:
                groups = {mask: us for mask, us in groups.items() if not mask >> worst & 1}
            gains = self._gains(left, groups)
        return [self._members[at] for at in left]

    def _gains(self, left: Sequence[int], groups: dict[int, int]) -> dict[int, int]:
        return {
            at: self._members[at].extra_us
            + sum(us for mask, us in groups.items() if mask >> at & 1)
            for at in left
        }

    def _drop_hidden(self, members: Sequence[int]) -> list[int]:
        """Drop members that only run inside what other members defer: they add nothing."""
        base = self._base(members)
        entered = self._entered(base)
        return [at for at in members if self._nodes[at] & entered or self._members[at].extra_us > 0]

    def _base(self, members: Sequence[int]) -> bytearray:
        """Return the nodes that stay loaded with all members deferred."""
        removed = frozenset[int]().union(*(self._nodes[at] for at in members))
        return reachable(self._successors, ROOT, removed)

    def _entered(self, base: bytearray) -> set[int]:
        return {node for at, seen in enumerate(base) if seen for node in self._successors[at]}

    def _groups(self, members: Sequence[int]) -> dict[int, int]:
        """Return the self time of the nodes of each mask; bit `at` is member `at`."""
        base = self._base(members)
        masks = self._masks(members, base)
        groups: dict[int, int] = defaultdict(int)
        for node, mask in masks.items():
            if mask and self._weights[node]:
                groups[mask] += self._weights[node]
        return groups

    def _masks(self, members: Sequence[int], base: bytearray) -> dict[int, int]:
        owners: dict[int, int] = {}
        for at in members:
            for node in self._nodes[at]:
                # A statement of two members stays deferred if only one of them is restored.
                owners[node] = 0 if node in owners else 1 << at
        entered = self._entered(base)
        masks = {node: owners.get(node, 0) & -(node in entered) for node in self._order}
        changed = True
        while changed:
            changed = False
            for node in self._order:
                mask = masks[node]
                if not mask or base[node]:
                    continue
                for successor in self._successors[node]:
                    # Follow statements that are restored, never those that are still deferred.
                    new = masks[successor] | mask & owners.get(successor, -1)
                    if new != masks[successor] and not base[successor]:
                        masks[successor] = new
                        changed = True
        return masks
