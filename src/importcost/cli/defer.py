"""`importcost defer`: choose imports to defer, measure each saving, and print the edit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importcost.cli.grouped import GroupedCommand
from importcost.cli.listener import terminal_listener
from importcost.cli.options import (
    measure_options,
    measured_target,
    plain_options,
    request_of,
    terminal_width,
    wants_colour,
)
from importcost.cli.outputs import check_writable, tell_written, write_reports
from importcost.cli.printing import say, show
from importcost.cli.whole_defer import defer_whole_project
from importcost.cli.whole_project import whole_project
from importcost.declaration import STAGE, TEMPLATE_PARAMETER
from importcost.errors import MeasurementError, UsageError, remedy
from importcost.reports.output import STDOUT, format_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importcost.app.defer.defer import Deferral, DeferRequest
    from importcost.app.defer.effort import Effort
    from importcost.app.defer.own_tests.baseline import AskedTests
    from importcost.cli.options import Command, Given
    from importcost.projects.functions import DeployedProject

STYLES = ("function", "getter", "type-checking", "lazy", "lazy-modules", "lazy-dependency")

OPTION_GROUPS = {
    **dict.fromkeys(("--style", "--diff", "--write", "--force"), "The edit"),
    **dict.fromkeys(
        ("--event", "--record", "--test", "--test-seconds"), "Proof that it behaves as before"
    ),
    **dict.fromkeys(
        ("--verify", "--quick", "--launches", "--verify-seconds"), "Proof of the saving"
    ),
    **dict.fromkeys(("--output", "--quiet", "--no-progress", "--verbose", "--help"), "Output"),
}
"""The heading in the help above each option, by its flag; the rest say what is measured."""


def effort_options(command: Command) -> Command:
    """Give a command the options that say how much may be measured."""
    for option in (
        click.option(
            "--quick",
            is_flag=True,
            help="At most 20 launches: measure the changes together, not each by itself.",
        ),
        click.option(
            "--launches",
            type=click.IntRange(min=20),
            help="Launches in all; four pairs of each change are made anyway.  [default: 60]",
        ),
        click.option(
            "--verify-seconds",
            type=click.FloatRange(min=0),
            default=120.0,
            show_default=True,
            help="No more pairs after this time; four or five are made anyway.",
        ),
        click.option(
            "--verify/--no-verify",
            default=True,
            help="Measure each saving in pairs.  [default: verify]",
        ),
    ):
        command = option(command)
    return command


def own_test_options(command: Command) -> Command:
    """Give a command the options of the user's own tests."""
    for option in (
        click.option(
            "--test-seconds",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Each run of --test may take this long.  [default: 600]",
        ),
        click.option(
            "--test",
            metavar="COMMAND",
            help='Run your tests ("pytest -q") on a copy of the project; drop what fails them.',
        ),
    ):
        command = option(command)
    return command


def _effort(options: Given, events: int) -> Effort:
    from importcost.app.defer.effort import effort_of

    return effort_of(
        options["launches"],
        options["verify_seconds"],
        quick=options["quick"],
        runs=options["runs"],
        events=events,
    )


@click.command("defer", cls=GroupedCommand, option_groups=OPTION_GROUPS, last_heading="Measurement")
@click.argument("target", required=False)
@plain_options
@measure_options
@click.option(
    "--style",
    type=click.Choice(STYLES),
    help="Edit in this way only (lazy and lazy-modules make getters, too; lazy-dependency is about "
    "imports inside dependencies). Default: the best for each.",
)
@effort_options
@click.option(
    "--event",
    "events",
    metavar="FILE",
    multiple=True,
    help="JSON event to call the handler with, before and after (repeatable).",
)
@click.option(
    "--record",
    is_flag=True,
    help="Compare the AWS calls of both versions on a recording endpoint (extra `record`).",
)
@own_test_options
@click.option("--diff/--no-diff", default=True, help="Print the edit as a diff.  [default: diff]")
@click.option("--write", is_flag=True, help="Apply the edit to the files in the task root.")
@click.option("--force", is_flag=True, help="With --write: also files with uncommitted changes.")
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="FILE",
    multiple=True,
    help="Report with the advice, .html or .json (repeatable).",
)
@click.option("--quiet", "-q", is_flag=True, help="Print the diff only.")
@click.option("--no-progress", is_flag=True, help="Show no progress line.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    target: str | None,
    style: str | None,
    verify: bool,
    events: tuple[str, ...],
    record: bool,
    diff: bool,
    write: bool,
    force: bool,
    outputs: tuple[str, ...],
    quiet: bool,
    no_progress: bool,
    **options: Any,
) -> None:
    """Choose imports of the handler's own files to defer, and prove the saving.

    Each suggestion is applied to a copy and measured against the original; nothing is written
    without --write. TARGET is what `importcost profile` takes; of a project, all functions are
    judged one after the other, and a file that several of them load is edited once.
    """
    from importcost.app.defer.defer import DeferRequest
    from importcost.model.advice import DeferStyle

    _refuse_unverified(verify=verify, events=events, record=record)
    if force and not write:
        raise UsageError("--force belongs to --write: add it, or leave --force out.")
    target = measured_target(target, options)
    project = whole_project(target, options) if target else None
    is_whole = project is not None and len(project.functions) > 1
    if write and target:
        _refuse_link(target)
        _refuse_build(target, project, options)
    request = DeferRequest(
        request_of(target, options, whole=is_whole, project=None if is_whole else project),
        style=DeferStyle(style) if style else None,
        verify=verify,
        effort=_effort(options, len(events)),
        events=events,
        record=record,
        tests=_asked_tests(options),
    )
    shows = {"quiet": quiet, "no_progress": no_progress, "verbose": options["verbose"]}
    edits = {"diff": diff and not write, "write": write, "force": force}
    if is_whole and project is not None:
        defer_whole_project(project, request, outputs, {**shows, **edits})
    else:
        _defer_one(request, outputs, shows, edits)


def _refuse_unverified(*, verify: bool, events: tuple[str, ...], record: bool) -> None:
    if events and not verify:
        raise UsageError("--event compares answers, which --no-verify leaves out: use one of them.")
    if record and not verify:
        raise UsageError("--record compares calls, which --no-verify leaves out: use one of them.")


def _defer_one(
    request: DeferRequest,
    outputs: tuple[str, ...],
    shows: Mapping[str, Any],
    edits: Mapping[str, bool],
) -> None:
    from importcost.app.defer.defer import defer_handler

    for path in outputs:
        format_of(path)
    check_writable(outputs)
    with terminal_listener(**shows) as listener:
        found = defer_handler(request, listener)
    _show(found, outputs, quiet=shows["quiet"], diff=edits["diff"])
    if edits["write"]:
        _write(found, force=edits["force"])


def _asked_tests(options: Given) -> AskedTests | None:
    from importcost.app.defer.own_tests.baseline import TEST_SECONDS, AskedTests
    from importcost.app.defer.own_tests.command import parse_command

    command, seconds = options["test"], options["test_seconds"]
    if command is None:
        if seconds is not None:
            raise UsageError("--test-seconds belongs to --test: add it, or leave both out.")
        return None
    parse_command(command)  # what is wrong with it should be said before anything is measured
    return AskedTests(command, TEST_SECONDS if seconds is None else seconds)


def _refuse_link(target: str) -> None:
    """Raise UsageError for a handler file that is a symbolic link: its target is someone's own."""
    named = Path(target if Path(target).is_symlink() else target.rpartition(":")[0])
    if named.is_symlink():
        raise UsageError(
            f"{named} is a symbolic link: nothing was written, name its target "
            f"{named.resolve()} itself."
        )


def _refuse_build(target: str, project: DeployedProject | None, options: Given) -> None:
    """Raise UsageError for one function whose code here is a build: its sources are elsewhere."""
    from importcost.app.projects.defer_project import build_reason
    from importcost.app.projects.listing import list_functions
    from importcost.projects.functions import SEPARATOR

    if SEPARATOR in target:
        project = list_functions(
            target, parameters=options[TEMPLATE_PARAMETER.name], stage=options[STAGE.name]
        )
    if project is None or len(project.functions) != 1:
        return
    function = project.functions[0]
    if reason := build_reason(function):
        raise UsageError(
            f"--write cannot edit {function.name}, {reason}; without --write the edit is printed."
        )


def _show(found: Deferral, outputs: tuple[str, ...], *, quiet: bool, diff: bool) -> None:
    from importcost.app.profile.report import report_on
    from importcost.deferral.rewrite.diff import unified_diff
    from importcost.reports.terminal.advice import render_advice
    from importcost.reports.terminal.events import render_events
    from importcost.reports.text import wrap

    width = terminal_width()
    colour = wants_colour()
    if outputs:
        pairs = [(path, format_of(path)) for path in outputs]
        write_reports(report_on(found.billed), pairs)
    to_stderr = STDOUT in outputs
    if not quiet:
        show(render_advice(found.profile, width=width, colour=colour), err=to_stderr)
        if found.events:
            text = render_events(found.events, found.profile.advice, width=width, colour=colour)
            show(text, err=to_stderr)
        for path, reason in found.unreadable.items():
            say(f"Not analysed: {path} {reason}.")
        for note in found.rewrite.notes:
            show("\n  ".join(wrap(f"Note: {note}.", width - 2)), err=to_stderr)
        tell_written(outputs)
    if diff:
        for edit in found.rewrite.edits:
            root = _diff_root(found, edit.path)
            name = edit.path.relative_to(root).as_posix()
            sys.stdout.flush()
            # Byte for byte, whatever the file's encoding: latin-1 holds every byte.
            name, before, after = (
                data.decode("latin-1") for data in (name.encode(), edit.before or b"", edit.after)
            )
            old = None if edit.before is None else before
            show(unified_diff(name, old, after).encode("latin-1"), nl=False)


def _diff_root(found: Deferral, file: Path) -> Path:
    """Return the folder that a diff names a file from: the task root, or the user's own folder."""
    target = found.profile.target
    if target is None:
        return Path()
    folder = target.plain.folder if target.plain else ""
    return Path(folder if folder and file.is_relative_to(folder) else target.task_root)


def _write(found: Deferral, *, force: bool) -> None:
    from importcost.app.edit_files import write_edits

    target = found.profile.target
    if found.untested and found.rewrite.edits:
        raise MeasurementError(
            f"Nothing was written, since --test proves nothing: {'; '.join(found.untested)}",
            remedy("correct the tests", "leave --test out"),
        )
    if not found.rewrite.edits or target is None:
        advice = found.profile.advice
        is_suggested = advice is not None and any(one.is_suggested for one in advice.findings)
        why = "no change holds" if is_suggested else "no change is suggested"
        show(f"Nothing to write: {why}.")
        return
    for path in write_edits(Path(target.task_root), found.rewrite.edits, force=force):
        show(f"Written: {path}")
