"""Every rule of the gate: what it holds, its setting, and how severe it is by itself."""

from __future__ import annotations

from importcost.gate.budgets import DEFAULT_LEVELS, RULE_TEXT, Level, Rule
from tests.documents.reference.text import page, table

INTRODUCTION = """
`importcost check` holds each handler against these rules. A rule that needs a limit is silent
without one. `level = { RULE = "off" | "warn" | "error" }` in a handler's table, or above the tables
for all of them, says how severe a finding is; `level = "warn"` says so for every rule.
"""


def budgets_page() -> str:
    """Return the page."""
    rows = [
        (f"`{rule.value}`", RULE_TEXT[rule], DEFAULT_LEVELS.get(rule, Level.ERROR).value)
        for rule in Rule
    ]
    rules = table(("rule", "holds if", "level by itself"), rows)
    how = "How a figure is judged: [the gate's statistics](../gate-statistics.md)."
    return page("Budget rules", INTRODUCTION, rules, how)
