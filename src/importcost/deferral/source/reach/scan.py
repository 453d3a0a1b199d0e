"""One walk over a file that finds its units of code and what each one mentions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from importcost.deferral.source.model import Span
from importcost.deferral.source.names import (
    COMPREHENSIONS,
    FUNCTIONS,
    FunctionNode,
    bound_in,
    defaults,
    parameters,
)
from importcost.deferral.source.parse import Parsed
from importcost.deferral.source.reach.units import (
    ClassFacts,
    CodeUnit,
    FileCode,
    MentionedAs,
    NameMention,
    UnitFacts,
)

_PROTOCOLS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.With: ("__enter__", "__exit__"),
    ast.AsyncWith: ("__aenter__", "__aexit__"),
    ast.For: ("__iter__", "__next__", "__getitem__"),
    ast.comprehension: ("__iter__", "__next__", "__aiter__", "__anext__"),
    ast.AsyncFor: ("__aiter__", "__anext__"),
    ast.Await: ("__await__",),
    ast.JoinedStr: ("__str__", "__format__", "__repr__"),
    ast.Compare: ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__"),
    ast.Delete: ("__delitem__", "__delattr__"),
    ast.Starred: ("__iter__",),
}
_BUILTIN_PROTOCOLS = {
    "str": ("__str__", "__repr__"),
    "repr": ("__repr__",),
    "print": ("__str__", "__repr__"),
    "format": ("__format__", "__str__"),
    "len": ("__len__",),
    "bool": ("__bool__", "__len__"),
    "iter": ("__iter__",),
    "next": ("__next__",),
    "list": ("__iter__", "__next__", "__len__"),
    "tuple": ("__iter__", "__next__"),
    "set": ("__iter__", "__next__", "__hash__"),
    "sorted": ("__iter__", "__next__", "__lt__"),
    "hash": ("__hash__",),
    "int": ("__int__", "__index__"),
    "float": ("__float__",),
    "bytes": ("__bytes__",),
}
_ONLY_ASK = frozenset(("isinstance", "issubclass", "hasattr", "type", "id", "callable"))
_RECORDED = (
    ast.Subscript,
    ast.For,
    ast.AsyncFor,
    ast.Call,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Delete,
    ast.With,
    ast.AsyncWith,
)


@dataclass(frozen=True, slots=True)
class _Where:
    """The surroundings of a node: its unit, the class body it is in, what keeps its value."""

    facts: UnitFacts
    in_class: ClassFacts | None = None
    prefix: str = ""
    kind: MentionedAs = MentionedAs.VALUE
    keeps: tuple[tuple[str, ...], ...] = ()
    """The targets of the assignment whose value this is part of."""


def scan(parsed: Parsed, module: str, is_package: bool, path: str) -> FileCode:
    """Find the units of a file, its classes, and the names that they mention."""
    package = module if is_package else module.rpartition(".")[0]
    unit = CodeUnit(module, "", 1, Span(0, len(parsed.text)))
    body = UnitFacts(unit, parsed.tree, None, None, bound=bound_in(parsed.tree.body).names)
    code = FileCode(module, package, path, body, {unit: body})
    walk = _UnitWalk(parsed, code)
    for statement in parsed.tree.body:
        walk.visit(statement, _Where(body))
    return code


class _UnitWalk:
    """Visits each node once, with the unit in which it runs."""

    def __init__(self, parsed: Parsed, code: FileCode) -> None:
        self._parsed = parsed
        self._code = code

    def visit(self, node: ast.AST, here: _Where) -> None:
        """Visit a node and everything below it."""
        facts = here.facts
        facts.protocols.update(_PROTOCOLS.get(type(node), ()))
        if isinstance(node, _RECORDED):
            facts.nodes.append(node)
        if isinstance(node, FUNCTIONS):
            self._function(node, here)
        elif isinstance(node, ast.Lambda):
            self._lambda(node, here)
        elif isinstance(node, ast.ClassDef):
            self._class(node, here)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            facts.add_import(node, self._code.package)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            self._chain(node, here)
        elif isinstance(node, ast.Call):
            self._call(node, here)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
            self._assignment(node, here)
        elif isinstance(node, ast.ExceptHandler):
            self._all(node.body, here)
        else:
            self._other(node, here)

    def _all(self, nodes: list[ast.stmt] | list[ast.expr] | list[ast.AST], here: _Where) -> None:
        for node in nodes:
            self.visit(node, here)

    def _other(self, node: ast.AST, here: _Where) -> None:
        if isinstance(node, ast.If) and is_main_guard(node.test):
            self._all(node.orelse, here)
            return
        if isinstance(node, ast.Subscript):
            names = ("__getitem__",) if isinstance(node.ctx, ast.Load) else ("__setitem__",)
            here.facts.protocols.update(names)
        if isinstance(node, (ast.stmt, *COMPREHENSIONS)):
            here = replace(here, kind=MentionedAs.VALUE)
        self._all(list(ast.iter_child_nodes(node)), here)

    def _function(self, node: FunctionNode, here: _Where) -> None:
        outside = replace(here, kind=MentionedAs.VALUE, keeps=())
        for decorator in node.decorator_list:
            self.visit(decorator, replace(outside, kind=MentionedAs.CALL))
        self._all(defaults(node.args), outside)
        facts = self._unit(node, node.name, here)
        facts.decorators = list(node.decorator_list)
        if here.in_class is not None:
            here.in_class.methods.setdefault(node.name, []).append(facts.unit)
        else:
            here.facts.functions[node.name] = facts.unit
        inner = _Where(facts, prefix=f"{facts.unit.name}.")
        self._all(node.body, inner)

    def _lambda(self, node: ast.Lambda, here: _Where) -> None:
        self._all(defaults(node.args), here)
        facts = self._unit(node, f"<lambda at line {node.lineno}>", here)
        # Whoever evaluates a lambda keeps it or passes it on.
        self._mention(here, ("<lambda>", facts.unit.name), node.lineno)
        self.visit(node.body, _Where(facts, prefix=here.prefix))

    def _unit(self, node: FunctionNode | ast.Lambda, name: str, here: _Where) -> UnitFacts:
        span = self._parsed.span(node)
        unit = CodeUnit(self._code.module, f"{here.prefix}{name}", node.lineno, span)
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
        names = [arg.arg for arg in parameters(node.args)]
        owner = here.in_class.name if here.in_class else None
        # A function inside a method sees the method's `self`.
        bound = bound_in(body)
        own = (bound.names - bound.nonlocal_) | set(names)
        facts = UnitFacts(unit, node, here.facts, owner, bound=own)
        positional = [*node.args.posonlyargs, *node.args.args]
        facts.first = positional[0].arg if positional and owner else None
        self._code.units[unit] = facts
        return facts

    def _class(self, node: ast.ClassDef, here: _Where) -> None:
        outside = replace(here, kind=MentionedAs.CALL, keeps=())
        self._all(list(node.decorator_list), outside)
        for base in (*node.bases, *(word.value for word in node.keywords)):
            self.visit(base, replace(outside, kind=MentionedAs.VALUE))
        name = f"{here.prefix}{node.name}"
        inside = here.facts.unit if here.facts.unit.name else None
        found = ClassFacts(
            name,
            node.lineno,
            [names for base in node.bases if (names := _names(base))],
            bound_in(list(node.body)).names - _fields(node),
            list(_makers(node)),
            inside=inside,
        )
        self._code.classes[name] = found
        self._all(node.body, _Where(here.facts, found, prefix=f"{name}."))

    def _chain(self, node: ast.Name | ast.Attribute, here: _Where) -> None:
        chain: list[str] = []
        value: ast.expr = node
        while isinstance(value, ast.Attribute):
            chain.append(value.attr)
            value = value.value
        if isinstance(value, ast.Name):
            if value.id in ("globals", "eval", "exec", "__import__"):
                self._code.is_dynamic = True
            chain.append(value.id)
        else:
            chain.append("")
            self.visit(value, replace(here, kind=MentionedAs.VALUE, keeps=()))
        if len(chain) > 1:
            names = ("__getattr__", "__getattribute__", "__get__")
            stores = ("__setattr__", "__set__", "__delattr__", "__delete__")
            here.facts.protocols.update(names if isinstance(node.ctx, ast.Load) else stores)
        if not isinstance(value, ast.Name) or isinstance(value.ctx, ast.Load):
            self._mention(here, tuple(reversed(chain)), node.lineno)

    def _mention(self, here: _Where, chain: tuple[str, ...], line: int) -> None:
        in_class = here.in_class.name if here.in_class else None
        mention = NameMention(chain, here.kind, line, in_class)
        here.facts.mentions.append(mention)
        for target in here.keeps:
            if len(target) > 1 or here.in_class is not None:
                kept = (here.facts.unit, mention)
                self._code.attributes.setdefault(target[-1], []).append(kept)
            elif not here.facts.unit.name:
                self._code.values.setdefault(target[0], []).append(mention)

    def _call(self, node: ast.Call, here: _Where) -> None:
        name = _names(node.func)[-1:]
        if isinstance(node.func, ast.Name):
            here.facts.protocols.update(_BUILTIN_PROTOCOLS.get(node.func.id, ()))
        if not isinstance(node.func, (ast.Name, ast.Attribute)):
            here.facts.protocols.add("__call__")
        if name in (("getattr",), ("import_module",), ("attrgetter",), ("methodcaller",)):
            self._code.is_dynamic |= not _constant(node.args[-1 if name[0] != "getattr" else 1 :])
        self.visit(node.func, replace(here, kind=MentionedAs.CALL))
        if name and name[0] in _ONLY_ASK:
            return
        inner = replace(here, kind=MentionedAs.ARGUMENT)
        self._all(list(node.args), inner)
        for word in node.keywords:
            self.visit(word.value, inner)

    def _assignment(
        self, node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr, here: _Where
    ) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        keeps = [_names(target) for target in targets]
        for target in targets:
            self.visit(target, replace(here, kind=MentionedAs.VALUE))
        if node.value is not None:
            kept = (*here.keeps, *(names for names in keeps if names))
            self.visit(node.value, replace(here, kind=MentionedAs.VALUE, keeps=kept))


def _names(node: ast.expr) -> tuple[str, ...]:
    """Return the names of `a.b[0].c` without subscripts, empty for other expressions."""
    names: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return (node.id, *reversed(names))
    return ("", *reversed(names)) if names else ()


def _fields(node: ast.ClassDef) -> set[str]:
    """Return the annotated names that each object has of its own: a dataclass's, a model's."""
    annotated = [each for each in node.body if isinstance(each, ast.AnnAssign)]
    if not node.decorator_list and not node.bases:
        return set()
    return {
        each.target.id
        for each in annotated
        if isinstance(each.target, ast.Name) and "ClassVar" not in ast.unparse(each.annotation)
    }


def _makers(node: ast.ClassDef) -> Iterator[NameMention]:
    """Yield a class's metaclass as a value, and its decorators as called."""
    for word in node.keywords:
        if word.arg == "metaclass" and (names := _names(word.value)):
            yield NameMention(names, MentionedAs.VALUE, node.lineno)
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if names := _names(called):
            yield NameMention(names, MentionedAs.CALL, decorator.lineno)


def _constant(arguments: list[ast.expr]) -> bool:
    return bool(arguments) and isinstance(arguments[0], ast.Constant)


def is_main_guard(test: ast.expr) -> bool:
    """Return True if this is `__name__ == "__main__"`, false in every imported module."""
    names = {child.id for child in ast.walk(test) if isinstance(child, ast.Name)}
    texts = {child.value for child in ast.walk(test) if isinstance(child, ast.Constant)}
    equal = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq)
    return equal and "__name__" in names and "__main__" in texts
