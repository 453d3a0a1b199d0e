"""Exclusive cost: the time that disappears from init if statements of the function are deferred."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping

from importcost.deferral.cost.dominators import dominated_sums, reachable
from importcost.deferral.cost.flow import ROOT, Flow, StatementKey, body_of, build_flow
from importcost.model.graph import RUNTIME_IMPORTER, EdgeKind, ImportEdge, ImportGraph
from importcost.model.profile import Phase
from importcost.model.tree import NO_PARENT, ImportTree

NOTHING = -1
PRELOAD = "the Lambda runtime, before it imports the handler,"
FUNCTION_PHASES = frozenset({Phase.HANDLER_IMPORTS.value, Phase.MODULE_BODY.value})


def self_us_by_name(
    tree: ImportTree,
    names: Collection[str] | None = None,
    phases: Collection[str] = FUNCTION_PHASES,
) -> dict[str, int]:
    """Return each module's self time in the given phases, in microseconds, never below zero.

    The times of a module's nodes are summed. With `names` (the modules of the graph), a row of
    another name counts for the nearest module above it: a failed attempt, or a module that removed
    itself, disappears with its importer.
    """
    wanted = {index for index, label in enumerate(tree.phases) if label in phases}
    known = None if names is None else frozenset(names)
    owners: list[str | None] = []
    totals: dict[str, int] = defaultdict(int)
    for node, parent in enumerate(tree.parents):
        owner: str | None = tree.name(node)
        if known is not None and owner not in known:
            owner = None if parent == NO_PARENT else owners[parent]
        owners.append(owner)
        if owner is not None and tree.phase_ids[node] in wanted:
            totals[owner] += tree.self_us[node]
    return {name: max(0, total) for name, total in totals.items()}


class ImportCosts:
    """The modules that the statements of the function's own files keep loaded. Immutable;
    microseconds.

    `self_us` is each module's self time (see `self_us_by_name`). `function_files` are the user's
    own files and `keys` their known statements; a traced line in none of them is a statement by
    itself.
    A key that loads nothing costs nothing.
    """

    def __init__(
        self,
        graph: ImportGraph,
        self_us: Mapping[str, int],
        function_files: Collection[str],
        keys: Iterable[StatementKey] = (),
    ) -> None:
        self._flow = build_flow(graph, function_files, keys)
        # Modules that the runtime loads anyway cost the function nothing.
        self._weights = [0] * len(self._flow.successors)
        for name, node in self._flow.node_of_module.items():
            if name not in self._flow.preloaded:
                self._weights[node] = max(0, self_us.get(name, 0))
        self._all = reachable(self._flow.successors, ROOT)
        self._steps = _steps(graph)
        every = range(len(self._flow.successors))
        self._previous = _shortest_ways(self._flow, NOTHING, every)
        self._loaded: dict[str, list[str]] = defaultdict(list)
        for module in graph.modules:
            if module.loaded_by is not None:
                self._loaded[module.loaded_by].append(module.name)

    @property
    def flow(self) -> Flow:
        """The flow graph behind the figures."""
        return self._flow

    @property
    def weights(self) -> tuple[int, ...]:
        """The self time of each node of the flow graph; 0 for statements and the preload."""
        return tuple(self._weights)

    def keys(self) -> tuple[StatementKey, ...]:
        """Return the statements that imported something during init, in order of first import."""
        return tuple(self._flow.node_of_key)

    def exclusive_us(self, keys: Iterable[StatementKey]) -> int:
        """Return the time that disappears if all the statements are deferred together."""
        return sum(self._weights[node] for node in self._gone(keys))

    def modules_of(self, keys: Iterable[StatementKey]) -> tuple[str, ...]:
        """Return the modules that only these statements keep loaded, in load order."""
        names = (self._flow.name(node) for node in self._gone(keys))
        return tuple(name for name in names if name is not None)

    def loaded_by(self, keys: Iterable[StatementKey]) -> tuple[str, ...]:
        """Return the modules that these statements load, by themselves or through others."""
        starts = [node for key in keys if (node := self._flow.node_of_key.get(key)) is not None]
        seen, waiting = set(starts), list(starts)
        while waiting:
            for successor in self._flow.successors[waiting.pop()]:
                if successor not in seen:
                    seen.add(successor)
                    waiting.append(successor)
        names = (self._flow.name(node) for node in sorted(seen))
        return tuple(name for name in names if name is not None)

    def exclusive_by_statement(self) -> dict[StatementKey, int]:
        """Return, for each statement, the time that disappears if it alone is deferred."""
        sums = dominated_sums(self._flow.successors, ROOT, self._weights)
        return {key: sums[node] for key, node in self._flow.node_of_key.items()}

    def cumulative_us(self, keys: Iterable[StatementKey]) -> int:
        """Return the tree's time under statements: of all modules that they were first to load."""
        seen: set[str] = set()
        edges = (edge for key in keys for edge in self._flow.edges_of.get(key, ()))
        stack = [edge.imported for edge in edges if not edge.cached]
        while stack:
            name = stack.pop()
            if name not in seen:
                seen.add(name)
                stack.extend(self._loaded.get(name, ()))
        node_of = self._flow.node_of_module
        return sum(self._weights[node_of[name]] for name in seen)

    def is_preloaded(self, key: StatementKey) -> bool:
        """Return True if the runtime has loaded everything that a statement imports."""
        edges = self._flow.edges_of.get(key, ())
        return bool(edges) and all(edge.imported in self._flow.preloaded for edge in edges)

    def kept_by(self, key: StatementKey) -> str | None:
        """Return who else loads the modules that a statement names, or None.

        That is the importer at the end of the shortest other chain to the costliest of the modules,
        with file and line, and the own statement that the chain passes.
        """
        edges = self._flow.edges_of.get(key, ())
        imported = {edge.imported for edge in edges}
        if not imported:
            return None
        targets = imported - self._flow.preloaded
        # `from . import x` also names the package, which its own modules keep loaded anyway.
        packages = {parent for edge in edges for parent in _packages(body_of(edge)[0])}
        targets = targets - packages or targets
        if not targets:
            return PRELOAD
        chain_to = self._shortest_without(key, targets)
        kept = [name for name in targets if self._flow.node_of_module[name] in chain_to]
        if not kept:
            return None
        name = max(kept, key=lambda name: (self._under(name), name))
        return self._say_chain(name, chain_to)

    def _gone(self, keys: Iterable[StatementKey]) -> list[int]:
        nodes = {self._flow.node_of_key.get(key) for key in keys}
        removed = frozenset(node for node in nodes if node is not None)
        left = reachable(self._flow.successors, ROOT, removed)
        return [node for node, was in enumerate(self._all) if was and not left[node]]

    def _under(self, name: str) -> int:
        """Return a module's self time plus that of the modules that it was the first to load."""
        seen = {name}
        stack = [name]
        while stack:
            for child in self._loaded.get(stack.pop(), ()):
                if child not in seen:
                    seen.add(child)
                    stack.append(child)
        return sum(self._weights[self._flow.node_of_module[item]] for item in seen)

    def _shortest_without(self, key: StatementKey, targets: Collection[str]) -> Mapping[int, int]:
        """Return nodes' predecessors on their shortest ways from the root around a statement."""
        blocked = self._flow.node_of_key[key]
        wanted = {self._flow.node_of_module[name] for name in targets}
        if not any(self._passes(node, blocked) for node in wanted):
            return self._previous
        return _shortest_ways(self._flow, blocked, wanted)

    def _passes(self, node: int, blocked: int) -> bool:
        """Return True if the shortest way to a node passes another one."""
        while node not in (ROOT, blocked):
            node = self._previous[node]
        return node == blocked

    def _say_chain(self, name: str, previous: Mapping[int, int]) -> str:
        chain = [self._flow.node_of_module[name]]
        while chain[-1] != ROOT:
            chain.append(previous[chain[-1]])
        keys = [key for node in chain if (key := self._flow.key(node)) is not None]
        bodies = [found for node in chain[1:] if (found := self._flow.name(node)) is not None]
        own = f"{_short(keys[0].place.file, 1)}:{keys[0].place.line}" if keys else None
        if not bodies:
            return "the Lambda runtime"
        if own and self._flow.key(chain[1]) is not None:
            return f"{bodies[0]} ({own})"
        if name in _packages(bodies[0]):
            return f"the import of {bodies[0]}, which lies in {name},"
        edge = self._steps.get((bodies[0], name))
        importer = edge.importer if edge else bodies[0]
        where = f" ({_short(edge.file, importer.count('.') + 1)}:{edge.line})" if edge else ""
        return f"{importer}{where}" + (f" through {own}" if own else "")


def _shortest_ways(flow: Flow, blocked: int, wanted: Collection[int]) -> dict[int, int]:
    """Return each node's predecessor on its shortest way from the root around a blocked node.

    Stops once all wanted nodes are found.
    """
    previous = {ROOT: ROOT}
    missing = set(wanted)
    queue = deque([ROOT])
    while queue and missing:
        node = queue.popleft()
        for successor in flow.successors[node]:
            if successor not in previous and successor != blocked:
                previous[successor] = node
                missing.discard(successor)
                queue.append(successor)
    return previous


def _steps(graph: ImportGraph) -> dict[tuple[str, str], ImportEdge]:
    """Return the first import with a line behind each step from a module body to a module."""
    steps: dict[tuple[str, str], ImportEdge] = {}
    for edge in graph.edges:
        if edge.file and edge.kind is not EdgeKind.PARENT and edge.importer != RUNTIME_IMPORTER:
            steps.setdefault((body_of(edge)[0], edge.imported), edge)
    return steps


def _packages(name: str) -> tuple[str, ...]:
    """Return the packages around a module, which Python loads before it."""
    parts = name.split(".")
    return tuple(".".join(parts[:count]) for count in range(1, len(parts)))


def _short(file: str | None, depth: int) -> str:
    """Return the last parts of a path: as many as the module's name has, and a package's file."""
    parts = (file or "").replace("\\", "/").split("/")
    depth += parts[-1] == "__init__.py"
    return "/".join(parts[-depth:])
