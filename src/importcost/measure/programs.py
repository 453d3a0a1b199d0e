"""Read the text of the programs that run inside the measured interpreter or container."""

from __future__ import annotations

import functools
import re
from importlib import resources

_PART = re.compile(
    r"^from importcost\.probe\.(init\.\w+) import (?:\([^)]*\)|[^(\n]*)\n", re.MULTILINE
)


def read_program(name: str) -> str:
    """Return the text of the file `name` of probe/, such as `diagnosis.py`."""
    return resources.files("importcost.probe").joinpath(name).read_text(encoding="utf-8")


@functools.cache
def read_probe() -> str:
    """Return probe.py and the parts that it imports as one text.

    The measured interpreter has no importcost to import them from, and one file is compiled
    sooner than twenty are found.
    """
    return "".join(_joined("probe.py", set()))


def _joined(name: str, seen: set[str]) -> list[str]:
    """Return the texts of a program's parts, each once and after those that it needs."""
    text = read_program(name)
    parts: list[str] = []
    for found in _PART.finditer(text):
        part = found[1].replace(".", "/") + ".py"
        if part not in seen:
            seen.add(part)
            parts += _joined(part, seen)
    return [*parts, _PART.sub("", text)]
