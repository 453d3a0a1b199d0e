"""JSON as every report writes it: data that no terminal and no CI server carries out."""

from __future__ import annotations

import json
from typing import Any


def json_text(data: Any, *, indent: int | None = None, is_compact: bool = False) -> str:
    """Return JSON text in ASCII, without a line end.

    Controls, escapes and what turns the direction of writing are JSON's own escapes, and so is the
    second sign of `##`, with which Azure's and TeamCity's commands begin.
    """
    separators = (",", ":") if is_compact else None
    # Outside of strings JSON has no such sign.
    return json.dumps(data, indent=indent, separators=separators).replace("##", "#\\u0023")
