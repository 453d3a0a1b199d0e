"""Own modules that do nothing but define names when they are imported: only those may move.

What another body does may depend on its moment in ways that no table lists: it looks at what
exists, counts, takes its turn, or tells others. The imports in it can still be deferred there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from importcost.deferral.source.own_state.makers import sets_only
from importcost.deferral.source.own_state.plain_calls import PlainCalls
from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.units import FileCode
from importcost.deferral.source.surroundings.full_names import FullNames

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NOTHING = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal)


class BodyDoes(NamedTuple):
    """A statement of an own module's body that does more than define a name."""

    module: str
    line: int
    what: str


class PlainBodies:
    """Judges the bodies of the function's own modules, each once."""

    def __init__(self, graph: CallGraph, names: FullNames) -> None:
        self._graph = graph
        self._names = names
        self._calls = PlainCalls(graph, names)
        self._known: dict[str, BodyDoes | None] = {}

    def of_import(self, module: str) -> BodyDoes | None:
        """Return the first statement that does more, of a module or of own ones that it loads."""
        if module not in self._known:
            self._known[module] = None  # for circular imports
            code = self._graph.files.get(module)
            self._known[module] = self._first(code) if code is not None else None
        return self._known[module]

    def _first(self, code: FileCode) -> BodyDoes | None:
        tree = code.body.node
        body = tree.body if isinstance(tree, ast.Module) else []
        for node, what in self._beyond(body, code):
            return BodyDoes(code.module, node.lineno, what)
        for loaded in sorted(code.body.loads):
            found = self.of_import(loaded)
            if found is not None:
                return found
        return None

    def _beyond(self, body: Sequence[ast.stmt], code: FileCode) -> Iterator[tuple[ast.stmt, str]]:
        """Yield the statements of a body that do more than define a name, with what they do."""
        for node in body:
            if isinstance(node, _NOTHING) or _is_main(node):
                continue
            if isinstance(node, ast.If):
                yield from self._value(node, node.test, code)
                yield from self._beyond([*node.body, *node.orelse], code)
            elif isinstance(node, ast.Try):
                handled = [each for handler in node.handlers for each in handler.body]
                parts = [*node.body, *handled, *node.orelse, *node.finalbody]
                yield from self._beyond(parts, code)
            elif isinstance(node, (*_DEFINITIONS, ast.ClassDef)):
                yield from self._definition(node, code)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                yield from self._assignment(node, code)
            elif isinstance(node, ast.Expr):
                yield from self._expression(node, code)
            elif not isinstance(node, ast.Raise):
                yield node, "does more than define names"

    def _definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, code: FileCode
    ) -> Iterator[tuple[ast.stmt, str]]:
        for decorator in node.decorator_list:
            func = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = self._names.of(code.body, func)
            if self._calls.is_own(name):
                yield node, f"is decorated by {ast.unparse(func)}, which runs then"
        if isinstance(node, ast.ClassDef):
            for keyword in node.keywords:
                name = self._names.of(code.body, keyword.value)
                if keyword.arg == "metaclass" and self._calls.is_own(name):
                    yield node, f"is made by {ast.unparse(keyword.value)}, which runs then"
            yield from self._beyond(node.body, code)
            return
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                yield from self._value(node, default, code)

    def _assignment(
        self, node: ast.Assign | ast.AnnAssign, code: FileCode
    ) -> Iterator[tuple[ast.stmt, str]]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute):
                yield node, f"sets {ast.unparse(target)}"
        if node.value is not None:
            yield from self._value(node, node.value, code)

    def _expression(self, node: ast.Expr, code: FileCode) -> Iterator[tuple[ast.stmt, str]]:
        value = node.value
        if isinstance(value, ast.Constant):
            return
        if isinstance(value, ast.Call) and sets_only(value):
            for part in (*value.args, *(one.value for one in value.keywords)):
                yield from self._value(node, part, code)
            return
        yield node, f"runs {ast.unparse(value)[:60]}"

    def _value(
        self, node: ast.stmt, value: ast.expr, code: FileCode
    ) -> Iterator[tuple[ast.stmt, str]]:
        call = self._calls.other_call(code.body, value, in_body=True)
        if call is not None:
            yield node, f"calls {ast.unparse(call.func)[:60]}()"


def _is_main(node: ast.stmt) -> bool:
    """Return True for `if __name__ == "__main__":`, which does not run on import."""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
