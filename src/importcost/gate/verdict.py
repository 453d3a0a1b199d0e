"""One verdict on a handler's budgets, for reports with room for a single sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from importcost.gate.budget_rules import absolute_budgets, import_budget, memory_budget
from importcost.gate.budgets import Rule
from importcost.gate.checks import Check, Status
from importcost.gate.package_rules import package_budget
from importcost.gate.subject import JudgedHandler

BUDGET_RULES = frozenset({Rule.MEMORY, Rule.INIT, Rule.BILLED_INIT, Rule.COST, Rule.PACKAGE_SIZE})
"""The rules that compare a figure of the one measured version with a budget."""


class BudgetOutcome(str, Enum):
    """The outcome of the budgets; the value is its name in the page's data."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNKNOWN = "unknown"
    """Not proven either way, or not measured."""


@dataclass(frozen=True, slots=True)
class BudgetVerdict:
    """The outcome of a handler's budgets.

    `message` is the sentence of the check that decides, `more` how many others came out as it
    did. `size_mb` is the memory size that was judged, None if the report shows that one anyway.
    """

    status: BudgetOutcome
    message: str
    more: int = 0
    size_mb: int | None = None

    @property
    def text(self) -> str:
        """Return the verdict as sentences for the user."""
        sentences = [self.message]
        if self.more:
            sentences.append(f"{self.more} more {_MORE[self.status][self.more > 1]}.")
        if self.size_mb is not None:
            sentences.append(f"Judged at the configured {self.size_mb} MB.")
        return " ".join(sentences)


_MORE = {
    BudgetOutcome.FAIL: ("is over its budget too", "are over their budgets too"),
    BudgetOutcome.UNKNOWN: ("is not decided either", "are not decided either"),
    BudgetOutcome.PASS: ("is within its budget too", "are within their budgets too"),
}


def judge_budgets(subject: JudgedHandler) -> BudgetVerdict | None:
    """Return the verdict on the budgets of a measurement, or None if none is set."""
    checks = (
        *import_budget(subject),
        *absolute_budgets(subject),
        *memory_budget(subject),
        *package_budget(subject),
    )
    return verdict_of_checks(check for check in checks if not subject.is_off(check.rule))


def verdict_of_checks(checks: Iterable[Check]) -> BudgetVerdict | None:
    """Return the verdict of the checks of one handler's budgets, the most severe deciding.

    A rule that is switched off does not count. None if no budget was checked.
    """
    found: dict[BudgetOutcome, list[Check]] = {outcome: [] for outcome in _MORE}
    for check in checks:
        if check.rule in BUDGET_RULES and check.status is not Status.SKIPPED:
            found[_outcome(check.status)].append(check)
    for outcome, members in found.items():
        if members:
            return BudgetVerdict(outcome, members[0].message, len(members) - 1)
    return None


def _outcome(status: Status) -> BudgetOutcome:
    if status is Status.FAIL:
        return BudgetOutcome.FAIL
    return BudgetOutcome.PASS if status is Status.PASS else BudgetOutcome.UNKNOWN
