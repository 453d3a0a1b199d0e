"""The modules that a source file names: import statements, names in texts, and dynamic imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from importcost.app.gate.inputs.hidden_names import (
    attached_modules,
    is_literal_logging,
    is_stub_attached,
    run_texts,
)
from importcost.app.gate.inputs.search_folders import FolderReader
from importcost.deferral.source.model import Unreadable
from importcost.deferral.source.parse import parse_as_is
from importcost.deferral.source.text import decode
from importcost.files.read import read_found

_DOTTED = re.compile(r"\.*[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_LONGEST_NAME = 300
_LOADERS = frozenset(
    {
        *("import_module", "__import__", "run_module", "iter_modules", "walk_packages"),
        *("entry_points", "iter_entry_points", "load_entry_point", "exec", "eval"),
        *("load_module", "find_module", "find_spec", "import_string", "import_object", "locate"),
        *("resolve_name", "autodiscover", "autodiscover_tasks", "__path__", "extend_path"),
        *("exec_module", "module_from_spec", "meta_path", "path_hooks", "import_from_string"),
        *("dictConfig", "fileConfig"),
    }
)
"""Names of what imports modules by a name that it computes; they lie on the search path."""
_FILE_LOADERS = frozenset(
    {
        *("run_path", "spec_from_file_location", "SourceFileLoader", "SourcelessFileLoader"),
        *("ExtensionFileLoader", "load_source", "load_compiled", "load_dynamic", "zipimporter"),
        *("FileFinder", "PathFinder", "execfile"),
    }
)
"""Names of what loads modules from files, which may lie anywhere."""
_BY_NAME = frozenset({"import_module", "__import__", "run_module"})
"""Those whose first argument is the module's name."""
_SCANNERS = frozenset(
    {
        *("alembic", "beanie", "celery", "dependency_injector", "django", "dramatiq", "huey"),
        *("injector", "pluggy", "pyramid", "stevedore", "tortoise", "venusian", "wireup", "yapsy"),
    }
)
"""Packages that import the modules of a package of the user's which a text names."""


class Manner(Enum):
    """The way in which a file names a module."""

    IMPORT = "imports"
    STAR = "imports all of"
    TEXT = "names"
    """A text that is a module's name: frameworks import what texts name."""
    UNDER = "imports modules under"
    """A name of which only the beginning is known."""
    SOME = "imports modules by a name that it computes"
    COMPILED = "is compiled: which modules it imports cannot be seen"
    UNPARSED = "cannot be parsed: it may import any module"
    UNREADABLE = "cannot be read: it may import any module"
    SHADOW = "has a name that Python imports by itself"
    """An own module with a name of the standard library, or one that changes Python's start."""
    RUNS = "runs what it reads from a file"
    FILES = "loads modules from files"
    FOLDER = "adds to the search path"


@dataclass(frozen=True, slots=True)
class NamedModule:
    """One name in a file, at a line from 1. `level` counts the dots of a relative name.

    `name` is a dotted module name, empty for SOME and FILES; for FOLDER it is an absolute path.
    """

    manner: Manner
    name: str
    line: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class SourceNames:
    """All that a file names; `exports` are the names in `__all__`, None if they are computed.

    `scans` is True if it uses a package that imports all modules of packages that texts name.
    """

    mentions: tuple[NamedModule, ...]
    exports: tuple[str, ...] | None = ()
    scans: bool = False


def _unknown(manner: Manner) -> SourceNames:
    return SourceNames((NamedModule(manner, "", 1),), None)


def source_names(file: Path) -> SourceNames:
    """Return what a module's file names; of one that is not readable Python, that it may be all."""
    if file.suffix != ".py":
        return _unknown(Manner.COMPILED)
    tree = parsed_at(file)
    return _Reader(tree, file).read() if isinstance(tree, ast.Module) else _unknown(tree)


def parsed_at(file: Path) -> ast.Module | Manner:
    """Return the tree of a source or stub; UNREADABLE or UNPARSED for one that has none."""
    try:
        source = decode(str(file), read_found(file))
    except OSError:
        return Manner.UNREADABLE
    parsed = source if isinstance(source, Unreadable) else parse_as_is(source)
    return Manner.UNPARSED if isinstance(parsed, Unreadable) else parsed.tree


class _Reader:
    """Reads one file's tree."""

    def __init__(self, tree: ast.Module, file: Path) -> None:
        self._tree = tree
        self._every = list(ast.walk(tree))
        self._folders = FolderReader(self._every, file)
        self._file = file
        self._is_init = file.stem == "__init__"
        self._loaders = _LOADERS | _aliases(self._every, _LOADERS)
        self._by_name = _BY_NAME | _aliases(self._every, _BY_NAME)
        self._file_loaders = _FILE_LOADERS | _aliases(self._every, _FILE_LOADERS)
        self._runners = run_texts(self._every)
        self._known: set[int] = set()
        """The nodes, by id(), that a name is known for: they say nothing more."""

    def read(self) -> SourceNames:
        """Return all mentions."""
        nodes = list(_live(self._tree, self._every))
        found = [*self._calls(nodes)]
        for node in nodes:
            found += self._of(node)
        tops = {one.name.partition(".")[0] for one in found if one.manner is Manner.IMPORT}
        exports = _exports(self._every)
        return SourceNames(tuple(dict.fromkeys(found)), exports, not tops.isdisjoint(_SCANNERS))

    def _calls(self, nodes: list[ast.AST]) -> Iterator[NamedModule]:
        """Yield what calls import by a constant name or beginning, and folders on the path."""
        for node in nodes:
            if isinstance(node, ast.Call) and _last(node.func) in self._by_name and node.args:
                yield from self._named(node)
            if isinstance(node, ast.Call) and is_literal_logging(node):
                self._known.add(id(node.func))
            if isinstance(node, ast.Call):
                yield from self._lazy(node)
            for place in self._folders.added(node):
                self._known.update(id(one) for one in place.nodes)
                if place.path is None:
                    yield NamedModule(Manner.FILES, "", place.line)
                elif place.path:
                    yield NamedModule(Manner.FOLDER, place.path, place.line)

    def _named(self, node: ast.Call) -> Iterator[NamedModule]:
        text, is_whole = self._text_of(node.args[0])
        name = text.lstrip(".")
        level = len(text) - len(name)
        is_anchored = len(node.args) > 1 or any(one.arg == "package" for one in node.keywords)
        if not text or (level and is_anchored and not self._is_own(node)):
            return
        if is_whole:
            yield NamedModule(Manner.IMPORT, name, node.lineno, level)
        elif level or "." in name:
            yield NamedModule(Manner.UNDER, name.rpartition(".")[0], node.lineno, level)
        else:
            return
        self._known.add(id(node.func))

    def _lazy(self, node: ast.Call) -> Iterator[NamedModule]:
        """Yield the modules that a package loads when they are first used, by lazy_loader."""
        if is_stub_attached(node):
            stub = parsed_at(self._file.with_suffix(".pyi"))
            if not isinstance(stub, ast.Module):
                yield NamedModule(stub, "", node.lineno)
                return
            for one in ast.walk(stub):
                if isinstance(one, ast.ImportFrom):
                    yield from (replace(name, line=node.lineno) for name in _from_import(one))
            return
        for name in attached_modules(node):
            manner = Manner.IMPORT if name else Manner.UNDER
            yield NamedModule(manner, name, node.lineno, 1)

    def _is_own(self, node: ast.Call) -> bool:
        """Return True if a relative name is relative to the file's own package."""
        given = node.args[1:2] or [one.value for one in node.keywords if one.arg == "package"]
        return bool(given) and self._is_package(given[0])

    def _is_package(self, node: ast.expr) -> bool:
        """Return True for an expression that is the name of the file's own package."""
        own = ("__package__", "__name__") if self._is_init else ("__package__",)
        return isinstance(node, ast.Name) and node.id in own

    def _text_of(self, node: ast.expr) -> tuple[str, bool]:
        """Return the known beginning of a text, and True if that is all of it.

        A dot stands for the name of the file's own package.
        """
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value, True
        if self._is_package(node):
            return ".", True
        if isinstance(node, ast.FormattedValue):
            return self._text_of(node.value) if self._is_package(node.value) else ("", False)
        if isinstance(node, ast.JoinedStr):
            return self._joined(node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._joined([node.left, node.right])
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return self._text_of(node.left)[0].partition("%")[0], False
        if isinstance(node, ast.Call) and _last(node.func) == "format":
            func = node.func
            text = self._text_of(func.value)[0] if isinstance(func, ast.Attribute) else ""
            return text.partition("{")[0], False
        return "", False

    def _joined(self, nodes: Sequence[ast.expr]) -> tuple[str, bool]:
        text = ""
        for node in nodes:
            part, is_whole = self._text_of(node)
            text = part if not text else text + (part.lstrip(".") if text == "." else part)
            if not is_whole:
                return text, False
        return text, True

    def _of(self, node: ast.AST) -> Iterator[NamedModule]:
        if id(node) in self._known:
            return
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield NamedModule(Manner.IMPORT, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            yield from _from_import(node)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            yield from self._used(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _in_text(node.value, node.lineno)

    def _used(self, node: ast.Name | ast.Attribute) -> Iterator[NamedModule]:
        last = _last(node)
        if id(node) in self._runners:
            yield NamedModule(Manner.RUNS, "", node.lineno)
        elif last in self._file_loaders or self._folders.is_search_path(node):
            yield NamedModule(Manner.FILES, "", node.lineno)
        elif last in self._loaders:
            yield NamedModule(Manner.SOME, "", node.lineno)


def _in_text(text: str, line: int) -> Iterator[NamedModule]:
    if text in _LOADERS or text in _FILE_LOADERS:  # getattr(importlib, "import_module")
        yield NamedModule(Manner.FILES, "", line)
        return
    for name in names_in(text):
        yield NamedModule(Manner.TEXT, name.lstrip("."), line, len(name) - len(name.lstrip(".")))


def names_in(text: str) -> Iterator[str]:
    """Yield the module names that a text may be: `a.b`, `a.b:c`, or words of a command."""
    if len(text) > _LONGEST_NAME:
        return
    for word in text.replace(":", " ").replace(",", " ").split():
        if _DOTTED.fullmatch(word):
            yield word


def _live(tree: ast.Module, every: list[ast.AST]) -> Iterator[ast.AST]:
    """Yield all nodes but docstrings and what only type checkers import."""
    assigned = {
        target.id for node in every for target in _targets(node) if isinstance(target, ast.Name)
    }
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        children = list(ast.iter_child_nodes(node))
        is_typing = isinstance(node, ast.If) and _last(node.test) == "TYPE_CHECKING"
        if isinstance(node, ast.If) and is_typing and "TYPE_CHECKING" not in assigned:
            children = list(node.orelse)
        pending += [one for one in children if not _is_docstring(one)]


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, (ast.AnnAssign, ast.AugAssign)) else []


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _from_import(node: ast.ImportFrom) -> Iterator[NamedModule]:
    stem = node.module or ""
    if stem:
        yield NamedModule(Manner.IMPORT, stem, node.lineno, node.level)
    for alias in node.names:
        if alias.name == "*":
            yield NamedModule(Manner.STAR, stem, node.lineno, node.level)
            continue
        name = f"{stem}.{alias.name}" if stem else alias.name
        yield NamedModule(Manner.IMPORT, name, node.lineno, node.level)


def _aliases(every: list[ast.AST], names: frozenset[str]) -> frozenset[str]:
    """Return other names under which a file knows some functions: `import_module as load`."""
    found = {
        alias.asname
        for node in every
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in names and alias.asname
    }
    return frozenset(found)


def _last(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _exports(every: list[ast.AST]) -> tuple[str, ...] | None:
    """Return the names in a module's `__all__`, empty without one, None if they are computed."""
    found: list[str] = []
    for node in every:
        if not any(isinstance(one, ast.Name) and one.id == "__all__" for one in _targets(node)):
            continue
        value = getattr(node, "value", None)
        if not isinstance(value, (ast.List, ast.Tuple, ast.Set)):
            return None
        for one in value.elts:
            if not (isinstance(one, ast.Constant) and isinstance(one.value, str)):
                return None
            found.append(one.value)
    return tuple(found)
