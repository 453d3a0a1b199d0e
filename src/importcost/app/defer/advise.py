"""From a profile and the sources to advice: costs, verdicts and the best set, all predicted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from importcost.app.defer.sources import Sources
from importcost.deferral.cost.best_set import MIN_GAIN_SHARE, MIN_GAIN_US, Candidate, best_set
from importcost.deferral.cost.bytecode import bytecode_finding
from importcost.deferral.cost.costs import PRELOAD, ImportCosts, self_times
from importcost.deferral.cost.flow import StatementKey, own_files
from importcost.deferral.cost.knowledge import hints
from importcost.deferral.rewrite.rewrite import Change
from importcost.deferral.source.model import ImportStatement, ModuleObject, SourceFile
from importcost.model.advice import (
    Advice,
    BestSet,
    ImportFinding,
    Place,
    StatementTime,
    Style,
    Verdict,
    VerdictKind,
)
from importcost.model.graph import FUNCTION, ImportGraph
from importcost.model.profile import Profile, significant_blocked_us

CHANGES = (VerdictKind.DEFERRABLE, VerdictKind.NEEDS_GETTER, VerdictKind.ANNOTATIONS_ONLY)

ONE_WAY = (Style.FUNCTION, Style.GETTER, Style.TYPE_CHECKING)
"""Styles that, asked for by name, leave alone what would need another one."""

HINT_MIN_SHARE = 0.01
"""Of function init: what a dependency costs less than this is no advice worth reading."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding with what is needed to carry it out: its file and the changes in it."""

    finding: ImportFinding
    file: SourceFile
    changes: tuple[Change, ...]
    keys: tuple[StatementKey, ...]
    objects: tuple[ModuleObject, ...]
    stands_alone: bool = True
    """False where it saves nothing by itself, only together with others of the best set."""
    waits_us: int = 0
    """The part of what it saves that is waiting (sleep, disk, network), microseconds."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """The advice, and the findings behind `advice.findings` in the same order."""

    advice: Advice
    findings: tuple[Finding, ...]
    sources: Sources
    joint: Callable[[Sequence[int]], BestSet]
    """What some findings, by their numbers, save together."""


class _Analyst:
    """Brings graph, tree, sources and statement times of one profile together."""

    def __init__(
        self,
        profile: Profile,
        graph: ImportGraph,
        statements: Sequence[StatementTime],
        sources: Sources,
        style: Style | None,
    ) -> None:
        self._profile = profile
        self._graph = graph
        self._sources = sources
        self._style = style
        self._times = {
            (one.place.file, one.place.line, one.place.end_line): one for one in statements
        }
        self._self_us = self_times(profile.tree, {module.name for module in graph.modules})
        keys = [StatementKey(one.place) for one in statements]
        for file in sources.files.values():
            keys += [_import_key(file, one) for one in file.imports]
            keys += [_object_key(file, one) for one in file.objects]
        self._costs = ImportCosts(graph, self._self_us, own_files(graph), keys)

    @cached_property
    def _exclusive(self) -> Mapping[StatementKey, int]:
        return self._costs.exclusive_by_statement()

    @property
    def _least_us(self) -> float:
        return max(MIN_GAIN_US, MIN_GAIN_SHARE * self._profile.function_init.local_us)

    def findings(self) -> list[Finding]:
        """Return a finding for each import that ran, then for objects that need none."""
        found = [one for file in self._sources.files.values() for one in self._imports(file)]
        taken = {
            (one.file.source.path, made.name)
            for one in found
            if one.finding.verdict.kind is VerdictKind.NEEDS_GETTER
            and one.finding.exclusive_us >= self._least_us
            for made in one.objects
        }
        for file in self._sources.files.values():
            for made in file.objects:
                if (file.source.path, made.name) not in taken:
                    found += self._object(file, made)
        return found

    def _imports(self, file: SourceFile) -> Iterator[Finding]:
        ran = set(self._costs.keys())
        objects = {made.name: made for made in file.objects}
        for statement in file.imports:
            key = _import_key(file, statement)
            if key not in ran:
                continue
            verdict = self._styled(statement.verdict)
            if verdict.kind is VerdictKind.NEEDS_GETTER and self._costs.is_preloaded(key):
                # The work is the objects', which have findings of their own.
                verdict = Verdict(VerdictKind.NOTHING_TO_GAIN, f"{PRELOAD} loads it anyway")
            made = tuple(objects[name] for name in verdict.objects if name in objects)
            keys = (key, *(_object_key(file, one) for one in made))
            own_us = self._own_us(file, made)
            finding = ImportFinding(
                place=_place(file, statement.line, statement.end_line),
                code=statement.code,
                imported=statement.imported,
                verdict=verdict,
                exclusive_us=self._costs.exclusive_us(keys) + own_us,
                cumulative_us=self._costs.cumulative_us(keys) + own_us,
                modules=self._costs.modules_of(keys),
                first_user=_first_user(statement),
            )
            changes = (Change(statement, verdict.style),) if verdict.style else ()
            waits_us = self._waits_us(file, made)
            yield Finding(finding, file, changes, keys, made, waits_us=waits_us)

    def _styled(self, verdict: Verdict) -> Verdict:
        """Give a verdict the style that was asked for, none where nothing is to be done."""
        if verdict.kind not in CHANGES:
            return replace(verdict, style=None)
        is_lazy = self._style in (Style.LAZY, Style.LAZY_MODULES)
        # A lazy import does not help where module level uses the name at once.
        if is_lazy and verdict.kind is not VerdictKind.NEEDS_GETTER:
            return replace(verdict, style=self._style)
        if self._style in ONE_WAY and verdict.style is not self._style:
            left = f"{verdict.reason}; --style {self._style.value} leaves it"
            return replace(verdict, reason=left, style=None)
        return verdict

    def settle(self, one: Finding, *, in_best_set: bool) -> Finding:
        """Turn a verdict from the source alone into one that knows what else loads it."""
        verdict = one.finding.verdict
        if verdict.kind not in CHANGES or one.finding.exclusive_us >= self._least_us:
            return one
        other = self._costs.kept_by(one.keys[0])
        if in_best_set:
            shared = f"{other} loads it too" if other else "others load most of it"
            reason = f"{verdict.reason}; {shared}, so it saves only together with the set"
            settled = replace(verdict, reason=reason)
            return replace(one, finding=replace(one.finding, verdict=settled), stands_alone=False)
        reason = f"{other} loads it anyway" if other else "it costs next to nothing"
        settled = Verdict(VerdictKind.NOTHING_TO_GAIN, reason)
        return replace(one, finding=replace(one.finding, verdict=settled), changes=())

    def _own_us(self, file: SourceFile, made: Sequence[ModuleObject]) -> int:
        """Return what making the objects takes, with its waiting where init waits at all."""
        return sum(time.own_us for time in self._made_in(file, made)) + self._waits_us(file, made)

    def _waits_us(self, file: SourceFile, made: Sequence[ModuleObject]) -> int:
        # A statement's wall time holds waiting for a processor, too; the init's is known apart.
        init = self._profile.function_init
        most = significant_blocked_us(init.blocked_us, init.wall_us)
        waits = sum(max(0, time.wall_us - time.own_us) for time in self._made_in(file, made))
        return round(min(most, significant_blocked_us(waits, 0)))

    def _made_in(self, file: SourceFile, made: Sequence[ModuleObject]) -> tuple[StatementTime, ...]:
        places = dict.fromkeys((file.source.path, one.line, one.end_line) for one in made)
        return tuple(self._times[place] for place in places if place in self._times)

    def _object(self, file: SourceFile, made: ModuleObject) -> Iterator[Finding]:
        if made.verdict.kind is not VerdictKind.NEEDS_GETTER:
            return
        if self._style in ONE_WAY and self._style is not Style.GETTER:
            return
        chain = _chain(file, made)
        keys = tuple(_object_key(file, one) for one in chain)
        saved = self._costs.exclusive_us(keys) + self._own_us(file, chain)
        if saved < self._least_us:
            return
        finding = ImportFinding(
            place=_place(file, made.line, made.end_line),
            code=_first_line(file, made),
            imported=(),
            verdict=replace(made.verdict, style=Style.GETTER),
            exclusive_us=saved,
            cumulative_us=self._costs.cumulative_us(keys) + self._own_us(file, chain),
            modules=self._costs.modules_of(keys),
            first_user=None,
        )
        changes = tuple(Change(one, Style.GETTER) for one in chain)
        waits_us = self._waits_us(file, chain)
        yield Finding(finding, file, changes, keys, chain, waits_us=waits_us)

    def statements(self) -> tuple[StatementTime, ...]:
        """Return the timed statements that are no imports, with their code and verdict."""
        return tuple(self._statements())

    def _statements(self) -> Iterator[StatementTime]:
        for (path, line, end_line), time in self._times.items():
            file = self._sources.files.get(path)
            if file is None:
                yield time
                continue
            code = _line_of(file.source.text, line)
            at = [one for one in file.objects if (one.line, one.end_line) == (line, end_line)]
            places = {(one.line, one.end_line) for one in file.imports}
            if (line, end_line) in places and not time.events:
                continue
            yield replace(time, code=code, verdict=at[0].verdict if at else None)

    def joint(self, findings: Sequence[Finding], numbers: Sequence[int]) -> BestSet:
        """Return what these findings save together."""
        chosen = [findings[number] for number in numbers]
        keys = list(dict.fromkeys(key for one in chosen for key in one.keys))
        made = {
            (one.file.source.path, item.name): (one.file, item)
            for one in chosen
            for item in one.objects
        }
        own = sum(self._own_us(file, [item]) for file, item in made.values())
        return BestSet(
            finding_ids=tuple(numbers),
            exclusive_us=self._costs.exclusive_us(keys) + own,
            modules=self._costs.modules_of(keys),
        )

    def best(self, findings: Sequence[Finding]) -> BestSet | None:
        """Return the set that saves most together, of all that can be deferred at all.

        What shares its cost with others counts too: alone it would save nothing.
        """
        candidates = []
        counted: set[tuple[str, str]] = set()
        chosen = self._nearest(findings)
        for number, one in enumerate(findings):
            path = one.file.source.path
            fresh = [made for made in one.objects if (path, made.name) not in counted]
            if number in chosen:
                counted |= {(path, made.name) for made in fresh}
            extra = self._own_us(one.file, fresh)
            candidates.append(Candidate(number, one.keys, number in chosen, extra))
        return best_set(self._costs, candidates, self._profile.function_init.local_us)

    def _nearest(self, findings: Sequence[Finding]) -> set[int]:
        """Return what can be deferred, without imports of own modules that others stand in for.

        Deferring `import helper` also defers what helper imports, but makes every user of helper
        wait for all of it: where the imports in helper can be deferred, those are the ones.
        """
        own = {module.name for module in self._graph.modules if module.distribution == FUNCTION}
        chosen = {number for number, one in enumerate(findings) if one.changes}
        whole = self._joint_us(findings, chosen)
        for number in sorted(chosen):
            if own.isdisjoint(findings[number].finding.imported):
                continue
            without = self._joint_us(findings, chosen - {number})
            if whole - without < self._least_us:
                chosen.remove(number)
                whole = without
        return chosen

    def _joint_us(self, findings: Sequence[Finding], numbers: Collection[int]) -> int:
        return self._costs.exclusive_us(
            [key for number in numbers for key in findings[number].keys]
        )

    def advice(self, findings: Sequence[Finding], best: BestSet | None) -> Advice:
        """Return the whole advice for these findings."""
        init_us = self._profile.function_init.local_us
        target = self._profile.target
        settings = self._profile.settings
        shipped = None
        if settings.package_type == "zip":  # an image is measured with valid bytecode already
            shipped = bytecode_finding(self._graph, settings, target.task_root if target else ".")
        return Advice(
            findings=tuple(one.finding for one in findings),
            statements=self.statements(),
            best_set=best,
            bytecode=shipped,
            hints=tuple(
                hint
                for hint in hints(self._graph, self._self_us)
                if hint.cost_us >= HINT_MIN_SHARE * init_us
            ),
        )


def analyse_profile(
    profile: Profile,
    statements: Sequence[StatementTime],
    sources: Sources,
    style: Style | None = None,
) -> Analysis:
    """Return what deferring would save, predicted; `style` asks for a lazy style where it fits.

    Raises ValueError for a profile without a graph (one made from a log).
    """
    if profile.graph is None:
        raise ValueError("a profile without an import graph tells nothing about deferring")
    analyst = _Analyst(profile, profile.graph, statements, sources, style)
    found = analyst.findings()
    best = analyst.best(found)
    members = best.finding_ids if best else ()
    findings = [
        analyst.settle(one, in_best_set=number in members) for number, one in enumerate(found)
    ]

    def joint(numbers: Sequence[int]) -> BestSet:
        return analyst.joint(findings, numbers)

    return Analysis(analyst.advice(findings, best), tuple(findings), sources, joint)


def _place(file: SourceFile, line: int, end_line: int) -> Place:
    return Place(file.source.path, line, end_line)


def _import_key(file: SourceFile, statement: ImportStatement) -> StatementKey:
    return StatementKey(_place(file, statement.line, statement.end_line), statement.imported)


def _object_key(file: SourceFile, made: ModuleObject) -> StatementKey:
    return StatementKey(_place(file, made.line, made.end_line))


def _chain(file: SourceFile, made: ModuleObject) -> tuple[ModuleObject, ...]:
    """Return an object with those that its value needs and that can be getters with it.

    In order of definition. What has to stay is there when the getter runs.
    """
    known = {one.name: one for one in file.objects if one.verdict.kind is VerdictKind.NEEDS_GETTER}
    wanted = {made.name}
    waiting = [made]
    while waiting:
        for name in waiting.pop().needs:
            if name in known and name not in wanted:
                wanted.add(name)
                waiting.append(known[name])
    return tuple(one for one in file.objects if one.name in wanted)


def _first_user(statement: ImportStatement) -> str | None:
    """Return `line N` of the first use in a function, None where there is none."""
    lines = sorted(use.line for use in statement.uses if use.function is not None)
    return f"line {lines[0]}" if lines else None


def _line_of(text: str, line: int) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def _first_line(file: SourceFile, made: ModuleObject) -> str:
    return _line_of(file.source.text, made.line)
