"""Code that somebody waits for until a deadline: what it makes first, it makes in that time."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.roots import Occasion, RunRoot, dotted_in
from importcost.deferral.source.reach.units import CodeUnit, NameMention, UnitFacts

_AWAITED = frozenset(
    ("asyncio.wait_for", "asyncio.wait", "asyncio.as_completed", "func_timeout.func_timeout")
)
"""Calls that wait for what an argument of theirs runs until a deadline."""
_SCOPES = frozenset(
    (
        "asyncio.timeout", "asyncio.timeout_at", "async_timeout.timeout",
        "async_timeout.timeout_at", "anyio.fail_after", "anyio.move_on_after", "trio.fail_after",
        "trio.move_on_after",
        "trio.fail_at", "trio.move_on_at", "stopit.ThreadingTimeout", "stopit.SignalTimeout",
    )
)  # fmt: skip
"""Context managers whose body has a deadline."""
_CLOCKS = frozenset(("time.time", "time.monotonic", "time.perf_counter", "time.monotonic_ns"))
_ALARMS = frozenset(("signal.alarm", "signal.setitimer"))
_WAITS = frozenset(("concurrent.futures.wait", "concurrent.futures.as_completed"))
_RESULTS = frozenset(("result", "exception"))
_OTHER_WAITS = frozenset(("join", "wait", "get", "map", "acquire", "imap", "next"))
_ASKS = frozenset(("done", "is_alive"))
_LIMITED = re.compile(r"timeout|time_limit|deadline", re.IGNORECASE)
_SECONDS = re.compile(r"timeout|budget|deadline|seconds|remaining|limit", re.IGNORECASE)

_LOGGER = re.compile(r"(\b|_)log(ger|ging)?$", re.IGNORECASE)
"""Objects whose `exception()` writes a message rather than waiting for a future."""

_Resolve = Callable[[UnitFacts, NameMention], Sequence[CodeUnit]]


def deadline_roots(
    graph: CallGraph, threads: Iterable[RunRoot], resolve: _Resolve
) -> Iterator[RunRoot]:
    """Yield the code that has a deadline; `threads` are what threads and pools run.

    If any own code waits for a thread or a task for a limited time, it may be for each of them.
    """
    pooled = list(threads)
    openers = set(_openers(graph))
    for facts in graph.units():
        if facts.parent is not None and openers and not openers.isdisjoint(_run_by(graph, facts)):
            yield RunRoot(facts.unit, Occasion.DEADLINE, facts.unit.module, facts.unit.line)
        for node in facts.nodes:
            for unit, line in _limited(graph, facts, node, resolve):
                yield RunRoot(unit, Occasion.DEADLINE, facts.unit.module, line)
            if isinstance(node, ast.Call) and _waits_for_threads(facts, node):
                for root in pooled:
                    yield RunRoot(root.unit, Occasion.DEADLINE, facts.unit.module, node.lineno)
        for decorator in facts.decorators:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if _LIMITED.search(ast.unparse(called)):
                yield RunRoot(facts.unit, Occasion.DEADLINE, facts.unit.module, decorator.lineno)


def _limited(
    graph: CallGraph, facts: UnitFacts, node: ast.AST, resolve: _Resolve
) -> Iterator[tuple[CodeUnit, int]]:
    """Yield the units that one node runs until a deadline, with the line."""
    if isinstance(node, ast.Call):
        name = dotted_in(facts, node.func)
        if name in _AWAITED and _is_limited(node, 1):
            last = node.end_lineno or node.lineno
            found = list(_mentioned(facts, node.lineno, last, resolve))
            yield from ((unit, node.lineno) for unit in found or _run_by(graph, facts))
        elif name in _CLOCKS and facts.parent is not None and _is_budget(facts, node):
            yield from ((unit, node.lineno) for unit in _run_by(graph, facts))
        elif name in _ALARMS and facts.parent is not None and _is_limited(node, 0):
            yield facts.unit, node.lineno
    elif isinstance(node, (ast.With, ast.AsyncWith)) and _opens_scope(facts, node):
        yield facts.unit, node.lineno


def _openers(graph: CallGraph) -> Iterator[CodeUnit]:
    """Yield the functions after which their callers have a deadline.

    They start an alarm and leave it running, or give way to the body of a `with` in the meantime.
    """
    for facts in graph.units():
        if facts.parent is None:
            continue
        starts = [
            node
            for node in facts.nodes
            if isinstance(node, ast.Call) and dotted_in(facts, node.func) in _ALARMS
        ]
        lasts = not any(_is_cancelled(node) for node in starts)
        yields = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(facts.node))
        if (starts and lasts) or (yields and (starts or _has_scope(facts))):
            yield facts.unit


def _is_cancelled(node: ast.Call) -> bool:
    """Return True for `alarm(0)` and `setitimer(which, 0)`."""
    last = node.args[-1] if node.args else None
    return isinstance(last, ast.Constant) and not last.value


def _has_scope(facts: UnitFacts) -> bool:
    """Return True if a unit has a `with` of a library whose body has a deadline."""
    return any(
        isinstance(node, (ast.With, ast.AsyncWith)) and _opens_scope(facts, node)
        for node in facts.nodes
    )


def _opens_scope(facts: UnitFacts, node: ast.With | ast.AsyncWith) -> bool:
    return facts.parent is not None and any(
        isinstance(item.context_expr, ast.Call)
        and dotted_in(facts, item.context_expr.func) in _SCOPES
        for item in node.items
    )


def _is_budget(facts: UnitFacts, clock: ast.Call) -> bool:
    """Return True if a loop's condition, or one in a loop, compares the clock."""
    for loop in ast.walk(facts.node):
        if not isinstance(loop, (ast.While, ast.For, ast.AsyncFor)):
            continue
        for node in ast.walk(loop):
            if isinstance(node, ast.Compare) and any(each is clock for each in ast.walk(node)):
                return True
    return False


def _mentioned(facts: UnitFacts, first: int, last: int, resolve: _Resolve) -> Iterator[CodeUnit]:
    for mention in facts.mentions:
        if first <= mention.line <= last:
            yield from resolve(facts, mention)


def _run_by(graph: CallGraph, facts: UnitFacts) -> list[CodeUnit]:
    """Return all that a unit may run: what it awaits is in a variable."""
    return graph.units_of(edge.target for edge in graph.edges.get(facts.unit, ()))


def _waits_for_threads(facts: UnitFacts, node: ast.Call) -> bool:
    """Return True if a call waits for a thread or task, or asks for it, for a limited time."""
    if dotted_in(facts, node.func) in _WAITS:
        return _is_limited(node, 1)
    if not isinstance(node.func, ast.Attribute):
        return False
    method = node.func.attr
    if method in _ASKS:
        return not node.args and not node.keywords
    if method in _RESULTS:
        return _is_limited(node, 0) and not _LOGGER.search(ast.unparse(node.func.value))
    if method not in _OTHER_WAITS:
        return False
    named = any(word.arg == "timeout" for word in node.keywords) and _is_limited(node, 9)
    if method in ("map", "imap"):
        return named
    # `requests.get(url, timeout=5)` is no wait for a thread: that takes no more than a flag.
    if named:
        return all(isinstance(each, ast.Constant) for each in node.args)
    return method in ("join", "wait") and len(node.args) == 1 and _are_seconds(node.args[0])


def _is_limited(node: ast.Call, position: int) -> bool:
    """Return True if a call is given a timeout, by name or at a position, that is not None or 0."""
    given = [word.value for word in node.keywords if word.arg in ("timeout", "seconds", "delay")]
    given += node.args[position : position + 1]
    return any(not (isinstance(each, ast.Constant) and not each.value) for each in given)


def _are_seconds(node: ast.expr) -> bool:
    """Return True for an argument of `join()` that is a time rather than texts to be joined."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float))
    return isinstance(node, ast.BinOp) or bool(_SECONDS.search(ast.unparse(node)))
