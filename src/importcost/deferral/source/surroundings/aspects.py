"""The state of a process that code changes and reads, from `data/surroundings.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Any

Keys = frozenset[str] | None
"""The keys that are read or written, such as names of variables; None for any."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """One piece of a process's state: what changes it, and who reads it.

    `words` names it in a sentence. The keys of `read_by` are dotted names, those of
    `stdlib_imports` modules ("*": all); their values are the patterns of the keys that are read.
    """

    name: str
    words: str
    calls: frozenset[str]
    objects: frozenset[str]
    read_by: Mapping[str, Keys]
    stdlib_imports: Mapping[str, Keys]
    every_import: bool
    unread_import: bool
    made_objects: bool
    per_thread: bool
    """True if each thread has its own: what init sets is not set in a thread."""
    at_any_time: bool
    """True if it matters whenever it was changed: a hook that sees each import."""
    methods: frozenset[str]
    """The methods, of any object, that change it."""
    read_methods: frozenset[str]
    """The methods, of any object, and the calls that read it in the function's own code."""


@dataclass(frozen=True, slots=True)
class Patcher:
    """Functions that change other modules; `names` are patterns of their dotted names.

    The first `arguments` of a call name what changes: a module or object, or its dotted name, and
    the name in it. Without any, it is the packages `patches` ("*": any).
    """

    names: tuple[str, ...]
    arguments: int
    patches: frozenset[str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All aspects by name, and packages whose code reads only the listed ones.

    That is what their import reads (`imports`), and an object that they make (`packages`).

    `values` are data of modules that any mention reads; other names have to be called.
    `extension_keys` are variables that compiled modules read while they load. `patched_stdlib`
    are modules that patching tools change, `harmless_patches` functions that only look like such
    tools. `decorators` are calls that make a decorator and read nothing. `thread_bound` are
    calls, and objects by what makes them, that set something of the thread which runs them.
    """

    aspects: Mapping[str, Aspect]
    imports: Mapping[str, Mapping[str, Keys]]
    packages: Mapping[str, Mapping[str, Keys]]
    values: frozenset[str]
    extension_keys: Keys
    patchers: tuple[Patcher, ...]
    patched_stdlib: frozenset[str]
    decorators: frozenset[str]
    harmless_patches: tuple[str, ...]
    thread_bound: Mapping[str, str]


@lru_cache(maxsize=1)
def surroundings() -> Surroundings:
    """Read the table of aspects."""
    path = files("importcost.deferral").joinpath("data", "surroundings.json")
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Surroundings(
        {name: _aspect(name, entry) for name, entry in raw["aspects"].items()},
        {name: _keyed(entry) for name, entry in raw["imports"].items()},
        {name: _keyed(entry) for name, entry in raw["packages"].items()},
        frozenset(raw["values"]),
        frozenset(raw["extension_keys"]),
        tuple(map(_patcher, raw["patchers"])),
        frozenset(raw["patched_stdlib"]),
        frozenset(raw["decorators"]),
        tuple(raw["harmless_patches"]),
        dict(raw["thread_bound"]),
    )


def _aspect(name: str, entry: Mapping[str, Any]) -> Aspect:
    return Aspect(
        name=name,
        words=entry["words"],
        calls=frozenset(entry["calls"]),
        objects=frozenset(entry["objects"]),
        read_by=_keyed(entry["read_by"]),
        stdlib_imports=_keyed(entry["stdlib_imports"]),
        every_import=entry.get("every_import", False),
        unread_import=entry["unread_import"],
        made_objects=entry["made_objects"],
        per_thread=entry.get("per_thread", False),
        methods=frozenset(entry.get("methods", ())),
        read_methods=frozenset(entry.get("read_methods", ())),
        at_any_time=entry.get("at_any_time", False),
    )


def _patcher(entry: Mapping[str, Any]) -> Patcher:
    patches = frozenset(entry.get("patches", ()))
    return Patcher(tuple(entry["names"]), entry.get("arguments", 0), patches)


def _keyed(entry: Mapping[str, Any]) -> dict[str, Keys]:
    return {name: None if keys is None else frozenset(keys) for name, keys in entry.items()}


def common(written: Keys, read: Keys) -> bool:
    """Return True if a written key may be one that is read, a pattern such as `AWS_*`."""
    if written is None or read is None:
        return True
    return any(fnmatchcase(key, pattern) for key in written for pattern in read)


def covering(dotted: str, known: Iterable[str]) -> str | None:
    """Return the longest of some dotted names that a name is, or lies in."""
    best: str | None = None
    for name in known:
        inside = dotted == name or dotted.startswith((f"{name}.", f"{name}("))
        if inside and (best is None or len(name) > len(best)):
            best = name
    return best
