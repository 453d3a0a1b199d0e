"""Every path through a function: the names that each of them reads."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from importcost.deferral.source.certain.code import CodeFile, Frame, OwnCode
from importcost.deferral.source.names import (
    COMPREHENSIONS,
    FUNCTIONS,
    FunctionNode,
    attribute_chain,
    defaults,
    parameters,
)

CertainRead = tuple[str, str]
"""A module, and the dotted name that code of it reads there: `("app", "boto3.client")`."""
Reads = frozenset[CertainRead]

_NOTHING: Reads = frozenset()
_MOST_DEPTH = 40
_FAILURES = ("Exception", "BaseException", "ClientError", "BotoCoreError")


@dataclass(frozen=True, slots=True)
class Passed:
    """The reads of all paths that run on, that leave the function, and that leave a loop's pass.

    None if there is no such path. A path that raises, or handles any error at all, is none of them:
    its invocation fails.
    """

    on: Reads | None = None
    left: Reads | None = None
    jumped: Reads | None = None


def _both(first: Reads | None, second: Reads | None) -> Reads | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second


def _either(outcomes: Iterable[Passed]) -> Passed:
    found = Passed()
    for one in outcomes:
        found = Passed(
            _both(found.on, one.on), _both(found.left, one.left), _both(found.jumped, one.jumped)
        )
    return found


def _after(reads: Reads, outcome: Passed) -> Passed:
    """Return the outcome of paths that read `reads` before."""
    parts = (outcome.on, outcome.left, outcome.jumped)
    return Passed(*(None if part is None else part | reads for part in parts))


class CertainReads:
    """Finds what calling a function certainly reads, in it and in what it calls."""

    def __init__(self, code: OwnCode) -> None:
        self._code = code
        self._known: dict[ast.AST, Reads] = {}
        self._depth = 0

    def of(self, frame: Frame) -> Reads:
        """Return what every path through a function reads, its own decorators included."""
        wrapper = None if frame.is_bare else self._wrapper(frame)
        if wrapper is not None:
            return self.of(wrapper)
        key = frame.node
        plain = not frame.given and frame.outer is None and not frame.is_bare
        if plain and key in self._known:
            return self._known[key]
        if self._depth > _MOST_DEPTH or _yields(frame.node):
            return _NOTHING
        if plain:
            self._known[key] = _NOTHING  # a recursive call adds nothing
        self._depth += 1
        walk = _Walk(self, self._code, frame)
        outcome = walk.suite(frame.node.body)
        self._depth -= 1
        found = _both(outcome.on, outcome.left) or _NOTHING
        if plain:
            self._known[key] = found
        return found

    def _wrapper(self, frame: Frame) -> Frame | None:
        """Return the function that an own decorator puts in the place of this one.

        A decorator of a package is taken to call what it decorates.
        """
        if frame.outer is not None or frame.given:
            return None
        current = replace(frame, is_bare=True)
        for decorator in reversed(frame.node.decorator_list):
            if isinstance(decorator, ast.Call):
                factory = self._code.called(decorator.func, frame)
                maker = _returned(factory) if factory else None
            else:
                maker = self._code.called(decorator, frame)
            inner = _returned(maker) if maker else None
            if maker is None or inner is None:
                continue
            arguments = parameters(maker.node.args)
            given = {arguments[0].arg: current} if arguments else {}
            decorating = Frame(maker.file, maker.node, maker.owner, maker.outer, given)
            current = Frame(inner.file, inner.node, None, decorating, is_bare=True)
        return None if current.node is frame.node else current


def _returned(frame: Frame) -> Frame | None:
    """Return the inner function that a decorator returns."""
    last = frame.node.body[-1]
    value = last.value if isinstance(last, ast.Return) else None
    while isinstance(value, ast.Call) and value.args:  # functools.wraps(f)(inner)
        value = value.args[0]
    if not isinstance(value, ast.Name):
        return None
    for statement in frame.node.body:
        if isinstance(statement, FUNCTIONS) and statement.name == value.id:
            return Frame(frame.file, statement, None, frame)
    return None


def _yields(function: FunctionNode) -> bool:
    """Return True if a call of a function only makes a generator."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            pending.extend(ast.iter_child_nodes(node))
    return False


class _Walk:
    """Goes through one function's statements."""

    def __init__(self, certain: CertainReads, code: OwnCode, frame: Frame) -> None:
        self._certain = certain
        self._code = code
        self._frame = frame
        self._locals = frame.locals()

    def suite(self, statements: Sequence[ast.stmt]) -> Passed:
        """Return the outcome of running statements one after another."""
        reads = _NOTHING
        left: Reads | None = None
        jumped: Reads | None = None
        for statement in statements:
            outcome = _after(reads, self._statement(statement))
            left, jumped = _both(left, outcome.left), _both(jumped, outcome.jumped)
            if outcome.on is None:
                return Passed(None, left, jumped)
            reads = outcome.on
        return Passed(reads, left, jumped)

    def _statement(self, node: ast.stmt) -> Passed:
        name = type(node).__name__.lower().removeprefix("async").replace("trystar", "try")
        visit: Callable[[ast.stmt], Passed] = getattr(self, f"_on_{name}", self._plain)
        return visit(node)

    def _plain(self, node: ast.stmt) -> Passed:
        return Passed(on=self._all(ast.iter_child_nodes(node)))

    def _on_return(self, node: ast.Return) -> Passed:
        return Passed(left=self._value(node.value))

    def _on_raise(self, _: ast.Raise) -> Passed:
        return Passed()

    def _on_break(self, _: ast.Break) -> Passed:
        return Passed(jumped=_NOTHING)

    def _on_continue(self, _: ast.Continue) -> Passed:
        return Passed(jumped=_NOTHING)

    def _on_functiondef(self, node: FunctionNode) -> Passed:
        return Passed(on=self._all((*node.decorator_list, *defaults(node.args))))

    def _on_classdef(self, node: ast.ClassDef) -> Passed:
        return Passed(on=self._all((*node.decorator_list, *node.bases)))

    def _on_annassign(self, node: ast.AnnAssign) -> Passed:
        return Passed(on=self._all((node.target, node.value)))

    def _on_if(self, node: ast.If) -> Passed:
        branches = _either((self.suite(node.body), self.suite(node.orelse)))
        return _after(self._value(node.test), branches)

    def _on_match(self, node: ast.Match) -> Passed:
        last = node.cases[-1]
        open_end = last.guard is not None or not (
            isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        )
        branches = [self.suite(case.body) for case in node.cases]
        branches += [Passed(on=_NOTHING)] if open_end else []
        return _after(self._value(node.subject), _either(branches))

    def _on_while(self, node: ast.While) -> Passed:
        return self._loop(node, self._value(node.test), runs=_is_true(node.test))

    def _on_for(self, node: ast.For | ast.AsyncFor) -> Passed:
        return self._loop(node, self._value(node.iter), runs=self._is_a_batch(node.iter))

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, head: Reads, *, runs: bool) -> Passed:
        """Return the outcome of a loop; `runs` is True if it makes one pass at least."""
        body = self.suite(node.body)
        once = Passed(_both(body.on, body.jumped), body.left)
        if not runs:
            once = _either((once, Passed(on=_NOTHING)))
        if once.on is None:
            return _after(head, once)
        rest = _after(once.on, self.suite(node.orelse))
        return _after(head, _either((Passed(left=once.left), rest)))

    def _is_a_batch(self, node: ast.expr) -> bool:
        """Return True for `event["Records"]`: Lambda calls no function with an empty batch."""
        return (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and node.value.id in [argument.arg for argument in parameters(self._frame.node.args)]
            and isinstance(node.slice, ast.Constant)
            and node.slice.value == "Records"
        )

    def _on_with(self, node: ast.With | ast.AsyncWith) -> Passed:
        heads = self._all(item.context_expr for item in node.items)
        body = self.suite(node.body)
        if any(_suppresses(item.context_expr) for item in node.items):
            body = _either((body, Passed(on=self._start(node.body))))
        return _after(heads, body)

    def _on_try(self, node: ast.Try) -> Passed:
        whole = self.suite(node.body)
        if whole.on is not None:
            rest = _after(whole.on, self.suite(node.orelse))
            whole = _either((Passed(None, whole.left, whole.jumped), rest))
        handled = [one.body for one in node.handlers if not _catches_all(one)]
        failed = [_after(self._start(node.body), self.suite(body)) for body in handled]
        outcome = _either((whole, *failed))
        last = self.suite(node.finalbody)
        if last.on is None:
            return last
        return _either((_after(last.on, outcome), Passed(None, last.left, last.jumped)))

    def _start(self, suite: Sequence[ast.stmt]) -> Reads:
        """Return what a suite reads before anything in it can fail."""
        first = suite[0]
        if isinstance(first, ast.Expr | ast.Assign | ast.Return | ast.AnnAssign):
            value = first.value
            while isinstance(value, ast.Await | ast.Call | ast.Attribute):
                chain = attribute_chain(value)
                if chain:
                    return self._name(chain)
                value = value.func if isinstance(value, ast.Call) else value.value
            return self._value(value) if isinstance(value, ast.Name) else _NOTHING
        return _NOTHING

    def _all(self, nodes: Iterable[ast.AST | None]) -> Reads:
        return _NOTHING.union(*(self._value(node) for node in nodes))

    def _value(self, node: ast.AST | None) -> Reads:
        """Return what evaluating an expression certainly reads."""
        if node is None or isinstance(node, ast.Lambda):
            return _NOTHING
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            return _NOTHING
        if isinstance(node, ast.Name | ast.Attribute):
            chain = attribute_chain(node)
            return self._name(chain) if chain else self._all(ast.iter_child_nodes(node))
        if isinstance(node, ast.Call):
            return self._call(node, driven=False)
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
            return self._call(node.value, driven=True)
        return self._all(self._evaluated(node)) | self._branches(node)

    def _evaluated(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the parts of an expression that are evaluated in any case."""
        if isinstance(node, ast.IfExp):
            yield node.test
        elif isinstance(node, ast.BoolOp):
            yield node.values[0]
        elif isinstance(node, ast.Compare):
            yield from (node.left, node.comparators[0])
        elif isinstance(node, COMPREHENSIONS):
            yield node.generators[0].iter
        else:
            yield from ast.iter_child_nodes(node)

    def _branches(self, node: ast.AST) -> Reads:
        if isinstance(node, ast.IfExp):
            return self._value(node.body) & self._value(node.orelse)
        return _NOTHING

    def _name(self, chain: tuple[str, ...]) -> Reads:
        if chain[0] in self._locals:
            return _NOTHING
        file = self._frame.file
        own = {(file.module, ".".join(chain[:size])) for size in range(1, len(chain) + 1)}
        return frozenset(own | {(file.module, name) for name in _made_from(file, chain[0])})

    def _call(self, node: ast.Call, *, driven: bool) -> Reads:
        """Return what a call reads: of a coroutine only if something is given it or awaits it."""
        found = self._value(node.func)
        for argument in (*node.args, *(word.value for word in node.keywords)):
            if isinstance(argument, ast.Call):
                found |= self._call(argument, driven=True)
            else:
                found |= self._value(argument)
        target = self._code.called(node.func, self._frame)
        if target is None or (isinstance(target.node, ast.AsyncFunctionDef) and not driven):
            return found
        return found | self._certain.of(target)


def _made_from(file: CodeFile, name: str) -> set[str]:
    """Return the names that a getter of a module-level object reads, directly or through others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        value = file.values.get(waiting.pop())
        for node in ast.walk(value) if value is not None else ():
            chain = attribute_chain(node) if isinstance(node, ast.Name | ast.Attribute) else ()
            for size in range(1, len(chain) + 1):
                read = ".".join(chain[:size])
                if read not in found:
                    found.add(read)
                    waiting.append(read)
    return found


def _catches_all(handler: ast.ExceptHandler) -> bool:
    """Return True if a handler is for an invocation that fails, whatever the error is."""
    chain = attribute_chain(handler.type) if handler.type else ("Exception",)
    return bool(chain) and chain[-1] in _FAILURES


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _suppresses(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    chain = attribute_chain(called)
    return bool(chain) and chain[-1] in ("suppress", "ExitStack", "AsyncExitStack", "raises")
