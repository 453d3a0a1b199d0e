"""Find out from the bytecode of a run which files it imported, and from where.

A run whose PYTHONPYCACHEPREFIX is an empty folder leaves a file there for each source file that it
imported, below the source's whole path. That shows whether tests import the copy or, through an
editable installation or a path in their code, the user's own files.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from importcost.app.defer.own_tests.project import LEFT_OUT


def is_imported(source: Path, bytecode: Path) -> bool:
    """Return True if a run with this bytecode folder imported the source file from its place."""
    return any(_has_bytecode(path, bytecode) for path in {source, source.resolve()})


def _has_bytecode(source: Path, bytecode: Path) -> bool:
    folder = bytecode / source.parent.relative_to(source.anchor)
    start = f"{source.stem}."
    try:
        return any(path.name.startswith(start) for path in folder.iterdir())
    except OSError:
        return False


def imported_below(top: Path, skipped: Collection[Path], bytecode: Path) -> list[Path]:
    """Return the source files below `top` that a run imported from there, in order.

    `skipped` are folders below `top`, relative to it, whose files do not count; neither do those
    that no copy has.
    """
    kept = bytecode / top.relative_to(top.anchor)
    found = set()
    for folder, folders, names in os.walk(kept):
        inside = Path(folder).relative_to(kept)
        folders[:] = [
            name for name in folders if name not in LEFT_OUT and inside / name not in skipped
        ]
        found |= {inside / f"{name.partition('.')[0]}.py" for name in names if _is_bytecode(name)}
    return sorted(top / path for path in found if (top / path).is_file())


def _is_bytecode(name: str) -> bool:
    return name.endswith(".pyc") and name.count(".") >= 2


def import_root(source: Path) -> Path:
    """Return the folder in which a file's package, or the file itself, is found by import."""
    folder = source.parent
    while (folder / "__init__.py").exists() and folder != folder.parent:
        folder = folder.parent
    return folder
