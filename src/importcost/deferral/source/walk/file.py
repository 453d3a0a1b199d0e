"""One walk over a file's syntax tree that collects its facts."""

from __future__ import annotations

import ast
from dataclasses import replace

from importcost.deferral.source.facts import Definition, Facts, ImportSite
from importcost.deferral.source.fstrings import fields_of
from importcost.deferral.source.known import dynamic_call
from importcost.deferral.source.model import UseKind
from importcost.deferral.source.names import (
    COMPREHENSIONS,
    FUNCTIONS,
    Bound,
    Comprehension,
    FunctionNode,
    Scope,
    alias_name,
    bound_in,
    defaults,
    mangled,
    parameters,
    walruses,
)
from importcost.deferral.source.parse import Parsed
from importcost.deferral.source.walk.annotations import AnnotationWalk, last_name
from importcost.deferral.source.walk.names import Context

_HARMLESS_CALLEES = frozenset(
    (
        "isinstance", "issubclass", "map", "filter", "sorted", "min", "max", "reduce", "partial",
        "submit", "Thread", "Timer", "run_in_executor", "to_thread", "print", "repr", "str",
        "len", "hasattr", "callable", "id",
    )
)  # fmt: skip
_COMPOUND = (
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.Match,
    *((ast.TryStar,) if hasattr(ast, "TryStar") else ()),
)
_PATTERN = "a match pattern cannot hold a call"


def collect(parsed: Parsed, lazy_annotations: bool) -> Facts:
    """Walk over a file. `lazy_annotations`: this Python evaluates no annotation on import."""
    walk = _Walk(parsed, lazy_annotations)
    scope = Scope("module", bound_in(parsed.tree.body))
    for index, statement in enumerate(parsed.tree.body):
        walk.visit(statement, Context(scope, statement=index))
    return walk.facts


class _DefinitionWalk(AnnotationWalk):
    """Visits statements that bind names: imports, functions, classes, comprehensions."""

    def _import(self, node: ast.Import | ast.ImportFrom, here: Context) -> None:
        for alias in node.names:
            self._bind(alias_name(alias), node, here, "imported")
        if isinstance(node, ast.ImportFrom) and node.module in ("inspect", "typing"):
            for alias in node.names:
                if alias.name in ("signature", "get_type_hints", "get_annotations"):
                    self.facts.reader = self.facts.reader or (alias.name, node.lineno)
        runs = not (here.typing_only or here.main_only)
        if here.function is None and here.scope.kind in ("module", "class") and runs:
            self.facts.stars += [node.lineno for alias in node.names if alias.name == "*"]
            self.facts.imports.append(ImportSite(node, here.inside, here.statement))
        elif here.function is not None:
            site = ImportSite(node, here.inside, here.statement)
            self.facts.local_imports.append((here.function, site))

    def _function(self, node: FunctionNode, here: Context) -> None:
        self._bind(node.name, node, here, "defined")
        self._register(node, here)
        for decorator in node.decorator_list:
            self._decorator(decorator, here)
        self._all(defaults(node.args), here)
        outer = self._type_parameters(node, here)
        for arg in parameters(node.args):
            if arg.annotation:
                self._annotation(arg.annotation, outer, (*here.definitions, node))
        if node.returns:
            self._annotation(node.returns, outer, (*here.definitions, node))
        names = {arg.arg for arg in parameters(node.args)}
        self._body(node.body, names, replace(outer, definitions=(*here.definitions, node)), node)

    def _body(
        self,
        body: list[ast.stmt] | list[ast.expr],
        names: set[str],
        here: Context,
        node: FunctionNode | None,
    ) -> None:
        """Visit a function's or lambda's body in a scope of its own."""
        private = here.scope.private
        bound = bound_in(body, private)
        bound.names |= {mangled(name, private) for name in names}
        inner = replace(here, scope=Scope("function", bound, here.scope, private))
        if node is None:
            kind = UseKind.LAMBDA if here.kind is UseKind.MODULE else here.kind
            inner = replace(inner, kind=kind)
        else:
            inner = replace(inner, kind=UseKind.FUNCTION, function=here.function or node)
        self._all(body, inner)

    def _register(self, node: Definition, here: Context) -> None:
        """Record a definition of this file for the calls that may reach it."""
        self.facts.holders[id(node)] = here.definitions
        if here.function is not None:
            return
        if isinstance(node, ast.ClassDef):
            self.facts.classes[node.name] = node
        elif here.scope.kind == "class":
            self.facts.methods.setdefault(node.name, []).append(node)
        else:
            self.facts.functions[node.name] = node

    def _decorator(self, node: ast.expr, here: Context) -> None:
        if isinstance(node, ast.Call):
            self.visit(node, here)
        else:
            self.visit(node, here, "decorator")

    def _on_classdef(self, node: ast.ClassDef, here: Context) -> None:
        self._bind(node.name, node, here, "defined")
        self._register(node, here)
        for decorator in node.decorator_list:
            self._decorator(decorator, here)
        outer = self._type_parameters(node, here)
        for base in node.bases:
            self.visit(base, outer, "base")
        self._all((word.value for word in node.keywords), outer)
        scope = Scope("class", bound_in(node.body, node.name), outer.scope, node.name)
        inside = (*here.inside, node) if here.function is None else here.inside
        definitions = (*here.definitions, node)
        self._all(node.body, replace(outer, scope=scope, inside=inside, definitions=definitions))

    def _type_parameters(self, node: ast.AST, here: Context) -> Context:
        """Visit `[T: bound]` (Python 3.12) and return the context in which T is known."""
        found = getattr(node, "type_params", None)
        if not found:
            return here
        bound = Bound(names={parameter.name for parameter in found})
        inner = replace(here, scope=Scope("function", bound, here.scope, here.scope.private))
        self._all(found, inner)
        return inner

    def _on_typealias(self, node: ast.AST, here: Context) -> None:
        self.visit(node.name, here)  # type: ignore[attr-defined]  # since Python 3.12
        self.visit(node.value, self._type_parameters(node, here))  # type: ignore[attr-defined]

    def _on_lambda(self, node: ast.Lambda, here: Context) -> None:
        self._all(defaults(node.args), here)
        self._body([node.body], {arg.arg for arg in parameters(node.args)}, here, None)

    def _on_global(self, node: ast.Global, here: Context) -> None:
        for name in node.names:
            self.facts.globals_.setdefault(mangled(name, here.scope.private), node.lineno)

    def _on_excepthandler(self, node: ast.ExceptHandler, here: Context) -> None:
        if node.name:
            self._bind(node.name, node, here, "assigned")
        if node.type:
            self.visit(node.type, here, "harmless")
        self._all(node.body, replace(here, inside=(*here.inside, node)))

    def _comprehension(self, node: Comprehension, here: Context) -> None:
        """Visit a comprehension: only its first iterable is evaluated in the scope outside."""
        if here.scope.kind == "module":
            for target in walruses(node):
                self._bind(target.id, target, here, "assigned")  # type: ignore[attr-defined]
        private = here.scope.private
        bound = bound_in((part.target for part in node.generators), private)
        inner = replace(here, scope=Scope("function", bound, here.scope, private))
        for index, part in enumerate(node.generators):
            self.visit(part.iter, inner if index else here)
            self._all((part.target, *part.ifs), inner)
        if isinstance(node, ast.DictComp):
            self._all((node.key, node.value), inner)
        else:
            self.visit(node.elt, inner)

    def _on_namedexpr(self, node: ast.NamedExpr, here: Context) -> None:
        if here.scope.kind == "module":
            self._bind(node.target.id, node.target, here, "assigned")
        self.visit(node.value, here)


class _Walk(_DefinitionWalk):
    """Visits every node with the method for its type, else visits its children."""

    def visit(self, node: ast.AST, here: Context, role: str = "value") -> None:
        """Visit a node with the method for its type, else visit its children."""
        if isinstance(node, COMPREHENSIONS):
            self._comprehension(node, here)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            self._chain(node, here, role)
        elif isinstance(node, FUNCTIONS):
            self._function(node, here)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node, here)
        else:
            method = getattr(self, f"_on_{type(node).__name__.lower()}", self._children)
            method(node, here)

    def _children(self, node: ast.AST, here: Context) -> None:
        """Visit all children; module-level compound statements are remembered around them."""
        if isinstance(node, _COMPOUND) and here.function is None:
            here = replace(here, inside=(*here.inside, node))
        self._all(ast.iter_child_nodes(node), here)

    def _on_if(self, node: ast.If, here: Context) -> None:
        self.visit(node.test, here)
        inner = replace(here, inside=(*here.inside, node)) if here.function is None else here
        never, always = self._flags.never_runs(node.test), self._flags.always_runs(node.test)
        main = here.function is None and _main_guard(node.test)
        body = replace(
            inner, typing_only=here.typing_only or never, main_only=here.main_only or main
        )
        self._all(node.body, body)
        self._all(node.orelse, replace(inner, typing_only=here.typing_only or always))

    def _on_call(self, node: ast.Call, here: Context) -> None:
        what = dynamic_call(node)
        if what and self.facts.dynamic is None:
            self.facts.dynamic = (what, node.lineno)
        self._method_call(node.func, here)
        self.visit(node.func, here, "callee")
        name = last_name(node.func)
        self._typing_call(name, node, here)
        role = "harmless" if name in _HARMLESS_CALLEES else "value"
        for argument in node.args:
            self.visit(argument, here, role)
        for word in node.keywords:
            self.visit(word.value, here, role)

    def _on_joinedstr(self, node: ast.JoinedStr, here: Context) -> None:
        if here.fields is None:
            here = replace(here, fields=fields_of(node, self._parsed), strings=False)
        self._all(node.values, here)

    def _on_templatestr(self, node: ast.AST, here: Context) -> None:
        self._all(ast.iter_child_nodes(node), replace(here, awkward="it is in a t-string"))

    def _on_matchvalue(self, node: ast.MatchValue, here: Context) -> None:
        self.visit(node.value, replace(here, awkward=_PATTERN))

    def _on_matchclass(self, node: ast.MatchClass, here: Context) -> None:
        self.visit(node.cls, replace(here, awkward=_PATTERN))
        self._all((*node.patterns, *node.kwd_patterns), here)

    def _on_matchmapping(self, node: ast.MatchMapping, here: Context) -> None:
        if node.rest:
            self._bind(node.rest, node, here, "assigned")
        self._all(node.keys, replace(here, awkward=_PATTERN))
        self._all(node.patterns, here)

    def _on_matchas(self, node: ast.MatchAs, here: Context) -> None:
        if node.name:
            self._bind(node.name, node, here, "assigned")
        if node.pattern:
            self.visit(node.pattern, here)

    def _on_matchstar(self, node: ast.MatchStar, here: Context) -> None:
        if node.name:
            self._bind(node.name, node, here, "assigned")


def _main_guard(test: ast.expr) -> bool:
    """Return True if this is `__name__ == "__main__"`, which is false in every imported module."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    sides = [test.left, test.comparators[0]]
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    main = any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)
    return named and main and isinstance(test.ops[0], ast.Eq)
