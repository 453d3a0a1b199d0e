"""Turn a profile and the sources into advice: costs, verdicts and the best set, all predicted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from importcost.app.defer.behaviour import own_code_of
from importcost.app.defer.best_of import best_of, joint
from importcost.app.defer.effects.refuse import refuse_effects
from importcost.app.defer.effects.second_opinion import with_second_opinion
from importcost.app.defer.findings import JudgedImport, findings_of, settle_verdict, source_line
from importcost.app.defer.lazy.changed_later import refuse_changed
from importcost.app.defer.lazy.dependencies import with_dependencies, with_kept_parents
from importcost.app.defer.lazy.relied import Reliances
from importcost.app.defer.measured_costs import MeasuredCosts, place
from importcost.app.defer.rewriting import Edits
from importcost.app.defer.sources import Sources
from importcost.deferral.cost.bytecode import bytecode_finding
from importcost.deferral.cost.flow import StatementKey
from importcost.deferral.cost.knowledge import hints
from importcost.deferral.effects.import_effects import ImportEffects
from importcost.deferral.source.model import ModuleObject
from importcost.model.advice import (
    Advice,
    BestSet,
    BytecodeFinding,
    DeferStyle,
    DeferVerdict,
    SourcePlace,
    StatementTime,
    VerdictKind,
)
from importcost.model.graph import ImportGraph
from importcost.model.profile import Profile

HINT_MIN_SHARE = 0.01
"""As a share of function init: a smaller cost of a dependency is not worth advice."""
_TOO_LITTLE = DeferVerdict(
    VerdictKind.NOTHING_TO_GAIN,
    "no edit of it is suggested: it would save too little, or --style leaves it",
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The advice, and the findings behind `advice.findings` in the same order.

    `joint` is the joint saving of some findings, `edits` their changes, by their numbers. Each
    finding with changes can be written, alone and as a member of the best set.
    """

    advice: Advice
    findings: tuple[JudgedImport, ...]
    sources: Sources
    joint: Callable[[Sequence[int]], BestSet]
    edits: Edits
    ignored: tuple[int, ...] = ()
    """The numbers of findings whose edit the measured Python ignores, so that it saves nothing."""


def analyse_profile(
    profile: Profile,
    statements: Sequence[StatementTime],
    sources: Sources,
    style: DeferStyle | None = None,
) -> Analysis:
    """Return the predicted savings of deferring; `style` asks for a lazy style where it fits.

    Raises ValueError for a profile without a graph (one made from a log).
    """
    if profile.graph is None:
        raise ValueError("a profile without an import graph tells nothing about deferring")
    graph = profile.graph
    if style is DeferStyle.LAZY_DEPENDENCY:
        sources = with_dependencies(profile, graph, sources)
        graph = with_kept_parents(graph, sources.dependencies)
    costs = MeasuredCosts(profile, graph, statements, sources)
    judge = _Judge(costs, sources, profile.environment.minor_version)
    edits, found, best = judge.judged(partial(findings_of, costs, sources, style))
    members = best.finding_ids if best else ()
    findings = [
        _with_own_code(settle_verdict(costs, one, in_best_set=number in members), graph)
        for number, one in enumerate(found)
    ]
    findings = with_second_opinion(findings, graph, profile.environment.minor_version)
    least_us = HINT_MIN_SHARE * profile.function_init.local_us
    advice = Advice(
        findings=tuple(one.finding for one in findings),
        statements=tuple(_judged_statements(costs, sources, findings)),
        best_set=best,
        bytecode=_shipped(profile, graph),
        hints=tuple(
            hint
            for hint in hints(graph, costs.self_us, versions=_versions(profile))
            if hint.cost_us >= least_us
        ),
    )
    return Analysis(advice, tuple(findings), sources, partial(joint, costs, findings), edits)


_Judged = tuple[Edits, list[JudgedImport], BestSet | None]


class _Judge:
    """Decides which findings can be written and move no effect, and which save most together."""

    def __init__(self, costs: MeasuredCosts, sources: Sources, python: tuple[int, int]) -> None:
        self._costs = costs
        self._sources = sources
        self._python = python
        self._effects = ImportEffects(costs.graph, python)
        self._reliances = Reliances(costs)

    def judged(self, find: Callable[[Collection[StatementKey]], list[JudgedImport]]) -> _Judged:
        """Return the edits, the findings and the best set.

        `find` returns the findings for the imports that are known to stay: an object may become a
        getter though its import, which was to move with it, stays. The many imports of dependencies
        of which none is worth a word are left out.
        """
        findings = find(())
        edits, found, best = self._decided(findings)
        staying = _staying(findings, found)
        if staying and len(more := find(staying)) > len(findings):
            findings = more
            edits, found, best = self._decided(findings)
        self._effects.keep()
        members = best.finding_ids if best else ()
        kept = [
            findings[number]
            for number, one in enumerate(found)
            if number in members
            or one.file.source.path not in self._sources.dependencies
            or one.finding.exclusive_us >= self._costs.least_us
        ]
        return (edits, found, best) if len(kept) == len(found) else self._decided(kept)

    def _decided(self, findings: Sequence[JudgedImport]) -> _Judged:
        edits = Edits(findings, self._sources, self._python)
        found = refuse_effects(self._costs, edits.settled(), self._effects)
        if self._sources.dependencies:
            found = refuse_changed(self._costs, found, self._sources)
            found = self._reliances.refuse(found)
        best = best_of(self._costs, found)
        if best is not None:
            best = joint(self._costs, found, edits.agreeing(best.finding_ids))
        return edits, found, best


def _staying(
    before: Sequence[JudgedImport], after: Sequence[JudgedImport]
) -> frozenset[StatementKey]:
    """Return the imports that were to move with their objects, and were refused."""
    return frozenset(
        one.keys[0]
        for one, now in zip(before, after, strict=True)
        if one.finding.imported and one.objects and one.changes and not now.changes
    )


def _with_own_code(one: JudgedImport, graph: ImportGraph) -> JudgedImport:
    if not one.changes:
        return one
    return replace(one, finding=replace(one.finding, behaviour=own_code_of(one, graph)))


def _shipped(profile: Profile, graph: ImportGraph) -> BytecodeFinding | None:
    """Return the saving of shipped bytecode; an image is measured with it already."""
    if profile.settings.package_type != "zip":
        return None
    root = profile.target.task_root if profile.target else "."
    return bytecode_finding(graph, profile.settings, root)


def _versions(profile: Profile) -> dict[str, str]:
    """Return the versions of the deployed package's distributions, as far as they are known."""
    sizes = profile.package.distributions if profile.package else ()
    return {size.name: size.version for size in sizes if size.version}


def _judged_statements(
    costs: MeasuredCosts, sources: Sources, findings: Sequence[JudgedImport]
) -> Iterator[StatementTime]:
    """Yield the timed statements that are not imports, with their code and verdict."""
    judged: dict[tuple[str, str], DeferVerdict] = {}
    for one in findings:
        if one.finding.is_suggested or not one.finding.imported:
            path, verdict = one.file.source.path, one.finding.verdict
            judged |= {(path, member.name): verdict for member in one.objects}
    columns: dict[tuple[str, int], list[int]] = {}
    for at in costs.times:
        columns.setdefault((at.file, at.line), []).append(at.column)
    imports = {place(file, item) for file in sources.files.values() for item in file.imports}
    objects: dict[SourcePlace, list[ModuleObject]] = {}
    for file in sources.files.values():
        for item in file.objects:
            objects.setdefault(place(file, item), []).append(item)
    for at, time in costs.times.items():
        source = sources.files.get(at.file)
        if source is None:
            yield time
            continue
        if at in imports and not time.events:
            continue
        made = objects.get(at, [])
        after = columns[at.file, at.line]
        until = min((column for column in after if column > at.column), default=None)
        code = source_line(source, at, until)
        own = made[0].verdict if made else None
        if own and own.style:
            own = judged.get((at.file, made[0].name), _TOO_LITTLE)
        yield replace(time, code=code, verdict=own)
