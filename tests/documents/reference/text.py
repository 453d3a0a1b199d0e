"""Markdown that the generated pages have in common."""

from __future__ import annotations

import re

MADE = (
    "<!-- Made from the code by `python -m tests.documents.write_reference`: edit the code. -->\n\n"
)


def page(title: str, *parts: str) -> str:
    """Return a page with its heading, and one empty line between its parts."""
    body = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    return f"{MADE}# {title}\n\n{body}\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table; cells are Markdown on one line."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell(one) for one in line)} |" for line in lines)


def cell(text: str) -> str:
    """Return text that a table's cell may hold: on one line, without a bar of its own."""
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def plain(text: str) -> str:
    """Return a sentence whose angle brackets, stars and underscores are no markup.

    What stands between backticks is code already.
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one that is not closed is a sign
        return _escaped(text).replace("`", "\\`")
    return "`".join(one if number % 2 else _escaped(one) for number, one in enumerate(parts))


def _escaped(text: str) -> str:
    signs = re.sub(r"([*_\[\]])", r"\\\1", text)
    return signs.replace("<", "&lt;").replace(">", "&gt;")
