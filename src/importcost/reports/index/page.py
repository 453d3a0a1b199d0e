"""The page over all functions of a project: one file that opens from disk."""

from __future__ import annotations

from importcost.model.results.project import ProjectFigures
from importcost.reports.index.data import index_data
from importcost.reports.page.html import render_page
from importcost.reports.page.script import page_script


def render_project_page(figures: ProjectFigures) -> str:
    """Return the page: functions, culprits and what was left out, a whole document."""
    whole = index_data(figures)
    data = {key: value for key, value in whole.items() if key != "changes"}
    # Separate, so that the page need not read them before the table is drawn.
    words = {"changes": whole["changes"]}
    return render_page("project.html.j2", data, page_script("project.js"), words)
