"""Folders for files that importcost can make again, and how these are written."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from importcost.files.leftovers import is_running

_PART = ".part"


def cache_folder() -> Path:
    """Return importcost's cache folder: IMPORTCOST_CACHE_DIR, else in XDG's or the user's own."""
    named = os.environ.get("IMPORTCOST_CACHE_DIR")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "importcost"


def journal_folder() -> Path:
    """Return the folder that holds the old bytes of files while several are replaced."""
    return cache_folder() / "journal"


def write_cached(file: Path, data: bytes) -> None:
    """Write a file that can be made again; no process sees a part of it, killed or not.

    It is not forced to the disk, which would take longer than everything else where there are
    thousands: after a loss of power it may be cut, so its reader must be able to tell. Raises
    OSError.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{secrets.token_hex(4)}.{os.getpid()}{_PART}")
    try:
        part.write_bytes(data)
        part.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def sweep_parts(folder: Path) -> None:
    """Remove what killed processes left while they wrote files of a cache folder, or below it."""
    with contextlib.suppress(OSError):
        for part in folder.rglob(f".*{_PART}"):
            if not is_running(part.name.removesuffix(_PART).rpartition(".")[2]):
                with contextlib.suppress(OSError):
                    part.unlink()
