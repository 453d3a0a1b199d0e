"""`importcost export`: a saved profile in the formats that other tools read."""

from __future__ import annotations

import sys

import click

from importcost.cli.options import shared_option
from importcost.cli.target_profile import read_saved
from importcost.errors import UsageError
from importcost.parameters import Parameter
from importcost.reports.exports.formats import FORMATS, known_suffixes
from importcost.reports.output import STDOUT, format_of

_LIST = "\n".join(
    f"  {name:<10} {' '.join(known.suffixes):<17} {known.summary}"
    for name, known in FORMATS.items()
)


@click.command("export", epilog=f"\b\nFormats:\n{_LIST}")
@click.argument("profile_file", metavar="PROFILE.json")
@click.option("--format", "wanted", type=click.Choice(list(FORMATS)), help="Default: by suffix.")
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="FILE",
    multiple=True,
    help="Write this file (repeatable). Default: - (stdout), which needs --format.",
)
@shared_option(Parameter.MEMORY, help="Estimate for this memory, in MB.", default=None)
@shared_option(Parameter.ARCH, help="Estimate for this one.", default=None)
def command(
    *,
    profile_file: str,
    wanted: str | None,
    outputs: tuple[str, ...],
    memory: int | None,
    arch: str | None,
) -> None:
    """Write a saved profile in the formats that other tools read."""
    from importcost.app.profile.report import report_saved
    from importcost.cli.outputs import write_reports

    if not outputs and wanted is None:
        raise UsageError(
            f"No format is given to export {profile_file} to: name a file that ends with "
            f"{known_suffixes()} with -o FILE, or print to stdout with --format."
        )
    pairs = [(path, format_of(path, wanted)) for path in outputs or (STDOUT,)]
    for path, name in pairs:
        if path == STDOUT and FORMATS[name].is_binary and sys.stdout.isatty():
            raise UsageError(
                f"{name} is a binary format that a terminal cannot show: write it to a file with "
                f"-o FILE{FORMATS[name].suffixes[0]}, or pipe it."
            )
    write_reports(report_saved(read_saved(profile_file), memory_mb=memory, arch=arch), pairs)
