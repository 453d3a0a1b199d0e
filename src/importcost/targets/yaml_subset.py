"""Read the plain part of YAML that SAM and Serverless files mostly consist of: nested keys, values.

Finding a handler's name does not justify a dependency on a YAML library. Unsupported forms
(anchors, flow mappings, block texts) are left out; nothing is guessed.
"""

from __future__ import annotations

import re
from typing import Any

_ENTRY = re.compile(
    r"(?P<key>'[^']*'|\"[^\"]*\"|[^\s#'\"\[\]{}&*!|>-][^:#]*?)\s*:(?:\s+(?P<value>.*))?$"
)
_COMMENT = re.compile(r"(?:^|\s)#.*$")


def plain_yaml(text: str) -> dict[str, Any]:
    """Return nested mappings of strings; keys under lists are left out."""
    root: dict[str, Any] = {}
    open_at: list[tuple[int, dict[str, Any]]] = [(-1, root)]
    skipped: int | None = None
    for raw in text.splitlines():
        line = _COMMENT.sub("", raw).rstrip()
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip(" "))
        if skipped is not None and indent > skipped:
            continue
        skipped = None
        found = _ENTRY.match(line.strip())
        if found is None:
            skipped = indent  # a list item or an unsupported form: skipped with everything below it
            continue
        while indent <= open_at[-1][0]:
            open_at.pop()
        key, value = _scalar(found["key"]), (found["value"] or "").strip()
        if value in ("", "~", "null"):
            below: dict[str, Any] = {}
            open_at[-1][1][key] = below
            open_at.append((indent, below))
        elif value[0] in "|>&*!{":
            skipped = indent
        else:
            open_at[-1][1][key] = _scalar(value)
    return root


def _scalar(text: str) -> str:
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if is_quoted else text
