"""Rules on the package itself, which is exact: its unpacked size."""

from __future__ import annotations

from importcost.gate.budgets import Rule
from importcost.gate.checks import Check, Status
from importcost.gate.subject import JudgedHandler
from importcost.model.graph import FUNCTION
from importcost.model.package.size import BYTES_PER_MB, PackageSize

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
