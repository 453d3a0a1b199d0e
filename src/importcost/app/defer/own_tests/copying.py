"""Copy a project, so that commands may write wherever they like."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from importcost.app.defer.own_tests.project import OwnProject
from importcost.errors import MeasurementError, UsageError, remedy
from importcost.files.journal import FileEdit

PASSED_OVER = (errno.EACCES, errno.EPERM, errno.ENOENT)
"""Reasons to leave a file out: the user may not read it, or it has just gone."""


def copy_project(project: OwnProject, copy: Path) -> None:
    """Copy the project's files to `copy`, which must not exist; environments become links.

    Links that lead into the project lead into the copy. Raises MeasurementError if the disk is
    full or cannot be written.
    """
    try:
        copy.mkdir(parents=True)
        for path in project.folders:
            (copy / path).mkdir()
        for path in project.environments:
            (copy / path).symlink_to(project.folder / path)
        for path in project.links:
            (copy / path).symlink_to(_target(project.folder, path, copy))
        for path in project.files:
            _copy_file(project.folder / path, copy / path)
    except OSError as error:
        raise MeasurementError(
            f"{project.folder} cannot be copied to {copy.parent} for its tests ({error.strerror})",
            remedy("free some space", "name another folder with the variable TMPDIR"),
        ) from error


def _copy_file(source: Path, copy: Path) -> None:
    try:
        shutil.copy2(source, copy, follow_symlinks=False)
    except OSError as error:
        if error.errno not in PASSED_OVER or not copy.parent.exists():
            raise


def _target(folder: Path, link: Path, copy: Path) -> Path:
    """Return the target of a copied link: inside of the copy if it was inside of the project."""
    target = (folder / link).readlink()
    whole = Path(os.path.normpath(folder / link.parent / target))
    if not whole.is_relative_to(folder):
        return whole
    return copy / whole.relative_to(folder) if target.is_absolute() else target


def write_copies(edits: Sequence[FileEdit], project: OwnProject, copy: Path) -> None:
    """Write the edits' new bytes to the copied files; nothing else is ever written.

    Raises UsageError for a file behind a link that leads out of the project.
    """
    for edit in edits:
        place = copied(edit.path, project, copy)
        if place is None or not place.resolve().is_relative_to(copy):
            raise UsageError(
                f"{edit.path} lies outside of the project {project.folder}, so --test cannot try "
                "its edit on a copy: leave --test out, or run importcost in a folder that holds it."
            )
        place = place.resolve()
        mode = place.stat().st_mode if place.exists() else None
        place.unlink(missing_ok=True)  # it may be read-only
        place.write_bytes(edit.after)
        if mode is not None:
            place.chmod(mode)


def copied(path: Path, project: OwnProject, copy: Path) -> Path | None:
    """Return the copy's path of a file of the project, None for any other file."""
    for named in (path, path.resolve()):
        if named.is_relative_to(project.folder):
            return copy / named.relative_to(project.folder)
    return None
