"""The lines about lazy imports: edits that a Python ignores, and the most that they can save."""

from __future__ import annotations

from importcost.model.advice import IgnoredEdit
from importcost.model.profile import Profile
from importcost.reports.terminal.advice_items import saved_share, saving_words
from importcost.reports.text import Palette, milliseconds, wrap


def statements_words(count: int) -> str:
    """Return `1 statement`, or how many together."""
    return "1 statement" if count == 1 else f"{count} statements together"


def ignored_lines(ignored: IgnoredEdit, style: Palette, width: int) -> list[str]:
    """Return the lines on an edit that the target's Python ignores."""
    text = (
        f"Listing {statements_words(ignored.statements)} in __lazy_modules__ saves nothing on "
        f"Python {ignored.python}, which ignores the list; from Python {ignored.needs} on "
        f"{milliseconds(ignored.predicted_us / 1000)} of function init are predicted."
    )
    return [style(line, "33") for line in wrap(text, width)]


def bound_lines(profile: Profile, style: Palette, width: int) -> list[str]:
    """Return the lines on the most that lazy imports could save; none without that bound."""
    bound = profile.advice.lazy_bound if profile.advice else None
    if bound is None:
        return []
    head = "Upper bound"
    if bound.verification is None:
        text = f"not measured: {bound.reason}."
    else:
        share = saved_share(bound.verification, 0, max(profile.function_init.local_us, 1.0))
        text = (
            f"{saving_words(bound.verification, 0)}, {share:.0%} of function init, if every import "
            f"is lazy until it is used (-X lazy_imports=all, Python {bound.python})."
        )
    first, *rest = wrap(f"{head}: {text}", width)
    return [first.replace(head, style(head, "1"), 1), *rest]
