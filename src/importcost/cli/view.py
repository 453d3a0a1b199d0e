"""`importcost view`: render a saved profile again."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from importcost.cli.options import wants_colour
from importcost.cli.printing import show
from importcost.errors import UsageError
from importcost.reports.output import STDOUT, format_of


@click.command("view")
@click.argument("profile_file", metavar="PROFILE.json")
@click.option("--memory", type=click.IntRange(128, 10240), help="Estimate for this memory, in MB.")
@click.option("--arch", type=click.Choice(["x86_64", "arm64"]), help="Estimate for this one.")
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="FILE",
    multiple=True,
    help="Also write a report, .html or .json (repeatable); - is JSON on stdout.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the HTML report in the browser.")
def command(
    *,
    profile_file: str,
    memory: int | None,
    arch: str | None,
    outputs: tuple[str, ...],
    open_page: bool,
) -> None:
    """Render a saved profile again: in the terminal, and into the files named with -o."""
    from importcost.app.report import publish
    from importcost.reports.json_ import read_profile

    formats = [format_of(path) for path in outputs]
    if open_page and "html" not in formats:
        raise UsageError("--open needs an HTML report: name one with -o FILE.html.")
    try:
        saved = Path(profile_file).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The profile {profile_file} cannot be read ({error.strerror}): name a file saved "
            "with `importcost profile -o FILE.json`."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The profile {profile_file} is no UTF-8 text: name a file saved with "
            "`importcost profile -o FILE.json`."
        ) from error
    text = publish(
        read_profile(saved, profile_file),
        outputs,
        width=shutil.get_terminal_size((100, 24)).columns,
        colour=wants_colour(),
        memory_mb=memory,
        arch=arch,
    )
    show(text, err=STDOUT in outputs)
    if open_page:
        page = next(path for path, kind in zip(outputs, formats, strict=True) if kind == "html")
        click.launch(Path(page).resolve().as_uri())
