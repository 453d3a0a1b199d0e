"""The result of source analysis for one file, from which the rewriter works."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from importcost.model.advice import DeferVerdict


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of source text, as offsets into `SourceText.text`, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's decoded text: `encode()` of `text.py` turns it back into the same bytes.

    `text` keeps every line ending, tab and form feed. `encoding` is the declared or default one.
    `bom` is True if a UTF-8 byte order mark comes first.
    """

    path: str
    text: str
    encoding: str
    bom: bool


class UseKind(str, Enum):
    """The time at which a use of a name is evaluated."""

    MODULE = "module"
    """While the module is imported: module level, class bodies, decorators, defaults ..."""
    FUNCTION = "function"
    """Only when a function runs."""
    LAMBDA = "lambda"
    """When a module-level lambda runs: it cannot hold an import statement."""
    ANNOTATION_EVALUATED = "annotation-evaluated"
    """An annotation that this Python evaluates on import, with no known reader."""
    ANNOTATION = "annotation"
    """An annotation that is never evaluated: quoted, or under `from __future__`."""
    ANNOTATION_READ = "annotation-read"
    """An annotation that is read at run time: dataclass, pydantic, FastAPI ..."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a bound name.

    `span` covers the name alone. `function` is the span of the outermost function definition
    whose body holds the use (None unless kind is FUNCTION); `line` counts from 1.
    """

    name: str
    span: Span
    line: int
    kind: UseKind
    function: Span | None = None


@dataclass(frozen=True, slots=True)
class ImportStatement:
    """One import at module level; `import a, b` is two of them with the same `span`.

    `alias_index` is the position of the alias in `import a, b` (None for a from-import, which is
    indivisible). `imported` are the absolute module names it asks for (`from a import b` asks for
    `a` and perhaps `a.b`: both are listed, and the graph knows which one exists). `bound` are the
    names that it binds. `code` is the statement alone, on one line.
    """

    span: Span
    line: int
    end_line: int
    alias_index: int | None
    imported: tuple[str, ...]
    bound: tuple[str, ...]
    code: str
    verdict: DeferVerdict
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class ModuleObject:
    """A module-level name assigned once, `s3 = boto3.client('s3')`, that a getter could make.

    `needs` are the bound names and other objects that its value uses. `verdict` is NEEDS_GETTER if
    a getter is safe, else NOT_DEFERRABLE with the reason. `is_locked` is True if threads may call
    the getter.
    """

    name: str
    span: Span
    value: Span
    annotation: Span | None
    line: int
    end_line: int
    needs: tuple[str, ...]
    uses: tuple[Use, ...]
    verdict: DeferVerdict
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One analysed file: `module` is its dotted name, `package` what `from .` refers to."""

    source: SourceText
    module: str
    package: str
    imports: tuple[ImportStatement, ...]
    objects: tuple[ModuleObject, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that cannot be analysed, with the reason and its place as a sentence."""

    path: str
    reason: str
