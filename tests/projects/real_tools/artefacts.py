"""Read what a tool built, without any of importcost's code: names, settings, files, bytecode."""

from __future__ import annotations

import importlib.util
import json
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")


class Deployed(NamedTuple):
    """The settings of a function that a reader must find."""

    handler: str
    runtime: str
    memory_mb: int
    environment: tuple[str, ...]


class _Loader(yaml.SafeLoader):
    """Takes CloudFormation's tags as texts: no setting that is compared here has one."""


_Loader.add_multi_constructor("!", lambda loader, tag, node: f"!{tag}")


def template_functions(file: Path) -> Mapping[str, Deployed]:
    """Return the functions of a built template by logical id."""
    text = file.read_text(encoding="utf-8")
    data: Any = json.loads(text) if file.suffix == ".json" else yaml.load(text, _Loader)
    shared = data.get("Globals", {}).get("Function", {})
    return {
        name: _deployed({**shared, **resource["Properties"]}, shared)
        for name, resource in data["Resources"].items()
        if resource["Type"] in FUNCTIONS
    }


def _deployed(values: Mapping[str, Any], shared: Mapping[str, Any]) -> Deployed:
    names = {
        *shared.get("Environment", {}).get("Variables", {}),
        *values.get("Environment", {}).get("Variables", {}),
    }
    memory = int(values.get("MemorySize", 128))
    return Deployed(values["Handler"], values["Runtime"], memory, tuple(sorted(names)))


def files_of(place: Path) -> set[str]:
    """Return the names of the files in a folder or a ZIP."""
    if place.is_dir():
        return {one.relative_to(place).as_posix() for one in place.rglob("*") if one.is_file()}
    with zipfile.ZipFile(place) as opened:
        return {name for name in opened.namelist() if not name.endswith("/")}


def bytecode_of(place: Path, source: str) -> str:
    """Return the state of the bytecode beside a source in a folder or a ZIP, as Python sees it."""
    cached = Path(importlib.util.cache_from_source(source)).as_posix()
    if cached not in files_of(place):
        return "absent"
    content, head = _read(place, source), _read(place, cached)[:16]
    flags = int.from_bytes(head[4:8], "little")
    if flags & 1:
        return "checked-hash" if flags & 2 else "unchecked-hash"
    stamp, size = int.from_bytes(head[8:12], "little"), int.from_bytes(head[12:16], "little")
    is_valid = head[:4] == importlib.util.MAGIC_NUMBER and size == len(content)
    return "valid" if is_valid and stamp == _modified(place, source) else "stale"


def _read(place: Path, name: str) -> bytes:
    if place.is_dir():
        return (place / name).read_bytes()
    with zipfile.ZipFile(place) as opened:
        return opened.read(name)


def _modified(place: Path, name: str) -> int:
    if place.is_dir():
        return int((place / name).stat().st_mtime)
    with zipfile.ZipFile(place) as opened:
        return int(time.mktime((*opened.getinfo(name).date_time, 0, 0, -1)))
