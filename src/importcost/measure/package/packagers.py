"""The packager of a package, told by the files around it, and its recipe for valid bytecode."""

from __future__ import annotations

import calendar
import json
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from importcost.files.read import read_found
from importcost.model.package.bytecode import Recipe

MOST_PARENTS = 4
"""Folders above a package in which its project's files are looked for."""
_LOOKED_AT = 200_000
DOCKER = "docker"


@dataclass(frozen=True, slots=True)
class Packager:
    """One way to pack a function.

    `zip_moment_s` is the date that it gives to every file, seconds since 1970, None if it keeps the
    files' own.
    """

    key: str
    zip_moment_s: int | None
    facts: Mapping[str, Any]
    looked_up: str

    def recipe(self, python: str, *folders: str) -> Recipe:
        """Return how to ship bytecode for a Python like `3.12` in a package's built folders."""
        steps = self.facts["steps"]
        commands = self.commands(python, *folders)
        texts = (f"{step['when']}: {run}" for step, run in zip(steps, commands, strict=True))
        return Recipe(
            packager=self.facts["name"],
            dates=self.facts["dates"],
            steps=tuple(texts),
            source=self.facts["source"],
            date=self.looked_up,
        )

    def commands(self, python: str, *folders: str) -> tuple[str, ...]:
        """Return what the recipe's steps run, without the words on when.

        The first of `folders` is the function's, the others are its layers'.
        """
        names = {
            "python": f"python{python}",
            "folder": shlex.quote(folders[0]),
            "folders": shlex.join(folders),
        }
        return tuple(step["run"].format(**names) for step in self.facts["steps"])

    def built(self, place: Path) -> bool:
        """Return True if a place lies in a folder that this packager builds in."""
        return bool(set(self.facts["folders"]) & set(place.parts))

    def marks(self, folder: Path) -> bool:
        """Return True if a folder holds a file of this packager's projects."""
        if any((folder / name).is_file() for name in self.facts["files"]):
            return True
        return any(_holds(folder / name, text) for name, text in self.facts["texts"].items())


def packager_of(place: Path) -> Packager:
    """Return the packager of a ZIP or folder, given by its absolute path.

    That is the one that builds in such a folder, else the one whose project's files are nearest
    above it, else plain pip.
    """
    known = known_packagers()
    ordered = [known[key] for key in _data()["order"]]
    for one in ordered:
        if one.built(place):
            return one
    for folder in (place, *place.parents)[: MOST_PARENTS + 1]:
        for one in ordered:
            if one.marks(folder):
                return one
    return known["pip"]


@cache
def known_packagers() -> Mapping[str, Packager]:
    """Return all packagers by key."""
    data = _data()
    return {
        key: Packager(key, _moment_s(facts["zip_date"]), facts, data["date"])
        for key, facts in data["packagers"].items()
    }


@cache
def _data() -> Mapping[str, Any]:
    file = resources.files("importcost.measure").joinpath("data", "packagers.json")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _moment_s(date: str | None) -> int | None:
    """Return midnight of a date, which Lambda takes as UTC, in seconds since 1970."""
    return None if date is None else calendar.timegm(time.strptime(date, "%Y-%m-%d"))


def _holds(file: Path, text: str) -> bool:
    try:
        return text.encode() in read_found(file, _LOOKED_AT)
    except OSError:
        return False
