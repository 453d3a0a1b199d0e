"""One check and its status, and the exit code of all checks together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from importcost.errors import MeasurementError
from importcost.gate.budgets import Level, Rule

EXIT_FINE = 0
EXIT_FAILED = 1
EXIT_NOT_MEASURED = MeasurementError.exit_code


class Status(str, Enum):
    """The status of a check."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    """The estimate is over the budget, its interval is not: not proven."""
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    """Measured, but inconclusive; a failure only in strict mode."""
    NOT_MEASURED = "not-measured"
    """Requested but impossible: never passes."""
    SKIPPED = "skipped"
    """Switched off, or nothing to compare with."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A statement's extent in its file: lines and columns count from 1, columns in characters.

    `end_column` is the first column after it, as SARIF counts.
    """

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one rule on one handler (several where a rule is broken in several places).

    `message` is one sentence for the user. `file` is absolute, `line` counts from 1; None if no
    line of the function is the cause. `measured` and `budget` are in the rule's own unit (ms, MB,
    dollars, modules, percent). `about` is the module or the statement that the finding is about: it
    stays the same when the message is worded otherwise. `imports` is the module that the statement
    at `line` imports, and `span` that statement's extent; None if unknown.
    """

    rule: Rule
    level: Level
    status: Status
    message: str
    handler: str
    file: str | None = None
    line: int | None = None
    measured: float | None = None
    budget: float | None = None
    about: str | None = None
    imports: str | None = None
    span: TextSpan | None = None

    @property
    def is_failure(self) -> bool:
        """True if it alone fails the gate: broken or not measured, at level error."""
        broken = self.status in (Status.FAIL, Status.NOT_MEASURED)
        return broken and self.level is Level.ERROR

    @property
    def is_finding(self) -> bool:
        """True if the user has to see it: everything but passed and skipped."""
        return self.status not in (Status.PASS, Status.SKIPPED)

    @property
    def is_left_out(self) -> bool:
        """True for a handler that was not measured because nothing of it changed."""
        return self.rule is Rule.MEASUREMENT and self.status is Status.SKIPPED


def exit_code(checks: Sequence[Check], *, strict: bool = False) -> int:
    """Return 0 if nothing failed, 1 if a check did, 3 if one could not be measured.

    Only checks at level error count. A proven failure comes before a missing measurement. `strict`
    also fails inconclusive checks. Without any check the gate has measured nothing: 3.
    """
    gating = [check for check in checks if check.level is Level.ERROR]
    failing = {Status.FAIL, Status.INCONCLUSIVE} if strict else {Status.FAIL}
    if any(check.status in failing for check in gating):
        return EXIT_FAILED
    if not checks or any(check.status is Status.NOT_MEASURED for check in gating):
        return EXIT_NOT_MEASURED
    return EXIT_FINE


def worst_status(checks: Sequence[Check]) -> Status:
    """Return the most severe status among checks, SKIPPED if there are none."""
    order = (
        Status.FAIL,
        Status.NOT_MEASURED,
        Status.INCONCLUSIVE,
        Status.WARN,
        Status.PASS,
        Status.SKIPPED,
    )
    return min((check.status for check in checks), key=order.index, default=Status.SKIPPED)
