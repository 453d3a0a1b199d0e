"""Rules on the package itself, which is exact: its unpacked size."""

from __future__ import annotations

from importcost.gate.budgets import Rule
from importcost.gate.checks import Check, Status
from importcost.gate.subject import JudgedHandler
from importcost.model.graph import FUNCTION
from importcost.model.package.size import BYTES_PER_MB, PackageSize
from importcost.model.package.words import (
    bytecode_sentence,
    cost_sentence,
    fine_sentence,
    old_code_sentence,
    recipe_sentence,
)

_NAMED = 3


def package_budget(subject: JudgedHandler) -> tuple[Check, ...]:
    """Hold the unpacked size of function and layers against `max_package_mb`.

    Sizes are exact, so there is no interval. If the package may be larger than what was found, it
    is over its budget or unknown, never within.
    """
    budget, package = subject.budgets.max_package_mb, subject.evidence.package
    rule = Rule.PACKAGE_SIZE
    if budget is None:
        return ()
    if package is None:
        message = "max_package_mb is set and what is deployed is not known: measure the handler."
        return (subject.check(rule, Status.NOT_MEASURED, message, budget=budget),)
    size_mb = package.size_mb
    least = "at least " if package.lacking else ""
    message = f"Unpacked, the package is {least}{size_mb:,.1f} MB; max_package_mb is {budget:g}."
    status = Status.FAIL if size_mb > budget else Status.PASS
    if status is Status.FAIL:
        message = f"{message}{_largest(package)}"
    elif package.lacking:
        status = Status.NOT_MEASURED
        message = f"{message} It may be larger: {'; '.join(package.lacking)}."
    measured = round(size_mb, 3)
    return (subject.check(rule, status, message, measured=measured, budget=budget),)


def _largest(package: PackageSize) -> str:
    """Return a sentence that names the largest distributions, empty if none is known."""
    words = [
        f"{'own files' if one.name == FUNCTION else one.name} {one.size_bytes / BYTES_PER_MB:,.1f}"
        for one in package.distributions[:_NAMED]
    ]
    return f" Largest: {', '.join(words)} MB." if words else ""


def stale_bytecode(subject: JudgedHandler) -> tuple[Check, ...]:
    """Check the bytecode of what was built: what init loads, Lambda should not have to compile.

    Sources that are yet to be packed have none to check.
    """
    package, rule = subject.evidence.package, Rule.STALE_BYTECODE
    found = package.bytecode if package is not None else None
    if found is None:
        return ()
    if found.old_code:
        return (subject.check(rule, Status.FAIL, old_code_sentence(found)),)
    if not found.compiled:
        return (subject.check(rule, Status.PASS, fine_sentence(found)),)
    sentences = (bytecode_sentence(found), _cost(subject), recipe_sentence(found.recipe))
    message = " ".join(sentence for sentence in sentences if sentence)
    return (subject.check(rule, Status.FAIL, message, measured=float(found.compiled)),)


def _cost(subject: JudgedHandler) -> str:
    """Return what compiling costs per cold start on Lambda; empty if init was not timed."""
    evidence = subject.evidence
    saving, init, estimate = evidence.bytecode, evidence.function_init, evidence.estimate
    if saving is None or init is None or estimate is None:
        return ""
    return cost_sentence(saving, init.cpu_us.value / 1000 * estimate.speed_ratio.value)
