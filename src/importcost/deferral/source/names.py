"""Names that a block binds, and the scope that a name in a nested scope comes from."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Origin(Enum):
    """The scope from which a name is read."""

    MODULE = "module"
    LOCAL = "local"
    CLASS_OR_MODULE = "class or module"
    """Bound in the class body that reads it: local if already set, else the module's."""


def dotted_name(node: ast.expr, targets: Mapping[str, str]) -> str | None:
    """Return the dotted name of an expression, or None.

    `targets` maps the names that a file's imports bind: `{"np": "numpy"}` makes `np.array`
    numpy.array.
    """
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join((targets.get(node.id, node.id), *reversed(names)))


@dataclass(slots=True)
class Bound:
    """The names that a block binds, declares global and declares nonlocal."""

    names: set[str] = field(default_factory=set)
    global_: set[str] = field(default_factory=set)
    nonlocal_: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Scope:
    """A module, class or function scope; comprehensions and lambdas count as functions."""

    kind: str
    bound: Bound
    parent: Scope | None = None
    private: str | None = None
    """The innermost class's name, used to mangle `__names`."""

    def origin(self, name: str) -> Origin:
        """Return the origin of `name` when it is read in this scope."""
        name = mangled(name, self.private)
        scope: Scope | None = self
        while scope is not None and scope.kind != "module":
            if name in scope.bound.global_:
                return Origin.MODULE
            if name in scope.bound.names and name not in scope.bound.nonlocal_:
                if scope.kind == "function":
                    return Origin.LOCAL
                if scope is self:
                    return Origin.CLASS_OR_MODULE
            scope = scope.parent
        return Origin.MODULE


def mangled(name: str, private: str | None) -> str:
    """Return the name that Python uses for `__name` inside a class."""
    if private and name.startswith("__") and not name.endswith("__") and "." not in name:
        stripped = private.lstrip("_")
        return f"_{stripped}{name}" if stripped else name
    return name


def bound_in(nodes: Iterable[ast.AST], private: str | None = None) -> Bound:
    """Collect what these statements or expressions bind in their own scope."""
    found = Bound()
    stack: list[ast.AST] = list(nodes)
    while stack:
        node = stack.pop()
        for name in _binds(node, found):
            found.names.add(mangled(name, private))
        stack.extend(_same_scope(node))
    found.names -= found.global_
    return found


def _binds(node: ast.AST, found: Bound) -> Iterable[str]:
    """Return the names that one node binds; declarations go straight into `found`."""
    if isinstance(node, ast.Global):
        found.global_.update(node.names)
    elif isinstance(node, ast.Nonlocal):
        found.nonlocal_.update(node.names)
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return (node.id,)
    elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return (node.name,)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias_name(alias) for alias in node.names]
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return (node.name,) if node.name else ()
    elif isinstance(node, ast.MatchMapping):
        return (node.rest,) if node.rest else ()
    return ()


def _same_scope(node: ast.AST) -> Iterable[ast.AST]:
    """Return the children of a node that bind in the same scope as the node."""
    if isinstance(node, FUNCTIONS):
        return [*node.decorator_list, *defaults(node.args)]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(word.value for word in node.keywords)]
    if isinstance(node, ast.Lambda):
        return defaults(node.args)
    if isinstance(node, COMPREHENSIONS):
        return walruses(node)
    return ast.iter_child_nodes(node)


def walruses(node: ast.AST) -> list[ast.AST]:
    """Return the walrus targets in a comprehension: they bind in the scope around it."""
    found: list[ast.AST] = []
    stack = list(ast.iter_child_nodes(node))
    while stack:
        child = stack.pop()
        if isinstance(child, ast.NamedExpr):
            found.append(child.target)
        if not isinstance(child, ast.Lambda):
            stack.extend(ast.iter_child_nodes(child))
    return found


def defaults(arguments: ast.arguments) -> list[ast.AST]:
    """Return the default values of a function's parameters."""
    return [*arguments.defaults, *(value for value in arguments.kw_defaults if value)]


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Return all parameters, `*args` and `**kwargs` included."""
    stars = [arg for arg in (arguments.vararg, arguments.kwarg) if arg]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *stars]


def alias_name(alias: ast.alias) -> str:
    """Return the name that an import alias binds (`a` for `import a.b`)."""
    return alias.asname or alias.name.partition(".")[0]


def attribute_chain(node: ast.expr) -> tuple[str, ...]:
    """Return `("a", "b")` for `a.b`, or None if the chain does not start at a name."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) else ()


def attribute_chains(root: ast.AST) -> Iterator[tuple[ast.expr, tuple[str, ...]]]:
    """Yield each longest attribute chain from a name, with the names in it."""
    inner = {id(node.value) for node in ast.walk(root) if isinstance(node, ast.Attribute)}
    for node in ast.walk(root):
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner:
            chain = attribute_chain(node)
            if chain:
                yield node, chain
