"""Chains of imports that load a module, and the statements to defer so that it is not loaded."""

from __future__ import annotations

import difflib
import heapq
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import count, pairwise

from importcost.deferral.cost.flow import (
    PRELOADED_PHASES,
    ROOT,
    Flow,
    StatementKey,
    body_of,
    build_flow,
    is_of_unknown_origin,
)
from importcost.model.graph import RUNTIME_IMPORTER, EdgeKind, ImportEdge, ImportGraph
from importcost.model.results.chains import Chain, Chains, Hop

DEFAULT_LIMIT = 20
MORE_CAP = 1_000
MAX_STEPS = 10_000
"""Bounds of the search: paths without a cycle may be exponentially many, or rare."""
CLOSE_NAMES = 3


@dataclass(frozen=True, slots=True)
class Cut:
    """The smallest set of own statements whose deferral leaves a module unloaded.

    `statements` are those nearest to the module. They are empty if the module is not loaded, or if
    `reason` says why no statement of the user's helps.
    """

    module: str
    statements: tuple[StatementKey, ...]
    reason: str | None = None


def import_chains(graph: ImportGraph, module: str, limit: int = DEFAULT_LIMIT) -> Chains:
    """Return the chains of imports that load a module, or any submodule of it, shortest first.

    A chain ends where it first enters the package. No module occurs twice in a chain. Raises
    ValueError for a limit below one.
    """
    if limit < 1:
        raise ValueError("the number of chains must be at least one")
    targets = matching(graph, module)
    if not targets:
        names = {item.name for item in graph.modules}
        close = difflib.get_close_matches(module, sorted(names), CLOSE_NAMES)
        return Chains(module, is_loaded=False, preloaded=False, close=tuple(close))
    preloaded = {item.name for item in graph.modules if item.phase in PRELOADED_PHASES}
    search = _Search(graph, targets, preloaded)
    found, is_cut_short = search.run(limit + MORE_CAP)
    return Chains(
        module=module,
        is_loaded=True,
        # A package cannot stay unloaded while its submodule is loaded: Python loads the parent
        # first.
        preloaded=(module if module in targets else min(targets)) in preloaded,
        chains=tuple(found[:limit]),
        more=max(0, len(found) - limit),
        more_is_minimum=is_cut_short,
    )


def cut(
    graph: ImportGraph,
    module: str,
    function_files: Collection[str],
    keys: Iterable[StatementKey] = (),
) -> Cut:
    """Return the statements to defer so that a module and its submodules are not loaded.

    This is a minimum cut: the smallest set of statements of the user's own files that every way to
    the module passes. Of several such sets it is the one nearest to the module. `keys` are the
    known statements.
    """
    targets = matching(graph, module)
    if not targets:
        return Cut(module, (), f"{module} is not loaded")
    flow = build_flow(graph, function_files, keys)
    if targets & flow.preloaded:
        return Cut(module, (), f"the Lambda runtime loads {module} before the handler")
    statements = _minimum_cut(flow, [flow.node_of_module[name] for name in sorted(targets)])
    if statements is None:
        why = f"{module} is loaded in a way that none of your own import statements controls"
        return Cut(module, (), why)
    return Cut(module, statements)


def matching(graph: ImportGraph, module: str) -> frozenset[str]:
    """Return the loaded modules that are a module or lie in it."""
    prefix = module + "."
    return frozenset(
        item.name for item in graph.modules if item.name == module or item.name.startswith(prefix)
    )


def _hop(edge: ImportEdge) -> Hop:
    body, line = body_of(edge)
    if edge.kind is EdgeKind.PARENT:
        body, line = edge.importer, None
    return Hop(body, edge.imported, edge.importer, edge.file, edge.line, edge.kind, line)


class _Search:
    """Enumerates paths backwards from the targets, shortest first, without a cycle."""

    def __init__(
        self, graph: ImportGraph, targets: Collection[str], preloaded: Collection[str]
    ) -> None:
        self._targets = frozenset(targets)
        self._preloaded = frozenset(preloaded)
        self._into: dict[str, dict[str, Hop]] = defaultdict(dict)
        starts: set[str] = set()
        known = (edge for edge in graph.edges if not is_of_unknown_origin(edge))
        for hop in map(_hop, known):
            if hop.body == RUNTIME_IMPORTER:
                starts.add(hop.imported)
            elif hop.body != hop.imported:
                # The first import of a module by another stands for the repeated ones.
                self._into[hop.imported].setdefault(hop.body, hop)
        for item in graph.modules:
            self._add_loose(item.name, item.loaded_by)
        self._starts = frozenset(starts) or frozenset(
            item.name for item in graph.modules if item.loaded_by is None
        )
        self._distance = self._distances()

    def run(self, most: int) -> tuple[list[Chain], bool]:
        """Return at most `most` chains, and True if there may be others."""
        order = count()
        # (minimum hops in all, hops left, tie-break, module, hops to the target so far). Of equally
        # long paths the nearest to its start comes first, or none might be finished in time.
        queue: list[tuple[int, int, int, str, tuple[Hop, ...]]] = [
            (self._distance[name], self._distance[name], next(order), name, ())
            for name in sorted(self._targets)
            if name in self._distance
        ]
        heapq.heapify(queue)
        found: list[Chain] = []
        steps = 0
        while queue and len(found) < most and steps < MAX_STEPS:
            steps += 1
            _, _, _, name, hops = heapq.heappop(queue)
            if name in self._starts:
                found.append(Chain(name, name in self._preloaded, hops))
                continue
            passed = {hop.imported for hop in hops} | {name}
            for body, hop in self._into[name].items():
                if body in self._distance and body not in passed and body not in self._targets:
                    left = self._distance[body]
                    length = len(hops) + 1 + left
                    heapq.heappush(queue, (length, left, next(order), body, (hop, *hops)))
        return found, bool(queue)

    def _add_loose(self, name: str, loaded_by: str | None) -> None:
        """Explain a module that no recorded import explains by the module that loaded it."""
        if name not in self._into and loaded_by is not None and loaded_by != name:
            hop = Hop(loaded_by, name, loaded_by, None, None, EdgeKind.DYNAMIC, None)
            self._into[name][loaded_by] = hop

    def _distances(self) -> Mapping[str, int]:
        """Return the fewest hops from a start to each module."""
        out: dict[str, list[str]] = defaultdict(list)
        for name, hops in self._into.items():
            for body in hops:
                out[body].append(name)
        distance = dict.fromkeys(sorted(self._starts), 0)
        waiting = deque(distance)
        while waiting:
            name = waiting.popleft()
            for other in out[name]:
                if other not in distance:
                    distance[other] = distance[name] + 1
                    waiting.append(other)
        return distance


def _minimum_cut(flow: Flow, targets: Collection[int]) -> tuple[StatementKey, ...] | None:
    """Return the fewest statements that separate root and targets, or None if nothing can.

    Ford and Fulkerson on the graph with each node split in two: a statement lets one path through,
    everything else any number. Every path found uses up one statement, so there are at most as many
    rounds as statements.
    """
    network = _Network(flow, targets)
    while (path := network.path()) is not None:
        if not any(network.is_statement(node) for node in path):
            return None
        network.push(path)
    side = network.sink_side()
    keys = [
        key
        for key, node in flow.node_of_key.items()
        if network.exit(node) in side and network.entry(node) not in side
    ]
    return tuple(sorted(keys, key=lambda key: (key.place.file, key.place.line)))


class _Network:
    """Residual network: node n has the entry 2n and the exit 2n + 1; the sink is -1."""

    SINK = -1
    UNBOUNDED = 1 << 60

    def __init__(self, flow: Flow, targets: Collection[int]) -> None:
        self._statements = frozenset(flow.node_of_key.values())
        self._left: dict[int, dict[int, int]] = defaultdict(dict)
        for node, successors in enumerate(flow.successors):
            capacity = 1 if node in self._statements else self.UNBOUNDED
            self._connect(self.entry(node), self.exit(node), capacity)
            for successor in successors:
                self._connect(self.exit(node), self.entry(successor), self.UNBOUNDED)
        for node in targets:
            self._connect(self.exit(node), self.SINK, self.UNBOUNDED)

    @staticmethod
    def entry(node: int) -> int:
        return 2 * node

    @staticmethod
    def exit(node: int) -> int:
        return 2 * node + 1

    def is_statement(self, end: int) -> bool:
        return end != self.SINK and end // 2 in self._statements

    def path(self) -> list[int] | None:
        """Return a shortest way from the root to the sink with capacity left."""
        previous = {self.exit(ROOT): self.exit(ROOT)}
        queue = deque(previous)
        while queue and self.SINK not in previous:
            end = queue.popleft()
            for other, room in self._left[end].items():
                if room > 0 and other not in previous:
                    previous[other] = end
                    queue.append(other)
        if self.SINK not in previous:
            return None
        way = [self.SINK]
        while way[-1] != self.exit(ROOT):
            way.append(previous[way[-1]])
        return way[::-1]

    def push(self, path: list[int]) -> None:
        """Send one unit along a path."""
        for start, end in pairwise(path):
            self._left[start][end] -= 1
            self._left[end][start] += 1

    def sink_side(self) -> set[int]:
        """Return the nodes from which the sink can still be reached: the cut nearest to it."""
        into: dict[int, list[int]] = defaultdict(list)
        for start, ends in self._left.items():
            for end, room in ends.items():
                if room > 0:
                    into[end].append(start)
        seen = {self.SINK}
        stack = [self.SINK]
        while stack:
            for start in into[stack.pop()]:
                if start not in seen:
                    seen.add(start)
                    stack.append(start)
        return seen

    def _connect(self, start: int, end: int, capacity: int) -> None:
        self._left[start][end] = self._left[start].get(end, 0) + capacity
        self._left[end].setdefault(start, 0)
