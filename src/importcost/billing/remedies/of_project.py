"""The remedies of all functions of a project, each under its own traffic."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.billing.remedies.compare import RemedyTable
from importcost.billing.remedies.recommend import Recommendation


@dataclass(frozen=True, slots=True)
class FunctionRemedies:
    """One function's remedies and the recommended one, or the reason for having none."""

    name: str
    comparison: RemedyTable | None = None
    recommendation: Recommendation | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectRemedies:
    """All functions of a project, the most expensive recommendation first."""

    place: str
    functions: tuple[FunctionRemedies, ...]
