"""The two parts of a wrapped handler's init: the wrapper's modules and the function's own."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.model.module_facts import distribution_by_name, startup_phase_ids
from importcost.model.profile import HandlerWrapper, Profile
from importcost.model.tree import NO_PARENT


@dataclass(frozen=True, slots=True)
class WrappedParts:
    """The nodes of a wrapped handler's tree, divided by who loaded them.

    `own_nodes` are the own handler's and everything that its import loaded first; `nodes` are all
    others of function init, which the wrapper loaded. Modules that both import are the wrapper's.
    `own_root` is the own handler's node, NO_PARENT if init does not import it. `distributions` are
    those of the wrapper's nodes, the one that takes most time first.
    """

    wrapper: HandlerWrapper
    nodes: frozenset[int]
    own_nodes: frozenset[int]
    own_root: int
    distributions: tuple[str, ...]

    @property
    def is_own_loaded(self) -> bool:
        """Return True if init imports the function's own handler."""
        return self.own_root != NO_PARENT


def wrapped_parts(profile: Profile) -> WrappedParts | None:
    """Return the parts of a profile's tree, None if nothing wraps the handler."""
    target = profile.target
    if target is None or target.wrapper is None or not len(profile.tree):
        return None
    tree, startup = profile.tree, startup_phase_ids(profile.tree)
    inside = [node for node in range(len(tree)) if tree.phase_ids[node] not in startup]
    own_root = next((node for node in inside if tree.name(node) == target.module), NO_PARENT)
    own: set[int] = set()
    for node in inside:
        if node == own_root or tree.parents[node] in own:
            own.add(node)
    others = frozenset(inside) - own
    owners = distribution_by_name(profile)
    times: dict[str, int] = {}
    for node in others:
        owner = owners.get(tree.name(node))
        if owner is not None:
            times[owner] = times.get(owner, 0) + tree.self_us[node]
    ranked = tuple(sorted(times, key=lambda owner: -times[owner]))
    return WrappedParts(target.wrapper, others, frozenset(own), own_root, ranked)
