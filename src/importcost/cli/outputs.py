"""Finds out before a measurement whether its reports can be written after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from importcost.errors import UsageError
from importcost.files.replace import check_takes_files
from importcost.reports.output import STDOUT


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
