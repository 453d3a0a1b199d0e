"""Analyse an import graph of 5,000 modules, 25,000 imports and 200 own statements.

`python tests/benchmarks/bench_graph.py [modules]` prints the median of five and the peak memory
of the analysis: the flow graph, the exclusive cost of every statement, the best set, and who
else loads what. The graph has the shape of real ones: packages whose modules import their
parents, their neighbours, a few popular packages and now and then another one; the handler
imports packages and modules. tracemalloc slows the code down: memory is taken in a run of its
own.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.deferral.cost.best_set import Candidate, best_set
from importcost.deferral.cost.costs import ImportCosts
from importcost.deferral.cost.flow import StatementKey
from importcost.model.advice import SourcePlace
from importcost.model.graph import (
    FUNCTION,
    RUNTIME_IMPORTER,
    BytecodeState,
    EdgeKind,
    ImportEdge,
    ImportGraph,
    LoadedModule,
)
from importcost.model.profile import Phase
from tests.benchmarks.tell import tell

ROUNDS = 5
STATEMENTS = 200
EDGES_PER_MODULE = 5
PACKAGE_SIZE = 50
LIMIT_SECONDS = 0.5
HANDLER_FILE = "/var/task/handler.py"


def build(size: int, seed: int = 7) -> tuple[ImportGraph, dict[str, int], list[StatementKey]]:
    """Return a graph of `size` modules, their self times and the handler's statements."""
    chance = random.Random(seed)
    names = ["handler"] + [
        f"p{at // PACKAGE_SIZE}" + (f".m{at % PACKAGE_SIZE}" if at % PACKAGE_SIZE else "")
        for at in range(size - 1)
    ]
    edges = [ImportEdge(RUNTIME_IMPORTER, "handler", None, None, False, EdgeKind.STATEMENT)]
    keys = [
        StatementKey(SourcePlace(HANDLER_FILE, line, line)) for line in range(1, STATEMENTS + 1)
    ]
    edges += [
        _edge("handler", names[chance.randrange(1, size)], line, HANDLER_FILE)
        for line in range(1, STATEMENTS + 1)
    ]
    edges += [_first_edge(chance, names, at) for at in range(1, size)]
    edges += [
        ImportEdge(name, name.partition(".")[0], None, None, True, EdgeKind.PARENT)
        for name in names
        if "." in name
    ]
    while len(edges) < size * EDGES_PER_MODULE:
        at = chance.randrange(1, size)
        edges.append(_edge(names[at], names[_neighbour(chance, at, size)], len(edges)))
    modules = [_module(name) for name in names]
    return ImportGraph(tuple(modules), tuple(edges)), _times(chance, names), keys


def _first_edge(chance: random.Random, names: list[str], at: int) -> ImportEdge:
    """Return what loads a module: its own package, a later one, or the handler."""
    start = (at - 1) // PACKAGE_SIZE * PACKAGE_SIZE + 1
    size = len(names)
    if at > start:
        return _edge(names[chance.randrange(start, at)], names[at], at)
    if start + PACKAGE_SIZE >= size or chance.random() < 0.4:
        return _edge("handler", names[at], chance.randrange(1, STATEMENTS + 1), HANDLER_FILE)
    return _edge(names[chance.randrange(start + PACKAGE_SIZE, size)], names[at], at)


def _neighbour(chance: random.Random, at: int, size: int) -> int:
    draw = chance.random()
    if draw < 0.8:
        start = (at - 1) // PACKAGE_SIZE * PACKAGE_SIZE
        return min(size - 1, 1 + start + chance.randrange(PACKAGE_SIZE))
    if draw < 0.97:
        return 1 + chance.randrange(min(10, size // PACKAGE_SIZE)) * PACKAGE_SIZE
    return chance.randrange(1, at + 1)


def _times(chance: random.Random, names: list[str]) -> dict[str, int]:
    return {name: round(chance.lognormvariate(5, 1.2)) for name in names}


def _module(name: str) -> LoadedModule:
    own = name == "handler"
    return LoadedModule(
        name=name,
        file=HANDLER_FILE if own else f"/var/task/{name}.py",
        distribution=FUNCTION if own else name.partition(".")[0],
        bytecode=BytecodeState.ABSENT,
        rss_self_bytes=None,
        rss_cumulative_bytes=None,
        phase=Phase.HANDLER_IMPORTS.value,
        loaded_by=None if own else "handler",
    )


def _edge(importer: str, imported: str, line: int, file: str | None = None) -> ImportEdge:
    path = file or f"/var/task/{importer}.py"
    return ImportEdge(importer, imported, path, line, False, EdgeKind.STATEMENT)


def analyse(graph: ImportGraph, self_us: dict[str, int], keys: list[StatementKey]) -> int:
    """Run the whole analysis; return the joint saving of the best set in microseconds."""
    costs = ImportCosts(graph, self_us, (HANDLER_FILE,), keys)
    single = costs.exclusive_by_statement()
    total = sum(self_us.values())
    candidates = [Candidate(at, (key,), deferrable=True) for at, key in enumerate(keys)]
    best = best_set(costs, candidates, total)
    for key in keys:
        costs.cumulative_us((key,))
        if single.get(key) == 0:
            costs.kept_by(key)
    return best.exclusive_us if best else 0


def main() -> None:
    """Print the figures; exit 1 past the limit."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    graph, self_us, keys = build(size)
    seconds, cpu_seconds = [], []
    for _ in range(ROUNDS):
        start, cpu_start = time.perf_counter(), time.process_time()
        saved = analyse(graph, self_us, keys)
        seconds.append(time.perf_counter() - start)
        cpu_seconds.append(time.process_time() - cpu_start)
    tracemalloc.start()
    analyse(graph, self_us, keys)
    peak = tracemalloc.get_traced_memory()[1]
    median, cpu = statistics.median(seconds), statistics.median(cpu_seconds)
    print(f"{len(graph.modules)} modules, {len(graph.edges)} edges, {len(keys)} statements")
    print(f"median of {ROUNDS}: {median:.3f} s wall, {cpu:.3f} s CPU (limit {LIMIT_SECONDS} s)")
    print(f"peak of the analysis: {peak / 1e6:.1f} MB")
    print(f"best set saves {saved / 1000:.1f} of {sum(self_us.values()) / 1000:.1f} ms")
    tell(cpu_s=(cpu, f"{median:.2f} s wall, {peak / 1e6:.1f} MB"))
    if size == 5_000 and cpu > LIMIT_SECONDS:
        sys.exit(1)


if __name__ == "__main__":
    main()
