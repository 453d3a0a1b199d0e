"""The page over all functions of a project: one file that opens from disk."""

from __future__ import annotations

from typing import Any

from importcost import __version__
from importcost.model.codec import to_plain
from importcost.model.results.project import ProjectFigures
from importcost.reports.page.html import render_page


def render_project_page(figures: ProjectFigures) -> str:
    """Return the page: functions, culprits and what was left out, a whole document."""
    return render_page("project.html.j2", project_data(figures), "", {})


def project_data(figures: ProjectFigures) -> dict[str, Any]:
    """Return the page's data."""
    return {"generator": f"importcost {__version__}", **to_plain(figures)}
