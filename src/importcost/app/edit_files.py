"""Use case: write finished edits to the user's files, all of them or none."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from importcost.errors import UsageError
from importcost.files.journal import FileEdit, replace_files
from importcost.files.read import read_found
from importcost.processes.git import uncommitted


def write_edits(task_root: Path, edits: Sequence[FileEdit], *, force: bool) -> tuple[Path, ...]:
    """Write every edit that changes something and return the paths written.

    Every file is checked before the first is written; `force` ignores uncommitted changes and
    nothing else. Each file is replaced at once and keeps its mode; if one cannot be, those before
    it get their old bytes back. Raises UsageError with the reason.
    """
    changing = [edit for edit in edits if edit.before != edit.after]
    twice = {edit.path for edit in changing if [e.path for e in changing].count(edit.path) > 1}
    if twice:
        raise UsageError(f"{min(twice)} would be written twice: nothing was written.")
    root = task_root.resolve()
    for edit in changing:
        _check(root, edit)
    if not force:
        _check_committed([edit.path for edit in changing if edit.before is not None])
    try:
        # Checked again at the last moment: the user may have edited it since the first look.
        replace_files(changing, lambda edit: _check(root, edit))
    except OSError as error:
        where = error.filename or "a file"
        raise UsageError(
            f"{where} could not be written ({error.strerror}), so every file was left as it was: "
            "correct that and run the command again."
        ) from error
    return tuple(edit.path for edit in changing)


def _check(root: Path, edit: FileEdit) -> None:
    path = edit.path
    if path.is_symlink():
        raise UsageError(f"{path} is a symbolic link: nothing was written, edit its target itself.")
    resolved = path.resolve()
    if root not in resolved.parents:
        raise UsageError(
            f"{path} lies outside of the task root {root}: nothing was written, "
            "only the function's own files are edited."
        )
    if edit.before is None:
        if os.path.lexists(path):
            raise UsageError(
                f"{path} exists, and a new file of this name was to be written: nothing was "
                "written, rename it and run the command again."
            )
        return
    try:
        mode = path.stat().st_mode
        current = read_found(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}): nothing was written, run the command again."
        ) from error
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is not a regular file: nothing was written.")
    # Replacing would bypass a read-only mode, and root would bypass any: the mode is the user's
    # wish.
    if not mode & stat.S_IWUSR or not os.access(path, os.W_OK):
        raise UsageError(
            f"{path} is read-only: nothing was written, make it writable (chmod u+w) first."
        )
    if current != edit.before:
        raise UsageError(
            f"{path} has changed since it was analysed: nothing was written, run the command again."
        )


def _check_committed(paths: Sequence[Path]) -> None:
    answer = uncommitted(paths)
    for path in paths:
        if path in answer.files:
            raise UsageError(
                f"{path} has uncommitted changes: nothing was written, "
                "commit them first or pass --force."
            )
        if path in answer.unknown:
            raise UsageError(
                f"Git could not tell if {path} has uncommitted changes "
                f"({answer.unknown[path]}): nothing was written, correct that or pass --force."
            )
