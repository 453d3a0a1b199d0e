"""Use case: choose the imports to defer, prove each saving by measuring it, and make the edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from importcost.app.bill.place import Billed, bill
from importcost.app.defer.advise import Analysis
from importcost.app.defer.behaviour import is_needed, with_behaviour
from importcost.app.defer.effort import Effort
from importcost.app.defer.events import CalledEvents, HandlerEvent, call_all_unchanged, load_events
from importcost.app.defer.lazy.autospec import autospecced
from importcost.app.defer.lazy.target_python import (
    named_python,
    refuse_unparsable,
    running_python,
    version_of,
    without_claims,
)
from importcost.app.defer.lazy.upper_bound import upper_bound
from importcost.app.defer.outside_references import (
    lazy_names,
    mentions,
    project_root,
    removed_names,
)
from importcost.app.defer.own_tests.baseline import AskedTests
from importcost.app.defer.own_tests.suite import Suite, own_tests
from importcost.app.defer.proof import Proof
from importcost.app.defer.recorded import recorded
from importcost.app.defer.rewriting import Rewrite, with_fixes
from importcost.app.defer.settle import settle_best_set, without
from importcost.app.defer.sources import Sources
from importcost.app.defer.suggestions import analyse_measured, read_measured, with_economics
from importcost.app.defer.synthetic_events import synthetic_events
from importcost.app.defer.variants import Variants
from importcost.app.profile.bench import Bench
from importcost.app.profile.beyond import tell_not_deployed
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.billing.estimate import file_costs
from importcost.declaration import MIN_WATCHED_RUNS
from importcost.errors import UsageError
from importcost.measure.recording.endpoint import refuse_missing
from importcost.model.advice import Advice, BestSet, DeferStyle, ImportFinding, Verification
from importcost.model.profile import Profile, Run, RunKind
from importcost.model.results.events import (
    EventOutcome,
    JointChange,
    ShippedBytecode,
    SingleChange,
)
from importcost.secrecy import with_strings, without_literals

QUICK_NOTE = (
    "--quick measures only the changes together, not each by itself, and the intervals are wider."
)


@dataclass(frozen=True, slots=True)
class DeferRequest:
    """The options of `importcost defer`; `events` are files that hold one event each.

    `record` compares the AWS calls that each version makes as well, with made-up events if there
    are none.
    """

    measure: ProfileRequest
    style: DeferStyle | None = None
    verify: bool = True
    effort: Effort = field(default_factory=Effort)
    events: tuple[str, ...] = ()
    record: bool = False
    tests: AskedTests | None = None


@dataclass(frozen=True, slots=True)
class Deferral:
    """The result: the profile with its advice, the best set's edits, and the events.

    `unreadable` are sentences about files that could not be analysed, by path. `untested` are
    clauses on why the tests that were asked for say nothing about the edits; empty if they do.
    """

    billed: Billed
    rewrite: Rewrite
    unreadable: Mapping[str, str]
    events: tuple[EventOutcome, ...] = ()
    untested: tuple[str, ...] = ()

    @property
    def profile(self) -> Profile:
        """Return the profile with its advice."""
        return self.billed.profile


def defer_handler(request: DeferRequest, listener: Listener) -> Deferral:
    """Measure the handler, judge its imports, and verify the suggestions.

    Raises UsageError for impossible options, MeasurementError (HandlerError) if the handler itself
    cannot be measured. No file of the user's is changed.
    """
    _refuse_early(request)
    with (
        open_rehearsed(request.measure, listener) as opened,
        recorded(opened, listener, is_asked=request.record) as bench,
        own_tests(request.tests, bench, listener) as unchanged,
    ):
        measured_python = version_of(bench.prepared.interpreter.minor_version)
        running = running_python(measured_python, request.measure.runtime, bench.handler)
        refuse_unparsable(request.style, *running)
        events = load_events(request.events, bench.subject.target)
        effort = request.effort
        if effort.is_quick and request.verify:
            listener.note(QUICK_NOTE)
        measurement, profile = bench.profile(listener, effort.plan(request.measure.runs))
        tell_not_deployed(profile.warnings, listener)
        sources = read_measured(profile)
        if not measurement.statements:
            listener.note(_why_untimed(request.measure.runs, profile, sources))
        billed = bill(profile, bench.handler)
        events = events or _made_up(request, sources)
        # An event that cannot be called should be reported before minutes of measuring.
        wanted = events if request.verify else ()
        called = call_all_unchanged(bench, wanted, listener)
        if threads := called.threads_seen(measurement.threads):
            sources = read_measured(profile, threads)
        analysis = analyse_measured(measurement, billed, sources, request.style)
        analysis = without_claims(analysis, request.style, running[0])
        work = _Work(billed, analysis)
        proof = _proof(bench, analysis, called, listener, effort, measurement.runs)
        suite = Suite(analysis, unchanged, listener)
        work.judge(suite, proof if request.verify else None, is_quick=effort.is_quick)
        bound = None
        if request.style is DeferStyle.LAZY_DEPENDENCY:
            bound = upper_bound(bench, listener, effort.seconds if request.verify else None)
        advice = work.advice([event.name for event in events], proof.outcomes, suite)
    unreadable = {path: one.reason for path, one in sources.unreadable.items()}
    advice = with_strings(replace(advice, lazy_bound=bound), without_literals)
    billed = replace(billed, profile=replace(profile, advice=advice))
    edits, outcomes = work.final_edits(), tuple(proof.outcomes)
    return Deferral(billed, edits, unreadable, outcomes, suite.open_doubts)


def _refuse_early(request: DeferRequest) -> None:
    """Raise UsageError for what cannot be carried out, before anything is launched."""
    if request.measure.package_type == "image" and request.measure.image is not None:
        raise UsageError(
            "defer needs the function's source on this machine: name the handler file and its "
            "--task-root without --image of the function's own, or copy /var/task out of it."
        )
    named = named_python(request.measure.runtime, request.measure.configured)
    if named is not None:
        refuse_unparsable(request.style, *named)
    if request.measure.adapter is not None and (request.events or request.record):
        option = "--record" if request.record else "--event"
        raise UsageError(
            f"{option} calls a handler's function, and a web app has none: its edits are proven by "
            "starting its server until it is ready; --test compares its behaviour."
        )
    if request.record:
        refuse_missing()


def _made_up(request: DeferRequest, sources: Sources) -> tuple[HandlerEvent, ...]:
    """Return the events that --record calls the handler with if none are given."""
    if not request.record:
        return ()
    texts = [one.source.text for one in sources.files.values()]
    return synthetic_events(texts, is_quick=request.effort.is_quick)


def _proof(
    bench: Bench,
    analysis: Analysis,
    called: CalledEvents,
    listener: Listener,
    effort: Effort,
    runs: Sequence[Run],
) -> Proof:
    """Return what measures the changes; `runs` are those of the profile."""
    return Proof(
        bench,
        Variants(bench, analysis),
        called,
        listener,
        effort=effort,
        launches_done=len(runs) + called.launches,
        launch_s=mean_launch_s(runs),
    )


def mean_launch_s(runs: Sequence[Run]) -> float:
    """Return the mean duration of the timed launches, seconds."""
    timed = [run.total_wall_us for run in runs if run.kind is RunKind.TIMED]
    return sum(timed) / len(timed) / 1e6 if timed else 0.0


def _why_untimed(runs: int | None, profile: Profile, sources: Sources) -> str:
    """Return the note on statements that were not timed: an installed package has none to edit."""
    target = profile.target
    if target is not None and target.plain is not None and not sources.files:
        return (
            f"{target.handler} imports no file of the user's own: only packages of the working "
            "folder, or installed as editable, are edited, never those in site-packages."
        )
    return untimed_statements(runs)


def untimed_statements(runs: int | None) -> str:
    """Return the note that a getter's savings are too low; `runs` is the --runs value, if any."""
    note = "Module-level statements were not timed, so a getter's saving is understated"
    if runs is None or runs >= MIN_WATCHED_RUNS:
        return (
            f"{note}: none of the function's own source files has a statement that could be timed."
        )
    return f"{note}: leave --runs out, or give {MIN_WATCHED_RUNS} or more."


class _Work:
    """Carries the suggestions out on copies, measures them, and keeps those that hold."""

    def __init__(self, billed: Billed, analysis: Analysis) -> None:
        profile = billed.profile
        self._billed = billed
        self._analysis = analysis
        self._root = Path(profile.target.task_root) if profile.target else Path()
        self._found: dict[int, Verification] = {}
        self._bytecode = analysis.advice.bytecode
        self._best = analysis.advice.best_set

    def judge(self, suite: Suite, proof: Proof | None, *, is_quick: bool) -> None:
        """Test the best set, measure what is left, and test again what measuring has left."""
        self.test(suite)
        if proof is not None:
            self.prove(proof, is_quick=is_quick)
        self.test_again(suite, proof)

    def test(self, suite: Suite) -> None:
        """Run the user's tests with the best set; take out of it what fails them."""
        if self._best is not None:
            failed = suite.failing(self._best.finding_ids)
            self._found |= failed
            self._best = without(self._best, failed, self._analysis)

    def test_again(self, suite: Suite, proof: Proof | None) -> None:
        """Test what measuring has left of the set, and measure with `proof` what that leaves."""
        while (best := self._best) is not None and not suite.has_tested(best.finding_ids):
            self.test(suite)
            left = self._best
            if proof is not None and left is not None and left is not best:
                self._best = replace(left, verification=self._measured(left, proof))

    def _measured(self, best: BestSet, proof: Proof) -> Verification | None:
        """Return the saving of a set that is smaller than what was measured before."""
        if len(best.finding_ids) == 1:
            return self._found.get(best.finding_ids[0])
        edits = self._analysis.edits.of(best.finding_ids)
        return proof.measure({JointChange(): edits}, with_bytecode=False)[JointChange()]

    def prove(self, proof: Proof, *, is_quick: bool) -> None:
        """Measure all suggestions by themselves, and the best set; keep those that hold.

        `is_quick` measures the best set only.
        """
        sets: dict[SingleChange | JointChange, Rewrite] = {
            SingleChange(number): self._analysis.edits.of([number])
            for number, one in enumerate(self._analysis.findings)
            if one.changes and one.stands_alone and number not in self._found
        }
        best = self._best
        if is_quick:
            alone = [SingleChange(n) for n in best.finding_ids] if best else []
            sets = {key: sets[key] for key in alone if key in sets and len(alone) == 1}
        if best and len(best.finding_ids) > 1:
            sets[JointChange()] = self._analysis.edits.of(best.finding_ids)
        measured = proof.measure(sets, with_bytecode=not is_quick)
        self._found |= {
            key.number: found for key, found in measured.items() if isinstance(key, SingleChange)
        }
        shipped = measured.get(ShippedBytecode())
        if self._bytecode is not None and shipped is not None:
            self._bytecode = replace(self._bytecode, verification=shipped)
        if is_quick and best is not None and JointChange() in measured:
            self._best = replace(best, verification=measured[JointChange()])
            return
        self._best = settle_best_set(best, measured, self._analysis, proof)

    def advice(
        self, events: Sequence[str], outcomes: Sequence[EventOutcome], suite: Suite
    ) -> Advice:
        """Return the advice with the measurements, the edits, and the worth of each change.

        `events` are the names of all events, `outcomes` the results of those that were called.
        """
        findings = tuple(
            replace(
                one,
                verification=self._found.get(number),
                triggered_by=_triggers(number, one, outcomes),
            )
            for number, one in enumerate(self._analysis.advice.findings)
        )
        advice = replace(self._analysis.advice, findings=findings, bytecode=self._bytecode)
        judged, edits = self._analysis.findings, self._analysis.edits
        fixed = with_fixes(advice, self._best, judged, edits, self._root)
        return with_economics(
            with_behaviour(fixed, outcomes, suite.proven, suite.doubts),
            self._billed.estimate,
            self._billed.profile.function_init.local_us,
            events,
            [one.waits_us for one in self._analysis.findings],
            file_costs(self._billed.profile, self._billed.estimate),
        )

    def final_edits(self) -> Rewrite:
        """Return the best set's edits if it holds, and those that this Python ignores."""
        best = self._best
        is_broken = best is not None and best.verification and best.verification.is_broken
        held = best.finding_ids if best is not None and not is_broken else ()
        ignored = (number for number in self._analysis.ignored if number not in self._found)
        numbers = self._analysis.edits.agreeing(sorted({*held, *ignored}))
        if not numbers:
            return Rewrite((), ())
        changed = self._analysis.edits.of(numbers)
        chosen = [self._analysis.findings[number] for number in numbers]
        root = project_root(self._root)
        left = mentions(root, removed_names(chosen), set(self._analysis.sources.data))
        left += autospecced(root, lazy_names(chosen))
        return replace(changed, notes=changed.notes + left)


def _triggers(
    number: int, finding: ImportFinding, outcomes: Sequence[EventOutcome]
) -> tuple[str, ...]:
    """Return the events whose call loads the modules that this suggestion defers."""
    key = SingleChange(number)
    return tuple(
        dict.fromkeys(
            one.name for one in outcomes if is_needed(finding, one.loaded.get(key, frozenset()))
        )
    )
