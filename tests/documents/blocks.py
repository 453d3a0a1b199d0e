"""The commands and outputs that a page shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^ *```(\w*)[^\n`]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_NEEDS = re.compile(r"<!-- (?:needs: )?([\w ,-]+) -->\s*\Z")


@dataclass(frozen=True)
class Step:
    """One command of a page with its line, the output shown after it, and what it needs.

    `needs` are words of a comment just before the block: `<!-- needs: engine -->`, or the name by
    which a script finds the block: `<!-- test-line -->`.
    """

    line: int
    command: str
    shown: str | None = None
    needs: tuple[str, ...] = ()

    def changed(self, command: str) -> Step:
        """Return the step with another command."""
        return replace(self, command=command)


def pages() -> list[Path]:
    """Return every page that users read and that a person wrote."""
    written = sorted((ROOT / "docs").rglob("*.md"))
    return [ROOT / "README.md", *(one for one in written if one.parent.name != "reference")]


def blocks(text: str) -> Iterator[tuple[int, str, str, tuple[str, ...]]]:
    """Yield line number, language, text and needs of each fenced block."""
    for found in _FENCE.finditer(text):
        before = text[: found.start()]
        named = _NEEDS.search(before)
        needs = tuple(one.strip() for one in named[1].split(",")) if named else ()
        indent = len(found[0]) - len(found[0].lstrip(" "))
        body = "\n".join(line[indent:] for line in found[2].splitlines())
        yield before.count("\n") + 1, found[1], body, needs


def steps(text: str) -> list[Step]:
    """Return the commands of a page in order; a `text` block is the output of the last before.

    A block that needs a shell, for a variable or a document in it, is one step as a whole.
    """
    found: list[Step] = []
    previous = None
    for line, language, body, needs in blocks(text):
        if language == "sh":
            found += [Step(line, command, None, needs) for command in _commands(body)]
        elif language == "text" and previous == "sh" and found:
            last = found[-1]
            found[-1] = Step(last.line, last.command, body, last.needs)
        previous = language
    return found


def _commands(body: str) -> list[str]:
    joined = re.sub(r"\\\n *", "", body)
    lines = [one for one in joined.splitlines() if one.strip(" ") and one[0] != "#"]
    try:
        words = [word for line in lines for word in shlex.split(line, comments=True)]
    except ValueError:  # a quote that goes on in the next line
        return [body]
    return [body] if any("$" in word or word.startswith("<<") for word in words) else lines


def alike(shown: str, printed: str) -> str | None:
    """Return None if what a page shows was printed, else the first line that was not.

    Figures may differ, and the lengths of bars; a line `...` stands for any lines.
    """
    rest = [_shape(line) for line in printed.splitlines()]
    is_open = True
    for line in shown.splitlines():
        if line.strip() == "...":
            is_open = True
            continue
        wanted = _shape(line)
        if is_open:
            while rest and rest[0] != wanted:
                rest.pop(0)
        if not rest or rest.pop(0) != wanted:
            return line
        is_open = False
    return None


def _shape(line: str) -> str:
    """Return a line without what differs from run to run: figures, bars, spaces."""
    line = re.sub(r"[█▓▒░▁-▇]+", "█", line)
    line = re.sub(r"\d[\d,.]*\d|\d", "0", line)
    return re.sub(r"\s+", " ", line).strip()
