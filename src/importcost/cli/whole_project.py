"""`importcost profile PROJECT`: all functions of a project, and the index over their reports."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from importcost.cli.listener import TerminalListener, terminal_listener
from importcost.cli.options import given_fields, request_of, terminal_width, wants_colour
from importcost.cli.outputs import check_writable, tell_written, write_all
from importcost.cli.printing import show
from importcost.declaration import STAGE, TEMPLATE_PARAMETER
from importcost.errors import MeasurementError, UsageError, remedy
from importcost.files.cache import write_cached
from importcost.reports.output import STDOUT

if TYPE_CHECKING:
    from importcost.app.projects.profile_project import MeasuredProject, ProjectRun
    from importcost.measure.session import Progress
    from importcost.model.results.project import ProjectFigures
    from importcost.projects.functions import DeployedProject

MOST_PAGES = 1_000
"""Pages that are written beside the index: each has a megabyte."""
FORMATS = {".html": "html", ".htm": "html", ".json": "json", ".csv": "csv", ".md": "markdown"}
F = TypeVar("F", bound=Callable[..., Any])


def project_options(command: F) -> F:
    """Give a command the options that are about all functions of a project."""
    for decorate in reversed(
        (
            click.option(
                "--jobs",
                type=click.IntRange(1, 256),
                default=1,
                show_default=True,
                help="Functions of a project measured at once, each on cores of its own.",
            ),
            click.option(
                "--shard", metavar="I/N", help="Measure one of N parts of a project's functions."
            ),
            click.option(
                "--traffic",
                metavar="FILE.csv",
                help="Columns function, invocations (a month), cold_rate; * is all others.",
            ),
        )
    ):
        command = decorate(command)
    return command


def whole_project(target: str | None, options: Mapping[str, Any]) -> DeployedProject | None:
    """Return the project that a target is the place of, None for any other target."""
    from importcost.app.account.target import names_a_deployed_function
    from importcost.app.projects.listing import list_functions
    from importcost.app.projects.requests import names_a_project

    if not target or "::" in target or names_a_deployed_function(target):
        return None
    if not names_a_project(target):
        return None
    return list_functions(
        target, parameters=options[TEMPLATE_PARAMETER.name], stage=options[STAGE.name]
    )


def profile_whole_project(
    project: DeployedProject,
    options: Mapping[str, Any],
    outputs: Sequence[str],
    *,
    quiet: bool,
    no_progress: bool,
) -> str | None:
    """Measure every function, write the index and the reports, and return the page's path.

    Raises UsageError for what cannot be carried out, MeasurementError if no function has figures.
    """
    from importcost.app.projects.profile_project import profile_project
    from importcost.cli.project_work import measure_with_page
    from importcost.reports.terminal.projects.figures import render_project

    formats = [(path, format_of_index(path)) for path in outputs]
    check_writable(outputs)
    request = request_of(project.place, options, precise=options["precise"], whole=True)
    with terminal_listener(quiet=quiet, no_progress=no_progress) as listener:
        told = WholeListener(listener)
        measured = profile_project(request, _run(options, project), measure_with_page, told)
    page = next((path for path, kind in formats if kind == "html"), None)
    linked = _write_pages(measured, page) if page else measured.figures
    write_all([(path, render_index(linked, kind)) for path, kind in formats])
    if not quiet:
        text = render_project(linked, width=terminal_width(), colour=wants_colour())
        show(text, err=STDOUT in outputs)
        tell_written(outputs)
    if not linked.functions and linked.left_out:
        raise MeasurementError(
            f"None of the {len(linked.left_out)} functions of {project.place} could be measured"
            f" (the first: {linked.left_out[0].name}: {linked.left_out[0].reason.rstrip('.')})",
            remedy("see the reasons above", f"importcost list {project.place}"),
        )
    return page


def format_of_index(path: str) -> str:
    """Return the format of an index by its suffix. Raises UsageError for an unknown one."""
    if path == STDOUT:
        return "json"
    kind = FORMATS.get(Path(path).suffix.lower())
    if kind is None:
        raise UsageError(
            f"The suffix of {path} is none of an index's: end the name with .html, .json, .csv or"
            " .md, or write - for JSON on stdout."
        )
    if not Path(path).absolute().parent.is_dir():
        raise UsageError(f"The folder of {path} does not exist: create it, or name another file.")
    return kind


def render_index(figures: ProjectFigures, kind: str) -> str:
    """Return a project's figures in one format."""
    from importcost.reports.index import exports
    from importcost.reports.index.page import render_project_page

    renderers: Mapping[str, Callable[[ProjectFigures], str]] = {
        "html": render_project_page,
        "json": exports.project_json,
        "csv": exports.project_csv,
        "markdown": exports.project_markdown,
    }
    return renderers[kind](figures)


class WholeListener:
    """Shows which functions are done, and what is told about each."""

    def __init__(self, listener: TerminalListener) -> None:
        self._listener = listener
        self._said: set[str] = set()

    def note(self, message: str) -> None:
        """Show one sentence, once for all functions that it is true of."""
        if message not in self._said:
            self._said.add(message)
            self._listener.note(message)

    def detail(self, message: str) -> None:
        """Show one line if --verbose asks for it."""
        self._listener.detail(message)

    def progress(self, progress: Progress) -> None:
        """Show the progress of one function's launches."""
        self._listener.progress(progress)

    def functions_done(self, done: int, total: int, name: str) -> None:
        """Show how many functions are done."""
        self._listener.line(f"{done:,} of {total:,} functions, last {name}")


def _run(options: Mapping[str, Any], project: DeployedProject) -> ProjectRun:
    from importcost.app.projects.profile_project import (
        WHOLE,
        ProjectRun,
        parsed_shard,
        read_traffic,
    )

    traffic = options["traffic"]
    return ProjectRun(
        given=given_fields(),
        parameters=options[TEMPLATE_PARAMETER.name],
        stage=options[STAGE.name],
        jobs=options["jobs"],
        shard=parsed_shard(options["shard"]) if options["shard"] else WHOLE,
        traffic=read_traffic(Path(traffic)) if traffic else None,
        project=project,
    )


def _write_pages(measured: MeasuredProject, index: str) -> ProjectFigures:
    """Copy the pages into a folder beside the index; return the figures with their links."""
    from dataclasses import replace

    file = Path(index)
    folder = file.with_name(f"{file.stem}-functions")
    functions = []
    for number, one in enumerate(measured.figures.functions):
        source = measured.pages.get(one.name)
        if source is None or number >= MOST_PAGES:
            functions.append(one)
            continue
        folder.mkdir(exist_ok=True)
        name = f"{_slug(one.name)}.html"
        _copy(source, folder / name)
        functions.append(replace(one, page=f"{folder.name}/{name}"))
    return replace(measured.figures, functions=tuple(functions))


def _copy(source: Path, target: Path) -> None:
    """Copy a page that is not there yet, or not the same."""
    data = source.read_bytes()
    if target.is_file() and target.stat().st_size == len(data) and target.read_bytes() == data:
        return
    try:
        write_cached(target, data)
    except OSError as error:
        raise UsageError(
            f"The report {target} cannot be written ({error.strerror}): name another file with -o."
        ) from error


def _slug(name: str) -> str:
    """Return a file name for a function: readable, and different for different names."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80]
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
    return plain if plain == name else f"{plain}-{digest}"
