"""Functions of a file that run while the file is imported, and the calls that reach them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from importcost.deferral.source.facts import Facts, Occurrence
from importcost.deferral.source.model import UseKind
from importcost.deferral.source.names import FunctionNode

_CONSTRUCTORS = ("__init__", "__new__", "__post_init__")
_CALLS = ("callee", "decorator", "harmless")


@dataclass(frozen=True, slots=True)
class InitCall:
    """A call at module level: the top-level statement's index, its line, what it calls."""

    statement: int
    line: int
    name: str


def run_during_init(
    facts: Facts, occurrences: Iterable[Occurrence], imported: frozenset[str]
) -> Mapping[int, tuple[InitCall, ...]]:
    """Return the module-level calls that reach each function, by the function's id().

    Methods are matched by name alone. Calls of an imported name, and calls under `if __name__ ==
    "__main__"`, reach nothing here.
    """
    started: dict[InitCall, list[FunctionNode]] = {}
    edges: dict[int, list[FunctionNode]] = {}
    for call, function, reached in _calls(facts, occurrences, imported):
        if function is None:
            started.setdefault(call, []).extend(reached)
        else:
            edges.setdefault(id(function), []).extend(reached)
    found: dict[int, dict[InitCall, None]] = {}
    for call, reached in started.items():
        stack = list(reached)
        seen: set[int] = set()
        while stack:
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            found.setdefault(id(node), {})[call] = None
            stack.extend(edges.get(id(node), ()))
    return {key: tuple(calls) for key, calls in found.items()}


def _calls(
    facts: Facts, occurrences: Iterable[Occurrence], imported: frozenset[str]
) -> Iterator[tuple[InitCall, FunctionNode | None, list[FunctionNode]]]:
    """Yield each call that reaches a function of this file, with that function."""
    for item in occurrences:
        if item.main_only or item.role not in _CALLS or item.chain:
            continue
        if item.kind not in (UseKind.MODULE, UseKind.FUNCTION):
            continue
        reached = _named(facts, item.name)
        if reached:
            yield InitCall(item.statement, item.line, item.name), item.function, reached
    for method in facts.method_calls:
        if method.main_only or method.kind not in (UseKind.MODULE, UseKind.FUNCTION):
            continue
        if method.root in imported or method.root == "<local>":
            continue
        reached = facts.methods.get(method.attribute, [])
        if reached:
            call = InitCall(method.statement, method.line, method.attribute)
            yield call, method.function, list(reached)


def _named(facts: Facts, name: str) -> list[FunctionNode]:
    """Return what calling this name runs: the function, or the class's constructors."""
    if name in facts.functions:
        return [facts.functions[name]]
    found: list[FunctionNode] = []
    stack, seen = [name], set[str]()
    while stack:
        node = facts.classes.get(stack.pop())
        if node is None or node.name in seen:
            continue
        seen.add(node.name)
        inside = {id(child) for child in node.body}
        for method in _CONSTRUCTORS:
            found += [item for item in facts.methods.get(method, ()) if id(item) in inside]
        stack += [base.id for base in node.bases if isinstance(base, ast.Name)]
    return found
