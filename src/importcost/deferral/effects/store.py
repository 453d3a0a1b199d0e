"""Keep the effects of modules between runs, by distribution and version."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import defaultdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from importcost.deferral.effects.fingerprints import Fingerprints
from importcost.errors import UsageError
from importcost.files.cache import cache_folder
from importcost.files.replace import replace_file
from importcost.model.effects import EffectKind, ImportEffect

MAX_FILE_BYTES = 20_000_000


class EffectsStore:
    """The stored effects of the modules of one import graph.

    An entry holds while each module that was looked at to make it has the same fingerprint. An own
    file is stored by its content. Another revision of the analysis or of its data, and another
    Python, have files of their own. What cannot be read is read from the source again.
    """

    def __init__(self, fingerprints: Fingerprints, python: tuple[int, int]) -> None:
        self._fingerprints = fingerprints
        self._folder = cache_folder() / "effects" / f"{revision()}-{python[0]}.{python[1]}"
        self._files: dict[str, dict[str, Any]] = {}
        self._changed: set[str] = set()

    def find(self, module: str) -> tuple[ImportEffect, ...] | None:
        """Return the stored effects of a module, None if there are none that hold."""
        entry = self._file(self._fingerprints.owner(module)).get(module)
        try:
            if entry is None or not self._holds(entry["seen"]):
                return None
            return tuple(
                ImportEffect(EffectKind(kind), module, line, str(does), str(target), str(owner))
                for kind, line, does, target, owner in entry["effects"]
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def put(self, module: str, effects: tuple[ImportEffect, ...], seen: frozenset[str]) -> None:
        """Remember a module's effects and the modules that were looked at to find them."""
        by_print: dict[str, list[str]] = defaultdict(list)
        for name in sorted(seen):
            by_print[self._fingerprints.of(name)].append(name)
        owner = self._fingerprints.owner(module)
        self._file(owner)[module] = {
            "seen": by_print,
            "effects": [
                [one.kind.value, one.line, one.does, one.target, one.target_module]
                for one in effects
            ],
        }
        self._changed.add(owner)

    def save(self) -> None:
        """Write what was added; a cache that cannot be written is done without."""
        for owner in sorted(self._changed):
            data = json.dumps(self._files[owner], separators=(",", ":")).encode()
            with contextlib.suppress(OSError, UsageError):
                self._folder.mkdir(parents=True, exist_ok=True)
                replace_file(self._path(owner), data)
        self._changed.clear()

    def _holds(self, seen: dict[str, list[str]]) -> bool:
        return all(
            self._fingerprints.of(name) == wanted
            for wanted, names in seen.items()
            for name in names
        )

    def _path(self, owner: str) -> Path:
        return self._folder / f"{owner.replace('/', '-')[:120]}.json"

    def _file(self, owner: str) -> dict[str, Any]:
        if owner not in self._files:
            self._files[owner] = _read(self._path(owner))
        return self._files[owner]


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return {}
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


@cache
def revision() -> str:
    """Return a hash of the analysis itself and of its data."""
    digest = hashlib.sha256()
    room = files("importcost.deferral")
    sources = [one for one in room.joinpath("effects").iterdir() if one.name.endswith(".py")]
    for source in sorted(sources, key=lambda one: one.name):
        digest.update(source.read_bytes())
    digest.update(room.joinpath("data", "effects.json").read_bytes())
    return digest.hexdigest()[:16]
