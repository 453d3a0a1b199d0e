"""The verdict on a handler's budgets: a line in the terminal, and a box on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importcost.gate.verdict import BudgetOutcome, BudgetVerdict
from importcost.reports.gate.text import one_line
from importcost.reports.text import MAX_WIDTH, NARROWEST, Palette, wrap

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import BudgetData


_WORDS = {
    BudgetOutcome.PASS: ("Within budget", "32"),
    BudgetOutcome.FAIL: ("Over budget", "31;1"),
    BudgetOutcome.UNKNOWN: ("Budget not decided", "33"),
}


def page_verdict(verdict: BudgetVerdict | None) -> BudgetData | None:
    """Return a verdict as `page_data` takes it."""
    if verdict is None:
        return None
    return {"status": verdict.status.value, "text": one_line(verdict.text)}


def render_budget(verdict: BudgetVerdict, *, width: int = 100, colour: bool = False) -> str:
    """Return the verdict as a sentence, wrapped to `width` columns."""
    words, code = _WORDS[verdict.status]
    room = min(max(width, NARROWEST), MAX_WIDTH)
    first, *rest = wrap(f"{words}: {one_line(verdict.text)}", room)
    return "\n".join([first.replace(words, Palette(colour=colour)(words, code), 1), *rest])
