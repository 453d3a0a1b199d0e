"""The flow graph of init: who keeps which module loaded, with the user's statements as nodes.

The root leads to the modules that the interpreter and the runtime load anyway, and to the handler.
A module leads to the modules that its body imports; in the function's own files a node for the
statement lies between them. A submodule leads to its package, which Python loads with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from importcost.deferral.cost.dominators import reachable
from importcost.model.advice import SourcePlace
from importcost.model.graph import FUNCTION, RUNTIME_IMPORTER, EdgeKind, ImportEdge, ImportGraph
from importcost.model.profile import Phase

ROOT = 0
PRELOADED_PHASES = frozenset({Phase.INTERPRETER_START.value, Phase.RUNTIME.value})


@dataclass(frozen=True, slots=True)
class StatementKey:
    """A statement of the function's own files.

    `imported` are the modules that it names (as in `ImportFinding.imported`); they distinguish two
    statements on one line. None for a statement that is not an import, or unknown.
    """

    place: SourcePlace
    imported: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """The flow graph. Node 0 is the root, then the modules in load order, then the statements.

    `edges_of` holds, for each key, the recorded imports that it causes.
    """

    successors: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    node_of_module: Mapping[str, int]
    node_of_key: Mapping[StatementKey, int]
    edges_of: Mapping[StatementKey, tuple[ImportEdge, ...]]
    preloaded: frozenset[str]

    def name(self, node: int) -> str | None:
        """Return the module's name, or None for the root and for statements."""
        return self.names[node - 1] if 0 < node <= len(self.names) else None

    def key(self, node: int) -> StatementKey | None:
        """Return the statement of a node, or None for modules and the root."""
        at = node - len(self.names) - 1
        return tuple(self.node_of_key)[at] if at >= 0 else None


def body_of(edge: ImportEdge) -> tuple[str, int | None]:
    """Return the module whose body ran during the import, and the line that it was at."""
    if edge.cause is None:
        return edge.importer, edge.line
    return edge.cause, edge.cause_line


def is_of_unknown_origin(edge: ImportEdge) -> bool:
    """Return True if the importer is unknown: code run by `exec` in a namespace without a name.

    The runtime's own imports have no line. Such an edge is attributed to the module's loader.
    """
    return edge.importer == RUNTIME_IMPORTER and edge.cause is None and edge.line is not None


def own_files(graph: ImportGraph) -> frozenset[str]:
    """Return the files of the modules that are the user's own code."""
    return frozenset(
        module.file for module in graph.modules if module.distribution == FUNCTION and module.file
    )


class StatementIndex:
    """Finds the statements around a traced line."""

    def __init__(self, keys: Iterable[StatementKey]) -> None:
        self._by_file: dict[str, list[StatementKey]] = defaultdict(list)
        known = dict.fromkeys(keys)
        named = {key.place for key in known if key.imported}
        for key in known:
            # An import that was timed has a second key, without the names that it imports.
            if key.imported or key.place not in named:
                self._by_file[key.place.file].append(key)

    def find(self, file: str, line: int, edge: ImportEdge) -> tuple[StatementKey, ...]:
        """Return the statements around a line that caused an import, or the line if none is known.

        Of several statements on a line, the import that names the module; each of them may continue
        on other lines. Else the innermost ones.
        """
        around = [
            key
            for key in self._by_file.get(file, ())
            if key.place.line <= line <= key.place.end_line
        ]
        if not around:
            return (StatementKey(SourcePlace(file, line, line)),)
        return _named(around, edge) or _innermost(around)


def _named(keys: Sequence[StatementKey], edge: ImportEdge) -> tuple[StatementKey, ...]:
    """Return the imports that name the imported module, or whose module imports it."""

    def fit(name: str, wanted: str) -> int:
        inside = name == wanted or name.startswith(wanted + ".")
        return len(wanted) if inside else 0

    # A dependency's lazy import belongs to the statement that names the dependency.
    for name in (edge.imported, edge.importer):
        fits = {key: max((fit(name, n) for n in key.imported or ()), default=0) for key in keys}
        best = max(fits.values())
        if best:
            return tuple(key for key in keys if fits[key] == best)
    return ()


def _innermost(keys: Sequence[StatementKey]) -> tuple[StatementKey, ...]:
    """Return the statements that hold no other one, a call rather than an import beside it."""

    def lines(key: StatementKey) -> int:
        return key.place.end_line - key.place.line

    imports = tuple(key for key in keys if key.imported)
    rest = [key for key in keys if not key.imported]
    least = min((lines(key) for key in rest), default=None)
    if least is None or (imports and least > min(lines(key) for key in imports)):
        return imports
    return tuple(key for key in rest if lines(key) == least)


class _Builder:
    """Collects nodes and edges while the import graph is read."""

    def __init__(self, graph: ImportGraph, files: Collection[str], index: StatementIndex) -> None:
        self.names = tuple(dict.fromkeys(module.name for module in graph.modules))
        self.node_of = {name: node for node, name in enumerate(self.names, start=1)}
        self._file_of = {module.name: module.file for module in graph.modules}
        self._files = frozenset(files)
        self._index = index
        self.keys: dict[StatementKey, int] = {}
        self.edges_of: dict[StatementKey, dict[ImportEdge, None]] = defaultdict(dict)
        self.successors: list[dict[int, None]] = [{} for _ in range(len(self.names) + 1)]

    def add(self, edge: ImportEdge) -> None:
        """Add one recorded import."""
        target = self.node_of.get(edge.imported)
        if target is None or is_of_unknown_origin(edge):
            return
        body, line = body_of(edge)
        source = ROOT if body == RUNTIME_IMPORTER else self.node_of.get(body)
        if edge.kind is EdgeKind.PARENT:
            source = self.node_of.get(edge.importer)
        if source is None or source == target:
            return
        sources = [source]
        for file, at in self._places(edge, body, line):
            sources = self._through(sources, self._index.find(file, at, edge), edge)
        for node in sources:
            self.successors[node][target] = None

    def _places(self, edge: ImportEdge, body: str, line: int | None) -> list[tuple[str, int]]:
        """Return the own statements that an import passes: the body's, then its own."""
        if edge.kind is EdgeKind.PARENT:
            return []
        body_file = self._file_of.get(body) if edge.cause else edge.file
        if edge.file is not None and edge.file.startswith("<") and edge.importer == body:
            # Code run by `exec` counts its own lines, not those of the file.
            return []
        outer = (body_file, line)
        inner = (edge.file, edge.line)
        places = [outer] if inner == outer else [outer, inner]
        return [
            (file, at)
            for file, at in places
            if file is not None and at is not None and file in self._files
        ]

    def _through(
        self, sources: Sequence[int], keys: Sequence[StatementKey], edge: ImportEdge
    ) -> list[int]:
        nodes = []
        for key in keys:
            node = self.keys.get(key)
            if node is None:
                node = self.keys[key] = len(self.successors)
                self.successors.append({})
            self.edges_of[key][edge] = None
            nodes.append(node)
            for source in sources:
                if source != node:
                    self.successors[source][node] = None
        return nodes


def build_flow(
    graph: ImportGraph, function_files: Collection[str], keys: Iterable[StatementKey] = ()
) -> Flow:
    """Return the flow graph of a recorded import graph.

    `function_files` are the user's own files and `keys` their known statements. A line in none of
    them is a statement by itself.
    """
    builder = _Builder(graph, function_files, StatementIndex(keys))
    preloaded = frozenset(m.name for m in graph.modules if m.phase in PRELOADED_PHASES)
    for name in preloaded:
        builder.successors[ROOT][builder.node_of[name]] = None
    for edge in graph.edges:
        builder.add(edge)
    _attach_loose(builder, graph)
    return Flow(
        successors=tuple(tuple(targets) for targets in builder.successors),
        names=builder.names,
        node_of_module=builder.node_of,
        node_of_key=builder.keys,
        edges_of={key: tuple(edges) for key, edges in builder.edges_of.items()},
        preloaded=preloaded,
    )


def _attach_loose(builder: _Builder, graph: ImportGraph) -> None:
    """Attach modules without a recorded import to their loader, else to the root.

    C code imports without a Python frame, so only the load was seen, not the statement.
    """
    incoming = {target for targets in builder.successors for target in targets}
    for module in graph.modules:
        node = builder.node_of[module.name]
        loader = builder.node_of.get(module.loaded_by or "")
        if node not in incoming and loader is not None and loader != node:
            builder.successors[loader][node] = None
    for by_loader in (True, False):
        seen = reachable([tuple(targets) for targets in builder.successors], ROOT)
        for module in graph.modules:
            node = builder.node_of[module.name]
            loader = builder.node_of.get(module.loaded_by or "", ROOT) if by_loader else ROOT
            if not seen[node]:
                builder.successors[loader][node] = None
