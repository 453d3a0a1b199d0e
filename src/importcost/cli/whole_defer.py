"""`importcost defer PROJECT`: the deferrals of all functions, and each shared file edited once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importcost.cli.listener import terminal_listener
from importcost.cli.options import given_fields, terminal_width, wants_colour
from importcost.cli.outputs import check_writable, tell_written, write_all
from importcost.cli.printing import show
from importcost.cli.whole_project import WholeListener, format_of_index, render_index
from importcost.errors import MeasurementError, remedy
from importcost.reports.output import STDOUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importcost.app.defer.defer import DeferRequest
    from importcost.app.projects.defer_project import ProjectDeferral, SharedEdit
    from importcost.model.results.project import ProjectFigures
    from importcost.projects.functions import DeployedProject


def defer_whole_project(
    project: DeployedProject,
    request: DeferRequest,
    outputs: Sequence[str],
    shows: Mapping[str, Any],
) -> None:
    """Judge every function, show what each saves, and write the edits if asked to.

    `shows` are the options quiet, no_progress, verbose, diff, write and force. Raises UsageError
    for what cannot be carried out, MeasurementError if no function could be judged.
    """
    from importcost.app.projects.defer_project import defer_project
    from importcost.reports.terminal.projects.deferral import render_project_deferral

    formats = [(path, format_of_index(path)) for path in outputs]
    check_writable(outputs)
    quiet = shows["quiet"]
    with terminal_listener(
        quiet=quiet, no_progress=shows["no_progress"], verbose=shows["verbose"]
    ) as told:
        found = defer_project(project, request, given_fields(), WholeListener(told))
    if formats:
        figures = _figures(project, found)
        write_all([(path, render_index(figures, kind)) for path, kind in formats])
    if not quiet:
        text = render_project_deferral(found.result, width=terminal_width(), colour=wants_colour())
        show(text.rstrip("\n"), err=STDOUT in outputs)
        tell_written(outputs)
    _must_have_one(found)
    if shows["diff"]:
        for one in found.edits:
            _show_diff(one, Path(found.root))
    if shows["write"]:
        _write(found, force=shows["force"])


def _must_have_one(found: ProjectDeferral) -> None:
    """Raise MeasurementError if no function at all could be judged."""
    if any(one.found is not None for one in found.functions):
        return
    first = found.functions[0]
    raise MeasurementError(
        f"None of the {len(found.functions)} functions of {found.place} could be measured: of"
        f" {first.function.name}, {first.reason}",
        remedy(f"correct that, or name a function of it as {found.place}::NAME"),
    )


def _figures(project: DeployedProject, found: ProjectDeferral) -> ProjectFigures:
    """Return the figures of an index over the functions that were judged."""
    from importcost.app.profile.report import report_measured
    from importcost.app.projects.figures import figures_of
    from importcost.app.projects.profile_project import figures_in

    functions = [
        figures_of(one.function, report_measured(one.found.billed), project.folder)
        for one in found.functions
        if one.found is not None
    ]
    left = {one.function.name: one.reason or "" for one in found.functions if one.found is None}
    return figures_in(project, functions, left)


def _show_diff(one: SharedEdit, root: Path) -> None:
    from importcost.deferral.rewrite.diff import unified_diff

    edit = one.edit
    name = edit.path.resolve().relative_to(root).as_posix()
    sys.stdout.flush()
    # Byte for byte, whatever the file's encoding: latin-1 holds every byte.
    name, before, after = (
        data.decode("latin-1") for data in (name.encode(), edit.before or b"", edit.after)
    )
    old = None if edit.before is None else before
    show(unified_diff(name, old, after).encode("latin-1"), nl=False)


def _write(found: ProjectDeferral, *, force: bool) -> None:
    from importcost.app.edit_files import write_edits

    if not found.edits:
        held = any(one.held_back for one in found.functions)
        show(f"Nothing to write: {'all edits are held back' if held else 'no change holds'}.")
        return
    for path in write_edits(Path(found.root), [one.edit for one in found.edits], force=force):
        show(f"Written: {path}")
