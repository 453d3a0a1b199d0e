"""The Python versions that a project asks for, and an interpreter of this machine that is one."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from importcost.files.read import text_found
from importcost.files.toml_text import parse_toml

MOST_ABOVE = 4
"""Folders above a handler's in which its pyproject.toml is looked for."""
NEWEST_MINOR = 15
OLDEST_MINOR = 9


def asked_versions(start: Path) -> tuple[str, str] | None:
    """Return `requires-python` of the nearest pyproject.toml that has it, and that file.

    The search ends at a repository's top.
    """
    for folder in (start, *list(start.parents)[:MOST_ABOVE]):
        file = folder / "pyproject.toml"
        try:
            project = parse_toml(text_found(file)).get("project", {})
        except (OSError, ValueError):
            project = {}
        asked = project.get("requires-python") if isinstance(project, dict) else None
        if isinstance(asked, str):
            return asked, str(file)
        if (folder / ".git").exists():
            return None
    return None


def is_asked(version: str, asked: str) -> bool:
    """Return True if a version is one of those asked for, or if these cannot be read."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(asked).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def this_version() -> str:
    """Return the version of the interpreter that runs importcost, as 3.12.1."""
    return ".".join(map(str, sys.version_info[:3]))


def interpreter_asked(asked: str, environ: Mapping[str, str]) -> str | None:
    """Return the oldest interpreter of this machine that a project takes, None without one.

    Looked for on PATH, and among what pyenv and uv have installed: a shim of pyenv's does not
    start what pyenv is not set to.
    """
    for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1):
        for version, path in _installed(minor, environ):
            if is_asked(version, asked):
                return path
    return None


def _installed(minor: int, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    name = f"python3.{minor}"
    home = Path(environ.get("HOME") or "~").expanduser()
    folders = [one for one in environ.get("PATH", "").split(os.pathsep) if one]
    plain = [one for one in folders if Path(one).name != "shims"]
    found = shutil.which(name, path=os.pathsep.join(plain))
    if found:
        yield f"3.{minor}.99", found
    shims = [Path(one).parent / "versions" for one in folders if Path(one).name == "shims"]
    managed = home / ".local" / "share" / "uv" / "python"
    for place in (*shims, managed):
        for folder in sorted(place.glob(f"*3.{minor}.*"), reverse=True):
            version = re.match(r"(?:cpython-)?(3\.\d+\.\d+)", folder.name)
            file = folder / "bin" / name
            if version and os.access(file, os.X_OK):
                yield version[1], str(file)
