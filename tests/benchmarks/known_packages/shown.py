"""Whether importcost shows an entry's hint to a function that consists of its first program."""

from __future__ import annotations

import tempfile
from pathlib import Path

from importcost.deferral.cost.knowledge import hints
from importcost.deferral.cost.known_facts import KnowledgeEntry
from importcost.errors import ImportcostError
from importcost.measure.graph import build_graph
from importcost.measure.runners.base import Layout
from importcost.measure.session import Measurement
from importcost.model.graph import ImportGraph
from importcost.model.profile import RunKind
from tests.benchmarks.known_packages.pairs import Interpreter
from tests.harness import Handler, write_files

PLENTY_US = 100_000


def reason_not_shown(
    entry: KnowledgeEntry, layer: Path | None, interpreter: Interpreter
) -> str | None:
    """Return why the hint does not appear, or None if it does."""
    before = entry.effect.before
    hidden = f"import sys\nsys.modules.update(dict.fromkeys({before.without!r}))\n"
    code = (hidden if before.without else "") + before.code + "\n"
    with tempfile.TemporaryDirectory(prefix="known-") as folder:
        write_files(Path(folder), {"handler.py": code + "def handler(event, context): pass\n"})
        handler = Handler(
            Path(folder),
            function="handler",
            python=interpreter.executable,
            layers=(str(layer),) if layer else (),
            environment=before.environment,
            runtime_modules=interpreter.preload,
            bytecode="as-is",
        )
        try:
            graph = graph_by(handler)
        except ImportcostError as error:
            return f"importcost cannot measure its first program: {error}"
    times = {module.name: PLENTY_US for module in graph.modules}
    if hints(graph, times, [entry]):
        return None
    by = f"by {entry.importer} alone" if entry.importer else f"as part of {entry.distribution}"
    return f"its hint does not appear: {entry.module} is not loaded {by}"


def graph_by(handler: Handler) -> ImportGraph:
    """Return the import graph of one launch, as `importcost profile` takes it."""
    session = handler.session()
    result = session.launch_probe(RunKind.GRAPH)
    measurement = Measurement(
        runs=(),
        logs=(),
        traced_spans=(),
        graph=result["graph"],
        runtime_version=None,
        handler_found=None,
        module_count=0,
        output_bytes=0,
        output_tail="",
    )
    return build_graph(measurement, Layout(str(handler.root), (), None))
