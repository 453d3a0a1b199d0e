"""Calls of installed functions that go through all loggers: they set up those there are by then."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.surroundings.aspects import surroundings
from importcost.deferral.source.surroundings.full_names import FullNames
from importcost.deferral.source.surroundings.reads import InstalledReads, is_stdlib
from importcost.deferral.source.surroundings.state_changes import StateChange

_TABLE = b"loggerDict"
"""The table of all loggers, which nothing but such a function asks for."""


def logger_setups(
    graph: CallGraph, names: FullNames, installed: InstalledReads | None
) -> Iterator[StateChange]:
    """Yield a change of how loggers are made for each call of such a function."""
    for facts in graph.units() if installed is not None else ():
        for node in facts.nodes:
            name = names.of(facts, node.func) if isinstance(node, ast.Call) else None
            if name is None or "(" in name or is_stdlib(name) or not installed:
                continue
            module, _, function = name.rpartition(".")
            path = installed.file_of(module) if module else None
            if path is not None and function in _functions_with_table(path):
                loggers = surroundings().aspects["loggers"]
                line = getattr(node, "lineno", facts.unit.line)
                yield StateChange(loggers, f"{name}()", None, facts.unit, line)


@lru_cache(maxsize=256)
def _functions_with_table(path: str) -> frozenset[str]:
    """Return the functions of a file that asks for the table of loggers."""
    try:
        text = Path(path).read_bytes() if path.endswith(".py") else b""
    except OSError:
        return frozenset()
    if _TABLE not in text:
        return frozenset()
    return frozenset(each.decode() for each in re.findall(rb"^def (\w+)", text, re.MULTILINE))
