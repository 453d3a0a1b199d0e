"""Recognise the reports that importcost wrote: they lie beside handlers and are no part of them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from importcost.files.read import read_found

_HEAD_BYTES = 4096
_NAME = rb'"name"\s*:\s*"importcost"'
_MARKS = {
    ".html": re.compile(rb'<meta name="generator" content="importcost [0-9]'),
    ".json": re.compile(rb'"schema"\s*:\s*"importcost-'),
    ".sarif": re.compile(_NAME),
    ".svg": re.compile(rb'<svg [^>]*class="importcost"'),
    ".xml": re.compile(rb'<testsuites [^>]*name="importcost"'),
}
"""The words near the start of each kind of report; a name alone proves nothing."""


def is_own_report(path: str | os.PathLike[str]) -> bool:
    """Return True for a page, a profile or another report that importcost wrote, by its content.

    False for a file that cannot be read.
    """
    mark = _MARKS.get(os.path.splitext(path)[1].lower())  # noqa: PTH122 - each file of a package
    if mark is None:
        return False
    try:
        return mark.search(read_found(Path(path), _HEAD_BYTES)) is not None
    except OSError:
        return False
