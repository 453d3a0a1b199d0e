"""Finds out before a measurement whether its reports can be written after it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from importcost.errors import UsageError
from importcost.reports.output import STDOUT


def check_writable(paths: Sequence[str]) -> None:
    """Raise UsageError for a report whose folder takes no new file; `-` is stdout.

    Tried, not asked: permissions say nothing of a file system that is read-only, or of /proc.
    """
    for path in paths:
        file = Path(path)
        if path == STDOUT or (file.exists() and not file.is_file()):
            continue
        target = file.resolve()
        try:
            with tempfile.NamedTemporaryFile(prefix=f".{target.name}.", dir=target.parent):
                pass
        except OSError as error:
            raise UsageError(
                f"The report {path} cannot be written ({error.strerror}): name a file in another "
                "folder with -o."
            ) from error
