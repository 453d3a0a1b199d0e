"""A unified diff for `git apply` and `patch` that keeps every byte of the lines."""

from __future__ import annotations

import difflib
import re

NO_NEWLINE = "\\ No newline at end of file\n"
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


def unified_diff(path: str, before: str | None, after: str, context: int = 3) -> str:
    """Return the diff from `before`, None for a new file, to `after`; empty if they are equal.

    `path` is shown behind `a/` and `b/`, with forward slashes. Lines end at a line feed alone, as
    for git and patch: a carriage return stays at the end of its line. Encode it with the file's own
    encoding.
    """
    shown = path.replace("\\", "/").lstrip("/")
    # Without a tab after it, patch(1) cuts a name at its first blank.
    tail = "\t" if " " in shown else ""
    lines = difflib.unified_diff(
        _LINES.findall(before or ""),
        _LINES.findall(after),
        f"a/{shown}{tail}" if before is not None else "/dev/null",
        f"b/{shown}{tail}",
        n=context,
    )
    return "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in lines)
