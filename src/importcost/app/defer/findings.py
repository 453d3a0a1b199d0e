"""The findings of one profile: the cost of each import and object, and how to defer it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from importcost.app.defer.lazy.module_text import ModuleTexts
from importcost.app.defer.measured_costs import MeasuredCosts, import_key, object_key, place
from importcost.app.defer.sources import Sources
from importcost.billing.estimate import throttle_factor
from importcost.deferral.cost.costs import PRELOAD
from importcost.deferral.cost.flow import StatementKey
from importcost.deferral.lazy.dependency_imports import dependency_verdict, waiting_names
from importcost.deferral.lazy.traps import lazy_trap
from importcost.deferral.rewrite.rewrite import Change
from importcost.deferral.rewrite.settled import changes_of
from importcost.deferral.source.model import ImportStatement, ModuleObject, SourceFile
from importcost.model.advice import (
    DeferStyle,
    DeferVerdict,
    ImportFinding,
    SourcePlace,
    VerdictKind,
)
from importcost.model.graph import EdgeKind

CHANGES = (VerdictKind.DEFERRABLE, VerdictKind.NEEDS_GETTER, VerdictKind.ANNOTATIONS_ONLY)

LAZY_STYLES = (DeferStyle.LAZY, DeferStyle.LAZY_MODULES)

ONE_WAY = (
    DeferStyle.FUNCTION,
    DeferStyle.GETTER,
    DeferStyle.TYPE_CHECKING,
    DeferStyle.LAZY_DEPENDENCY,
)
"""Styles that, requested by name, leave imports alone that would need another one."""


@dataclass(frozen=True, slots=True)
class JudgedImport:
    """A finding with everything needed to carry it out: its file and the changes in it."""

    finding: ImportFinding
    file: SourceFile
    changes: tuple[Change, ...]
    keys: tuple[StatementKey, ...]
    objects: tuple[ModuleObject, ...]
    stands_alone: bool = True
    """False if it saves nothing by itself, only together with others of the best set."""
    waits_us: int = 0
    """The waiting part of its saving (sleep, disk, network), microseconds."""
    waits_for: frozenset[str] = frozenset()
    """The modules that have to wait if it is a dependency's import; see `waiting_names`."""


def findings_of(
    costs: MeasuredCosts,
    sources: Sources,
    style: DeferStyle | None,
    staying: Collection[StatementKey] = (),
) -> list[JudgedImport]:
    """Return a finding for each import that ran, then for objects that need none.

    `style` is the requested one. `staying` are imports that are known to stay, so that their
    objects are left to findings of their own. The verdicts are those of the source alone; see
    `settle_verdict`.
    """
    return _Finder(costs, sources, style).findings(staying)


def settle_verdict(costs: MeasuredCosts, one: JudgedImport, *, in_best_set: bool) -> JudgedImport:
    """Turn a verdict from the source alone into one that includes the other loaders."""
    verdict = one.finding.verdict
    is_open = verdict.kind in (*CHANGES, VerdictKind.ALWAYS_USED)
    if not is_open or one.finding.exclusive_us >= costs.least_us:
        return one
    other = costs.imports.kept_by(one.keys[0])
    if in_best_set:
        shared = f"{other} loads it too" if other else "others load most of it"
        reason = f"{verdict.reason}; {shared}, so it saves only together with the set"
        settled = replace(verdict, reason=reason)
        together = replace(one.finding, verdict=settled, stands_alone=False)
        return replace(one, finding=together, stands_alone=False)
    reason = f"{other} loads it anyway" if other else "it costs next to nothing"
    settled = DeferVerdict(VerdictKind.NOTHING_TO_GAIN, reason)
    return replace(one, finding=replace(one.finding, verdict=settled), changes=())


class _Finder:
    """Goes through the sources; costs tell which statements ran, and their time."""

    def __init__(self, costs: MeasuredCosts, sources: Sources, style: DeferStyle | None) -> None:
        self._costs = costs
        self._sources = sources
        self._style = style
        self._texts = ModuleTexts(costs.graph)
        self._dynamic = {
            edge.imported for edge in costs.graph.edges if edge.kind is EdgeKind.DYNAMIC
        }
        self._is_throttled = throttle_factor(costs.memory_mb) > 1

    def findings(self, staying: Collection[StatementKey]) -> list[JudgedImport]:
        """Return a finding for each import that ran, then for objects that need none."""
        found = [one for file in self._sources.files.values() for one in self._imports(file)]
        for file in self._sources.files.values():
            path = file.source.path
            taken = {
                made.name
                for one in found
                if one.file.source.path == path
                and one.finding.verdict.kind is VerdictKind.NEEDS_GETTER
                and one.finding.exclusive_us >= self._costs.least_us
                and one.keys[0] not in staying
                for made in one.objects
            }
            for made in file.objects:
                more = list(self._object(file, made, taken))
                taken.update(other.name for one in more for other in one.objects)
                found += more
        return found

    def _imports(self, file: SourceFile) -> Iterator[JudgedImport]:
        ran = set(self._costs.imports.keys())
        objects = {made.name: made for made in file.objects}
        for statement in file.imports:
            key = import_key(file, statement)
            if key not in ran:
                continue
            verdict = self._styled(statement, file)
            if self._sources.certain.imports(file, statement):
                verdict = self._always_used(verdict)
            if verdict.kind is VerdictKind.NEEDS_GETTER and self._costs.imports.is_preloaded(key):
                # The work is the objects', which have findings of their own.
                verdict = DeferVerdict(VerdictKind.NOTHING_TO_GAIN, f"{PRELOAD} loads it anyway")
            made = tuple(objects[name] for name in verdict.objects if name in objects)
            if any(one.is_locked for one in made):
                locked = f"{verdict.reason}, with a lock because threads may ask for it"
                verdict = replace(verdict, reason=locked)
            keys = (key, *(object_key(file, one) for one in made))
            own_us = self._costs.own_us(file, made)
            exclusive_us = self._costs.imports.exclusive_us(keys) + own_us
            is_foreign = file.source.path in self._sources.dependencies
            if is_foreign and verdict.style is None and exclusive_us < self._costs.least_us:
                continue  # a dependency has many imports that nobody asked about
            finding = ImportFinding(
                place=place(file, statement),
                code=statement.code,
                imported=statement.imported,
                verdict=verdict,
                exclusive_us=exclusive_us,
                cumulative_us=self._costs.imports.cumulative_us(keys) + own_us,
                modules=self._costs.imports.modules_of(keys),
                first_user=_first_user(statement),
            )
            changes = (Change(statement, verdict.style),) if verdict.style else ()
            yield JudgedImport(
                finding,
                file,
                changes,
                keys,
                made,
                waits_us=self._costs.waits_us(file, made),
                waits_for=self._waiting(statement, file) if is_foreign else frozenset(),
            )

    def _styled(self, statement: ImportStatement, file: SourceFile) -> DeferVerdict:
        """Give a verdict the requested style, none if there is nothing to do."""
        if file.source.path in self._sources.dependencies:
            loads, python = self._loads(statement, file), self._costs.python
            return dependency_verdict(statement, file, loads, self._texts.text, python)
        verdict = statement.verdict
        if verdict.kind not in CHANGES:
            return replace(verdict, style=None)
        # A lazy import does not help if module level uses the name at once.
        if self._style in LAZY_STYLES and verdict.kind is not VerdictKind.NEEDS_GETTER:
            trap = lazy_trap(statement, file, self._texts.text, self._texts.files)
            if trap is None:
                return replace(verdict, style=self._style)
            reason = f"{trap}; --style function moves it"
            return DeferVerdict(VerdictKind.NOT_DEFERRABLE, reason)
        if self._style in ONE_WAY and verdict.style is not self._style:
            left = f"{verdict.reason}; --style {self._style.value} leaves it"
            return replace(verdict, reason=left, style=None)
        return verdict

    def _loads(self, statement: ImportStatement, file: SourceFile) -> frozenset[str]:
        """Return the modules that the statement was seen to import, and that may wait.

        `importlib.import_module` of Python 3.9 and 3.10 does not wake a module that waits.
        """
        edges = self._costs.imports.flow.edges_of.get(import_key(file, statement), ())
        return frozenset(edge.imported for edge in edges) - self._dynamic

    def _waiting(self, statement: ImportStatement, file: SourceFile) -> frozenset[str]:
        loads = self._loads(statement, file)
        return waiting_names(statement, file, loads, self._costs.python)

    def _object(
        self, file: SourceFile, made: ModuleObject, taken: Collection[str]
    ) -> Iterator[JudgedImport]:
        """Yield the finding for an object and all that become getters with it.

        None if those that are not `taken` already would save too little.
        """
        if made.verdict.style is None or made.name in taken:
            return
        if self._style in ONE_WAY and self._style is not DeferStyle.GETTER:
            return
        always = {one.name for one in self._sources.certain.objects(file)}
        verdict = made.verdict
        if self._is_throttled and made.name in always:
            verdict = self._always_used(replace(verdict, objects=(made.name,)))
        elif self._is_throttled:
            verdict = replace(verdict, objects=_without(file, made, always))
        elif always.issuperset(verdict.objects):
            verdict = self._always_used(verdict)
        together = tuple(one for one in file.objects if one.name in verdict.objects)
        fresh = [one for one in together if one.name not in taken]
        if self._saved_us(file, fresh) < self._costs.least_us:
            return
        keys = tuple(object_key(file, one) for one in together)
        own_us = self._costs.own_us(file, together)
        finding = ImportFinding(
            place=place(file, made),
            code=source_line(file, place(file, made)),
            imported=(),
            verdict=verdict,
            exclusive_us=self._saved_us(file, together),
            cumulative_us=self._costs.imports.cumulative_us(keys) + own_us,
            modules=self._costs.imports.modules_of(keys),
            first_user=None,
        )
        waits_us = self._costs.waits_us(file, together)
        changes = changes_of(replace(made, verdict=verdict))
        yield JudgedImport(finding, file, changes, keys, together, waits_us=waits_us)

    def _always_used(self, verdict: DeferVerdict) -> DeferVerdict:
        """Say that each call of the handler uses it, which rules it out below one vCPU.

        An import for annotations only is used by no call.
        """
        if verdict.kind not in CHANGES or verdict.kind is VerdictKind.ANNOTATIONS_ONLY:
            return verdict
        user = self._sources.certain.entry
        text = f"{user} always uses it"
        if not self._is_throttled:
            return replace(verdict, reason=f"{verdict.reason}; {text}", always_used_by=user)
        objects = verdict.objects if len(verdict.objects) == 1 else ()
        return DeferVerdict(
            VerdictKind.ALWAYS_USED, text, verdict.line, objects, always_used_by=user
        )

    def _saved_us(self, file: SourceFile, made: Sequence[ModuleObject]) -> int:
        keys = [object_key(file, one) for one in made]
        return self._costs.imports.exclusive_us(keys) + self._costs.own_us(file, made)


def _without(file: SourceFile, made: ModuleObject, always: Collection[str]) -> tuple[str, ...]:
    """Return the objects to make getters together with this one while others stay objects.

    Those of `always` exist when a getter runs.
    """
    known = {one.name: one for one in file.objects if one.name in made.verdict.objects}
    found: set[str] = set()
    waiting = {made.name}
    while waiting:
        found |= waiting
        needed = {name for one in waiting for name in known[one].needs}
        needing = {one.name for one in known.values() if waiting & set(one.needs)}
        waiting = ((needed | needing) & known.keys()) - found - set(always)
    return tuple(name for name in made.verdict.objects if name in found)


def _first_user(statement: ImportStatement) -> str | None:
    """Return `line N` of the first use in a function, or None."""
    lines = sorted(use.line for use in statement.uses if use.function is not None)
    return f"line {lines[0]}" if lines else None


@lru_cache(maxsize=8)
def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def source_line(file: SourceFile, at: SourcePlace, until: int | None = None) -> str:
    """Return the line on which a statement starts, from there to the column `until`.

    Empty if there is no such line.
    """
    lines = _lines(file.source.text)
    if not 0 < at.line <= len(lines):
        return ""
    # Columns count bytes of UTF-8.
    line = lines[at.line - 1].encode("utf-8", "surrogatepass")[at.column : until]
    return line.decode("utf-8", "replace").strip(" \t\f\\;")
