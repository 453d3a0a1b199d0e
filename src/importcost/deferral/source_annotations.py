"""Which annotations something reads at run time, and so needs the names in them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import replace

from importcost.deferral.source_facts import Definition, Facts, Occurrence
from importcost.deferral.source_model import UseKind
from importcost.deferral.source_names import FUNCTIONS

_DECORATORS = frozenset(
    (
        "abc.abstractmethod", "contextlib.asynccontextmanager", "contextlib.contextmanager",
        "functools.cache", "functools.cached_property", "functools.lru_cache",
        "functools.total_ordering", "functools.wraps", "enum.unique", "typing.final",
        "typing.no_type_check", "typing.overload", "typing.override",
        "typing.runtime_checkable", "typing_extensions.final", "typing_extensions.overload",
        "typing_extensions.override", "atexit.register", "types.coroutine",
    )
)  # fmt: skip
_METHOD_DECORATORS = frozenset(
    (
        "setter", "getter", "deleter",  # of a property
        # AWS Lambda Powertools wraps a handler without a look at its annotations.
        "inject_lambda_context", "capture_lambda_handler", "capture_method", "log_metrics",
    )
)  # fmt: skip
_BASES = frozenset(
    (
        "abc.ABC", "abc.ABCMeta", "typing.Generic", "typing.Protocol",
        "typing_extensions.Protocol", "enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag",
        "enum.IntFlag", "threading.Thread", "json.JSONEncoder", "json.JSONDecoder",
        "logging.Handler", "logging.Formatter", "logging.Filter", "logging.LoggerAdapter",
        "collections.UserDict", "collections.UserList", "collections.OrderedDict",
        "string.Formatter", "string.Template", "ast.NodeVisitor", "ast.NodeTransformer",
        "unittest.TestCase",
    )
)  # fmt: skip
_BUILTIN_DECORATORS = frozenset(("staticmethod", "classmethod", "property"))
_EVALUATED = (UseKind.ANNOTATION_EVALUATED, UseKind.ANNOTATION)


def mark_read(
    facts: Facts, targets: dict[str, str], outside_values: frozenset[str]
) -> list[Occurrence]:
    """Return the occurrences with those annotations as ANNOTATION_READ that may be read.

    `targets` are the dotted names that the file's imports stand for; `outside_values` the names
    that other files pass on as values. Anything not known to be harmless counts as a reader.
    """
    readers = _Readers(facts, targets, outside_values)
    found = [readers.marked(item) for item in facts.occurrences]
    # A class named in an annotation that is read is read itself: parameters of a dependency.
    while True:
        named = {item.name for item in found if item.kind is UseKind.ANNOTATION_READ}
        if not readers.spread(named):
            return found
        found = [readers.marked(item) for item in found]


class _Readers:
    """The definitions of one file whose annotations may be read."""

    def __init__(
        self, facts: Facts, targets: dict[str, str], outside_values: frozenset[str]
    ) -> None:
        self._facts = facts
        self._targets = targets
        self._known: dict[int, bool] = {}
        self._escaped = set(outside_values) | {
            item.name for item in facts.occurrences if item.role == "value" and not item.chain
        }
        self._inner_values: dict[int, frozenset[str]] = {}
        for node in facts.classes.values():
            if not self._harmless_class(node):
                self._escaped.update(_names(node.bases))

    def spread(self, names: Iterable[str]) -> bool:
        """Count these classes as read; tell whether that is news."""
        new = {name for name in names if name in self._facts.classes} - self._escaped
        self._escaped |= new
        self._known.clear()
        return bool(new)

    def marked(self, item: Occurrence) -> Occurrence:
        """Return an occurrence, as ANNOTATION_READ where something may read it."""
        if item.kind not in _EVALUATED or item.holders is None:
            return item
        whole_file = self._facts.reader is not None
        if whole_file or any(self._read(held) for held in _relevant(item.holders)):
            return replace(item, kind=UseKind.ANNOTATION_READ)
        return item

    def _read(self, held: tuple[Definition, tuple[Definition, ...]]) -> bool:
        node, around = held
        if id(node) not in self._known:
            self._known[id(node)] = self._decide(node, around)
        return self._known[id(node)]

    def _decide(self, node: Definition, around: tuple[Definition, ...]) -> bool:
        outer = next((held for held in around if isinstance(held, FUNCTIONS)), None)
        if outer is not None:
            escapes = node.name in self._passed_on(outer)
        else:
            escapes = not around and node.name in self._escaped
        if escapes:
            return True
        if isinstance(node, ast.ClassDef):
            return not self._harmless_class(node)
        return not all(self._harmless_decorator(part) for part in node.decorator_list)

    def _passed_on(self, outer: Definition) -> frozenset[str]:
        """Return the names that a function uses other than by calling them."""
        if id(outer) not in self._inner_values:
            called = {id(node.func) for node in ast.walk(outer) if isinstance(node, ast.Call)}
            self._inner_values[id(outer)] = frozenset(
                node.id
                for node in ast.walk(outer)
                if isinstance(node, ast.Name)
                and isinstance(node.ctx, ast.Load)
                and id(node) not in called
            )
        return self._inner_values[id(outer)]

    def _harmless_class(self, node: ast.ClassDef, seen: frozenset[str] = frozenset()) -> bool:
        if not all(self._harmless_decorator(part) for part in node.decorator_list):
            return False
        for word in node.keywords:
            if word.arg != "metaclass" or self._dotted(word.value) != "abc.ABCMeta":
                return False
        return all(self._harmless_base(base, seen | {node.name}) for base in node.bases)

    def _harmless_base(self, base: ast.expr, seen: frozenset[str]) -> bool:
        base = base.value if isinstance(base, ast.Subscript) else base
        dotted = self._dotted(base)
        if dotted is None:
            return False
        if dotted in self._facts.classes:
            return dotted in seen or self._harmless_class(self._facts.classes[dotted], seen)
        return dotted in _BASES or (
            dotted not in self._facts.bindings and hasattr(builtins, dotted)
        )

    def _harmless_decorator(self, node: ast.expr) -> bool:
        node = node.func if isinstance(node, ast.Call) else node
        dotted = self._dotted(node)
        if isinstance(node, ast.Attribute) and node.attr in _METHOD_DECORATORS:
            return True
        builtin = dotted in _BUILTIN_DECORATORS and dotted not in self._facts.bindings
        return builtin or dotted in _DECORATORS

    def _dotted(self, node: ast.expr) -> str | None:
        """Return the absolute dotted name of an expression, as far as imports tell."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        return ".".join((self._targets.get(node.id, node.id), *reversed(names)))


def _relevant(
    holders: tuple[Definition, ...],
) -> Iterator[tuple[Definition, tuple[Definition, ...]]]:
    """Yield an annotation's own definition and the classes right around it."""
    for index in range(len(holders) - 1, -1, -1):
        if index < len(holders) - 1 and isinstance(holders[index], FUNCTIONS):
            return
        yield holders[index], holders[:index]


def _names(nodes: Iterable[ast.expr]) -> set[str]:
    return {child.id for node in nodes for child in ast.walk(node) if isinstance(child, ast.Name)}
