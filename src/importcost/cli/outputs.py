"""The outputs of commands: checked before a measurement, rendered and written after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from importcost.errors import UsageError
from importcost.files.replace import check_takes_files
from importcost.reports.output import STDOUT, write_output

if TYPE_CHECKING:
    from importcost.app.profile.report import ProfileReport


def check_writable(paths: Sequence[str]) -> None:
    """Raise UsageError for a report whose folder takes no new file; `-` is stdout."""
    for path in paths:
        file = Path(path)
        if path == STDOUT or (file.exists() and not file.is_file()):
            continue
        try:
            check_takes_files(file.resolve().parent)
        except OSError as error:
            raise UsageError(
                f"The report {path} cannot be written ({error.strerror}): name a file in another "
                "folder with -o."
            ) from error


def write_reports(report: ProfileReport, wanted: Sequence[tuple[str, str]]) -> None:
    """Write a profile to every (path, format); all are rendered before the first file is opened.

    Pages show the verdict on the budgets. Raises UsageError if a file cannot be written.
    """
    write_all([(path, rendered_report(report, kind)) for path, kind in wanted])


def rendered_report(report: ProfileReport, kind: str) -> str | bytes:
    """Return a profile in one format; a page shows the verdict on the budgets."""
    from importcost.reports.exports.formats import render

    if kind == "html" and report.verdict is not None:
        from importcost.reports.gate.budget import page_verdict
        from importcost.reports.page.html import render_html

        budget = page_verdict(report.verdict)
        return render_html(report.profile, report.estimate, report.facts, budget)
    return render(kind, report.profile, report.estimate, report.facts)


def terminal_report(report: ProfileReport) -> str:
    """Return a profile's report for this terminal, with the verdict on its budgets."""
    from importcost.cli.options import terminal_width, wants_colour
    from importcost.reports.gate.budget import render_budget
    from importcost.reports.terminal.profile import render_terminal

    width, colour = terminal_width(), wants_colour()
    text = render_terminal(
        report.profile, report.estimate, report.facts, width=width, colour=colour
    )
    if report.verdict is None:
        return text
    return f"{text.rstrip()}\n\n{render_budget(report.verdict, width=width, colour=colour)}"


def write_all(rendered: Sequence[tuple[str, str | bytes]]) -> None:
    """Write finished documents to their paths; `-` is stdout. Raises UsageError."""
    for path, document in rendered:
        write_output(path, document)


def tell_written(outputs: Sequence[str]) -> None:
    """Name the written files; on stderr if a report took stdout."""
    from importcost.cli.printing import show

    for path in outputs:
        if path != STDOUT:
            show(f"Report: {path}", err=STDOUT in outputs)
