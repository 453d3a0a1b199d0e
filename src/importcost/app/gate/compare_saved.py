"""Use case: compare two saved profiles, made by different measurements."""

from __future__ import annotations

from importcost.app.bill.place import bill, handlers_of
from importcost.app.gate.comparison.request import CompareReport
from importcost.gate.attribution import Attribution, at_own_sizes
from importcost.gate.baseline import handler_baseline, mismatch_of
from importcost.gate.beyond_noise import attribute_profiles
from importcost.gate.budget_rules import relative
from importcost.gate.budgets import Budgets, Levels, Rule
from importcost.gate.checks import Check, Status
from importcost.gate.subject import JudgedHandler, evidence_of
from importcost.model.names import profiled_name
from importcost.model.profile import Profile

USUAL_INCREASE = 0.05


def compare_profiles(
    base: Profile, head: Profile, *, max_increase: float | None = None
) -> tuple[CompareReport, Attribution]:
    """Judge head by base as `check` judges by a baseline, and attribute the change.

    Two measurements at different times are compared by their intervals only. Profiles of different
    machines or interpreters are not judged, but their modules are compared. `max_increase` is a
    share. Raises UsageError for settings that Lambda does not have.
    """
    name = profiled_name(head) or "handler"
    budgets = Budgets(max_increase=USUAL_INCREASE if max_increase is None else max_increase)
    base_handler, head_handler = handlers_of(base.target, head.target)
    before, after = bill(base, base_handler), bill(head, head_handler)
    entry = handler_baseline(name, base, before.estimate)
    levels = Levels()
    mismatch = mismatch_of(entry, head.environment)
    if mismatch is not None:
        message = f"Not comparable: {mismatch.words}."
        level = levels.of(Rule.INCREASE)
        checks: tuple[Check, ...] = (
            Check(Rule.INCREASE, level, Status.NOT_MEASURED, message, name),
        )
    else:
        subject = JudgedHandler(name, budgets, evidence_of(head), levels, entry)
        checks = relative(subject, earlier="the base")
    raw = attribute_profiles(base, head, after.estimate)
    attribution = at_own_sizes(raw, before.estimate, after.estimate)
    return CompareReport(checks, billed={name: (before, after)}), attribution
