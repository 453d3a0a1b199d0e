"""The words for the edits that defer, as all reports say them."""

from __future__ import annotations

from importcost.model.advice import DeferStyle, DeferVerdict

_HOW = {
    DeferStyle.FUNCTION: "import it in the functions that use it",
    DeferStyle.GETTER: "make a cached getter",
    DeferStyle.TYPE_CHECKING: "import it under TYPE_CHECKING",
    DeferStyle.LAZY: "make it a lazy import",
    DeferStyle.LAZY_MODULES: "list it in __lazy_modules__",
    DeferStyle.LAZY_DEPENDENCY: "let it wait, by a generated module that is imported first",
}


def edit_words(verdict: DeferVerdict) -> str | None:
    """Return what the edit of a verdict does, None if the statement stays."""
    if verdict.style is None:
        return None
    names = ", ".join(verdict.objects) if verdict.style is DeferStyle.GETTER else ""
    return _HOW[verdict.style] + (f" for {names}" if names else "")
