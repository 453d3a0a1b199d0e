"""Folders for files that importcost can make again."""

from __future__ import annotations

import os
from pathlib import Path


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
