"""Sentences on the bytecode of a package, which checks and reports share."""

from __future__ import annotations

from importcost.model.package.bytecode import PackageBytecode, Recipe, ShippedState
from importcost.model.results.savings import Saving

_CLAUSES = {
    ShippedState.MISSING: "without any",
    ShippedState.OTHER_PYTHON: "with that of another Python",
    ShippedState.OTHER_DATE: "with that of another date",
    ShippedState.OTHER_SIZE: "with that of another size",
    ShippedState.OTHER_SOURCE: "with that of another source",
}


def bytecode_sentence(found: PackageBytecode) -> str:
    """Return how many of the loaded modules Lambda compiles at every cold start, and why."""
    why = [
        f"{one.loaded:,} {_CLAUSES[one.state]}"
        for one in found.counts
        if one.state.is_compiled and one.loaded
    ]
    are = "is" if found.compiled == 1 else "are"
    dates = ""
    if any(one.state is ShippedState.OTHER_DATE and one.loaded for one in found.counts):
        dates = f" ({found.recipe.dates})"
    count = f"{found.compiled:,} of the {found.loaded:,}"
    if found.compiled == found.loaded:
        count = f"All {found.loaded:,}" if found.loaded > 1 else "The one"
    return (
        f"{count} module{'s' * (found.loaded != 1)} of the package that init loads {are} "
        f"compiled at every cold start, for lack of bytecode that Python {found.python} takes: "
        f"{', '.join(why)}{dates}."
    )


def fine_sentence(found: PackageBytecode) -> str:
    """Return that Lambda compiles nothing that init loads."""
    return f"Init loads {found.loaded:,} modules of the package, all with valid bytecode."


def old_code_sentence(found: PackageBytecode) -> str:
    """Return a warning that Python will not run the sources that the package holds."""
    return (
        f"{', '.join(found.old_code)}: the unchecked-hash bytecode is of older code, which Python "
        "runs instead of the source: build the package again."
    )


def cost_sentence(saving: Saving, computed_ms: float) -> str:
    """Return what compiling costs, empty below half a millisecond.

    `computed_ms` is the computing part of function init.
    """
    share = saving.share
    if computed_ms * share.value < 0.5:
        return ""
    low, value, high = (computed_ms * one for one in (share.low, share.value, share.high))
    how = "measured in pairs" if saving.is_verified else "predicted from published cuts"
    return f"That costs {value:,.0f} ms ({low:,.0f} to {high:,.0f}) of each cold start, {how}."


def recipe_sentence(recipe: Recipe) -> str:
    """Return how to ship valid bytecode with the packager."""
    return f"With {recipe.packager}: {'; '.join(recipe.steps)}."
