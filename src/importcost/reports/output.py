"""Write reports: the one place that opens output files, late and all at once."""

from __future__ import annotations

import sys
from pathlib import Path

from importcost.errors import UsageError
from importcost.files.replace import write_named
from importcost.reports.exports.formats import format_by_suffix, known_suffixes

STDOUT = "-"


def format_of(path: str, wanted: str | None = None) -> str:
    """Return the format of the report at `path`: `wanted`, or by the suffix (`-` is json).

    Raises UsageError for an unknown suffix or where the folder does not exist: before anything
    is measured.
    """
    if path == STDOUT:
        return wanted or "json"
    file = Path(path)
    found = wanted or format_by_suffix(file.name)
    if found is None:
        raise UsageError(
            f"The suffix of {path} is not that of a known format: end the name with "
            f"{known_suffixes()}, or write - for JSON on stdout."
        )
    if file.is_dir():
        raise UsageError(f"{path} is a folder: name a file in it, like {path}/report{file.suffix}.")
    if not file.absolute().parent.is_dir():
        raise UsageError(f"The folder of {path} does not exist: create it, or name another file.")
    return found


def write_output(path: str, report: str | bytes) -> None:
    """Write a finished report, text as UTF-8; `-` is stdout.

    The file is replaced at once when it is complete, so that no partial report is ever seen. Raises
    UsageError if it cannot be written.
    """
    data = report.encode("utf-8") if isinstance(report, str) else report
    if path == STDOUT:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        write_named(path, data)
    except OSError as error:
        raise UsageError(
            f"The report {path} cannot be written ({error.strerror}): name another file with -o."
        ) from error
