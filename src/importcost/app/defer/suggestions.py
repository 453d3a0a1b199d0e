"""The suggestions for a profile: imports judged by graph and sources, with their worth."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from importcost.app.bill.place import Billed
from importcost.app.defer.advise import Analysis, analyse_profile
from importcost.app.defer.sources import Sources, read_sources
from importcost.billing.estimate import Estimate, file_costs
from importcost.billing.file_loads import FileCosts
from importcost.billing.function_parts import NO_FILES
from importcost.deferral.cost.economics import certain_sentence, economics_of
from importcost.errors import UsageError
from importcost.measure.session import Measurement
from importcost.model.advice import (
    Advice,
    BestSet,
    DeferStyle,
    Economics,
    ImportFinding,
    Verification,
)
from importcost.model.profile import Profile


def read_measured(profile: Profile, threads_seen: str = "") -> Sources:
    """Read the function's own files; `threads_seen` is a clause on threads that were started."""
    if profile.graph is None or profile.target is None:
        raise UsageError("A profile made from a log has no import graph to judge imports with.")
    python = profile.environment.minor_version
    return read_sources(profile.graph, profile.target, python, threads_seen)


def analyse_measured(
    measurement: Measurement, billed: Billed, sources: Sources, style: DeferStyle | None
) -> Analysis:
    """Judge the imports of the function's own files; figures are predicted."""
    profile = billed.profile
    analysis = analyse_profile(profile, measurement.statements, sources, style)
    advice = with_economics(
        analysis.advice,
        billed.estimate,
        profile.function_init.local_us,
        waits=[one.waits_us for one in analysis.findings],
        files=file_costs(profile, billed.estimate),
    )
    return replace(analysis, advice=advice)


def with_economics(
    advice: Advice,
    bill: Estimate,
    init_us: float,
    events: Collection[str] = (),
    waits: Sequence[int] = (),
    files: FileCosts = NO_FILES,
) -> Advice:
    """Calculate each suggestion's money and time from its verified saving, else the predicted.

    `init_us` is the profile's function init, to which a verified share applies. `events` are the
    names of the events that the handler was called with. If all of them need the deferred modules,
    the suggestion's sentence says so: few events prove no share of cold starts, but all of them are
    a hint. `waits` is the waiting (microseconds) in each finding's saving, which nothing speeds up.
    `files` says what the files of the modules cost on Lambda, which disappears with them.
    """
    worth = _Worth(bill, init_us, frozenset(events), files)
    waiting = [*waits, *([0] * (len(advice.findings) - len(waits)))]
    findings = tuple(
        replace(
            one,
            economics=worth.of(
                one.verification,
                one.exclusive_us,
                one.triggered_by,
                waits_us,
                one.verdict.always_used_by,
                one.modules,
            ),
        )
        if one.is_suggested or one.verdict.always_used_by
        else one
        for one, waits_us in zip(advice.findings, waiting, strict=True)
    )
    best = advice.best_set
    if best is not None:
        best = replace(best, economics=worth.of_set(best, findings, waiting))
    bytecode = advice.bytecode
    if bytecode is not None and bytecode.verification is not None:
        bytecode = replace(bytecode, economics=worth.of(bytecode.verification, 0))
    return replace(advice, findings=findings, best_set=best, bytecode=bytecode)


@dataclass(frozen=True, slots=True)
class _Worth:
    """Calculates the worth of savings for one bill; `events` are those that were given."""

    bill: Estimate
    init_us: float
    events: frozenset[str]
    files: FileCosts

    def of_set(
        self, best: BestSet, findings: Sequence[ImportFinding], waiting: Sequence[int]
    ) -> Economics | None:
        """Return the same of the best set; `waiting` is the waiting of each finding."""
        members = [findings[number] for number in best.finding_ids]
        # Two imports may share an object that waits, but no init waits twice.
        waits_us = max((waiting[number] for number in best.finding_ids), default=0)
        users = {one.verdict.always_used_by for one in members}
        return self.of(
            best.verification,
            best.exclusive_us,
            {name for one in members for name in one.triggered_by},
            waits_us,
            users.pop() if len(users) == 1 else None,
            best.modules,
        )

    def of(
        self,
        verification: Verification | None,
        predicted_us: float,
        used_by: Collection[str] = (),
        waits_us: float = 0,
        always_used_by: str | None = None,
        modules: Collection[str] = (),
    ) -> Economics | None:
        """Return the money and time of a saving, None if nothing is saved.

        `used_by` are the events that need it, `always_used_by` the function that does in any case.
        `modules` are those that go away with it.
        """
        saved_us = _saved_us(verification, predicted_us, self.init_us)
        if saved_us <= 0:
            return None
        waits_us = min(waits_us, saved_us)
        always = bool(self.events) and self.events <= set(used_by)
        use_share = 1.0 if always or always_used_by else None
        worked_out = economics_of(
            saved_us - waits_us,
            self.bill,
            blocked_us=waits_us,
            files_ms=self.files.ms_of(modules),
            use_share=use_share,
        )
        if always_used_by:
            certain = certain_sentence(worked_out, self.bill)
            return replace(worked_out, sentence=certain, is_needed_by_all_events=always)
        if not always:
            return worked_out
        sentence = worked_out.sentence and f"Every event given needs it. {worked_out.sentence}"
        return replace(worked_out, sentence=sentence, is_needed_by_all_events=True)


def _saved_us(verification: Verification | None, predicted_us: float, init_us: float) -> float:
    if verification is None:
        return predicted_us
    if verification.saving_us is None or not verification.original_us:
        return 0.0
    # The machine may have slowed down since the profile was made, but the share is stable.
    return verification.saving_us.value / verification.original_us * init_us
