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
    function's. `read_bytes` is the size of its source, its bytecode or both, as far as the loader
    read them, or of its extension file; None if it was not recorded.
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
    read_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """One file that init mapped into memory or read besides the source and bytecode of modules.

    `module` is the module that was being loaded at that time (None if none was, or if it is not
    known), and `distribution` the owner of the file, else that of the module. `file_bytes` is the
    size of the file. `resident_bytes` are its pages in memory after init if it is mapped, else
    None. `is_code` is True for extension modules and shared libraries.
    """

    path: str
    module: str | None
    distribution: str
    file_bytes: int
    resident_bytes: int | None
    is_code: bool


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
    """All modules loaded in one run, in load order, and every import between them.

    `files` are the function's other files: native code and data. None if they were not recorded: by
    an older version, or on a platform without /proc.
    """

    modules: tuple[LoadedModule, ...]
    edges: tuple[ImportEdge, ...]
    files: tuple[LoadedFile, ...] | None = None
