"""Names of a module that the function's other files use."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from importcost.deferral.source.imports import absolute_name, loaded_by
from importcost.deferral.source.model import SourceText
from importcost.deferral.source.names import FUNCTIONS, attribute_chain, attribute_chains
from importcost.deferral.source.parse import Parsed, parse

_IMPORTERS = (("import_module",), ("__import__",), ("reload",))


@dataclass(frozen=True, slots=True)
class OutsideUses:
    """The names of one module that other files use; each value is a place ("service.py line 3").

    `names` are its attributes. `everything` is set if all of them may be reached (a star import, or
    the module passed as a value). `values` are used in other ways than calling them. `relied` are
    modules that other files reach through a package without importing them, so this module may be
    the one that loads them. `entry` are the names that Lambda itself looks up.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    everything: str | None = None
    values: frozenset[str] = frozenset()
    relied: Mapping[str, str] = field(default_factory=dict)
    entry: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Touched:
    """The mutable form of OutsideUses while it is collected."""

    names: dict[str, str] = field(default_factory=dict)
    everything: str | None = None
    values: set[str] = field(default_factory=set)


def outside_uses(files: Mapping[str, SourceText]) -> Mapping[str, OutsideUses]:
    """Return, for each module of the function, the names that the other files use.

    Scopes are ignored on purpose: a name that is an import anywhere in a file counts everywhere in
    it. A file that does not parse uses nothing.
    """
    touched = {module: _Touched() for module in files}
    relied: dict[str, dict[str, str]] = {}
    for module, source in files.items():
        parsed = parse(source)
        if not isinstance(parsed, Parsed):
            continue
        is_package = PurePath(source.path).name == "__init__.py"
        package = module if is_package else module.rpartition(".")[0]
        reader = _Reader(module, package, PurePath(source.path).name, touched)
        reader.read(parsed.tree)
        relied[module] = reader.relied
    return {
        module: OutsideUses(
            found.names,
            found.everything,
            frozenset(found.values),
            {
                dotted: where
                for other, names in relied.items()
                if other != module
                for dotted, where in names.items()
            },
        )
        for module, found in touched.items()
    }


class _Reader:
    """Reads one file's uses of the others."""

    def __init__(
        self, module: str, package: str, file: str, touched: Mapping[str, _Touched]
    ) -> None:
        self._module = module
        self._package = package
        self._file = file
        self._touched = touched
        self._targets: dict[str, set[str]] = {}
        self._loaded: dict[int | None, set[str]] = {None: set()}
        self.relied: dict[str, str] = {}

    def read(self, tree: ast.Module) -> None:
        """Collect the names that this file's imports, attribute chains and strings use."""
        owners = _owners(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                # An import in a function has not run before the function does, so only the function
                # can rely on it.
                loaded = self._loaded.setdefault(owners.get(id(node)), set())
                if isinstance(node, ast.Import):
                    self._import(node, loaded)
                else:
                    self._import_from(node, loaded)
        called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for node, names in attribute_chains(tree):
            loaded = self._loaded[None] | self._loaded.get(owners.get(id(node)), set())
            for target in self._targets.get(names[0], ()):
                self._touch(".".join((target, *names[1:])), node.lineno, id(node) in called)
                self._rely(target, names[1:], loaded, node.lineno)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._string(node.value, node.lineno)
            elif isinstance(node, ast.Call):
                self._call(node)

    def _import(self, node: ast.Import, loaded: set[str]) -> None:
        for alias in node.names:
            loaded |= loaded_by(alias.name)
            name = alias.asname or alias.name.partition(".")[0]
            target = alias.name if alias.asname else name
            self._targets.setdefault(name, set()).add(target)

    def _import_from(self, node: ast.ImportFrom, loaded: set[str]) -> None:
        base = absolute_name(node, self._package)
        loaded |= loaded_by(base)
        for alias in node.names:
            if alias.name == "*":
                self._all(base, node.lineno)
                continue
            target = f"{base}.{alias.name}" if base else alias.name
            loaded.add(target)
            self._targets.setdefault(alias.asname or alias.name, set()).add(target)
            self._touch(target, node.lineno, called=True)

    def _call(self, node: ast.Call) -> None:
        """`import_module("handler")` gives the whole module to its caller."""
        if attribute_chain(node.func)[-1:] in _IMPORTERS and node.args:
            argument = node.args[0]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                self._all(argument.value, node.lineno)

    def _string(self, value: str, line: int) -> None:
        """`patch("handler.np")` uses the name that its string spells."""
        value = value.partition("://")[2] or value  # "ext://app.stream" of a logging configuration
        value = value.replace(":", ".", 1)  # "app:handler"
        if not re.fullmatch(r"[\w.]{1,200}", value):
            return
        if value in self._touched and "." in value:
            self._all(value, line)
        head, _, name = value.rpartition(".")
        if head in self._touched and head != self._module and name.isidentifier():
            self._name(head, name, line, called=False)

    def _touch(self, dotted: str, line: int, called: bool) -> None:
        """Record a use of `package.module.name`, whichever part of it is the module."""
        parts = dotted.split(".")
        for size in range(1, len(parts) + 1):
            module = ".".join(parts[:size])
            if module not in self._touched or module == self._module:
                continue
            if size == len(parts):
                if not called:
                    self._all(module, line)
            elif parts[size] == "__dict__":
                self._all(module, line)
            elif f"{module}.{parts[size]}" not in self._touched:
                self._name(module, parts[size], line, called or size + 1 < len(parts))

    def _rely(self, target: str, attributes: tuple[str, ...], loaded: set[str], line: int) -> None:
        dotted = target
        for attribute in attributes:
            dotted = f"{dotted}.{attribute}"
            if dotted not in loaded:
                self.relied.setdefault(dotted, f"{self._file} line {line}")

    def _name(self, module: str, name: str, line: int, called: bool) -> None:
        found = self._touched[module]
        found.names.setdefault(name, f"{self._file} line {line}")
        if not called:
            found.values.add(name)

    def _all(self, module: str, line: int) -> None:
        found = self._touched.get(module)
        if found is not None and module != self._module and found.everything is None:
            found.everything = f"{self._file} line {line}"


def _owners(tree: ast.Module) -> dict[int, int]:
    """Return, by id(), the outermost function around each node inside a function."""
    owners: dict[int, int] = {}
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, FUNCTIONS):
            owners.update((id(child), id(node)) for child in ast.walk(node))
        else:
            pending.extend(ast.iter_child_nodes(node))
    return owners
