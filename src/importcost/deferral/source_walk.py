"""One walk over a file's syntax tree that collects its facts."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace

from importcost.deferral.source_facts import (
    Binding,
    Definition,
    Facts,
    ImportSite,
    MethodCall,
    Occurrence,
)
from importcost.deferral.source_fstrings import Fields, fields_of
from importcost.deferral.source_model import Span, UseKind
from importcost.deferral.source_names import (
    COMPREHENSIONS,
    FUNCTIONS,
    Bound,
    Comprehension,
    FunctionNode,
    Origin,
    Scope,
    alias_name,
    bound_in,
    defaults,
    mangled,
    parameters,
    walruses,
)
from importcost.deferral.source_parse import Parsed
from importcost.deferral.source_suspects import (
    dynamic_builtin,
    dynamic_call,
    dynamic_name,
    dynamic_subscript,
    reads_annotations,
)

_MUTATORS = frozenset(
    (
        "append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "remove",
        "discard", "clear", "sort", "reverse", "appendleft", "extendleft", "subtract",
    )
)  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class _Context:
    """What is around the node that the walk is at."""

    scope: Scope
    kind: UseKind = UseKind.MODULE
    function: FunctionNode | None = None
    definitions: tuple[Definition, ...] = ()
    inside: tuple[ast.AST, ...] = ()
    statement: int = -1
    main_only: bool = False
    typing_only: bool = False
    annotation: tuple[Definition, ...] | None = None
    strings: bool = False
    """Whether a string here is a quoted annotation."""
    awkward: str | None = None
    fields: Fields | None = None
    at: Span | None = None
    """The place of everything here, where single names cannot be located."""
    base: tuple[Parsed, int] | None = None
    """The text of a quoted annotation and its offset in the file."""


def collect(parsed: Parsed, lazy_annotations: bool) -> Facts:
    """Walk over a file. `lazy_annotations`: whether this Python evaluates none on import."""
    walk = _Walk(parsed, lazy_annotations)
    scope = Scope("module", bound_in(parsed.tree.body))
    for index, statement in enumerate(parsed.tree.body):
        walk.visit(statement, _Context(scope, statement=index))
    return walk.facts


class _Walk:
    """The walk's state: the facts found so far."""

    def __init__(self, parsed: Parsed, lazy_annotations: bool) -> None:
        self.facts = Facts()
        self._parsed = parsed
        self._lazy = lazy_annotations

    def visit(self, node: ast.AST, here: _Context, role: str = "value") -> None:
        """Visit a node: by its own method where it has one, else its children."""
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

    def _children(self, node: ast.AST, here: _Context) -> None:
        """Visit all children; module-level compound statements are remembered around them."""
        if isinstance(node, _COMPOUND) and here.function is None:
            here = replace(here, inside=(*here.inside, node))
        self._all(ast.iter_child_nodes(node), here)

    def _all(self, nodes: Iterable[ast.AST], here: _Context) -> None:
        for node in nodes:
            self.visit(node, here)

    # Names

    def _chain(self, node: ast.Name | ast.Attribute, here: _Context, role: str) -> None:
        """Record a name and the attributes read from it; a store into one is a mutation."""
        attributes: list[str] = []
        value: ast.expr = node
        while isinstance(value, ast.Attribute):
            attributes.append(value.attr)
            value = value.value
        self._suspect(node, attributes)
        if not isinstance(value, ast.Name):
            self.visit(value, here)
            return
        if not isinstance(value.ctx, ast.Load):
            self._bind(value.id, value, here, "deleted" if _is_del(value) else "assigned")
            return
        found = self._occurrence(value, here, tuple(reversed(attributes)), role)
        if found:
            self.facts.occurrences.append(found)
            if isinstance(node.ctx, (ast.Store, ast.Del)):
                self.facts.mutated.setdefault(found.name, []).append(found)

    def _occurrence(
        self, node: ast.Name, here: _Context, chain: tuple[str, ...], role: str
    ) -> Occurrence | None:
        origin = here.scope.origin(node.id)
        if origin is Origin.LOCAL:
            return None
        span, awkward = self._place(node, here)
        kind = UseKind.ANNOTATION if here.typing_only else here.kind
        return Occurrence(
            name=mangled(node.id, here.scope.private),
            span=span,
            line=self._parsed.line_at(span.start) if here.base or here.at else node.lineno,
            kind=kind,
            function=here.function if kind is UseKind.FUNCTION else None,
            chain=chain,
            role="annotation" if here.annotation is not None else role,
            holders=here.annotation,
            statement=here.statement,
            main_only=here.main_only,
            class_conflict=origin is Origin.CLASS_OR_MODULE,
            awkward=awkward or here.awkward,
        )

    def _place(self, node: ast.Name, here: _Context) -> tuple[Span, str | None]:
        """Return where a name stands, and why that is not exact."""
        if here.fields is not None:
            return here.fields.place(node)
        if here.at is not None:
            return here.at, "it stands in a string that is put together"
        if here.base is None:
            return self._parsed.span(node), None
        inner, offset = here.base
        span = inner.span(node)
        return Span(span.start + offset, span.end + offset), None

    def _suspect(self, node: ast.Name | ast.Attribute, attributes: list[str]) -> None:
        name = node.id if isinstance(node, ast.Name) else node.attr
        bare = isinstance(node, ast.Name) and dynamic_builtin(node)
        if self.facts.dynamic is None and (bare or dynamic_name(name)):
            self.facts.dynamic = (name, node.lineno)
        if self.facts.reader is None and reads_annotations(node):
            self.facts.reader = (attributes[0] if attributes else name, node.lineno)

    def _bind(self, name: str, node: ast.AST, here: _Context, what: str) -> None:
        """Record what binds a name of the module."""
        name = mangled(name, here.scope.private)
        if here.typing_only:
            return
        if here.scope.kind != "module" and name not in here.scope.bound.global_:
            return
        line = getattr(node, "lineno", 0)
        binding = Binding(name, line, what, node, not here.inside)
        self.facts.bindings.setdefault(name, []).append(binding)

    # Statements that bind

    def _import(self, node: ast.Import | ast.ImportFrom, here: _Context) -> None:
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

    def _function(self, node: FunctionNode, here: _Context) -> None:
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
        here: _Context,
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

    def _register(self, node: Definition, here: _Context) -> None:
        """Note a definition of this file for the calls that may reach it."""
        self.facts.holders[id(node)] = here.definitions
        if here.function is not None:
            return
        if isinstance(node, ast.ClassDef):
            self.facts.classes[node.name] = node
        elif here.scope.kind == "class":
            self.facts.methods.setdefault(node.name, []).append(node)
        else:
            self.facts.functions[node.name] = node

    def _decorator(self, node: ast.expr, here: _Context) -> None:
        if isinstance(node, ast.Call):
            self._on_call(node, here)
        else:
            self.visit(node, here, "decorator")

    def _on_classdef(self, node: ast.ClassDef, here: _Context) -> None:
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

    def _type_parameters(self, node: ast.AST, here: _Context) -> _Context:
        """Visit `[T: bound]` (Python 3.12) and return the context in which T is known."""
        found = getattr(node, "type_params", None)
        if not found:
            return here
        bound = Bound(names={parameter.name for parameter in found})
        inner = replace(here, scope=Scope("function", bound, here.scope, here.scope.private))
        self._all(found, inner)
        return inner

    def _on_typealias(self, node: ast.AST, here: _Context) -> None:
        self.visit(node.name, here)  # type: ignore[attr-defined]  # since Python 3.12
        self.visit(node.value, self._type_parameters(node, here))  # type: ignore[attr-defined]

    def _on_lambda(self, node: ast.Lambda, here: _Context) -> None:
        self._all(defaults(node.args), here)
        self._body([node.body], {arg.arg for arg in parameters(node.args)}, here, None)

    def _on_global(self, node: ast.Global, here: _Context) -> None:
        for name in node.names:
            self.facts.globals_.setdefault(mangled(name, here.scope.private), node.lineno)

    def _on_excepthandler(self, node: ast.ExceptHandler, here: _Context) -> None:
        if node.name:
            self._bind(node.name, node, here, "assigned")
        if node.type:
            self.visit(node.type, here, "harmless")
        self._all(node.body, replace(here, inside=(*here.inside, node)))

    def _comprehension(self, node: Comprehension, here: _Context) -> None:
        """The first iterable is evaluated outside, everything else in a scope of its own."""
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

    def _on_namedexpr(self, node: ast.NamedExpr, here: _Context) -> None:
        if here.scope.kind == "module":
            self._bind(node.target.id, node.target, here, "assigned")
        self.visit(node.value, here)

    # Statements that decide what runs

    def _on_if(self, node: ast.If, here: _Context) -> None:
        self.visit(node.test, here)
        inner = replace(here, inside=(*here.inside, node)) if here.function is None else here
        never = _type_checking(node.test)
        main = here.function is None and _main_guard(node.test)
        body = replace(
            inner, typing_only=here.typing_only or never, main_only=here.main_only or main
        )
        self._all(node.body, body)
        self._all(node.orelse, inner)

    # Annotations

    def _annotation(self, node: ast.expr, here: _Context, holders: tuple[Definition, ...]) -> None:
        evaluated = UseKind.ANNOTATION_EVALUATED if here.function is None else UseKind.FUNCTION
        kind = UseKind.ANNOTATION if self._lazy else evaluated
        self.visit(node, replace(here, kind=kind, annotation=holders, strings=True))

    def _on_annassign(self, node: ast.AnnAssign, here: _Context) -> None:
        """A local annotation is never evaluated; those of modules and classes may be."""
        if node.value:
            self.visit(node.value, here)
        if node.value or not isinstance(node.target, ast.Name):
            self.visit(node.target, here)
        if here.scope.kind == "function":
            never = replace(here, kind=UseKind.ANNOTATION, annotation=(), strings=True)
            self.visit(node.annotation, never)
        else:
            self._annotation(node.annotation, here, here.definitions)

    def _on_constant(self, node: ast.Constant, here: _Context) -> None:
        if here.strings and isinstance(node.value, str):
            self._quoted(node, node.value, here)

    def _quoted(self, node: ast.Constant, value: str, here: _Context) -> None:
        """Visit the expression in a quoted annotation, at its own place in the file."""
        try:
            tree = ast.parse(value, mode="eval")
        except (SyntaxError, ValueError):
            return  # a message, a shape, a unit: no forward reference
        if here.kind is not UseKind.ANNOTATION_READ:
            here = replace(here, kind=UseKind.ANNOTATION)
        located = self._content(node, value, here)
        if located is None:
            here = replace(here, at=here.at or self._outer_span(node, here), base=None)
        else:
            here = replace(here, base=(Parsed.of(value, tree), located))
        self.visit(tree.body, here)

    def _outer_span(self, node: ast.expr, here: _Context) -> Span:
        if here.base is None:
            return self._parsed.span(node)
        inner, offset = here.base
        span = inner.span(node)
        return Span(span.start + offset, span.end + offset)

    def _content(self, node: ast.Constant, value: str, here: _Context) -> int | None:
        """Return the offset of a string's content where it is written as it reads."""
        if here.at is not None or here.fields is not None or value[:1].isspace():
            return None
        span = self._outer_span(node, here)
        raw = self._parsed.text[span.start : span.end]
        for quotes in (3, 1):
            head, tail = raw[:quotes], raw[len(raw) - quotes :]
            if head == tail and head[0] in "'\"" and raw[quotes : len(raw) - quotes] == value:
                return span.start + quotes
        return None

    def _on_subscript(self, node: ast.Subscript, here: _Context) -> None:
        """Know which strings in a subscript are types: not those of Literal and Annotated."""
        if not isinstance(node.ctx, ast.Load):
            self._mutation(node.value, here)
        if dynamic_subscript(node) and self.facts.dynamic is None:
            self.facts.dynamic = ("sys.modules[__name__]", node.lineno)
        self.visit(node.value, here)
        name = _last_name(node.value)
        if here.strings and name == "Literal":
            self.visit(node.slice, replace(here, strings=False))
        elif here.strings and name == "Annotated" and isinstance(node.slice, ast.Tuple):
            self.visit(node.slice.elts[0], here)
            self._all(node.slice.elts[1:], replace(here, strings=False))
        elif _is_alias(name) and here.kind is UseKind.MODULE:
            # Optional["Decimal"] in an alias is resolved by whoever reads it, in this module.
            strings = replace(here, strings=True)
            self._forward(node.slice, strings, UseKind.ANNOTATION_READ)
            self.visit(node.slice, here)
        else:
            self.visit(node.slice, here)

    def _forward(self, node: ast.expr, here: _Context, kind: UseKind) -> None:
        """Visit only the strings in an expression, as forward references of this kind."""
        for child in ast.walk(node):
            if isinstance(child, ast.Constant) and isinstance(child.value, str):
                self._quoted(child, child.value, replace(here, kind=kind, annotation=()))

    def _mutation(self, node: ast.expr, here: _Context) -> None:
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        if isinstance(node, ast.Name):
            found = self._occurrence(node, here, (), "value")
            if found:
                self.facts.mutated.setdefault(found.name, []).append(found)

    # Expressions

    def _on_call(self, node: ast.Call, here: _Context) -> None:
        what = dynamic_call(node)
        if what and self.facts.dynamic is None:
            self.facts.dynamic = (what, node.lineno)
        self._method_call(node.func, here)
        self.visit(node.func, here, "callee")
        name = _last_name(node.func)
        self._typing_call(name, node, here)
        role = "harmless" if name in _HARMLESS_CALLEES else "value"
        for argument in node.args:
            self.visit(argument, here, role)
        for word in node.keywords:
            self.visit(word.value, here, role)

    def _typing_call(self, name: str, node: ast.Call, here: _Context) -> None:
        """Strings in typing's own calls are forward references."""
        if here.strings:
            return
        if name == "cast" and node.args:
            self._forward(node.args[0], here, UseKind.ANNOTATION)
        elif name == "TypeVar":
            for part in (*node.args[1:], *(word.value for word in node.keywords)):
                self._forward(part, here, UseKind.ANNOTATION)
        elif name in ("NamedTuple", "TypedDict", "NewType", "ForwardRef", "make_dataclass"):
            for part in node.args:
                self._forward(part, here, UseKind.ANNOTATION_READ)

    def _method_call(self, func: ast.expr, here: _Context) -> None:
        if not isinstance(func, ast.Attribute):
            return
        root: ast.expr = func.value
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        name = ""
        if isinstance(root, ast.Name):
            local = here.scope.origin(root.id) is Origin.LOCAL
            name = root.id if not local or root.id in ("self", "cls") else "<local>"
            if not local and func.attr in _MUTATORS:
                self._mutation(root, here)
        self.facts.method_calls.append(
            MethodCall(
                name,
                func.attr,
                func.lineno,
                here.kind,
                here.function,
                here.statement,
                here.main_only,
            )
        )

    def _on_joinedstr(self, node: ast.JoinedStr, here: _Context) -> None:
        if here.fields is None:
            here = replace(here, fields=fields_of(node, self._parsed), strings=False)
        self._all(node.values, here)

    def _on_templatestr(self, node: ast.AST, here: _Context) -> None:
        self._all(ast.iter_child_nodes(node), replace(here, awkward="it stands in a t-string"))

    def _on_matchvalue(self, node: ast.MatchValue, here: _Context) -> None:
        self.visit(node.value, replace(here, awkward=_PATTERN))

    def _on_matchclass(self, node: ast.MatchClass, here: _Context) -> None:
        self.visit(node.cls, replace(here, awkward=_PATTERN))
        self._all((*node.patterns, *node.kwd_patterns), here)

    def _on_matchmapping(self, node: ast.MatchMapping, here: _Context) -> None:
        if node.rest:
            self._bind(node.rest, node, here, "assigned")
        self._all(node.keys, replace(here, awkward=_PATTERN))
        self._all(node.patterns, here)

    def _on_matchas(self, node: ast.MatchAs, here: _Context) -> None:
        if node.name:
            self._bind(node.name, node, here, "assigned")
        if node.pattern:
            self.visit(node.pattern, here)

    def _on_matchstar(self, node: ast.MatchStar, here: _Context) -> None:
        if node.name:
            self._bind(node.name, node, here, "assigned")


def _is_del(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Del)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_alias(name: str) -> bool:
    return name[:1].isupper() or name in ("list", "dict", "tuple", "set", "frozenset", "type")


def _type_checking(test: ast.expr) -> bool:
    """Whether the body of an `if` with this test never runs."""
    if isinstance(test, ast.Constant):
        return not test.value
    return _last_name(test) == "TYPE_CHECKING"


def _main_guard(test: ast.expr) -> bool:
    """Whether this is `__name__ == "__main__"`, which is false in every imported module."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    sides = [test.left, test.comparators[0]]
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    main = any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)
    return named and main and isinstance(test.ops[0], ast.Eq)
