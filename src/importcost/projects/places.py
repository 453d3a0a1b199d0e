"""Files and folders that a project names, held inside the project."""

from __future__ import annotations

import re
from pathlib import Path

from importcost.errors import UsageError

_MARKS = (".git", ".hg", ".svn")
_DRIVE = re.compile(r"[A-Za-z]:(?!//)")
"""Begins a path of Windows, also one relative to the folder in which its drive is."""


def project_top(folder: Path, named: Path | None = None) -> Path:
    """Return the folder that a project's paths must not leave: its repository, else `folder`.

    A copy without a repository reaches as far as the folder that the user `named` above it.
    """
    here = folder.resolve()
    above = named if named is not None and here.is_relative_to(named) else here
    return next(
        (one for one in (here, *here.parents) if any((one / mark).exists() for mark in _MARKS)),
        above,
    )


def inside(text: str, folder: Path, top: Path, where: str) -> Path:
    """Return the path that `text` names from `folder`; `where` is the file and line that names it.

    A path with the separators of Windows is found too: its tool may have run there.
    Raises UsageError for an absolute path, and for one that leaves `top` by `..` or by a link.
    """
    if "\0" in text:
        raise UsageError(f"{where}: a path holds a NUL: correct it.")
    named = Path(text)
    if named.is_absolute() or text[:1] in ("/", "\\") or _DRIVE.match(text):
        raise UsageError(
            f"{where}: {text} is an absolute path: write it relative to the file that names it."
        )
    try:
        if "\\" in text and not (folder / named).exists():  # written on Windows
            named = Path(text.replace("\\", "/"))
        found = (folder / named).resolve()
        found.exists()  # raises for a name that is too long, or a folder that cannot be read
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{where}: {text} cannot be followed ({error}): correct it.") from error
    if not found.is_relative_to(top.resolve()):
        raise UsageError(
            f"{where}: {text} leads out of the project {top}: keep the code inside it, or give its"
            " handler file alone."
        )
    return found
