"""Code that notices how deep the stack is: a first use of moved code needs more of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from importcost.deferral.source.names import attribute_chain
from importcost.deferral.source.reach.units import CodeUnit, FileCode

_NOTICES = frozenset(("RecursionError", "StackOverflow"))


def notices_depth(code: FileCode) -> Iterator[tuple[CodeUnit, int]]:
    """Yield each function of a file that catches a stack which is too deep, with the line."""
    for node in ast.walk(code.body.node):
        if not isinstance(node, ast.ExceptHandler) or node.type is None:
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        if any(name in _NOTICES for each in caught for name in attribute_chain(each)[-1:]):
            yield _around(code, node.lineno), node.lineno


def _around(code: FileCode, line: int) -> CodeUnit:
    """Return the innermost function around a line, the module's body if there is none."""
    found = code.body.unit
    for unit, facts in code.units.items():
        last = getattr(facts.node, "end_lineno", None)
        if unit.name and last and unit.line <= line <= last and unit.line >= found.line:
            found = unit
    return found
