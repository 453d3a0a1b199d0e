"""Names of bytecode and sources, as text: a package has tens of thousands of files."""

from __future__ import annotations

_CACHE = "__pycache__"


def name_of(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition("/")[2]


def source_of_bytecode(path: str) -> str | None:
    """Return the source that bytecode in a `__pycache__` folder belongs to, None for other files.

    `a/__pycache__/b.cpython-312.pyc` belongs to `a/b.py`.
    """
    folder, _, name = path.rpartition("/")
    if not name.endswith(".pyc") or name_of(folder) != _CACHE:
        return None
    module = name.removesuffix(".pyc").partition(".")[0]
    return f"{folder.removesuffix(_CACHE)}{module}.py"


def bytecode_of_source(path: str, tag: str) -> str:
    """Return the bytecode that the interpreter of a cache tag like `cpython-312` reads."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{_CACHE}/{name.removesuffix('.py')}.{tag}.pyc"
