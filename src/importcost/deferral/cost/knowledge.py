"""The knowledge base: advice on a dependency's own costly imports that needs no edit of it.

Entries are in `data/knowledge.json`; each was measured with the version that it names. They are
suggestions for a reader, never edits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from importcost.deferral.cost.chains import matching
from importcost.deferral.cost.dominators import reachable
from importcost.deferral.cost.flow import ROOT, Flow, body_of, build_flow, is_of_unknown_origin
from importcost.errors import UsageError
from importcost.model.advice import ThirdPartyHint
from importcost.model.graph import FUNCTION, STDLIB, UNKNOWN_DISTRIBUTION, EdgeKind, ImportGraph

MIN_COST_US = 1_000
"""A saving below a millisecond is not worth a reader's time."""
IMPORTERS_SHOWN = 3
OWN_CODE = "(function)"
"""As an entry's importer: the user's own files, the only ones that can import something else."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The measured effect of the advice; milliseconds of CPU and modules loaded."""

    before_ms: float
    after_ms: float
    before_modules: int
    after_modules: int
    how: str


@dataclass(frozen=True, slots=True)
class KnowledgeEntry:
    """One known fact about a distribution.

    It applies if `module`, or anything in it, is loaded. If `importer` is given, only imports by
    that module, or by anything in it (or OWN_CODE), count. `distribution` is the PyPI name of the
    package that the advice is about, or STDLIB. `advice` may name the `{importers}` of the module.
    `checked_version` and `date` (ISO) say with which version and when `effect` was measured.
    """

    id: str
    distribution: str
    module: str
    importer: str | None
    advice: str
    source: str
    checked_version: str
    date: str
    effect: Effect


@lru_cache(maxsize=1)
def load_entries() -> tuple[KnowledgeEntry, ...]:
    """Return the shipped knowledge base. Raises UsageError if the file is damaged."""
    name = "knowledge.json"
    shipped = files("importcost.deferral").joinpath("data", name)
    return parse_entries(shipped.read_text(encoding="utf-8"), name)


def parse_entries(text: str, where: str) -> tuple[KnowledgeEntry, ...]:
    """Return the entries of a knowledge base's text. Raises UsageError naming `where`."""
    try:
        return tuple(_entry(item) for item in json.loads(text)["entries"])
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"The knowledge base {where} cannot be read ({type(error).__name__}: {error}):"
            " reinstall importcost."
        ) from error


def hints(
    graph: ImportGraph,
    self_us: Mapping[str, int],
    entries: Sequence[KnowledgeEntry] | None = None,
) -> tuple[ThirdPartyHint, ...]:
    """Return the known facts about the loaded modules, the costliest first.

    `self_us` is each module's self time in microseconds. A hint's `cost_us` is the time of the
    modules that would not be loaded without the module (or without that import of it). Hints below
    MIN_COST_US are left out. Entries default to the shipped ones. Raises UsageError if those are
    damaged.
    """
    flow = build_flow(graph, ())
    weights = [0, *(0 if name in flow.preloaded else self_us.get(name, 0) for name in flow.names)]
    everything = reachable(flow.successors, ROOT)
    found = []
    for entry in load_entries() if entries is None else entries:
        modules = matching(graph, entry.module) - flow.preloaded
        if not modules or not _is_about(graph, entry):
            continue
        left = _left(flow, modules, graph, entry)
        lost = zip(weights, everything, left, strict=True)
        cost_us = sum(weight for weight, was, stays in lost if was and not stays)
        if cost_us >= MIN_COST_US:
            found.append(_hint(entry, graph, cost_us))
    return tuple(sorted(found, key=lambda hint: -hint.cost_us))


def _left(
    flow: Flow, modules: Collection[str], graph: ImportGraph, entry: KnowledgeEntry
) -> bytearray:
    """Return the nodes that stay loaded without the modules, or without the importer's imports."""
    node_of = flow.node_of_module
    if entry.importer is None:
        return reachable(flow.successors, ROOT, frozenset(node_of[name] for name in modules))
    importers = _importing(graph, entry.importer)
    theirs: set[tuple[int, int]] = set()
    others: set[tuple[int, int]] = set()
    for edge in graph.edges:
        body = body_of(edge)[0]
        if edge.imported in modules and body in node_of:
            # An import in a function of the importer counts as its own, whoever called the
            # function.
            is_theirs = edge.importer in importers or body in importers
            step = (node_of[body], node_of[edge.imported])
            (theirs if is_theirs else others).add(step)
    gone = theirs - others
    bodies = {body for body, _ in gone}
    successors = [
        [target for target in targets if (node, target) not in gone] if node in bodies else targets
        for node, targets in enumerate(flow.successors)
    ]
    return reachable(successors, ROOT)


def _importing(graph: ImportGraph, importer: str) -> frozenset[str]:
    if importer != OWN_CODE:
        return matching(graph, importer)
    return frozenset(item.name for item in graph.modules if item.distribution == FUNCTION)


def _is_about(graph: ImportGraph, entry: KnowledgeEntry) -> bool:
    """Return True if the loaded module comes from the entry's distribution, not from a namesake."""
    named = entry.importer or entry.module
    if named == OWN_CODE:
        named = entry.module
    subject = matching(graph, named)
    owners = {item.distribution for item in graph.modules if item.name in subject}
    if entry.distribution == STDLIB:
        return STDLIB in owners
    wanted = _normalized(entry.distribution)
    return any(owner == UNKNOWN_DISTRIBUTION or _normalized(owner) == wanted for owner in owners)


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _hint(entry: KnowledgeEntry, graph: ImportGraph, cost_us: int) -> ThirdPartyHint:
    effect = entry.effect
    measured = (
        f" Measured with {entry.checked_version}: {effect.before_ms:.0f} to"
        f" {effect.after_ms:.0f} ms, {effect.before_modules} to {effect.after_modules} modules."
    )
    text = entry.advice.replace("{importers}", _importers(graph, entry.module))
    return ThirdPartyHint(
        distribution=entry.distribution,
        module=entry.module,
        cost_us=cost_us,
        advice=text + measured,
        source=entry.source,
        checked_version=entry.checked_version,
    )


def _importers(graph: ImportGraph, module: str) -> str:
    """Name the modules outside a module that import it, in the order of their imports."""
    inside = matching(graph, module)
    names = dict.fromkeys(
        body_of(edge)[0]
        for edge in graph.edges
        if edge.imported in inside
        and edge.kind is not EdgeKind.PARENT
        and not is_of_unknown_origin(edge)
    )
    outside = [name for name in names if name not in inside]
    if not outside:
        return "C code"
    more = len(outside) - IMPORTERS_SHOWN
    return ", ".join(outside[:IMPORTERS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _entry(item: Mapping[str, Any]) -> KnowledgeEntry:
    return KnowledgeEntry(**{**item, "effect": Effect(**item["effect"])})
