"""Rules on counts of bytecode instructions: no quiet machine is needed, and no timing."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.gate.baseline import AGAIN, HandlerBaseline
from importcost.gate.budgets import Rule
from importcost.gate.checks import Check, Status
from importcost.gate.relative import relative_value
from importcost.gate.subject import JudgedHandler

NATIVE = "native code is not counted"


@dataclass(frozen=True, slots=True)
class _Change:
    """The count of the baseline, and the reason why it is not compared, None if it is."""

    before: int
    refusal: str | None


def bytecode_budget(subject: JudgedHandler) -> tuple[Check, ...]:
    """Hold the count of init's bytecode instructions against `max_bytecodes`."""
    budget, count = subject.budgets.max_bytecodes, subject.evidence.bytecodes
    if budget is None:
        return ()
    if count is None:
        return (subject.check(Rule.BYTECODES, Status.NOT_MEASURED, _uncounted(subject)),)
    is_over = count.least > budget + count.noise
    message = (
        f"Init executes {count.least:,} bytecode instructions ({NATIVE}); max_bytecodes is "
        f"{budget:,}."
    )
    status = Status.FAIL if is_over else Status.PASS
    return (
        subject.check(Rule.BYTECODES, status, message, measured=float(count.least), budget=budget),
    )


def bytecode_increase(subject: JudgedHandler) -> tuple[Check, ...]:
    """Hold the count against the baseline's where a check may not time: `max_increase` of it."""
    allowed, baseline = subject.count_increase, subject.baseline
    if allowed is None or baseline is None:
        return ()
    budget, count = 100 * allowed, subject.evidence.bytecodes
    change = _change(subject, baseline)
    if change.refusal is not None:
        return (subject.check(Rule.INCREASE, Status.SKIPPED, change.refusal, budget=budget),)
    if count is None:
        message = _uncounted(subject)
        return (subject.check(Rule.INCREASE, Status.NOT_MEASURED, message, budget=budget),)
    more = count.least - change.before
    percent = 100 * more / max(change.before, 1)
    is_noise = abs(more) <= count.noise
    said = ", within the noise of one run" if is_noise and more else ""
    message = (
        f"Init executes {count.least:,} bytecode instructions, {change.before:,} in the baseline "
        f"({relative_value(percent, 2, unit='as many')}{said}; {NATIVE}); max_increase is "
        f"{budget:g} %."
    )
    status = Status.FAIL if percent > budget and not is_noise else Status.PASS
    return (
        subject.check(Rule.INCREASE, status, message, measured=round(percent, 3), budget=budget),
    )


def _uncounted(subject: JudgedHandler) -> str:
    return subject.evidence.uncounted or "Bytecodes were not counted: run the check again."


def _change(subject: JudgedHandler, baseline: HandlerBaseline) -> _Change:
    """Return the baseline's count, or why it is not compared: another Python counts otherwise."""
    before, count = baseline.figures.bytecodes, subject.evidence.bytecodes
    if before is None:
        return _Change(
            0, f"The baseline of {subject.handler} has no count of bytecodes: {AGAIN} to compare."
        )
    machine = baseline.machine
    there = f"{machine.python_implementation} {machine.python_version}"
    if count is not None and count.python != there:
        return _Change(
            before,
            f"The baseline of {subject.handler} was counted with {there}, this is {count.python}: "
            f"to compare counts, {AGAIN} here.",
        )
    return _Change(before, None)
