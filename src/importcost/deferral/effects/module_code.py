"""The source of the modules that init loaded: parsed when asked for, with their global names."""

from __future__ import annotations

import ast
import contextlib
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from importcost.deferral.effects.conditions import known_outcome
from importcost.deferral.source.model import Unreadable
from importcost.deferral.source.text import decode
from importcost.model.graph import STDLIB, ImportGraph, LoadedModule

MAX_SOURCE_BYTES = 2_000_000
"""Larger modules are tables of data; parsing one takes seconds."""
MAX_TOTAL_BYTES = 40_000_000
"""Sources that are parsed for one graph: about 20 s. Limiting time would make verdicts differ."""


@dataclass(frozen=True, slots=True)
class BoundName:
    """A name of a module and the node that binds it; `dotted` is what an import brings."""

    node: ast.AST
    value: ast.expr | None = None
    dotted: str | None = None
    is_module: bool = False
    """True for `import a.b` and `import a.b as c`, which bind modules."""


@dataclass(frozen=True, slots=True)
class ModuleCode:
    """One module's parsed source: its live statements and what its names are bound to."""

    name: str
    file: str
    package: str
    tree: ast.Module
    text: str
    names: Mapping[str, BoundName]
    stars: tuple[str, ...]


class ModuleCodes:
    """Finds and parses the sources of the modules of one import graph.

    The standard library is not read: `data/effects.json` says what its functions change.
    """

    def __init__(self, graph: ImportGraph, python: tuple[int, int]) -> None:
        self.loaded: Mapping[str, LoadedModule] = {one.name: one for one in graph.modules}
        self.python = python
        self._parsed: dict[str, ModuleCode | None] = {}
        self._watches: list[set[str]] = []
        self._bytes = 0

    @contextlib.contextmanager
    def watched(self) -> Iterator[set[str]]:
        """Collect the names of the modules that are looked at meanwhile."""
        seen: set[str] = set()
        self._watches.append(seen)
        try:
            yield seen
        finally:
            self._watches.pop()
            self.note(*seen)

    def note(self, *names: str) -> None:
        """Take it that these modules were looked at."""
        if self._watches:
            self._watches[-1].update(names)

    def code(self, name: str) -> ModuleCode | None:
        """Return a module's parsed source, or None if there is none to read."""
        self.note(name)
        if name not in self._parsed:
            self._parsed[name] = self._parse(name)
        return self._parsed[name]

    def is_stdlib(self, name: str) -> bool:
        """Return True for modules of the standard library, built-in ones included."""
        module = self.loaded.get(name)
        if module is None:
            return name.partition(".")[0] in sys.stdlib_module_names
        return module.distribution == STDLIB

    def is_loaded(self, name: str) -> bool:
        """Return True if init loaded the module, as far as the graph and Python's own say."""
        self.note(name)
        return name in self.loaded or self.is_stdlib(name)

    def split(self, dotted: str) -> tuple[str, str]:
        """Split a dotted name into the longest module that was loaded and the rest."""
        parts = dotted.split(".")
        for size in range(len(parts), 0, -1):
            module = ".".join(parts[:size])
            if module in self.loaded:
                self.note(module)
                return module, ".".join(parts[size:])
        return parts[0], ".".join(parts[1:])

    def has_source(self, name: str) -> bool:
        """Return True if the module's source file can be read here."""
        module = self.loaded.get(name)
        file = module.file if module else None
        return file is not None and file.endswith(".py") and Path(file).is_file()

    def is_out_of_reach(self, name: str) -> bool:
        """Return True if a module has Python source or bytecode that cannot be read here."""
        module = self.loaded.get(name)
        file = module.file if module else None
        if file is None or self.is_stdlib(name) or not file.endswith((".py", ".pyc")):
            return False
        try:
            return file.endswith(".pyc") or Path(file).stat().st_size > MAX_SOURCE_BYTES
        except OSError:
            return True

    def _parse(self, name: str) -> ModuleCode | None:
        if self.is_stdlib(name) or not self.has_source(name):
            return None
        file = str(self.loaded[name].file)
        try:
            data = Path(file).read_bytes()
            text = decode(file, data) if self._may_parse(len(data)) else None
            if text is None or isinstance(text, Unreadable):
                return None
            self._bytes += len(data)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the user's escapes are not ours to judge
                tree = ast.parse(text.text)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        is_package = file.endswith("/__init__.py")
        package = name if is_package else name.rpartition(".")[0]
        names, stars = self._global_names(tree, package)
        return ModuleCode(name, file, package, tree, text.text, names, stars)

    def _may_parse(self, size: int) -> bool:
        return size <= MAX_SOURCE_BYTES and self._bytes + size <= MAX_TOTAL_BYTES

    def _global_names(
        self, tree: ast.Module, package: str
    ) -> tuple[dict[str, BoundName], tuple[str, ...]]:
        names: dict[str, BoundName] = {}
        stars: list[str] = []
        for node in live(tree.body, self.python):
            if isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names):
                stars.append(absolute(node, package))
                continue
            for name, bound in bound_names(node, package):
                if name not in names or self._is_better(bound):
                    names[name] = bound
        return names, tuple(stars)

    def _is_better(self, bound: BoundName) -> bool:
        """Return False for None and for imports that failed: another value took their place."""
        if bound.dotted is not None:
            module = bound.dotted if bound.is_module else bound.dotted.rpartition(".")[0]
            return self.is_loaded(module)
        return not (isinstance(bound.value, ast.Constant) and bound.value.value is None)


def absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the absolute name of the module that a from-import names."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - node.level + 1])
    return ".".join(filter(None, (base, node.module)))


def live(body: list[ast.stmt], python: tuple[int, int]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a body does, without branches that cannot be taken."""
    for node in body:
        if isinstance(node, ast.If):
            decided = known_outcome(node.test, python)
            if decided is not True:
                yield from live(node.orelse, python)
            if decided is not False:
                yield from live(node.body, python)
        elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            for handler in getattr(node, "handlers", ()):
                yield from live(handler.body, python)
            for part in ("body", "orelse", "finalbody"):
                yield from live(getattr(node, part), python)
        else:
            yield node
            for part in ("body", "orelse"):
                if isinstance(node, (ast.With, ast.For, ast.While)):
                    yield from live(getattr(node, part, []), python)


def bound_names(node: ast.stmt, package: str) -> Iterator[tuple[str, BoundName]]:
    """Yield the names that one statement binds, with what they are bound to."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            target = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or target, BoundName(node, dotted=target, is_module=True)
    elif isinstance(node, ast.ImportFrom):
        base = absolute(node, package)
        for alias in node.names:
            yield alias.asname or alias.name, BoundName(node, dotted=f"{base}.{alias.name}")
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name, BoundName(node)
    else:
        for assigned, value in _targets(node):
            yield from _assigned(assigned, node, value)


def _targets(node: ast.stmt) -> list[tuple[ast.expr, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        return [(target, node.value) for target in node.targets]
    if isinstance(node, ast.AnnAssign):
        return [(node.target, node.value)] if node.value is not None else []
    if isinstance(node, ast.For):
        return [(node.target, None)]
    if isinstance(node, ast.With):
        return [(one.optional_vars, None) for one in node.items if one.optional_vars is not None]
    return []


def _assigned(
    target: ast.expr, node: ast.stmt, value: ast.expr | None
) -> Iterator[tuple[str, BoundName]]:
    if isinstance(target, ast.Name):
        yield target.id, BoundName(node, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
        same = len(values) == len(target.elts)
        for number, part in enumerate(target.elts):
            yield from _assigned(part, node, values[number] if same else None)
