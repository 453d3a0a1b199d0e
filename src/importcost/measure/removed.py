"""Modules that Python itself had, and that the measured Python no longer has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def _last_versions() -> Mapping[str, str]:
    text = resources.files("importcost.measure").joinpath("data", "removed-modules.json")
    versions: dict[str, str] = json.loads(text.read_text(encoding="utf-8"))["modules"]
    return versions


def last_version(module: str, python_version: str) -> str | None:
    """Return the last Python with a module that `python_version` lacks, or None."""
    last = _last_versions().get(module.partition(".")[0])
    is_gone = last is not None and _key(last) < _key(python_version)
    return last if is_gone else None


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
