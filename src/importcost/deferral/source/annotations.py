"""Annotations that are read at run time, so the names in them must exist."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import Enum, auto

from importcost.deferral.source.facts import Definition, Facts, Occurrence
from importcost.deferral.source.model import UseKind
from importcost.deferral.source.names import FUNCTIONS, dotted_name

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
        # AWS Lambda Powertools wraps a handler without reading its annotations.
        "inject_lambda_context", "capture_lambda_handler", "capture_method", "log_metrics",
    )
)  # fmt: skip
_BASES = frozenset(
    (
        "abc.ABC", "abc.ABCMeta", "typing.Generic", "typing.Protocol",
        "typing_extensions.Protocol", "threading.Thread", "json.JSONEncoder", "json.JSONDecoder",
        "logging.Handler", "logging.Formatter", "logging.Filter", "logging.LoggerAdapter",
        "collections.UserDict", "collections.UserList", "collections.OrderedDict",
        "string.Formatter", "string.Template", "ast.NodeVisitor", "ast.NodeTransformer",
        "unittest.TestCase",
    )
)  # fmt: skip
_BUILTIN_DECORATORS = frozenset(("staticmethod", "classmethod", "property"))
_ENUMS = frozenset(
    (
        "enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag", "enum.ReprEnum",
    )
)  # fmt: skip
# These read field annotations only.
_FIELD_DECORATORS = frozenset(("dataclasses.dataclass",))
_FIELD_BASES = frozenset(
    (
        "typing.NamedTuple", "typing.TypedDict", "typing_extensions.NamedTuple",
        "typing_extensions.TypedDict",
    )
)  # fmt: skip
# pydantic looks at a model's own __init__, too, and takes settings as keywords of the class.
_MODELS = frozenset(("pydantic.BaseModel", "pydantic.main.BaseModel"))
_CONSTRUCTORS = frozenset(("__init__", "__new__", "__call__"))
_EVALUATED = (UseKind.ANNOTATION_EVALUATED, UseKind.ANNOTATION)


def mark_read(
    facts: Facts, targets: dict[str, str], outside_values: frozenset[str]
) -> list[Occurrence]:
    """Return the occurrences, with ANNOTATION_READ for annotations that may be read at run time.

    `targets` maps names to the dotted names that the file's imports bind. `outside_values` are the
    names that other files pass on as values. A reader is anything not known to be harmless.
    """
    readers = _Readers(facts, targets, outside_values)
    found = [readers.marked(item) for item in facts.occurrences]
    # If an annotation names a class and is read, the class is read too: parameters of a dependency.
    while True:
        named = {item.name for item in found if item.kind is UseKind.ANNOTATION_READ}
        if not readers.spread(named):
            return found
        found = [readers.marked(item) for item in found]


class _Part(Enum):
    """The annotations of a class that are read together."""

    FIELDS = auto()
    CONSTRUCTOR = auto()
    METHODS = auto()


class _Readers:
    """The definitions of one file whose annotations may be read."""

    def __init__(
        self, facts: Facts, targets: dict[str, str], outside_values: frozenset[str]
    ) -> None:
        self._facts = facts
        self._targets = targets
        self._known: dict[tuple[int, _Part], bool] = {}
        self._escaped = set(outside_values) | {
            item.name for item in facts.occurrences if item.role == "value" and not item.chain
        }
        self._inner_values: dict[int, frozenset[str]] = {}
        self._named: set[str] = set()
        self._inherited: set[str] = set()
        for node in facts.classes.values():
            if not self._harmless_class(node, _Part.METHODS):
                self._escaped.update(_names(node.bases))
            elif not self._harmless_class(node, _Part.FIELDS):
                self._inherited.update(_names(node.bases))

    def spread(self, names: Iterable[str]) -> bool:
        """Mark these classes as read. Return True if anything was added."""
        new = {name for name in names if name in self._facts.classes} - self._named
        self._named |= new
        self._known.clear()
        return bool(new)

    def marked(self, item: Occurrence) -> Occurrence:
        """Return an occurrence, as ANNOTATION_READ if its annotation may be read."""
        if item.kind not in _EVALUATED or item.holders is None:
            return item
        whole_file = self._facts.reader is not None
        part = _part(item.holders)
        if whole_file or any(self._read(*held, part) for held in _relevant(item.holders)):
            return replace(item, kind=UseKind.ANNOTATION_READ)
        return item

    def _read(self, node: Definition, around: tuple[Definition, ...], part: _Part) -> bool:
        key = id(node), part
        if key not in self._known:
            self._known[key] = self._decide(node, around, part)
        return self._known[key]

    def _decide(self, node: Definition, around: tuple[Definition, ...], part: _Part) -> bool:
        outer = next((held for held in around if isinstance(held, FUNCTIONS)), None)
        if outer is not None:
            escapes = node.name in self._passed_on(outer)
        else:
            escapes = not around and self._escapes(node, part)
        if escapes:
            return True
        if isinstance(node, ast.ClassDef):
            return not self._harmless_class(node, part)
        return not all(self._harmless_decorator(each) for each in node.decorator_list)

    def _escapes(self, node: Definition, part: _Part) -> bool:
        """Return True if a definition of the module is passed to code that may read these
        annotations.

        Code that reads the class of a field or a parameter wants its fields, or calls it. An enum
        is passed on for its members.
        """
        if not isinstance(node, ast.ClassDef):
            return node.name in self._escaped | self._named
        methods = part is _Part.METHODS
        if node.name in self._escaped:
            return not (methods and self._is_kind(node, _ENUMS))
        if node.name in self._named:
            return not (methods and self._of_known_kind(node))
        return part is _Part.FIELDS and node.name in self._inherited

    def _of_known_kind(self, node: ast.ClassDef) -> bool:
        decorated = any(self._is_field_decorator(part) for part in node.decorator_list)
        return decorated or self._is_kind(node, _ENUMS | _FIELD_BASES | _MODELS)

    def _is_kind(
        self, node: ast.ClassDef, kinds: frozenset[str], seen: frozenset[str] = frozenset()
    ) -> bool:
        """Return True if one of the bases, within this file, is one of these classes."""
        bases = {self._dotted(base) for base in node.bases} - {None}
        above = [
            self._facts.classes[name] for name in bases if name and name in self._facts.classes
        ]
        inner = seen | {node.name}
        return bool(bases & kinds) or any(
            self._is_kind(base, kinds, inner) for base in above if base.name not in inner
        )

    def _passed_on(self, outer: Definition) -> frozenset[str]:
        """Return the names that a function uses in other ways than calling them."""
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

    def _harmless_class(
        self, node: ast.ClassDef, part: _Part, seen: frozenset[str] = frozenset()
    ) -> bool:
        """Return True if no decorator or base class reads these annotations."""
        for each in node.decorator_list:
            fields_only = part is not _Part.FIELDS and self._is_field_decorator(each)
            if not (fields_only or self._harmless_decorator(each)):
                return False
        is_model = any(self._dotted(base) in _MODELS for base in node.bases)
        for word in node.keywords:
            setting = word.arg not in (None, "metaclass") and part is _Part.METHODS and is_model
            if not setting and (
                word.arg != "metaclass" or self._dotted(word.value) != "abc.ABCMeta"
            ):
                return False
        return all(self._harmless_base(base, part, seen | {node.name}) for base in node.bases)

    def _harmless_base(self, base: ast.expr, part: _Part, seen: frozenset[str]) -> bool:
        base = base.value if isinstance(base, ast.Subscript) else base
        dotted = self._dotted(base)
        if dotted is None:
            return False
        if dotted in self._facts.classes:
            return dotted in seen or self._harmless_class(self._facts.classes[dotted], part, seen)
        if part is not _Part.FIELDS and dotted in _FIELD_BASES:
            return True
        if part is _Part.METHODS and dotted in _MODELS:
            return True
        return dotted in _BASES | _ENUMS or (
            dotted not in self._facts.bindings and hasattr(builtins, dotted)
        )

    def _is_field_decorator(self, node: ast.expr) -> bool:
        return self._dotted(node.func if isinstance(node, ast.Call) else node) in _FIELD_DECORATORS

    def _harmless_decorator(self, node: ast.expr) -> bool:
        node = node.func if isinstance(node, ast.Call) else node
        dotted = self._dotted(node)
        if isinstance(node, ast.Attribute) and node.attr in _METHOD_DECORATORS:
            return True
        builtin = dotted in _BUILTIN_DECORATORS and dotted not in self._facts.bindings
        return builtin or dotted in _DECORATORS

    def _dotted(self, node: ast.expr) -> str | None:
        return dotted_name(node, self._targets)


def _part(holders: tuple[Definition, ...]) -> _Part:
    own = holders[-1] if holders else None
    if own is None or isinstance(own, ast.ClassDef):
        return _Part.FIELDS
    return _Part.CONSTRUCTOR if own.name in _CONSTRUCTORS else _Part.METHODS


def _relevant(
    holders: tuple[Definition, ...],
) -> Iterator[tuple[Definition, tuple[Definition, ...]]]:
    """Yield an annotation's own definition and the classes directly around it."""
    for index in range(len(holders) - 1, -1, -1):
        if index < len(holders) - 1 and isinstance(holders[index], FUNCTIONS):
            return
        yield holders[index], holders[:index]


def _names(nodes: Iterable[ast.expr]) -> set[str]:
    return {child.id for node in nodes for child in ast.walk(node) if isinstance(child, ast.Name)}
