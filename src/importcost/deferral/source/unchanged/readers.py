"""Calls and methods that only read the objects which they are given, from `data/readers.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Any

from importcost.deferral.source.surroundings.aspects import covering


@dataclass(frozen=True, slots=True)
class InstanceReaders:
    """The methods and attributes that only read the objects that one call makes.

    `methods` may be "*": all but `changes`. `gives` are patterns of methods whose result follows
    the same rules, `makes` those that make what another call would. `handed_on` is True if nobody
    who is given the object changes it.
    """

    methods: frozenset[str]
    changes: tuple[str, ...]
    gives: tuple[str, ...]
    makes: Mapping[str, str]
    handed_on: bool

    def reads(self, chain: str) -> bool:
        """Return True if a chain of attributes, such as `meta.events.register`, only reads."""
        if any(chain == one or chain.startswith(f"{one}.") for one in self.changes):
            return False
        return "*" in self.methods or chain.partition(".")[0] in self.methods

    def leads_to_change(self, chain: str) -> bool:
        """Return True for attributes through which others change the object, such as `meta`."""
        return any(one.startswith(f"{chain}.") for one in self.changes)

    def keeps_kind(self, method: str) -> bool:
        """Return True if a method's result follows the same rules."""
        return any(fnmatchcase(method, pattern) for pattern in self.gives)


@dataclass(frozen=True, slots=True)
class Readers:
    """The contents of the data file."""

    reads: frozenset[str]
    copies: frozenset[str]
    groups: frozenset[str]
    tables: frozenset[str]
    loads: frozenset[str]
    item_of: frozenset[str]
    fixed: frozenset[str]
    plain: frozenset[str]
    methods: Mapping[str, str]
    """The kind of a container's method's result, by the method's name."""
    texts: frozenset[str]
    logs: frozenset[str]
    instances: Mapping[str, InstanceReaders]
    wraps: frozenset[str]

    def of_instance(self, maker: str) -> InstanceReaders | None:
        """Return the rules for objects of a dotted name of a call, None if it is not listed."""
        entry = covering(maker, self.instances)
        return self.instances[entry] if entry is not None else None


@lru_cache(maxsize=1)
def known_readers() -> Readers:
    """Read the data file once."""
    path = files("importcost.deferral").joinpath("data", "readers.json")
    raw = json.loads(path.read_text("utf-8"))
    return Readers(
        reads=frozenset(raw["reads"]),
        copies=frozenset(raw["copies"]),
        groups=frozenset(raw["groups"]),
        tables=frozenset(raw["tables"]),
        loads=frozenset(raw["loads"]),
        item_of=frozenset(raw["item_of"]),
        fixed=frozenset(raw["fixed"]),
        plain=frozenset(raw["plain"]),
        methods={name: kind for kind, names in raw["methods"].items() for name in names},
        texts=frozenset(raw["texts"]),
        logs=frozenset(raw["logs"]),
        instances={
            name: InstanceReaders(
                frozenset(entry["methods"]),
                tuple(entry.get("changes", ())),
                tuple(entry.get("gives", ())),
                entry.get("makes", {}),
                entry.get("handed_on", False),
            )
            for name, entry in _listed(raw)
        },
        wraps=frozenset(raw["wraps"]),
    )


def _listed(raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from raw["instances"].items()
    for name, other in raw["same"].items():
        yield name, raw["instances"][other]
