"""Use case: explain why a module is loaded during init, and what would have to change."""

from __future__ import annotations

from dataclasses import replace

from importcost.app.defer.measured_costs import import_key
from importcost.app.defer.sources import Sources, read_sources
from importcost.app.profile.beyond import tell_not_deployed
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.declaration import MIN_RUNS
from importcost.deferral.cost.chains import cut, import_chains
from importcost.deferral.cost.costs import ImportCosts, self_us_by_name
from importcost.deferral.cost.flow import StatementKey, own_files
from importcost.errors import UsageError
from importcost.model.advice import DeferVerdict, VerdictKind
from importcost.model.graph import ImportGraph
from importcost.model.profile import Profile
from importcost.model.results.chains import CutStatement, Why

CALLS = DeferVerdict(VerdictKind.NOT_DEFERRABLE, "it runs during init and imports as it does")


def why_measured(request: ProfileRequest, module: str, limit: int, listener: Listener) -> Why:
    """Measure briefly and explain why `module` is loaded. Raises as `profile_handler`."""
    if request.runs is None:
        request = replace(request, runs=MIN_RUNS)
    with open_rehearsed(request, listener) as bench:
        _, profile = bench.profile(listener)
        tell_not_deployed(profile.warnings, listener)
    return why_profile(profile, module, limit)


def why_profile(profile: Profile, module: str, limit: int) -> Why:
    """Explain from a profile why `module` is loaded. Raises UsageError without an import graph."""
    graph = profile.graph
    if graph is None:
        raise UsageError(
            "This profile was made from a log, which has no importers: measure the handler itself."
        )
    sources = _sources(profile, graph)
    keys = [import_key(file, one) for file in sources.files.values() for one in file.imports]
    files = own_files(graph)
    found = cut(graph, module, files, keys)
    costs = ImportCosts(
        graph, self_us_by_name(profile.tree, {one.name for one in graph.modules}), files, keys
    )
    return Why(
        profile=profile,
        chains=import_chains(graph, module, limit),
        reason=found.reason,
        statements=tuple(_statement(key, sources) for key in found.statements),
        saved_us=costs.exclusive_us(found.statements) if found.statements else 0,
    )


def _sources(profile: Profile, graph: ImportGraph) -> Sources:
    if profile.target is None:
        return Sources({}, {}, {})
    return read_sources(graph, profile.target, profile.environment.minor_version)


def _statement(key: StatementKey, sources: Sources) -> CutStatement:
    file = sources.files.get(key.place.file)
    if file is None:
        return CutStatement(key.place, "", None)
    line = key.place.line
    for one in file.imports:
        if (one.line, one.imported) == (line, key.imported):
            return CutStatement(key.place, one.code, one.verdict)
    made = [one for one in file.objects if one.line <= line <= one.end_line]
    lines = file.source.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    code = lines[line - 1].strip() if line <= len(lines) else ""
    return CutStatement(key.place, code, made[0].verdict if made else CALLS)
