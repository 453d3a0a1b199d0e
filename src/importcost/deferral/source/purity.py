"""Decide whether a value must be computed at import: its calls change state or read the clock."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from importcost.deferral.source.facts import Occurrence
from importcost.deferral.source.model import UseKind
from importcost.deferral.source.names import FunctionNode
from importcost.deferral.source.surroundings.moments import is_moment
from importcost.deferral.source.view import Reason, View


def changes_module(view: View, reads: Iterable[Occurrence], line: int) -> Reason | None:
    """Return the reason why a value that calls functions of this file cannot be computed later."""
    reached = [
        node
        for node in _functions(view)
        if any(_from(call.statement, reads) for call in view.init_calls.get(id(node), ()))
    ]
    ids = {id(node) for node in reached}
    for node in reached:
        reason = _impure(view, node, line)
        if reason:
            return reason
    for name, changes in view.facts.mutated.items():
        for change in changes:
            if change.kind is UseKind.FUNCTION and id(change.function) in ids:
                return (
                    f"a function that line {line} calls changes {name} at line {change.line}",
                    change.line,
                )
    return None


def _impure(view: View, node: FunctionNode, line: int) -> Reason | None:
    for child in ast.walk(node):
        if isinstance(child, ast.Global):
            return f"{node.name}(), which line {line} calls, sets a global name", child.lineno
        if isinstance(child, ast.Call):
            dotted = view.dotted(child.func)
            if dotted is not None and is_moment(dotted):
                text = f"{node.name}(), which line {line} calls, depends on when {dotted}() runs"
                return text, child.lineno
    return None


def _functions(view: View) -> list[FunctionNode]:
    methods = [node for nodes in view.facts.methods.values() for node in nodes]
    return [*view.facts.functions.values(), *methods]


def _from(statement: int, reads: Iterable[Occurrence]) -> bool:
    return any(read.statement == statement for read in reads)
