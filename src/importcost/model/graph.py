"""The import graph: who imports whom, cached imports included, with file and line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

STDLIB = "stdlib"
RUNTIME = "runtime"
FUNCTION = "function"
UNKNOWN_DISTRIBUTION = "unknown"

RUNTIME_IMPORTER = "(runtime)"
"""Represents the Lambda runtime as the importer of the handler."""


class BytecodeState(str, Enum):
    """The bytecode beside a module's source on the measured disk."""

    VALID = "valid"
    """A timestamp `.pyc` that matches its source."""
    STALE = "stale"
    """A timestamp `.pyc` that does not match, or one of another Python version."""
    ABSENT = "absent"
    """No `.pyc`: the module is compiled at every import."""
    CHECKED_HASH = "checked-hash"
    UNCHECKED_HASH = "unchecked-hash"
    NOT_APPLICABLE = "not-applicable"
    """Built-in, frozen, extension or namespace: nothing to compile."""


class EdgeKind(str, Enum):
    """The cause of an edge."""

    STATEMENT = "statement"
    """An `import` statement, or `__import__`."""
    DYNAMIC = "dynamic"
    """`importlib.import_module`, resolved to the line that called it."""
    PARENT = "parent"
    """A package that Python loads because one of its submodules is imported."""


@dataclass(frozen=True, slots=True)
class LoadedModule:
    """One module loaded during the graph run.

    `distribution` is the PyPI package that owns it, or STDLIB, RUNTIME, FUNCTION (the user's own
    code) or UNKNOWN_DISTRIBUTION. `rss_self_bytes` is the growth of resident memory while it
    loaded, minus that of the modules it loaded itself; None if the platform does not report it.
    `phase` is the label of the phase in which it was loaded, and `loaded_by` the module whose
    import loaded it first (None for a root). `from_runtime` is True if Lambda's runtime provides it
    (boto3 and its dependencies), so no package needs to contain it; its cost is still the
    function's.
    """

    name: str
    file: str | None
    distribution: str
    bytecode: BytecodeState
    rss_self_bytes: int | None
    rss_cumulative_bytes: int | None
    phase: str
    loaded_by: str | None
    from_runtime: bool = False


@dataclass(frozen=True, slots=True)
class ImportEdge:
    """`importer` imports `imported` at `file`:`line`; `cached` if it was loaded already.

    `importer` is a module name, RUNTIME_IMPORTER for the handler itself. `file` and `line` are None
    for PARENT edges and if the importing frame has no Python source. If the import is inside a
    function, `cause` and `cause_line` name the nearest module body up the stack: the module-level
    statement during which it ran; None otherwise.
    """

    importer: str
    imported: str
    file: str | None
    line: int | None
    cached: bool
    kind: EdgeKind
    cause: str | None = None
    cause_line: int | None = None


@dataclass(frozen=True, slots=True)
class ImportGraph:
    """All modules loaded in one run, in load order, and every import between them."""

    modules: tuple[LoadedModule, ...]
    edges: tuple[ImportEdge, ...]
