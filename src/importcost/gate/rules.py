"""All rules on one handler, in order: certain facts first, then budgets, then comparisons."""

from __future__ import annotations

from collections.abc import Callable

from importcost.gate.budget_rules import absolute_budgets, import_budget, memory_budget, relative
from importcost.gate.budgets import RULE_TEXT, Level, Levels, Rule
from importcost.gate.checks import Check, Status
from importcost.gate.costly import at_heaviest
from importcost.gate.count_rules import bytecode_budget, bytecode_increase
from importcost.gate.event_rules import import_events
from importcost.gate.import_rules import forbidden_imports, module_count, new_modules
from importcost.gate.package_rules import package_budget, stale_bytecode
from importcost.gate.subject import JudgedHandler

_Rules = Callable[[JudgedHandler], tuple[Check, ...]]

DETERMINISTIC: tuple[_Rules, ...] = (
    forbidden_imports,
    module_count,
    bytecode_budget,
    bytecode_increase,
    new_modules,
    package_budget,
    stale_bytecode,
    import_events,
)
"""Rules for which two launches of the interpreter are enough."""
MEASURED: tuple[_Rules, ...] = (memory_budget, import_budget, absolute_budgets, relative)


def run_checks(subject: JudgedHandler) -> tuple[Check, ...]:
    """Return the outcome of every rule that the handler's budgets ask for.

    A rule that is switched off is one SKIPPED check; a budget that is not set is no check. The
    check that the handler was measured is `measured_check`, or one of those below it if it was not.
    """
    found = [check for rules in (*DETERMINISTIC, *MEASURED) for check in rules(subject)]
    checks: list[Check] = []
    for check in found:
        if not subject.is_off(check.rule):
            checks.append(_at_cause(check, subject))
        elif not any(one.rule is check.rule for one in checks):
            message = f"Switched off: {RULE_TEXT[check.rule]}"
            checks.append(subject.check(check.rule, Status.SKIPPED, message))
    return tuple(checks)


def _at_cause(check: Check, subject: JudgedHandler) -> Check:
    """Return a finding on a figure at what brings modules that the baseline lacks, if one does.

    A reviewer looks for what the change brings, not for what was always heaviest.
    """
    graph, baseline = subject.evidence.graph, subject.baseline
    if graph is not None and baseline is not None:
        new = {module.name for module in graph.modules} - set(baseline.modules)
        check = at_heaviest(check, subject.evidence, new)
    return at_heaviest(check, subject.evidence)


def measured_check(handler: str, levels: Levels, message: str = "") -> Check:
    """Return the check that the handler imports and could be measured."""
    text = message or RULE_TEXT[Rule.MEASUREMENT]
    return Check(Rule.MEASUREMENT, levels.of(Rule.MEASUREMENT), Status.PASS, text, handler)


def failing_handler(handler: str, levels: Levels, message: str) -> Check:
    """Return the check for a handler whose own init fails: a failure, whatever its budgets.

    If every rule is off it fails no gate, and its message says so: that must not look like a pass.
    """
    level = levels.of(Rule.MEASUREMENT)
    if level is Level.OFF:
        message = f"{message} Its init fails; that fails no gate because its level is off."
    return Check(Rule.MEASUREMENT, level, Status.FAIL, message, handler)


def unmeasured_handler(handler: str, levels: Levels, message: str) -> Check:
    """Return the check for a handler that could not be measured: no engine, no base, timeout."""
    level = levels.of(Rule.MEASUREMENT)
    if level is Level.OFF:
        message = f"{message} That fails no gate because its level is off."
    return Check(Rule.MEASUREMENT, level, Status.NOT_MEASURED, message, handler)


def left_out_handler(handler: str, levels: Levels, message: str) -> Check:
    """Return the check for a handler that was not measured because nothing of it changed."""
    level = levels.of(Rule.MEASUREMENT)
    return Check(Rule.MEASUREMENT, level, Status.SKIPPED, message, handler)


def renamed_handler(handler: str, levels: Levels, was: str) -> Check:
    """Return the check that tells that base has the same handler and code by another name."""
    message = f"{handler} was called {was}: it has the same handler and code, and is compared."
    return Check(Rule.INCREASE, levels.of(Rule.INCREASE), Status.SKIPPED, message, handler)


def one_sided_handler(handler: str, levels: Levels, *, is_new: bool) -> Check:
    """Return the check for a handler that only head has (new) or only base had (removed)."""
    word = "new: there is no base" if is_new else "removed: there is no head"
    message = f"{handler} is {word} to compare it with."
    return Check(Rule.INCREASE, levels.of(Rule.INCREASE), Status.SKIPPED, message, handler)
