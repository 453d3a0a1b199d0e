"""The definitions of a function's own files, and what a call in them certainly runs."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from importcost.deferral.source.imports import absolute_name
from importcost.deferral.source.names import (
    FUNCTIONS,
    FunctionNode,
    alias_name,
    attribute_chain,
    bound_in,
    parameters,
)

MOST_STEPS = 8
"""Names that stand for names of other files are followed this far."""


@dataclass(frozen=True, slots=True)
class CodeFile:
    """The names that one file binds at module level, each of them once."""

    module: str
    functions: Mapping[str, FunctionNode]
    classes: Mapping[str, ast.ClassDef]
    values: Mapping[str, ast.expr]
    targets: Mapping[str, str]
    """The dotted names that its imports stand for."""


@dataclass(frozen=True, slots=True)
class OwnClass:
    """A class of the function's own files; `is_exact` if an instance is no subclass's."""

    file: CodeFile
    node: ast.ClassDef
    is_exact: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A function's own scope: what its names stand for, as far as that is certain."""

    file: CodeFile
    node: FunctionNode
    owner: OwnClass | None = None
    outer: Frame | None = None
    given: Mapping[str, Frame] = field(default_factory=dict)
    """The functions that its parameters are."""
    is_bare: bool = False
    """True if it runs without its decorators."""

    def locals(self) -> frozenset[str]:
        """Return the names that are not the module's here."""
        found = bound_in(self.node.body)
        names = found.names | {argument.arg for argument in parameters(self.node.args)}
        outer = self.outer.locals() if self.outer else frozenset()
        return frozenset(names | (outer - found.global_))

    def first(self) -> str | None:
        """Return the name of a method's first parameter."""
        arguments = parameters(self.node.args)
        return arguments[0].arg if self.owner and arguments else None


def code_file(module: str, package: str, tree: ast.Module) -> CodeFile:
    """Collect the definitions of a file. A name that is bound twice stands for nothing."""
    times: Counter[str] = Counter()
    for statement in tree.body:
        times.update(_bindings(statement))
    once = {name for name, count in times.items() if count == 1}
    functions: dict[str, FunctionNode] = {}
    classes: dict[str, ast.ClassDef] = {}
    values: dict[str, ast.expr] = {}
    targets: dict[str, str] = {}
    for statement in tree.body:
        if isinstance(statement, FUNCTIONS) and statement.name in once:
            functions[statement.name] = statement
        elif isinstance(statement, ast.ClassDef) and statement.name in once:
            classes[statement.name] = statement
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            targets |= _targets(statement, package)
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            target = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if len(target) == 1 and isinstance(target[0], ast.Name) and target[0].id in once:
                values[target[0].id] = statement.value
    return CodeFile(module, functions, classes, values, targets)


def _bindings(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        # `import a.b` and `import a.c` bind one and the same `a`.
        yield from {alias_name(alias) for alias in statement.names}
    else:
        yield from bound_in([statement]).names


def _targets(node: ast.Import | ast.ImportFrom, package: str) -> dict[str, str]:
    if isinstance(node, ast.ImportFrom):
        base = absolute_name(node, package)
        return {alias_name(one): f"{base}.{one.name}" for one in node.names}
    return {
        alias_name(one): one.name if one.asname else one.name.partition(".")[0]
        for one in node.names
    }


class OwnCode:
    """All files of a function, by module, and how a name in them is followed."""

    def __init__(self, files: Mapping[str, CodeFile]) -> None:
        self.files = files
        self._overriding = Counter(
            child.name
            for file in files.values()
            for node in file.classes.values()
            if node.bases
            for child in node.body
            if isinstance(child, FUNCTIONS)
        )

    def called(self, node: ast.expr, frame: Frame) -> Frame | None:
        """Return the function that a call of this expression certainly runs."""
        chain = attribute_chain(node)
        if chain:
            return self._by_chain(chain, frame)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
            made = self._class_of(node.value.func, frame)
            return self._method(made, node.attr) if made else None
        return None

    def _by_chain(self, chain: tuple[str, ...], frame: Frame) -> Frame | None:
        root, *rest = chain
        if root in frame.locals():
            return self._local(root, rest, frame)
        file = frame.file
        if not rest:
            return self.named(file, root)
        if root in file.targets:
            return self._dotted((*file.targets[root].split("."), *rest))
        made = self._module_value(file, root)
        return self._method(made, rest[0]) if made and len(rest) == 1 else None

    def _local(self, root: str, rest: list[str], frame: Frame) -> Frame | None:
        scope: Frame | None = frame
        while scope is not None:
            if scope.owner and root == scope.first():
                return self._method(scope.owner, rest[0]) if len(rest) == 1 else None
            if root in scope.given and not rest:
                return scope.given[root]
            made = _only_local(scope.node, root)
            if isinstance(made, FunctionNode) and not rest:
                return Frame(frame.file, made, None, scope)
            if isinstance(made, ast.Call) and len(rest) == 1:
                own = self._class_of(made.func, scope)
                return self._method(own, rest[0]) if own else None
            if root in {argument.arg for argument in parameters(scope.node.args)}:
                return None
            scope = scope.outer
        return None

    def named(self, file: CodeFile, name: str, steps: int = 0) -> Frame | None:
        """Return the function that a module-level name certainly stands for."""
        if steps > MOST_STEPS:
            return None
        if name in file.functions:
            return Frame(file, file.functions[name])
        if name in file.classes:
            return self._method(OwnClass(file, file.classes[name], is_exact=True), "__init__")
        value = file.values.get(name)
        if isinstance(value, ast.Name):
            return self.named(file, value.id, steps + 1)
        if isinstance(value, ast.Call):
            return self._wrapped(file, value, steps + 1)
        if name in file.targets:
            return self._dotted(tuple(file.targets[name].split(".")), steps + 1)
        return None

    def _wrapped(self, file: CodeFile, value: ast.Call, steps: int) -> Frame | None:
        """Return the function of `wrap(function)`, decorated by what wraps it."""
        first = value.args[0] if len(value.args) == 1 else None
        inner = self.named(file, first.id, steps) if isinstance(first, ast.Name) else None
        if inner is None or inner.file is not file or inner.owner is not None:
            return None
        node = copy.copy(inner.node)
        node.decorator_list = [value.func, *node.decorator_list]
        return Frame(file, node)

    def _dotted(self, parts: tuple[str, ...], steps: int = 0) -> Frame | None:
        for size in range(len(parts) - 1, 0, -1):
            file = self.files.get(".".join(parts[:size]))
            if file is not None:
                rest = parts[size:]
                if len(rest) == 1:
                    return self.named(file, rest[0], steps)
                made = self._module_value(file, rest[0])
                return self._method(made, rest[1]) if made and len(rest) == 2 else None
        return None

    def _module_value(self, file: CodeFile, name: str) -> OwnClass | None:
        """Return the class whose instance, or which itself, a module-level name is."""
        if name in file.classes:
            return OwnClass(file, file.classes[name], is_exact=True)
        value = file.values.get(name)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            return self._own_class(file, value.func.id)
        return None

    def _class_of(self, node: ast.expr, frame: Frame) -> OwnClass | None:
        if isinstance(node, ast.Name) and node.id not in frame.locals():
            return self._own_class(frame.file, node.id)
        return None

    def _own_class(self, file: CodeFile, name: str) -> OwnClass | None:
        if name in file.classes:
            return OwnClass(file, file.classes[name], is_exact=True)
        module, _, last = file.targets.get(name, "").rpartition(".")
        other = self.files.get(module)
        if other is not None and last in other.classes:
            return OwnClass(other, other.classes[last], is_exact=True)
        return None

    def _method(self, owner: OwnClass, name: str, steps: int = 0) -> Frame | None:
        """Return a method of a class or of its bases; none if a subclass may have its own."""
        if not owner.is_exact and self._overriding[name]:
            return None
        for child in owner.node.body:
            if isinstance(child, FUNCTIONS) and child.name == name:
                # What `self` is inside may be an instance of a subclass.
                return Frame(owner.file, child, OwnClass(owner.file, owner.node))
        for base in owner.node.bases:
            own = self._own_class(owner.file, base.id) if isinstance(base, ast.Name) else None
            found = self._method(own, name, steps + 1) if own and steps < MOST_STEPS else None
            if found is not None:
                return found
        return None


def _only_local(function: FunctionNode, name: str) -> ast.AST | None:
    """Return the definition or value of a local name that is bound once, at the function's top."""
    found: list[ast.AST] = []
    for statement in function.body:
        if isinstance(statement, FUNCTIONS) and statement.name == name:
            found.append(statement)
        elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and target.id == name:
                found.append(statement.value)
                continue
        if not isinstance(statement, FUNCTIONS) and name in bound_in([statement]).names:
            return None
    return found[0] if len(found) == 1 else None
