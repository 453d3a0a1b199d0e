"""Every use of every variable of the function's own files, with the expressions around it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from importcost.deferral.source.imports import absolute_name, loaded_by
from importcost.deferral.source.names import (
    COMPREHENSIONS,
    FUNCTIONS,
    bound_in,
    defaults,
    parameters,
)
from importcost.deferral.source.reach.graph import CallGraph
from importcost.deferral.source.reach.scan import is_main_guard
from importcost.deferral.source.reach.units import FileCode, UnitFacts

_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Variable:
    """A name of a module, or of a function's scope (`scope` is its node's identity)."""

    module: str
    name: str
    scope: int | None = None


@dataclass(frozen=True, slots=True)
class VariableUse:
    """An expression that reads a variable, in the unit of code that runs it."""

    node: ast.expr
    facts: UnitFacts


@dataclass(slots=True)
class Uses:
    """The uses of variables, and of own modules as values, in all files.

    `around` is the node around each node, by identity.
    """

    of: dict[Variable, list[VariableUse]] = field(default_factory=dict)
    modules: dict[str, list[VariableUse]] = field(default_factory=dict)
    around: dict[int, ast.AST] = field(default_factory=dict)
    attributes: dict[str, list[VariableUse]] = field(default_factory=dict)
    """The attributes that are read, by name."""
    names: dict[int, Variable] = field(default_factory=dict)
    """The variable that each name stands for, by the identity of its node."""
    in_class: set[int] = field(default_factory=set)
    """The names that a class body binds, by identity."""


@dataclass(slots=True)
class _Scope:
    node: ast.AST
    names: set[str]
    parent: _Scope | None
    facts: UnitFacts
    globals: set[str] = field(default_factory=set)

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)


def uses_of(graph: CallGraph) -> Uses:
    """Find the uses of all variables of a graph's files."""
    found = Uses()
    places = frozenset(each for module in graph.files for each in loaded_by(module))
    for code in graph.files.values():
        _FileWalk(graph, code, found, places).run()
    return found


class _FileWalk:
    """Visits each node of a file once, with the scope that its names come from."""

    def __init__(
        self, graph: CallGraph, code: FileCode, uses: Uses, places: frozenset[str]
    ) -> None:
        """Prepare to read a file; `places` are the own modules and the packages above them."""
        self._graph = graph
        self._code = code
        self._uses = uses
        self._places = places
        self._stars = list(star_modules(code))
        self._facts = {id(facts.node): facts for facts in code.units.values()}

    def run(self) -> None:
        """Visit the whole file."""
        body = self._code.body
        scope = _Scope(body.node, body.bound | set(body.targets), None, body)
        for statement in body.node.body if isinstance(body.node, ast.Module) else ():
            self._visit(statement, body.node, scope)

    def _visit(self, node: ast.AST, parent: ast.AST, scope: _Scope) -> None:
        self._uses.around[id(node)] = parent
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            self._function(node, scope)
        elif isinstance(node, ast.ClassDef):
            self._class(node, scope)
        elif isinstance(node, COMPREHENSIONS):
            self._comprehension(node, scope)
        elif isinstance(node, ast.If) and is_main_guard(node.test):
            self._all(node.orelse, node, scope)
        elif isinstance(node, ast.AnnAssign):
            self._all([node.target, *([node.value] if node.value else [])], node, scope)
        elif isinstance(node, ast.Name):
            self._name(node, scope)
        else:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                use = VariableUse(node, scope.facts)
                self._uses.attributes.setdefault(node.attr, []).append(use)
            self._all(ast.iter_child_nodes(node), node, scope)

    def _all(self, nodes: Iterable[ast.AST], parent: ast.AST, scope: _Scope) -> None:
        for node in nodes:
            self._visit(node, parent, scope)

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: _Scope
    ) -> None:
        self._uses.around[id(node.args)] = node
        self._all(defaults(node.args), node.args, scope)
        if not isinstance(node, ast.Lambda):
            self._all(node.decorator_list, node, scope)
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
        bound = bound_in(body)
        names = (bound.names - bound.nonlocal_) | {one.arg for one in parameters(node.args)}
        facts = self._facts.get(id(node), scope.facts)
        self._all(body, node, _Scope(node, names, scope, facts, bound.global_))

    def _class(self, node: ast.ClassDef, scope: _Scope) -> None:
        around = [*node.decorator_list, *node.bases, *(word.value for word in node.keywords)]
        self._all(around, node, scope)
        bound = bound_in(node.body)
        inner = _Scope(node, bound.names, scope, scope.facts, bound.global_)
        self._all(node.body, node, inner)

    def _comprehension(self, node: ast.AST, scope: _Scope) -> None:
        generators = getattr(node, "generators", [])
        parts = (part for each in generators for part in ast.walk(each.target))
        names = {part.id for part in parts if isinstance(part, ast.Name)}
        inner = _Scope(node, names, scope, scope.facts)
        for number, each in enumerate(generators):
            self._uses.around[id(each)] = node
            self._visit(each.iter, each, inner if number else scope)
            self._all([each.target, *each.ifs], each, inner)
        rest = [child for child in ast.iter_child_nodes(node) if child not in generators]
        self._all(rest, node, inner)

    def _name(self, node: ast.Name, scope: _Scope) -> None:
        home = self._home(node.id, scope)
        if home is not None and home.is_class:
            self._uses.in_class.add(id(node))
        dotted = self._imported(node.id, home)
        if dotted is not None:
            self._chain(node, dotted, scope.facts)
            return
        if home is None or home.parent is None:
            variable = self._of_module(node.id)
        else:
            variable = Variable(self._code.module, node.id, id(home.node))
        if variable is not None:
            self._record(variable, node, scope.facts)

    def _home(self, name: str, scope: _Scope) -> _Scope | None:
        """Return the scope that binds a name, None if none does."""
        here: _Scope | None = scope
        while here is not None:
            if name in here.globals:
                break
            if name in here.names and (here is scope or not here.is_class):
                return here
            here = here.parent
        while scope.parent is not None:
            scope = scope.parent
        return scope if name in scope.names or here is not None else None

    def _imported(self, name: str, home: _Scope | None) -> str | None:
        """Return the dotted name that an import binds to a name."""
        if home is None or isinstance(home.node, (ast.ClassDef, *COMPREHENSIONS)):
            return None
        return home.facts.targets.get(name)

    def _of_module(self, name: str) -> Variable | None:
        """Return the variable of a module-level name: this file's, or a star import's."""
        body = self._code.body
        if name in body.bound:
            return Variable(self._code.module, name)
        for module in self._stars:
            known = self._graph.files.get(module)
            if known is not None and name in known.body.bound:
                return defined(self._graph, module, name)
        return None

    def _chain(self, node: ast.expr, dotted: str, facts: UnitFacts) -> None:
        """Record the use of an own module's variable at the start of an attribute chain.

        The nodes around the name were visited before it.
        """
        files = self._graph.files
        while dotted in self._places:
            parent = self._uses.around.get(id(node))
            if not isinstance(parent, ast.Attribute):
                if dotted in files:
                    self._uses.modules.setdefault(dotted, []).append(VariableUse(node, facts))
                return
            node, dotted = parent, f"{dotted}.{parent.attr}"
        variable = variable_of(self._graph, dotted)
        if variable is not None:
            self._record(variable, node, facts)

    def _record(self, variable: Variable, node: ast.expr, facts: UnitFacts) -> None:
        self._uses.names[id(node)] = variable
        parent = self._uses.around.get(id(node))
        is_in_place = isinstance(parent, ast.AugAssign) and parent.target is node
        if isinstance(getattr(node, "ctx", None), ast.Load) or is_in_place:
            self._uses.of.setdefault(variable, []).append(VariableUse(node, facts))


def star_modules(code: FileCode) -> Iterator[str]:
    """Yield the modules from which a file imports every name: only outside of functions."""
    queue: list[ast.AST] = [code.body.node]
    for node in queue:  # grows while it is read
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield absolute_name(node, code.package)
        if isinstance(node, (ast.mod, ast.If, ast.Try, ast.ExceptHandler, ast.With)):
            queue += ast.iter_child_nodes(node)


def variable_of(graph: CallGraph, dotted: str) -> Variable | None:
    """Return the variable of an own module that a dotted name starts with, None for another."""
    parts = dotted.split(".")
    for size in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:size])
        if module in graph.files:
            return defined(graph, module, parts[size])
    return None


def defined(graph: CallGraph, module: str, name: str, depth: int = 0) -> Variable:
    """Return the variable behind a name of a module: imports are followed to where it is made."""
    body = graph.files[module].body
    dotted = body.targets.get(name)
    if dotted is not None and depth < _DEPTH:
        whole, _, last = dotted.rpartition(".")
        if whole in graph.files and dotted not in graph.files:
            return defined(graph, whole, last, depth + 1)
    if dotted is None and name not in body.bound and depth < _DEPTH:
        for other in star_modules(graph.files[module]):
            known = graph.files.get(other)
            if known is not None and (name in known.body.bound or name in known.body.targets):
                return defined(graph, other, name, depth + 1)
    return Variable(module, name)
