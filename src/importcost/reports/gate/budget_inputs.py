"""Budgets and their input files as a file for build tools."""

from __future__ import annotations

from typing import Any

from importcost.gate.selection import BudgetInputs, HandlerBudget
from importcost.reports.json_text import json_text

SCHEMA_OF_BUDGETS = "importcost-budget"
VERSION_OF_BUDGETS = 1


def render_budget_inputs(found: BudgetInputs) -> str:
    """Return JSON text that is the same wherever budgets and inputs are: sorted, without times."""
    data = {
        "schema": SCHEMA_OF_BUDGETS,
        "schema_version": VERSION_OF_BUDGETS,
        "handlers": {one.name: _handler(one) for one in found.handlers},
    }
    return json_text(data, indent=1) + "\n"


def _handler(one: HandlerBudget) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in sorted(one.budgets.items())
    }
    entry = {"budgets": values, "inputs": list(one.inputs), "digest": one.digest}
    return entry if one.unknown is None else {**entry, "unknown": one.unknown}
