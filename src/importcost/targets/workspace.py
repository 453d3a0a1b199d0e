"""Find the lock file of the workspace that a function's project is a member of."""

from __future__ import annotations

from pathlib import Path

WORKSPACE_LOCK = "uv.lock"
_PROJECT_FILE = "pyproject.toml"


def lock_above(project: Path) -> Path | None:
    """Return the nearest uv.lock in a folder above a project's, or None.

    None, too, for a folder that is not a project's. The search ends at the repository's top.
    """
    here = project.resolve()
    if not (here / _PROJECT_FILE).is_file() or (here / WORKSPACE_LOCK).is_file():
        return None
    for folder in here.parents if not (here / ".git").exists() else ():
        if (folder / WORKSPACE_LOCK).is_file():
            return folder / WORKSPACE_LOCK
        if (folder / ".git").exists():
            return None
    return None
