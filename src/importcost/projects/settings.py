"""Turn raw properties of a function into settings, with a note on each that stays open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from importcost.declaration import ARCHES, MAX_MEMORY_MB, MIN_MEMORY_MB
from importcost.projects.functions import FunctionLayer, Unresolved
from importcost.projects.placeholders import OpenText, plain_placeholder, shaped_variable

LONGEST_FUNCTION_S = 900
DEPLOYING_PYTHON = Unresolved("runtime", "it is that of the Python which deploys it")
_RUNTIME = re.compile(r"[a-z][\w.\-]*")


@dataclass(slots=True)
class RawSettings:
    """Reads the evaluated properties of one function, and collects what stays open."""

    unresolved: list[Unresolved] = field(default_factory=list)

    def text(self, value: Any, what: str) -> str | None:
        """Return a text that is known, else None."""
        if isinstance(value, OpenText):
            self.unresolved.append(Unresolved(what, value.reason))
            return None
        if value is None or isinstance(value, str):
            return value or None
        self.unresolved.append(Unresolved(what, "it is not a text"))
        return None

    def number(self, value: Any, what: str, default: int, least: int, most: int) -> int:
        """Return a whole number within its bounds, else the default."""
        if value is None:
            return default
        if isinstance(value, OpenText):
            self.unresolved.append(Unresolved(what, f"{value.reason}; {default} is taken"))
            return default
        try:
            found = int(str(value))
        except ValueError:
            found = -1
        if not isinstance(value, bool) and least <= found <= most:
            return found
        shown = str(value)[:40]
        self.unresolved.append(
            Unresolved(what, f"{shown} is not between {least} and {most}; {default} is taken")
        )
        return default

    def memory(self, value: Any, default: int = MIN_MEMORY_MB) -> int:
        """Return a memory size in MB."""
        return self.number(value, "memory", default, MIN_MEMORY_MB, MAX_MEMORY_MB)

    def timeout(self, value: Any, default: int = 3) -> int:
        """Return a timeout in seconds."""
        return self.number(value, "timeout", default, 1, 2 * LONGEST_FUNCTION_S)

    def arch(self, value: Any) -> str:
        """Return the architecture, of a name or of a list with one."""
        first = value[0] if isinstance(value, list) and value else value
        found = self.text(first, "architecture") if first not in (None, []) else None
        if found is None or found in ARCHES:
            return found or ARCHES[0]
        self.unresolved.append(Unresolved("architecture", f"{found} is not one of Lambda's"))
        return ARCHES[0]

    def environment(self, value: Any) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the variables as text, and the names of those that hold a placeholder."""
        if isinstance(value, OpenText):
            self.unresolved.append(Unresolved("environment", value.reason))
        if not isinstance(value, Mapping):
            return {}, ()
        found: dict[str, str] = {}
        opened = []
        for name, one in value.items():
            text = one if isinstance(one, str) else _variable(one)
            if isinstance(text, OpenText):
                text = shaped_variable(str(name), text)
                opened.append(str(name))
            found[str(name)] = str(text)
        return found, tuple(opened)


def _variable(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "" if value is None else plain_placeholder("it is not a text")


def language_problem(runtime: str | None) -> str | None:
    """Return why a runtime is not measured here, None for Python's and for an unknown one."""
    if runtime is None or runtime.startswith("python"):
        return None
    shown = runtime if _RUNTIME.fullmatch(runtime) else repr(runtime)[:60]
    return f"its runtime is {shown}, not Python"


def layers_elsewhere(raw: Any) -> tuple[FunctionLayer, ...]:
    """Return the layers of a list of ARNs, none of which is in the project."""
    names = raw if isinstance(raw, list) else []
    return tuple(FunctionLayer(str(one), reason="it is not in this project") for one in names)
