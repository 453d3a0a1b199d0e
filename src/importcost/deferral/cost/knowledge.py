"""Hints: advice on a dependency's own costly imports that needs no edit of it.

They come from the known facts (`known_facts.py`), each measured elsewhere with the versions that it
names. They are suggestions for a reader, never edits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from packaging.version import InvalidVersion, Version

from importcost.deferral.cost.chains import matching
from importcost.deferral.cost.dominators import reachable
from importcost.deferral.cost.flow import ROOT, Flow, body_of, build_flow, is_of_unknown_origin
from importcost.deferral.cost.known_facts import OWN_CODE, HelpKind, KnowledgeEntry, load_entries
from importcost.model.advice import ThirdPartyHint
from importcost.model.graph import FUNCTION, STDLIB, UNKNOWN_DISTRIBUTION, EdgeKind, ImportGraph

MIN_COST_US = 1_000
"""A saving below a millisecond is not worth a reader's time."""
IMPORTERS_SHOWN = 3

_Step = tuple[int, int]
"""From the node of the module whose body runs to the node of the module that is imported."""


def hints(
    graph: ImportGraph,
    self_us: Mapping[str, int],
    entries: Sequence[KnowledgeEntry] | None = None,
    versions: Mapping[str, str] = MappingProxyType({}),
) -> tuple[ThirdPartyHint, ...]:
    """Return the known facts about the loaded modules, the costliest first.

    `self_us` is each module's self time in microseconds. A hint's `cost_us` is the time of the
    modules that would not be loaded without the module (or without that import of it). Hints below
    MIN_COST_US are left out. `versions` are those of the function's packages by distribution, as
    far as they are known: a hint says so if its own differ much. Entries default to the shipped
    ones. Raises UsageError if those are damaged.
    """
    flow = build_flow(graph, ())
    deployed = {_normalized(name): version for name, version in versions.items()}
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
            found.append(_hint(entry, graph, cost_us, deployed))
    return tuple(sorted(found, key=lambda hint: -hint.cost_us))


def _left(
    flow: Flow, modules: frozenset[str], graph: ImportGraph, entry: KnowledgeEntry
) -> bytearray:
    """Return the nodes that stay loaded without the modules, or without the importer's imports."""
    node_of = flow.node_of_module
    if entry.importer is None:
        return reachable(flow.successors, ROOT, frozenset(node_of[name] for name in modules))
    importers = _importing(graph, entry.importer)
    theirs: set[_Step] = set()
    others: set[_Step] = set()
    guests: dict[_Step, set[int]] = defaultdict(set)
    for edge in graph.edges:
        body = body_of(edge)[0]
        if edge.imported not in modules or body not in node_of:
            continue
        step = (node_of[body], node_of[edge.imported])
        # An import in a function of the importer counts as its own, whoever called the function.
        # One that another package's function does for own code cannot be replaced there, but for a
        # package that loads its parts by name, as `from scipy import stats` does.
        serves = entry.importer != OWN_CODE or _top(edge.importer) == _top(entry.module)
        by_body = body in importers and serves
        if edge.importer in modules - importers and body not in modules:
            guests[step].add(node_of[edge.importer])
        elif edge.importer in importers or by_body:
            theirs.add(step)
        else:
            others.add(step)
    for name in modules:
        # A module whose import was not seen hangs on the root.
        if (parent := name.rpartition(".")[0]) in modules:
            guests[ROOT, node_of[name]].add(node_of[parent])
    guests = {step: owners for step, owners in guests.items() if step not in others}
    return _reached_without(flow, theirs - others, guests)


def _reached_without(
    flow: Flow, theirs: Collection[_Step], guests: Mapping[_Step, Collection[int]]
) -> bytearray:
    """Return the nodes that are reached without `theirs`.

    Those of `guests` are imports by functions of the modules in question: they go with the modules
    that do them, and stay if one of these stays.
    """
    waiting = dict(guests)
    while True:
        gone = {*theirs, *waiting} - (guests.keys() - waiting.keys())
        bodies = {body for body, _ in gone}
        successors = [
            [target for target in targets if (node, target) not in gone]
            if node in bodies
            else targets
            for node, targets in enumerate(flow.successors)
        ]
        left = reachable(successors, ROOT)
        staying = [step for step, owners in waiting.items() if any(left[one] for one in owners)]
        if not staying:
            return left
        for step in staying:
            del waiting[step]


def _top(module: str) -> str:
    return module.partition(".")[0]


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


def _hint(
    entry: KnowledgeEntry, graph: ImportGraph, cost_us: int, deployed: Mapping[str, str]
) -> ThirdPartyHint:
    effect = entry.effect
    measured = (
        f" Measured on another machine on {entry.date} ({entry.checked_version}):"
        f" {effect.before_ms:.0f} to {effect.after_ms:.0f} ms, {effect.before_modules} to"
        f" {effect.after_modules} modules."
    )
    text = entry.advice.replace("{importers}", _importers(graph, entry.module))
    measured += _differences(entry, deployed)
    return ThirdPartyHint(
        distribution=entry.distribution,
        module=entry.module,
        cost_us=cost_us,
        advice=text + measured,
        source=entry.source,
        checked_version=entry.checked_version,
    )


def _differences(entry: KnowledgeEntry, deployed: Mapping[str, str]) -> str:
    """Return a sentence on the packages that are older than the measured ones, or a major newer.

    An entry that advises a newer version is for older ones: those are not told.
    """
    older, newer = [], []
    for name, checked in entry.versions.items():
        version = deployed.get(_normalized(name))
        try:
            own, known = Version(version or checked), Version(checked)
        except InvalidVersion:
            continue
        if own < known and entry.helps is not HelpKind.VERSION:
            older.append(f"{name} {version}")
        elif own.major > known.major:
            newer.append(f"{name} {version}")
    parts = [_told(older, "older"), _told(newer, "a major version newer")]
    return "".join(f" {part}: other modules may be loaded." for part in parts if part)


def _told(names: Sequence[str], what: str) -> str:
    if not names:
        return ""
    *inner, last = names
    return f"Your {', '.join(inner)} and {last} are {what}" if inner else f"Your {last} is {what}"


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
