"""Known effects and known harmless ones, from `deferral/data/effects.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from importcost.errors import UsageError
from importcost.model.effects import EffectKind


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A function that changes something: `does` is a verb phrase, `kind` its kind of effect.

    `is_process` is True if it changes the process, whatever modules are loaded, `is_of_argument` if
    only code that has its first argument can notice, `is_own_only` if a library that does it looks
    after nothing but itself.
    """

    does: str
    kind: EffectKind
    is_process: bool
    is_of_argument: bool
    is_own_only: bool


@dataclass(frozen=True, slots=True)
class KnownBase:
    """A base class or metaclass that keeps track of the classes under it.

    `does` completes "which ...". `is_per_base` is True if each class directly under it starts a
    registry of its own, False if its package keeps one for all.
    """

    does: str
    is_per_base: bool


@dataclass(frozen=True, slots=True)
class KnownPackage:
    """A package known for its effects; `at_import` is False if a call of it has them."""

    does: str
    at_import: bool


@dataclass(frozen=True, slots=True)
class KnownEffects:
    """The shipped knowledge; names are dotted, and a name stands for everything in it.

    `calls` are functions with effects, `bases` classes that keep track of their subclasses.
    `harmless` are names whose changes nobody else sees, `trusted` modules whose functions are not
    followed, `shared_results` functions that return an object that they also keep.
    `harmless_pairs` are changes by a module that are harmless: (module, target) names.
    """

    revision: int
    calls: Mapping[str, KnownCall]
    bases: Mapping[str, KnownBase]
    harmless: frozenset[str]
    trusted: frozenset[str]
    shared_results: Mapping[str, str]
    harmless_pairs: tuple[tuple[str, str], ...]
    packages: Mapping[str, KnownPackage]

    def is_trusted(self, module: str) -> bool:
        """Return True if calls of this module's functions have no effect that matters."""
        return any(name in self.trusted for name in _around(module))

    def is_harmless(self, target: str, module: str) -> bool:
        """Return True if a change of `target` by the body of `module` matters to nobody else."""
        if any(name in self.harmless for name in _around(target)):
            return True
        return any(
            _is_in(module, changer) and _is_in(target, changed)
            for changer, changed in self.harmless_pairs
        )


def _is_in(name: str, outer: str) -> bool:
    return name == outer or name.startswith(f"{outer}.") or outer == "*"


def _around(dotted: str) -> list[str]:
    parts = dotted.split(".")
    return [".".join(parts[:size]) for size in range(1, len(parts) + 1)]


@lru_cache(maxsize=1)
def load_known_effects() -> KnownEffects:
    """Return the shipped knowledge. Raises UsageError if the file is damaged."""
    name = "effects.json"
    shipped = files("importcost.deferral").joinpath("data", name)
    try:
        return _known(json.loads(shipped.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"The known effects {name} cannot be read ({type(error).__name__}: {error}):"
            " reinstall importcost."
        ) from error


def _known(data: Mapping[str, Any]) -> KnownEffects:
    calls = {}
    for group in data["calls"]:
        kind = EffectKind(group["kind"])
        for name, does in group["names"].items():
            calls[name] = KnownCall(
                does,
                kind,
                bool(group["process"]),
                bool(group.get("of_argument")),
                bool(group.get("own_only")),
            )
    return KnownEffects(
        revision=int(data["revision"]),
        calls=calls,
        bases={
            name: KnownBase(entry["does"], bool(entry["per_base"]))
            for entry in data["bases"]
            for name in entry["names"]
        },
        harmless=frozenset(name for entry in data["harmless"] for name in entry["names"]),
        trusted=frozenset(name for entry in data["trusted"] for name in entry["names"]),
        shared_results=dict(data["shared_results"]),
        packages={
            entry["module"]: KnownPackage(entry["does"], entry["when"] == "import")
            for entry in data["packages"]
        },
        harmless_pairs=tuple(
            (changer, target)
            for entry in data["harmless_pairs"]
            for changer in entry["modules"]
            for target in entry["targets"]
        ),
    )
