"""Use case: render a profile, with the verdict on its budgets, and write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from importcost.app.bill.place import calibration_of, handler_of
from importcost.app.profile.facts import profile_facts
from importcost.billing.estimate import Estimate, estimate
from importcost.config.read import HandlerConfig
from importcost.gate.subject import Subject, evidence_of
from importcost.gate.verdict import BudgetVerdict, Outcome, judge_budgets
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.reports.exports.formats import render
from importcost.reports.gate.budget import page_verdict, render_budget
from importcost.reports.output import format_of, write_output
from importcost.reports.terminal.profile import render_terminal

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import BudgetData


def publish(
    profile: Profile,
    outputs: Sequence[str],
    *,
    width: int,
    colour: bool,
    memory_mb: int | None = None,
    arch: str | None = None,
    budget: BudgetData | None = None,
) -> str:
    """Write `profile` to every path in `outputs` and return the terminal report.

    All reports are rendered before the first file is opened. `memory_mb` and `arch` override
    what the profile was made for; `budget` is the verdict that pages show, see `page_data`.
    Raises UsageError where a file cannot be written.
    """
    own = calibration_of(profile)
    bill = estimate(profile, memory_mb=memory_mb, arch=arch, calibration=own)
    facts = profile_facts(profile, bill)
    texts = [(path, _rendered(format_of(path), profile, bill, facts, budget)) for path in outputs]
    text = render_terminal(profile, bill, facts, width=width, colour=colour)
    for path, rendered in texts:
        write_output(path, rendered)
    return text


def _rendered(
    kind: str, profile: Profile, bill: Estimate, facts: ProfileFacts, budget: BudgetData | None
) -> str | bytes:
    if kind == "html" and budget is not None:
        from importcost.reports.page.html import render_html

        return render_html(profile, bill, facts, budget)
    return render(kind, profile, bill, facts)


def publish_measured(profile: Profile, outputs: Sequence[str], *, width: int, colour: bool) -> str:
    """Write `profile` to every path in `outputs` and return the terminal report.

    Pages and report have the verdict on the budgets that the configuration sets for the
    handler. Raises UsageError where a file cannot be written.
    """
    handler = handler_of(profile)
    verdict = judge_profile(profile, handler) if handler is not None else None
    shown = page_verdict(verdict)
    text = publish(profile, outputs, width=width, colour=colour, budget=shown)
    if verdict is None:
        return text
    return f"{text.rstrip()}\n\n{render_budget(verdict, width=width, colour=colour)}"


def judge_profile(profile: Profile, handler: HandlerConfig) -> BudgetVerdict | None:
    """Hold a profile against its handler's budgets, at the memory size that is configured.

    What was measured otherwise than it is configured is not judged. None where no budget on
    figures is set. Raises UsageError for settings that Lambda does not have.
    """
    bill = estimate(
        profile,
        memory_mb=handler.memory_mb,
        arch=handler.arch,
        calibration=handler.calibration,
    )
    evidence = evidence_of(profile, bill)
    verdict = judge_budgets(Subject(handler.name, handler.budgets, evidence, handler.levels))
    other = _measured_otherwise(profile, handler)
    if verdict is None:
        return None
    if other is None:
        return _at_configured_size(verdict, profile, handler)
    text = (
        f"The budgets of {handler.name} are not judged by this profile: {other}; "
        f"importcost check {handler.name} measures it as it is configured."
    )
    return BudgetVerdict(Outcome.UNKNOWN, text)


def _at_configured_size(
    verdict: BudgetVerdict, profile: Profile, handler: HandlerConfig
) -> BudgetVerdict:
    """Say which memory size dollars were judged at, where the report beside it shows another."""
    is_same = handler.memory_mb == profile.settings.memory_mb
    if is_same or handler.budgets.max_cost_per_million is None:
        return verdict
    return replace(verdict, size_mb=handler.memory_mb)


def _measured_otherwise(profile: Profile, handler: HandlerConfig) -> str | None:
    """Say what of the configuration would have changed the measurement; None if nothing."""
    settings = profile.settings
    if handler.runtime not in (None, settings.runtime):
        return f"it was measured on {settings.runtime}, configured is {handler.runtime}"
    if handler.package_type != settings.package_type:
        return f"it was measured as {settings.package_type}, configured is {handler.package_type}"
    absent = sorted(set(handler.environment) - set(settings.environment_names))
    if absent:
        return f"it was measured without the configured env {', '.join(absent)}"
    layers = {str(Path(layer).resolve()) for layer in handler.layers}
    if layers != set(profile.target.layers if profile.target else ()):
        return "it was measured with other layers than are configured"
    return None
