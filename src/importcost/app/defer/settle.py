"""Settle the best set by the measurements: members that break or add nothing leave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from importcost.app.defer.advise import Analysis
from importcost.app.defer.proof import Proof
from importcost.model.advice import TOO_NOISY, BestSet, Verification
from importcost.model.results.events import JointChange, SingleChange, VariantKey

JOINT_FACTOR = 1.5
"""The share of its own saving that a member must add to a set to count as part of it."""

Measured = Mapping[VariantKey, Verification]


def without(
    best: BestSet | None, failed: Mapping[int, Verification], analysis: Analysis
) -> BestSet | None:
    """Return the best set without failed members, with its joint figures calculated again."""
    if best is None or not set(best.finding_ids) & set(failed):
        return best
    kept = analysis.edits.agreeing([one for one in best.finding_ids if one not in failed])
    return analysis.joint(kept) if kept else None


def settle_best_set(
    best: BestSet | None, measured: Measured, analysis: Analysis, proof: Proof
) -> BestSet | None:
    """Keep the members of the best set that hold by themselves; measure it again if it changed."""
    if best is None:
        return None
    failed = {**_broken_members(best, measured, analysis), **idle_members(best, measured, analysis)}
    kept = without(best, failed, analysis)
    if kept is None:
        return None
    if len(kept.finding_ids) == 1:
        return replace(kept, verification=measured.get(SingleChange(kept.finding_ids[0])))
    if kept is best:
        return replace(best, verification=measured.get(JointChange()))
    edits = analysis.edits.of(kept.finding_ids)
    again = proof.measure({JointChange(): edits}, with_bytecode=False)
    return replace(kept, verification=again[JointChange()])


def _broken_members(
    best: BestSet, measured: Measured, analysis: Analysis
) -> Mapping[int, Verification]:
    """Return the members that break the handler, by themselves or possibly."""
    broken = {
        number: found
        for number in best.finding_ids
        if (found := measured.get(SingleChange(number))) is not None and found.is_broken
    }
    whole = measured.get(JointChange())
    if whole is not None and whole.is_broken:
        # A member that was not measured alone may be the one that breaks it.
        alone = {n for n in best.finding_ids if analysis.findings[n].stands_alone}
        broken |= {number: whole for number in best.finding_ids if number not in alone}
    return broken


def idle_members(
    best: BestSet, measured: Measured, analysis: Analysis
) -> Mapping[int, Verification]:
    """Return the members that showed no saving and add nothing to the others' saving.

    Code that becomes no faster would be changed for nothing.
    """
    idle: dict[int, Verification] = {}
    for number in best.finding_ids:
        found = measured.get(SingleChange(number))
        if found is None or found.failure in (None, TOO_NOISY) or found.is_broken:
            continue  # a machine too noisy to tell has not shown that nothing is saved
        others = [other for other in best.finding_ids if other != number]
        added_us = best.exclusive_us - analysis.joint(others).exclusive_us
        if added_us <= JOINT_FACTOR * analysis.findings[number].finding.exclusive_us:
            idle[number] = found
    return idle
