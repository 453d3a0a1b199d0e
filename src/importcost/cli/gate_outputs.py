"""The reports that check and compare share: terminal, files, and GitHub's summary."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

import click

from importcost import __version__
from importcost.cli.options import shared_option, terminal_width, wants_colour
from importcost.cli.outputs import check_writable
from importcost.cli.printing import show
from importcost.errors import UsageError
from importcost.parameters import Parameter

if TYPE_CHECKING:
    from importcost.gate.beyond_noise import Compared
    from importcost.gate.checks import Check
    from importcost.gate.selection import SinceSelection
    from importcost.reports.gate.text import Places


class GateOutputs(TypedDict):
    """The values of the options below, as click passes them."""

    as_json: bool
    junit: str | None
    sarif: str | None
    code_quality: str | None
    markdown: str | None
    strict: bool
    verbose: bool
    quiet: bool


def _file_option(flag: str, meaning: str) -> Callable[[Any], Any]:
    """Return the option for a file that is written besides what is printed."""
    return click.option(
        flag, metavar="FILE", callback=lambda *given: _writable(*given), help=meaning
    )


_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout instead of text."),
    _file_option("--junit", "Write JUnit XML there."),
    _file_option("--sarif", "Write SARIF 2.1.0 there."),
    _file_option("--code-quality", "GitLab's code quality report."),
    _file_option("--markdown", "For a pull request's comment."),
    click.option("--strict", is_flag=True, help="Fail also if the figures are inconclusive."),
    shared_option(Parameter.VERBOSE),
    click.option("--quiet", "-q", is_flag=True, help="Print nothing but what fails, on stderr."),
)


def gate_output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `GateOutputs`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def gate_outputs(options: Mapping[str, Any]) -> GateOutputs:
    """Return the options of `GateOutputs` among those of a command."""
    own: Any = {name: options[name] for name in GateOutputs.__annotations__}
    return cast("GateOutputs", own)


def _writable(_context: click.Context, option: click.Parameter, path: str | None) -> str | None:
    """Refuse a file that cannot be written before anything is measured."""
    if path is None:
        return None
    if path == "-":
        name = (option.name or "").replace("_", "-")
        raise UsageError(f"--{name} needs a file: stdout is for the text or --json.")
    check_writable((path,))
    return path


def folder_for(option: str, text: str | None) -> Path | None:
    """Make the folder that an option names. Raises UsageError if it cannot be made."""
    if text is None:
        return None
    folder = Path(text)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{option} {text} cannot be made ({error.strerror}): name another folder."
        ) from error
    return folder


def file_stems(names: Iterable[str]) -> dict[str, str]:
    """Return a file name without suffix for each handler; no two the same, whatever the case."""
    stems: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "handler"
        numbered = (f"{plain}-{count}" for count in itertools.count(2))
        stems[name] = next(
            one for one in itertools.chain([plain], numbered) if one.casefold() not in taken
        )
        taken.add(stems[name].casefold())
    return stems


def publish_checks(
    checks: Sequence[Check],
    compared: Sequence[Compared],
    root: str,
    places: Places,
    outputs: GateOutputs,
    text: str = "",
    selection: SinceSelection | None = None,
    seconds: Mapping[str, float] | None = None,
) -> int:
    """Write and print every report asked for, and return the exit code.

    `text` is printed before the checks, and between them the `selection` of `check --since`; if
    quiet, nothing but the checks that fail, on stderr. In
    GitHub Actions findings become annotations, and the Markdown the step's summary. Raises
    UsageError if a file cannot be written.
    """
    from importcost.gate.checks import exit_code
    from importcost.reports.gate.json_ import render_check_json
    from importcost.reports.gate.markdown import render_check_markdown
    from importcost.reports.gate.selection import selection_lines
    from importcost.reports.gate.terminal import render_check_terminal, render_failing_checks

    strict = outputs["strict"]
    markdown = render_check_markdown(
        checks, compared, root=root, places=places, strict=strict, selection=selection
    )
    _write_files(checks, markdown, root, places, outputs, seconds)
    if outputs["as_json"]:
        report = render_check_json(
            checks, compared, root=root, places=places, strict=strict, selection=selection
        )
        show(report.rstrip("\n"))
    elif outputs["quiet"]:
        failing = render_failing_checks(
            checks, root=root, places=places, strict=strict, width=terminal_width()
        )
        if failing:
            show(failing, err=True)
    else:
        width = terminal_width()
        found = render_check_terminal(
            checks, root=root, places=places, strict=strict, width=width, colour=wants_colour()
        )
        taken = "\n".join([*selection_lines(selection), ""]) if selection is not None else ""
        show("\n".join(one for one in (text, taken, found) if one))
    _tell_github(checks, markdown, root, places, outputs)
    return exit_code(checks, strict=strict)


def _write_files(
    checks: Sequence[Check],
    markdown: str,
    root: str,
    places: Places,
    outputs: GateOutputs,
    seconds: Mapping[str, float] | None,
) -> None:
    """Write the reports for which a file is named."""
    from importcost.reports.gate.code_quality import render_code_quality
    from importcost.reports.gate.junit import render_junit
    from importcost.reports.gate.sarif import render_sarif
    from importcost.reports.output import write_output

    strict = outputs["strict"]
    files: dict[str | None, Callable[[], str]] = {
        outputs["junit"]: lambda: render_junit(
            checks, root=root, places=places, strict=strict, seconds=seconds
        ),
        outputs["sarif"]: lambda: render_sarif(
            checks, version=__version__, root=root, places=places, strict=strict
        ),
        outputs["code_quality"]: lambda: render_code_quality(
            checks, root=root, places=places, strict=strict
        ),
        outputs["markdown"]: lambda: markdown,
    }
    for path, render in files.items():
        if path is not None:
            write_output(path, render())


def _tell_github(
    checks: Sequence[Check], markdown: str, root: str, places: Places, outputs: GateOutputs
) -> None:
    from importcost.files.append import append_file
    from importcost.reports.gate.annotations import render_annotations

    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    lines = render_annotations(checks, root=root, places=places, strict=outputs["strict"])
    if lines:
        # The runner reads both streams; JSON on stdout must stay JSON.
        show(lines.rstrip("\n"), err=outputs["as_json"], has_commands=True)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            append_file(Path(summary), f"{markdown}\n".encode())
        except OSError as error:
            raise UsageError(
                f"The step summary {summary} cannot be written ({error.strerror}): unset "
                "GITHUB_STEP_SUMMARY, or name a file in a folder that is there."
            ) from error
