"""The function's own modules as source: the meaning of names, and the statements of init."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from importcost.snapstart.model import GlobalName

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class SourceModule:
    """One parsed module. `bindings` map local names to what they import, `values` names at module
    level to the dotted call or display that made them (`random.SystemRandom()`, `dict()`)."""

    name: str
    file: str
    tree: ast.Module
    lines: tuple[str, ...]
    bindings: Mapping[str, str]
    functions: Mapping[str, AnyFunction]
    classes: Mapping[str, ast.ClassDef]
    values: dict[str, str] = field(default_factory=dict)

    def line(self, number: int) -> str:
        """Return a source line without its indentation."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""


def parse_module(name: str, file: str, text: str) -> SourceModule:
    """Parse one module. Raises SyntaxError or ValueError if it is not valid Python."""
    tree = ast.parse(text)
    package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
    functions: dict[str, AnyFunction] = {}
    classes: dict[str, ast.ClassDef] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            classes[node.name] = node
    bindings = dict(_bindings(tree, package))
    module = SourceModule(name, file, tree, tuple(text.splitlines()), bindings, functions, classes)
    for statement in init_statements(tree.body):
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            made = _made_by(module, statement.value)
            for target in targets_of(statement):
                if isinstance(target, ast.Name) and made:
                    module.values.setdefault(target.id, made)
    return module


def _bindings(tree: ast.Module, package: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                parts = parts[: len(parts) - node.level + 1]
                base = ".".join([*parts, *([node.module] if node.module else [])])
            for alias in node.names:
                yield alias.asname or alias.name, f"{base}.{alias.name}".lstrip(".")


def _made_by(module: SourceModule, value: ast.expr) -> str | None:
    if isinstance(value, ast.Call):
        made = resolve(module, value.func)
        return f"{made}()" if made else None
    displays: tuple[tuple[type[ast.expr], str], ...] = (
        (ast.Dict, "dict()"),
        (ast.DictComp, "dict()"),
        (ast.List, "list()"),
        (ast.ListComp, "list()"),
        (ast.Set, "set()"),
    )
    return next((name for kind, name in displays if isinstance(value, kind)), None)


def resolve(module: SourceModule, node: ast.expr) -> str | None:
    """Return the dotted name of an expression, from its import, or None if it is not a plain name.

    Own names have the form `module.name`, a call's result `...()`.
    """
    if isinstance(node, ast.Name):
        if node.id in module.bindings:
            return module.bindings[node.id]
        if node.id in module.values:
            return module.values[node.id]
        if node.id in module.functions or node.id in module.classes:
            return f"{module.name}.{node.id}"
        return node.id
    if isinstance(node, ast.Attribute):
        base = resolve(module, node.value)
        return None if base is None else f"{base}.{node.attr}"
    if isinstance(node, ast.Call):
        base = resolve(module, node.func)
        return None if base is None else f"{base}()"
    return None


def init_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported, in order, class bodies included.

    Blocks come before what is inside them; functions are yielded, not entered. Code that only runs
    as a script or for a type checker is left out.
    """
    for statement in body:
        yield statement
        if isinstance(statement, ast.If) and _never_at_init(statement.test):
            yield from init_statements(statement.orelse)
        elif not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for name in ("body", "orelse", "finalbody"):
                yield from init_statements(getattr(statement, name, []) or [])
            for handler in getattr(statement, "handlers", []):
                yield from init_statements(handler.body)
            for case in getattr(statement, "cases", []):
                yield from init_statements(case.body)


def _never_at_init(test: ast.expr) -> bool:
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name):
        return test.left.id == "__name__"
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def own_expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions that a statement evaluates itself, without those of nested blocks."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from statement.decorator_list
        yield from statement.args.defaults
        yield from (item for item in statement.args.kw_defaults if item is not None)
        return
    for _, value in ast.iter_fields(statement):
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.expr):
                yield item
            elif isinstance(item, ast.withitem):
                yield item.context_expr
            elif isinstance(item, ast.keyword):
                yield item.value


def evaluated(node: ast.AST) -> Iterator[ast.expr]:
    """Yield an expression and everything in it that is evaluated with it, but no lambda's body."""
    if isinstance(node, ast.Lambda):
        for item in (*node.args.defaults, *node.args.kw_defaults):
            if item is not None:
                yield from evaluated(item)
        return
    if isinstance(node, ast.expr):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from evaluated(child)


def targets_of(statement: ast.stmt) -> list[ast.expr]:
    """Return the targets that a statement binds or writes to, with tuples taken apart."""
    found: list[ast.expr] = []
    if isinstance(statement, (ast.Assign, ast.Delete)):
        found = list(statement.targets)
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
        found = [statement.target]
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        found = [item.optional_vars for item in statement.items if item.optional_vars]
    flat: list[ast.expr] = []
    while found:
        item = found.pop(0)
        if isinstance(item, (ast.Tuple, ast.List)):
            found = [*item.elts, *found]
        else:
            flat.append(item.value if isinstance(item, ast.Starred) else item)
    flat += [
        node.target
        for expression in own_expressions(statement)
        for node in evaluated(expression)
        if isinstance(node, ast.NamedExpr)
    ]
    return flat


def root_of(node: ast.expr) -> ast.expr:
    """Return the start of an attribute or subscript chain."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node


class Project:
    """The own modules together: resolves names across them."""

    def __init__(self, modules: Mapping[str, SourceModule]) -> None:
        self.modules = dict(modules)

    def module_of(self, dotted: str) -> tuple[SourceModule, str] | None:
        """Split a dotted name into an own module and the rest, or return None."""
        head, rest = dotted, ""
        while head:
            if head in self.modules and rest:
                return self.modules[head], rest
            head, _, last = head.rpartition(".")
            rest = f"{last}.{rest}" if rest else last
        return None

    def functions_called(self, dotted: str) -> list[tuple[SourceModule, AnyFunction]]:
        """Return the own functions that calling `dotted` runs; a class runs its constructors."""
        found = self.module_of(dotted)
        if found is None:
            return []
        module, rest = found
        first, _, method = rest.partition(".")
        is_instance = first.endswith("()")
        first = first.removesuffix("()")
        if first in module.functions and not rest.partition(".")[2]:
            return [(module, module.functions[first])]
        owner = module.classes.get(first)
        if owner is None:
            again = module.bindings.get(first)
            if again and again != dotted and not is_instance:
                return self.functions_called(".".join(filter(None, (again, method))))
            return []
        wanted = {method} if method else {"__new__", "__init__", "__post_init__"}
        return [
            (module, item)
            for item in owner.body
            if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and item.name in wanted
        ]

    def global_behind(
        self, module: SourceModule, node: ast.expr, local: frozenset[str] = frozenset()
    ) -> GlobalName | None:
        """Return the own module's global that an expression writes to, or None."""
        root = root_of(node)
        if not isinstance(root, ast.Name) or root.id in local:
            return None
        imported = module.bindings.get(root.id)
        if imported is None:
            return GlobalName(module.name, root.id)
        dotted = resolve(module, node) or imported
        found = self.module_of(dotted) or self.module_of(imported)
        return GlobalName(found[0].name, found[1].partition(".")[0]) if found else None
