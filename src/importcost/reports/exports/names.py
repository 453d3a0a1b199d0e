"""Names made fit for formats that people and terminals read as text."""

from __future__ import annotations

from importcost.reports.text import printable

NO_NAME = "(no name)"


def clean(text: str) -> str:
    """Return `text` without line breaks, control characters and lone surrogates; never empty.

    The result is one line, encodes as UTF-8 and is legal in XML.
    """
    return printable(text) or NO_NAME
