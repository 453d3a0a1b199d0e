"""Use case: gather what the reports on one profile show, with the verdict on its budgets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.bill.place import Billed, bill, handler_of
from importcost.app.profile.facts import profile_facts
from importcost.billing.estimate import Estimate
from importcost.billing.figures.platforms import LAMBDA, load_platforms
from importcost.config.read import HandlerConfig
from importcost.gate.subject import JudgedHandler, evidence_of
from importcost.gate.verdict import BudgetOutcome, BudgetVerdict, judge_budgets
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.targets.web_app import split_app


@dataclass(frozen=True, slots=True)
class ProfileReport:
    """A profile with all that its reports show.

    `verdict` is that of the budgets in the configuration, None if there are none.
    """

    profile: Profile
    estimate: Estimate
    facts: ProfileFacts
    verdict: BudgetVerdict | None = None


def report_on(billed: Billed) -> ProfileReport:
    """Return the report of a profile, with its calibration in the configuration.

    `memory_mb` and `arch` override the profile's settings. Raises UsageError for settings that
    Lambda does not have.
    """
    facts = profile_facts(billed.profile, billed.estimate)
    return ProfileReport(billed.profile, billed.estimate, facts)


def report_measured(billed: Billed) -> ProfileReport:
    """Return the same with the verdict on the budgets that are configured for the handler."""
    handler = billed.handler
    verdict = None if handler is None else judge_profile(billed.profile, handler, billed.estimate)
    return replace(report_on(billed), verdict=verdict)


def report_saved(
    profile: Profile, *, memory_mb: int | None = None, arch: str | None = None
) -> ProfileReport:
    """Return what reports show of a profile that was saved, or made from a log.

    `memory_mb` and `arch` override what the profile was made for. Raises UsageError for settings
    that Lambda does not have.
    """
    return report_on(bill(profile, handler_of(profile.target), memory_mb=memory_mb, arch=arch))


def judge_profile(
    profile: Profile, handler: HandlerConfig, known: Estimate | None = None
) -> BudgetVerdict | None:
    """Compare a profile with its handler's budgets, at the configured memory size.

    A measurement with other settings than configured is not judged. None if no budget on figures is
    set. Raises UsageError for settings that Lambda does not have.
    """
    found = known
    memory_mb, arch = _configured_size(profile, handler)
    if found is None or (found.memory_mb, found.arch) != (memory_mb, arch):
        found = bill(profile, handler, memory_mb=memory_mb, arch=arch).estimate
    evidence = evidence_of(profile, found)
    verdict = judge_budgets(JudgedHandler(handler.name, handler.budgets, evidence, handler.levels))
    other = _measured_otherwise(profile, handler)
    if verdict is None:
        return None
    if other is None:
        return _at_configured_size(verdict, profile, handler)
    text = (
        f"The budgets of {handler.name} are not judged by this profile: {other}; "
        f"importcost check {handler.name} measures it as it is configured."
    )
    return BudgetVerdict(BudgetOutcome.UNKNOWN, text)


def _configured_size(profile: Profile, handler: HandlerConfig) -> tuple[int, str]:
    """Return memory and architecture as configured, or as the platform has them by itself."""
    settings = profile.settings
    is_lambda = settings.platform == LAMBDA
    memory_mb = handler.memory_mb if is_lambda or "memory_mb" in handler.given else None
    arch = handler.arch if is_lambda or "arch" in handler.given else None
    return memory_mb or settings.memory_mb, arch or settings.arch


def _at_configured_size(
    verdict: BudgetVerdict, profile: Profile, handler: HandlerConfig
) -> BudgetVerdict:
    """Name the memory size at which dollars were judged, if the report beside it shows another."""
    is_same = _configured_size(profile, handler)[0] == profile.settings.memory_mb
    if is_same or handler.budgets.max_cost_per_million is None:
        return verdict
    return replace(verdict, size_mb=handler.memory_mb)


def _measured_otherwise(profile: Profile, handler: HandlerConfig) -> str | None:
    """Name the part of the configuration that would have changed the measurement, or None."""
    settings = profile.settings
    absent = sorted(set(handler.environment) - set(settings.environment_names))
    if absent:
        return f"it was measured without the configured env {', '.join(absent)}"
    if handler.plain is not None:
        return None  # it has none of the settings of a function
    if handler.runtime not in (None, settings.runtime):
        return f"it was measured on {settings.runtime}, configured is {handler.runtime}"
    if handler.platform != settings.platform:
        return f"it was measured for {settings.platform}, configured is {handler.platform}"
    is_lambda = settings.platform == LAMBDA
    if is_lambda and handler.package_type != settings.package_type:
        return f"it was measured as {settings.package_type}, configured is {handler.package_type}"
    is_app = handler.adapter is not None or (
        load_platforms()[settings.platform].server is not None
        and split_app(handler.handler) is not None
    )
    if is_app is (profile.web is None):
        measured = ("a handler", "a web app")[profile.web is not None]
        return f"it was measured as {measured}, configured is the other"
    layers = {str(Path(layer).resolve()) for layer in handler.layers}
    if layers != set(profile.target.layers if profile.target else ()):
        return "it was measured with other layers than are configured"
    return None
