"""The work on one function of a project: its figures and its page, in this or another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importcost.errors import ImportcostError

if TYPE_CHECKING:
    from importcost.app.projects.run import FunctionResult, FunctionTask
    from importcost.measure.session import Progress


class SilentListener:
    """A listener for work that several processes do at once: only results are told."""

    def note(self, message: str) -> None:
        """Receive one sentence, and drop it."""

    def detail(self, message: str) -> None:
        """Receive one line, and drop it."""

    def progress(self, progress: Progress) -> None:
        """Receive the progress of the runs, and drop it."""


def measure_with_page(task: FunctionTask) -> FunctionResult:
    """Measure a function and render its page. What cannot be measured is a result with a reason."""
    from importcost.app.profile.in_common import in_run
    from importcost.app.profile.measured import measure_billed
    from importcost.app.profile.report import report_measured
    from importcost.app.projects.figures import figures_of
    from importcost.app.projects.run import FunctionResult
    from importcost.cli.outputs import rendered_report
    from importcost.processes.failed_installs import failing_once

    name = task.function.name
    try:
        with failing_once(task.run), in_run(task.run):
            report = report_measured(measure_billed(task.request, SilentListener()))
        page = rendered_report(report, "html")
        figures = figures_of(task.function, report, task.folder)
    except ImportcostError as error:
        return FunctionResult(name, None, str(error))
    return FunctionResult(name, figures, page=page.encode() if isinstance(page, str) else page)
