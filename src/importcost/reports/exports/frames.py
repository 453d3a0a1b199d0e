"""The frames that exports draw: cold start, then phases, then the import tree, in time order.

Formats of other tools need times that nest. So a frame's total is always its own time plus its
children's, and a negative self time (threads disturbed the log) counts as none.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from importcost.model.names import profiled_name
from importcost.model.profile import Phase, Profile
from importcost.model.tree import NO_PARENT

NO_NODE = -1
FUNCTION_INIT = "function init"
# The handler's own row is the module body and comes above its imports: one frame holds both.
GROUP_OF_PHASE = {
    Phase.HANDLER_IMPORTS.value: FUNCTION_INIT,
    Phase.MODULE_BODY.value: FUNCTION_INIT,
}


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames as columns, in preorder and time order; frame 0 is the whole cold start.

    `nodes[i]` is the node of the profile's tree, or NO_NODE for the cold start and the phases.
    The self time of a phase is what no module accounts for. Times are microseconds; importtime
    does not say when in a module's own time its imports run, so children start with their
    parent, one after the other.
    """

    names: list[str] = field(default_factory=list)
    parents: array[int] = field(default_factory=lambda: array("q"))
    nodes: array[int] = field(default_factory=lambda: array("q"))
    depths: array[int] = field(default_factory=lambda: array("q"))
    self_us: array[int] = field(default_factory=lambda: array("q"))
    total_us: array[int] = field(default_factory=lambda: array("q"))
    start_us: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.names)

    def children(self) -> list[list[int]]:
        """Return, for every frame, its children in time order."""
        children: list[list[int]] = [[] for _ in range(len(self))]
        for frame, parent in enumerate(self.parents):
            if parent != NO_PARENT:
                children[parent].append(frame)
        return children

    def sizes(self) -> list[int]:
        """Return how many frames each subtree holds, its own root included."""
        sizes = [1] * len(self)
        for frame in range(len(self) - 1, 0, -1):
            sizes[self.parents[frame]] += sizes[frame]
        return sizes

    def is_startup(self, frame: int) -> bool:
        """Return True if a frame is a phase that no change in the function's code shortens."""
        return self.parents[frame] == 0 and self.names[frame] != FUNCTION_INIT

    def events(self) -> Iterator[tuple[bool, int, int]]:
        """Yield (opens, frame, microseconds since the start), nested and in time order."""
        open_frames: list[int] = []
        for frame, parent in enumerate(self.parents):
            while open_frames and open_frames[-1] != parent:
                done = open_frames.pop()
                yield False, done, self.start_us[done] + self.total_us[done]
            yield True, frame, self.start_us[frame]
            open_frames.append(frame)
        for frame in reversed(open_frames):
            yield False, frame, self.start_us[frame] + self.total_us[frame]


def build_frames(profile: Profile) -> Frames:
    """Return the frames of a profile.

    A phase lasts as long as it was timed, or as its modules add up to if that is more.
    """
    frames = Frames()
    _add(frames, cold_start_name(profile), NO_PARENT, NO_NODE, 0)
    timed, children = _timed_us(profile), profile.tree.children()
    for label, roots in _roots_by_group(profile).items():
        group = len(frames)
        _add(frames, label, 0, NO_NODE, 0)
        for root in roots:
            _add_subtree(frames, profile, children, root, group)
        rows_us = sum(frames.self_us[group:])
        frames.self_us[group] = max(0, timed[label] - rows_us)
    _fill_totals(frames)
    return frames


def cold_start_name(profile: Profile) -> str:
    """Return the name of the outermost frame."""
    return f"cold start of {profiled_name(profile) or 'a log'}"


def _add(frames: Frames, name: str, parent: int, node: int, self_us: int) -> None:
    frames.names.append(name)
    frames.parents.append(parent)
    frames.nodes.append(node)
    frames.depths.append(frames.depths[parent] + 1 if parent != NO_PARENT else 0)
    frames.self_us.append(max(0, self_us))


def _add_subtree(
    frames: Frames, profile: Profile, children: list[list[int]], root: int, group: int
) -> None:
    """Add a node and all below it, depth first, whatever order the tree's columns have."""
    tree = profile.tree
    waiting = [(root, group)]
    while waiting:
        node, parent = waiting.pop()
        frame = len(frames)
        _add(frames, tree.name(node), parent, node, tree.self_us[node])
        waiting.extend((child, frame) for child in reversed(children[node]))


def _timed_us(profile: Profile) -> Counter[str]:
    timed: Counter[str] = Counter()
    for time in profile.phases:
        timed[GROUP_OF_PHASE.get(time.phase.value, time.phase.value)] += time.cpu_us
    return timed


def _roots_by_group(profile: Profile) -> dict[str, list[int]]:
    """Return the tree's roots by group, in time order; groups in the order of the phases."""
    tree = profile.tree
    groups: dict[str, list[int]] = {}
    for label in (*(time.phase.value for time in profile.phases), *tree.phases):
        groups.setdefault(GROUP_OF_PHASE.get(label, label), [])
    for root in tree.roots():
        label = tree.phases[tree.phase_ids[root]]
        groups[GROUP_OF_PHASE.get(label, label)].append(root)
    return groups


def _fill_totals(frames: Frames) -> None:
    frames.total_us.extend(frames.self_us)
    for frame in range(len(frames) - 1, 0, -1):
        frames.total_us[frames.parents[frame]] += frames.total_us[frame]
    next_start = array("q", [0]) * len(frames)
    for frame, parent in enumerate(frames.parents):
        start = next_start[parent] if parent != NO_PARENT else 0
        frames.start_us.append(start)
        next_start[frame] = start
        if parent != NO_PARENT:
            next_start[parent] = start + frames.total_us[frame]
