"""Choose the place of an import in a function, so that only paths that use it pay for it.

A use is covered if an import comes before it in its own suite or in one around it. That holds by
construction. Every suite with a use either gets the import before the first statement from which
each path uses it, or the statements with uses before that are branches (`if`, `match`), treated
alike.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from importcost.deferral.rewrite.tree import Tree, is_docstring
from importcost.deferral.source.names import FunctionNode

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Point:
    """A place directly before the first statement of `suite`, which may be the rest of a block.

    `names` are those that the import has to bind there. `heads` is True at a block's start.
    """

    suite: Sequence[ast.stmt]
    names: frozenset[str]
    heads: bool


class _Outcome(Enum):
    """The ways that paths through statements end."""

    USED = "each path reaches a use"
    LEFT = "one leaves the function without a use"
    OPEN = "one runs on after the statements without a use"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names to import in a function; `elsewhere` are offsets of their uses to ignore."""

    names: frozenset[str]
    elsewhere: frozenset[int] = frozenset()


def points(tree: Tree, function: FunctionNode, wanted: Wanted) -> list[Point]:
    """Return the places of the wanted names' imports, in source order.

    Names in scopes of their own count as uses, too: an unneeded import does no harm. If no use is
    found the import goes to the head of the function.
    """
    finder = _Finder(tree, wanted)
    found = list(finder.points(function.body))
    if found:
        return found
    documented = is_docstring(function.body[0]) and len(function.body) > 1
    return [Point(function.body[documented:], wanted.names, heads=True)]


class _Finder:
    """Finds the uses of some names, statement by statement."""

    def __init__(self, tree: Tree, wanted: Wanted) -> None:
        self._tree = tree
        self._wanted = wanted
        self._known: dict[int, frozenset[str]] = {}

    def points(self, suite: Sequence[ast.stmt]) -> Iterator[Point]:
        """Yield the places of the imports that cover all uses in a suite."""
        for index, statement in enumerate(suite):
            if not self._used(statement):
                continue
            rest = suite[index:]
            if self._outcome(rest) is _Outcome.USED:
                names = frozenset().union(*(self._used(item) for item in rest))
                # Its usual place is the start of the block, unless that is left before the use.
                head = int(is_docstring(suite[0]))
                start = index if any(_leaves(item) for item in suite[head:index]) else head
                yield Point(suite[start:], names, heads=start == 0)
                return
            for branch in self._branches(statement) or ():
                yield from self.points(branch)

    def _outcome(self, suite: Sequence[ast.stmt]) -> _Outcome:
        for statement in suite:
            outcome = self._outcome_of(statement)
            if outcome is not _Outcome.OPEN:
                return outcome
        return _Outcome.OPEN

    def _outcome_of(self, statement: ast.stmt) -> _Outcome:
        branches = self._branches(statement)
        if branches is None:
            if self._used(statement):
                return _Outcome.USED
            return _Outcome.LEFT if _leaves(statement) else _Outcome.OPEN
        outcomes = {self._outcome(branch) for branch in branches}
        if _Outcome.LEFT in outcomes:
            return _Outcome.LEFT
        return _Outcome.OPEN if _Outcome.OPEN in outcomes else _Outcome.USED

    def _branches(self, statement: ast.stmt) -> list[list[ast.stmt]] | None:
        """Return the suites of which one runs, or None if an import may not go into them.

        An empty suite represents a missing `else`. The body of a `try` is a branch, too, unless its
        handlers name failing imports. A use in a condition, of any `elif` or `case` too, counts as
        a use of the whole statement.
        """
        conditions: list[ast.AST] = []
        branches: list[list[ast.stmt]] = []
        if isinstance(statement, ast.If):
            link = statement
            while True:
                conditions.append(link.test)
                branches.append(link.body)
                following = link.orelse[0] if link.orelse else None
                if not isinstance(following, ast.If) or not self._is_elif(following):
                    break
                link = following
            branches.append(link.orelse)
        elif isinstance(statement, ast.Match):
            conditions.append(statement.subject)
            for case in statement.cases:
                conditions += [case.pattern, *([case.guard] if case.guard else [])]
                branches.append(case.body)
            if not _catches_all(statement.cases[-1]):
                branches.append([])
        elif isinstance(statement, ast.Try):
            # A handler whose whole body is one `try` is common on Lambda.
            if any(_catches_import_errors(handler) for handler in statement.handlers):
                return None
            conditions += [*statement.handlers, *statement.orelse, *statement.finalbody]
            branches.append(statement.body)
        else:
            return None
        return None if any(self._used(node) for node in conditions) else branches

    def _is_elif(self, statement: ast.If) -> bool:
        return self._tree.text.startswith("elif", self._tree.start(statement))

    def _used(self, node: ast.AST) -> frozenset[str]:
        """Return the wanted names that are used anywhere in a node."""
        if id(node) not in self._known:
            self._known[id(node)] = frozenset(self._names_in(node))
        return self._known[id(node)]

    def _names_in(self, root: ast.AST) -> Iterator[str]:
        pending = [(root, False)]
        while pending:
            node, in_string = pending.pop()
            # Within an f-string a name has no exact place before Python 3.12.
            in_string = in_string or isinstance(node, ast.JoinedStr)
            if not isinstance(node, ast.Name):
                pending.extend((child, in_string) for child in ast.iter_child_nodes(node))
            elif in_string or self._tree.span(node).start not in self._wanted.elsewhere:
                yield from _meant(node.id, self._wanted.names)


def _meant(name: str, wanted: Collection[str]) -> Iterator[str]:
    """Yield the wanted names that `name` stands for; classes mangle `__name`."""
    if name in wanted:
        yield name
    elif name.startswith("__"):
        yield from (each for each in wanted if each.endswith(name))


def _leaves(statement: ast.stmt) -> bool:
    """Return True if running a statement may end the function."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return | ast.Raise):
            return True
        if not isinstance(node, _SCOPES):
            pending.extend(ast.iter_child_nodes(node))
    return False


def _catches_all(case: ast.match_case) -> bool:
    pattern = case.pattern
    return case.guard is None and isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    """Return True if a handler names import errors, which the moved import would now raise."""
    named = ast.walk(handler.type) if handler.type is not None else ()
    return any(
        isinstance(node, ast.Name) and node.id in ("ImportError", "ModuleNotFoundError")
        for node in named
    )
