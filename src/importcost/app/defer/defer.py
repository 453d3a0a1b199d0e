"""Use case: say which imports to defer, prove each saving by measuring it, and make the edits."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.bill.place import calibration_of
from importcost.app.defer.advise import Analysis, Finding
from importcost.app.defer.events import (
    Baseline,
    Event,
    call_unchanged,
    judge_event,
    load_events,
)
from importcost.app.defer.mentions import mentions, project_root
from importcost.app.defer.rewriting import Rewrite, rewrite_files, with_fixes
from importcost.app.defer.suggest import LAZY_PYTHON, analyse_measured, with_economics
from importcost.app.profile.bench import Bench
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.billing.estimate import estimate
from importcost.deferral.rewrite.rewrite import Refused
from importcost.deferral.source.model import ModuleObject
from importcost.errors import UsageError
from importcost.measure.pairs import NO_SAVING, PairedSubject, verify, with_bytecode
from importcost.measure.session import BYTECODE_DIR, Progress, Subject, Variant
from importcost.model.advice import (
    Advice,
    BestSet,
    ImportFinding,
    Style,
    Verification,
)
from importcost.model.profile import Profile, RunKind
from importcost.model.results.events import EventOutcome

VERIFY_SECONDS = 120.0
JOINT_FACTOR = 1.5
"""What a member must add to a set, in terms of its own saving, to count as part of a whole."""
BEST = "best"
BYTECODE = "bytecode"


@dataclass(frozen=True, slots=True)
class DeferRequest:
    """What `importcost defer` was asked for; `events` are files that hold one event each."""

    measure: ProfileRequest
    style: Style | None = None
    verify: bool = True
    verify_seconds: float = VERIFY_SECONDS
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deferral:
    """What came of it: the profile with its advice, the best set's edits, and the events.

    `unreadable` are sentences about files that could not be analysed, by path.
    """

    profile: Profile
    rewrite: Rewrite
    unreadable: Mapping[str, str]
    events: tuple[EventOutcome, ...] = ()


def defer_handler(request: DeferRequest, listener: Listener) -> Deferral:
    """Measure the handler, judge its imports, and verify what is suggested.

    Raises UsageError for what cannot be carried out as asked, MeasurementError (HandlerError)
    where the handler itself cannot be measured. No file of the user's is changed.
    """
    if request.measure.package_type == "image" and request.measure.image is not None:
        raise UsageError(
            "defer needs the function's source on this machine: name the handler file and its "
            "--task-root without --image of the function's own, or copy /var/task out of it."
        )
    with open_rehearsed(request.measure, listener) as bench:
        events = load_events(request.events, bench.subject.target)
        measurement, profile = bench.profile(listener)
        if not measurement.statements:
            listener.note(
                "Module-level statements were not timed, so that what a getter saves is "
                "understated: leave --runs out, or give 6 or more."
            )
        sources, analysis = analyse_measured(measurement, profile, request.style)
        work = _Work(bench, profile, analysis, request, listener, len(measurement.runs))
        advice, edits = work.carry_out(events)
    unreadable = {path: one.reason for path, one in sources.unreadable.items()}
    return Deferral(replace(profile, advice=advice), edits, unreadable, tuple(work.outcomes))


class _Work:
    """Carries the suggestions out on copies, measures them, and keeps what holds."""

    def __init__(
        self,
        bench: Bench,
        profile: Profile,
        analysis: Analysis,
        request: DeferRequest,
        listener: Listener,
        runs_done: int,
    ) -> None:
        self._bench = bench
        self._profile = profile
        self._analysis = analysis
        self._request = request
        self._listener = listener
        self._runs_done = runs_done
        self._python = profile.environment.minor_version
        self.outcomes: list[EventOutcome] = []
        self._baselines: dict[str, Baseline] = {}
        self._edits: dict[tuple[int, ...], Rewrite | Refused] = {}

    def carry_out(self, events: Sequence[Event]) -> tuple[Advice, Rewrite]:
        """Return the advice, verified where that was asked for, and the best set's edits."""
        advice = self._analysis.advice
        edited = {number: self._edit([number]) for number in self._suggestions()}
        found = {
            number: Verification(None, None, 0, (), f"the edit is refused: {edits.reason}")
            for number, edits in edited.items()
            if isinstance(edits, Refused)
        }
        best = self._without(advice.best_set, found)
        if self._request.verify and not self._is_ignored():
            sets = {
                str(number): changed
                for number, changed in edited.items()
                if not isinstance(changed, Refused) and self._analysis.findings[number].stands_alone
            }
            # An event that cannot be called should not cost the minutes before it is said.
            self._baselines = {one.name: call_unchanged(self._bench, one) for one in events}
            measured = dict(self._verify(sets, best))
            for event in events:
                self._judge(event, sets, best, measured)
            found |= {int(key): one for key, one in measured.items() if key.isdigit()}
            if advice.bytecode is not None and BYTECODE in measured:
                shipped = replace(advice.bytecode, verification=measured[BYTECODE])
                advice = replace(advice, bytecode=shipped)
            best = self._settle_best(best, measured, events)
        advice = self._with_verifications(advice, found)
        profile = self._profile
        joint = self._edit(best.finding_ids) if best else None
        root = Path(profile.target.task_root) if profile.target else Path()
        advice = with_economics(
            with_fixes(advice, best, edited, joint, root),
            estimate(profile, calibration=calibration_of(profile)),
            profile.function_init.local_us,
            [event.name for event in events],
            [one.waits_us for one in self._analysis.findings],
        )
        return advice, self._final_edits(best)

    def _judge(
        self,
        event: Event,
        sets: Mapping[str, Rewrite],
        best: BestSet | None,
        measured: dict[str, Verification],
    ) -> None:
        """Call the handler with the event on each variant that starts; an answer that differs
        makes its change fail."""
        variants = {
            key: self._subject(key, edits)
            for key, edits in sets.items()
            if measured[key].saving_us is not None
        }
        if best is not None and BEST in measured and measured[BEST].saving_us is not None:
            edits = self._edit(best.finding_ids)
            if not isinstance(edits, Refused):
                variants[BEST] = self._subject(BEST, edits)
        outcome = judge_event(self._bench, event, self._baselines[event.name], variants)
        self.outcomes.append(outcome)
        for key, failure in outcome.differing.items():
            measured[key] = replace(measured[key], failure=failure)

    def _suggestions(self) -> list[int]:
        return [number for number, one in enumerate(self._analysis.findings) if one.changes]

    def _stands_alone(self, number: int) -> bool:
        return self._analysis.findings[number].stands_alone

    def _is_ignored(self) -> bool:
        """Tell whether the measured Python ignores the edits, so that there is nothing to prove."""
        return self._request.style is Style.LAZY_MODULES and self._python < LAZY_PYTHON

    def _edit(self, numbers: Sequence[int]) -> Rewrite | Refused:
        """Rewrite copies of the files that these findings concern; once for each set of them."""
        key = tuple(numbers)
        if key not in self._edits:
            chosen = [self._analysis.findings[number] for number in key]
            self._edits[key] = rewrite_files(chosen, self._analysis.sources, self._python)
        return self._edits[key]

    def _subject(self, name: str, changed: Rewrite) -> Subject:
        texts = {str(edit.path): edit.after for edit in changed.edits}
        return replace(self._bench.subject, variant=Variant(name, texts))

    def _verify(
        self, sets: Mapping[str, Rewrite], best: BestSet | None
    ) -> Mapping[str, Verification]:
        variants = [PairedSubject(key, self._subject(key, edits)) for key, edits in sets.items()]
        edits = self._edit(best.finding_ids) if best else Refused("there is none")
        if best and len(best.finding_ids) > 1 and not isinstance(edits, Refused):
            variants.append(PairedSubject(BEST, self._subject(BEST, edits)))
        with self._bytecode() as subject:
            if subject is not None:
                variants.append(PairedSubject(BYTECODE, subject))
            return self._run(variants) if variants else {}

    def _run(self, variants: Sequence[PairedSubject]) -> Mapping[str, Verification]:
        count = "1 change" if len(variants) == 1 else f"{len(variants)} changes"

        def progress(done: int, total: int) -> None:
            before = self._runs_done
            self._listener.progress(
                Progress(before + done, before + total, RunKind.TIMED, f"Verifying {count}")
            )

        self._listener.note(f"Verifying {count} on copies, in interleaved pairs ...")
        return verify(
            self._bench.runner,
            self._bench.subject,
            variants,
            seconds=self._request.verify_seconds,
            random=random.Random(),  # noqa: S311 - order of runs, not a secret
            on_progress=progress,
        )

    @contextlib.contextmanager
    def _bytecode(self) -> Iterator[Subject | None]:
        """Give the subject with valid bytecode, where shipping it is part of the advice."""
        if self._analysis.advice.bytecode is None or self._bench.subject.bytecode != "zip":
            yield None
        elif self._bench.runner.image is not None:
            yield with_bytecode(self._bench.subject, BYTECODE_DIR)
        else:
            with tempfile.TemporaryDirectory(prefix="importcost-bytecode-") as folder:
                yield with_bytecode(self._bench.subject, folder)

    def _without(self, best: BestSet | None, failed: Mapping[int, Verification]) -> BestSet | None:
        """Return the best set without what failed, its joint figures worked out anew."""
        if best is None or not set(best.finding_ids) & set(failed):
            return best
        kept = [number for number in best.finding_ids if number not in failed]
        return self._analysis.joint(kept) if kept else None

    def _settle_best(
        self,
        best: BestSet | None,
        measured: Mapping[str, Verification],
        events: Sequence[Event],
    ) -> BestSet | None:
        """Keep in the best set what holds by itself, and measure it again if it changed."""
        if best is None:
            return None
        broken = {
            number: measured[str(number)]
            for number in best.finding_ids
            if str(number) in measured and is_broken(measured[str(number)])
        }
        whole = measured.get(BEST)
        if whole is not None and is_broken(whole):
            # One that was not measured alone may be what breaks it.
            broken |= {n: whole for n in best.finding_ids if not self._stands_alone(n)}
        broken |= idle_members(best, measured, self._analysis)
        kept = self._without(best, broken)
        if kept is None:
            return None
        if len(kept.finding_ids) == 1:
            return replace(kept, verification=measured.get(str(kept.finding_ids[0])))
        if kept is best:
            return replace(best, verification=measured.get(BEST))
        edits = self._edit(kept.finding_ids)
        if isinstance(edits, Refused):
            failure = f"the edit is refused: {edits.reason}"
            return replace(kept, verification=Verification(None, None, 0, (), failure))
        again = dict(self._run([PairedSubject(BEST, self._subject(BEST, edits))]))
        for event in events:
            self._judge(event, {}, kept, again)
        return replace(kept, verification=again[BEST])

    def _with_verifications(self, advice: Advice, found: Mapping[int, Verification]) -> Advice:
        findings = tuple(
            replace(one, verification=found.get(number), triggered_by=self._triggers(number, one))
            for number, one in enumerate(advice.findings)
        )
        return replace(advice, findings=findings)

    def _triggers(self, number: int, finding: ImportFinding) -> tuple[str, ...]:
        """Return the events whose call loads what this suggestion defers."""
        return tuple(
            dict.fromkeys(
                one.name
                for one in self.outcomes
                if is_needed(finding, one.loaded.get(str(number), frozenset()))
            )
        )

    def _final_edits(self, best: BestSet | None) -> Rewrite:
        if best is None or (best.verification is not None and is_broken(best.verification)):
            return Rewrite((), ())
        changed = self._edit(best.finding_ids)
        if isinstance(changed, Refused):
            return Rewrite((), ())
        chosen = [self._analysis.findings[number] for number in best.finding_ids]
        target = self._profile.target
        root = project_root(Path(target.task_root) if target else Path())
        left = mentions(root, removed_names(chosen), set(self._analysis.sources.data))
        return replace(changed, notes=changed.notes + left)


def idle_members(
    best: BestSet, measured: Mapping[str, Verification], analysis: Analysis
) -> Mapping[int, Verification]:
    """Return the members that showed no saving and add nothing to what the others save.

    Code that becomes no faster would be changed for nothing.
    """
    idle: dict[int, Verification] = {}
    for number in best.finding_ids:
        found = measured.get(str(number))
        if found is None or found.failure not in NO_SAVING:
            continue
        others = [other for other in best.finding_ids if other != number]
        added_us = best.exclusive_us - analysis.joint(others).exclusive_us
        if added_us <= JOINT_FACTOR * analysis.findings[number].finding.exclusive_us:
            idle[number] = found
    return idle


def is_needed(finding: ImportFinding, loaded: Collection[str]) -> bool:
    """Tell whether a call that loaded these modules needed what a finding defers.

    What the statement names tells: a guest such as `concurrent.futures`, which came with pandas,
    may come for other reasons too. Where something else keeps that loaded, half of the modules
    must have come.
    """
    modules = set(finding.modules)
    named = modules & set(finding.imported)
    if named:
        return not named.isdisjoint(loaded)
    return bool(modules) and 2 * len(modules & set(loaded)) >= len(modules)


def removed_names(findings: Sequence[Finding]) -> Mapping[str, set[str]]:
    """Return the names that these findings' edits take out of each module's namespace."""
    removed: dict[str, set[str]] = defaultdict(set)
    for one in findings:
        for change in one.changes:
            if change.style in (Style.LAZY, Style.LAZY_MODULES):
                continue
            statement = change.statement
            if isinstance(statement, ModuleObject):
                removed[one.file.module].add(statement.name)
            else:
                removed[one.file.module] |= {*statement.bound, *statement.verdict.objects}
    return removed


def is_broken(verification: Verification) -> bool:
    """Tell whether a change breaks the handler, rather than only saving nothing."""
    return verification.failure is not None and verification.failure not in NO_SAVING
